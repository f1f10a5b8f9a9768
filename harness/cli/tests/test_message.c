/* test_message.c - the nearest name to a mistyped one. */
#include "harness/cli/cli.h"

#include <string.h>

#include "harness/testing.h"

static const char *const names[] = { "run", "check", "report", "list", "explain", "doctor", "fd-across-exec", NULL };

static const struct {
    const char *word, *nearest;
} cases[] = {
    { "reprot", "report" },
    { "repor", "report" },
    { "chekc", "check" },
    { "ist", "list" },
    { "runn", "run" },
    { "exp", "explain" }, /* the beginning of a name */
    { "fd-acros-exec", "fd-across-exec" },
    { "fd-across-exce", "fd-across-exec" },
    { "report", "report" },
    { "zebra", NULL },
    { "x", NULL },
    { "", NULL },
    { "listen-to-the-socket", NULL },
};

static void test_message__nearest(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = cli_nearest(cases[i].word, names);

        if (!cases[i].nearest) {
            CU_ASSERT_PTR_NULL(nearest);
            continue;
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(nearest);
        CU_ASSERT_STRING_EQUAL(nearest, cases[i].nearest);
    }
}

static void test_message__nearest_of_a_huge_word(void)
{
    char word[100000];

    memset(word, 'r', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    CU_ASSERT_PTR_NULL(cli_nearest(word, names));
}

static void test_message__nearest_skips_huge_names(void)
{
    char name[5000];
    const char *const some[] = { name, "report", NULL };

    memset(name, 'r', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_STRING_EQUAL(cli_nearest("reports", some), "report");
}

TEST_MAIN("message", TEST(test_message__nearest), TEST(test_message__nearest_of_a_huge_word),
          TEST(test_message__nearest_skips_huge_names))

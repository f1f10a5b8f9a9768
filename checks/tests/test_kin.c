/* test_kin.c - the real failures that a check's head names: how they are written, and that the story names no others. */
#include "checks/engine.h"
#include "harness/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD(kin)                                                                                                      \
    "-- my.sql: finds\n-- title: A title\n-- severity: high\n-- strength: observed\n-- cwe: none\n-- cert: none\n" kin \
    "-- needs: fd\n-- why: because\n-- accepted: none\n-- fix: mend it\nselect 1\n"

/* The kin of a check with this head, or what is wrong with it. */
static const char *kin_of(const char *text)
{
    static char said[512];
    struct errors errors = { 0 };
    struct head h = { 0 };

    if (!head_parse("my.sql", text, &h, &errors))
        snprintf(said, sizeof said, "[%s]", h.check.kin);
    else
        snprintf(said, sizeof said, "%s", errors.n == 1 ? errors.list[0].message : "no error was told");
    head_release(&h);
    errors_release(&errors);
    return said;
}

#define REFUSED(part, text) CU_ASSERT_PTR_NOT_NULL(strstr(kin_of(text), part))

static void test_kin__may_be_missing_or_none(void)
{
    CU_ASSERT_STRING_EQUAL(kin_of(HEAD("")), "[]");
    CU_ASSERT_STRING_EQUAL(kin_of(HEAD("-- kin: none\n")), "[]");
}

static void test_kin__names(void)
{
    CU_ASSERT_STRING_EQUAL(kin_of(HEAD("-- kin: CVE-2006-2607 cups#185\n")), "[CVE-2006-2607 cups#185]");
    CU_ASSERT_STRING_EQUAL(kin_of(HEAD("-- kin: CVE-2024-22017\n--   php-src#1\n")), "[CVE-2024-22017 php-src#1]");
}

static void test_kin__bad_names(void)
{
    REFUSED("'cups185' is no kin", HEAD("-- kin: cups185\n"));
    REFUSED("'CVE-06-2607' is no kin", HEAD("-- kin: CVE-06-2607\n"));
    REFUSED("'CVE-2006-260' is no kin", HEAD("-- kin: CVE-2006-260\n"));
    REFUSED("'CVE-2006-2607,' is no kin", HEAD("-- kin: CVE-2006-2607, CVE-2006-4447\n"));
    REFUSED("'cups#' is no kin", HEAD("-- kin: cups#185 cups#\n"));
    REFUSED("'#185' is no kin", HEAD("-- kin: #185\n"));
    REFUSED("'kin' is empty", HEAD("-- kin:\n"));
    REFUSED("'kin' is given twice", HEAD("-- kin: cups#1\n-- kin: cups#1\n"));
}

/* 1: `list`, blank-separated, has the `size` bytes at `word` as a word, `times` times. */
static int has_word(const char *list, const char *word, size_t size, int times)
{
    for (; *list; list += strspn(list, " ")) {
        size_t n = strcspn(list, " ");

        times -= n == size && !memcmp(list, word, n);
        list += n;
    }
    return times == 0;
}

static void test_kin__every_cve_of_the_story(void)
{
    size_t n;
    const struct check *c = judge_checks(&n);

    CU_ASSERT_TRUE(n > 0);
    for (size_t i = 0; i < n; i++) {
        for (const char *at = c[i].why; (at = strstr(at, "CVE-")); at += 4) {
            size_t size = 4 + strspn(at + 4, "0123456789-");

            if (!has_word(c[i].kin, at, size, 1)) {
                fprintf(stderr, "%s: its why tells of %.*s, its kin does not\n", c[i].file, (int)size, at);
                CU_FAIL("a kin is missing");
            }
        }
    }
}

static void test_kin__no_name_twice(void)
{
    size_t n, words = 0;
    const struct check *c = judge_checks(&n);

    for (size_t i = 0; i < n; i++) {
        for (const char *at = c[i].kin; *at; words++) {
            size_t size = strcspn(at, " ");

            if (!has_word(c[i].kin, at, size, 1)) {
                fprintf(stderr, "%s: its kin has %.*s twice\n", c[i].file, (int)size, at);
                CU_FAIL("a kin stands twice");
            }
            at += size + strspn(at + size, " ");
        }
    }
    CU_ASSERT_TRUE(words >= 40);
}

TEST_MAIN("kin", TEST(test_kin__may_be_missing_or_none), TEST(test_kin__names), TEST(test_kin__bad_names),
          TEST(test_kin__every_cve_of_the_story), TEST(test_kin__no_name_twice))

/* test_subid.c - which subordinate ids a user has, from files as /etc/subuid. */
#include "harness/cli/subid.h"
#include "harness/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct subid_range found;

/* What the text gives to user ann, 1000. */
static int find(const char *text)
{
    char path[4200];
    FILE *file;

    snprintf(path, sizeof path, "%s/subuid", test_directory());
    file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
    found = (struct subid_range){ 7, 7 };
    return subid_find(path, "ann", 1000, 1000, &found);
}

#define GIVES(text, begin, number)                                                                                     \
    do {                                                                                                               \
        CU_ASSERT_EQUAL(find(text), 0);                                                                                \
        CU_ASSERT_EQUAL(found.first, begin);                                                                           \
        CU_ASSERT_EQUAL(found.count, number);                                                                          \
    } while (0)
#define GIVES_NONE(text)                                                                                               \
    do {                                                                                                               \
        CU_ASSERT_EQUAL(find(text), -ENODATA);                                                                         \
        CU_ASSERT_EQUAL(found.count, 7);                                                                               \
    } while (0)

static void test_subid__by_name_or_number(void)
{
    GIVES("bob:1:2\nann:100000:65536\n", 100000, 65536);
    GIVES("bob:1:2\n1000:200000:3", 200000, 3);
    CU_ASSERT_EQUAL(subid_find("/etc/subuid", NULL, 0xfffffffe, 0, &found), -ENODATA);
}

static void test_subid__largest_of_several(void)
{
    GIVES("ann:1:999\nann:1001:64535\n1000:100000:64535\n", 1001, 64535);
}

static void test_subid__others_are_not_taken(void)
{
    GIVES_NONE("");
    GIVES_NONE("anna:100000:65536\nan:100000:65536\n10000:1:2\n01 000:1:2\n#ann:1:2\n ann:1:2\n");
}

static void test_subid__malformed(void)
{
    GIVES_NONE(
        "ann\nann:\nann::\nann:1\nann:1:\nann::1\nann:1:0\nann:-1:5\nann:1:-5\nann:1:2x\nann:0x10:2\nann: 1:2\n");
    GIVES("ann:1:2:3\nann:5:1\n", 5, 1);
    GIVES_NONE("ann:99999999999999999999999:2\nann:5:99999999999999999999999\nann:4294967295:1\n");
}

static void test_subid__not_beyond_the_last_id(void)
{
    GIVES_NONE("ann:4294967294:2\nann:2000:4294965296\n");
    GIVES("ann:4294967294:1\n", 4294967294U, 1);
}

static void test_subid__own_id_left_out(void)
{
    GIVES_NONE("ann:1000:1\nann:1:1000\nann:0:4294967295\n");
    GIVES("ann:1:999\n", 1, 999);
    GIVES("ann:1001:5\n", 1001, 5);
}

static void test_subid__long_lines(void)
{
    static char text[100000];

    memset(text, 'x', sizeof text - 100);
    strcpy(text + sizeof text - 100, "ann:1:5\nann:9:3\n");
    GIVES(text, 9, 3);
}

static void test_subid__no_file(void)
{
    CU_ASSERT_EQUAL(subid_find("/nonexistent/subuid", "ann", 1000, 1000, &found), -ENOENT);
}

TEST_MAIN("test_subid", TEST(test_subid__by_name_or_number), TEST(test_subid__largest_of_several),
          TEST(test_subid__others_are_not_taken), TEST(test_subid__malformed), TEST(test_subid__not_beyond_the_last_id),
          TEST(test_subid__own_id_left_out), TEST(test_subid__long_lines), TEST(test_subid__no_file))

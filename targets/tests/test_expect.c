/* test_expect.c - the parsers of target heads and of `ids` reports, and their comparison: sound, damaged, hostile. */
#include "harness/testing.h"
#include "targets/tests/expect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char why[512];

static int parse(const char *lines, struct expect *ret)
{
    char text[4096];

    snprintf(text, sizeof text,
             "/* a.c - does something.\n *\n * Defect: some.\n%s */\nint main;\n * Expect: after-head 9\n", lines);
    return expect_parse("a", text, ret, why, sizeof why);
}

static void refused(const char *lines, const char *reason)
{
    struct expect expect;

    memset(&expect, 'x', sizeof expect);
    why[0] = '\0';
    CU_ASSERT_EQUAL(parse(lines, &expect), -EINVAL);
    if (!strstr(why, reason))
        fprintf(stderr, "%s: %s\n", reason, why);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, reason));
    CU_ASSERT_EQUAL(((unsigned char *)&expect)[0], 'x');
}

static void test_expect__reads_a_head(void)
{
    struct expect e;

    CU_ASSERT_EQUAL_FATAL(
        parse(" * Expect: fd-x 1\n * Expect: id-y 12\n * Unknown: rng-z 2\n * Needs: root\n * Needs: threads\n", &e),
        0);
    CU_ASSERT_EQUAL_FATAL(e.found.n, 2);
    CU_ASSERT_STRING_EQUAL(e.found.rows[0].id, "fd-x");
    CU_ASSERT_EQUAL(e.found.rows[1].count, 12);
    CU_ASSERT_EQUAL_FATAL(e.unknown.n, 1);
    CU_ASSERT_EQUAL(e.unknown.rows[0].count, 2);
    CU_ASSERT_TRUE(e.needs_root && e.needs_threads && !e.needs_user);
}

static void test_expect__none_is_no_row(void)
{
    struct expect e;

    CU_ASSERT_EQUAL_FATAL(parse(" * Expect: none\n * Needs: user\n", &e), 0);
    CU_ASSERT_EQUAL(e.found.n + e.unknown.n, 0);
    CU_ASSERT_TRUE(e.needs_user && !e.needs_user_auditor);
    CU_ASSERT_EQUAL_FATAL(parse(" * Expect: none\n * Needs: user-auditor\n", &e), 0);
    CU_ASSERT_TRUE(e.needs_user && e.needs_user_auditor);
}

static void test_expect__refuses_bad_heads(void)
{
    refused("", "needs either");
    refused(" * Expect: none\n * Expect: fd-x 1\n", "needs either");
    refused(" * Expect: none\n * Expect: none\n", "needs either");
    refused(" * Unknown: fd-x 1\n", "needs either");
    refused(" * Expect: fd-x\n", "CHECK-ID COUNT");
    refused(" * Expect: fd-x 0\n", "CHECK-ID COUNT");
    refused(" * Expect: fd-x 1000\n", "CHECK-ID COUNT");
    refused(" * Expect: fd-x 1 2\n", "CHECK-ID COUNT");
    refused(" * Expect: Fd_X 1\n", "CHECK-ID COUNT");
    refused(" * Expect: fd-x 1\n * Expect: fd-x 1\n", "stands twice");
    refused(" * Expect: none\n * Needs: luck\n", "none of root");
    refused(" * Expect: none\n * Needs: root\n * Needs: user\n", "both root and user");
}

static void test_expect__words_of_several_lines(void)
{
    struct expect e;

    CU_ASSERT_EQUAL_FATAL(parse(" * Expect: id-y 1\n * Re-enacts: CVE-2006-2607 cups#185\n * Re-enacts: gosu#1\n"
                                " * Inject: --calls setuid\n * Member: 4 27\n * Needs: userns\n * Needs: io_uring\n",
                                &e),
                          0);
    CU_ASSERT_EQUAL_FATAL(e.re_enacts.n, 3);
    CU_ASSERT_STRING_EQUAL(e.re_enacts.words[1], "cups#185");
    CU_ASSERT_STRING_EQUAL(e.re_enacts.words[2], "gosu#1");
    CU_ASSERT_EQUAL_FATAL(e.member.n, 2);
    CU_ASSERT_STRING_EQUAL(e.member.words[1], "27");
    CU_ASSERT_EQUAL_FATAL(e.inject.n, 2);
    CU_ASSERT_STRING_EQUAL(e.inject.words[0], "--calls");
    CU_ASSERT_TRUE(e.needs_userns && e.needs_io_uring);
}

static void test_expect__reads_options_for_run(void)
{
    struct expect e;

    CU_ASSERT_EQUAL_FATAL(parse(" * Expect: none\n * Run: --generators --generator own=u64()\n", &e), 0);
    CU_ASSERT_EQUAL_FATAL(e.run.n, 3);
    CU_ASSERT_STRING_EQUAL(e.run.words[2], "own=u64()");
    CU_ASSERT_EQUAL(e.inject.n, 0);
    refused(" * Expect: none\n * Run: --generators\n * Inject: --calls setuid\n", "both run and inject");
}

static void test_expect__reads_a_strength(void)
{
    struct expect e;

    CU_ASSERT_EQUAL_FATAL(parse(" * Strength: id-y proven\n * Expect: id-y 1\n", &e), 0);
    CU_ASSERT_EQUAL_FATAL(e.n_strengths, 1);
    CU_ASSERT_STRING_EQUAL(e.strengths[0].id, "id-y");
    CU_ASSERT_STRING_EQUAL(e.strengths[0].strength, "proven");
}

static void test_expect__refuses_bad_words(void)
{
    refused(" * Expect: none\n * Inject:\n", "without a value");
    refused(" * Expect: none\n * Member: adm\n", "not the number of a group");
    refused(" * Expect: none\n * Inject: a a a a a a a a a a a a a a a a a\n", "more than 16 words");
    refused(" * Expect: none\n * Re-enacts: cups#185\n", "expects nothing");
    refused(" * Expect: id-y 1\n * Strength: id-y\n", "is not CHECK-ID");
    refused(" * Expect: id-y 1\n * Strength: id-y sure\n", "proven, observed or suspect");
    refused(" * Expect: id-y 1\n * Strength: id-z proven\n", "does not expect it");
}

static void test_expect__refuses_a_wrong_title(void)
{
    struct expect e;

    CU_ASSERT_EQUAL(expect_parse("a", "/* b.c - x\n * Expect: none\n */\n", &e, why, sizeof why), -EINVAL);
    CU_ASSERT_EQUAL(expect_parse("a", "/* a.c -\n * Expect: none\n */\n", &e, why, sizeof why), -EINVAL);
    CU_ASSERT_EQUAL(expect_parse("a", "", &e, why, sizeof why), -EINVAL);
}

static void test_expect__refuses_a_head_without_end(void)
{
    struct expect e;

    CU_ASSERT_EQUAL(expect_parse("a", "/* a.c - x\n * Expect: none\n", &e, why, sizeof why), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "does not end"));
}

static void test_expect__refuses_a_huge_line(void)
{
    char line[2000] = " * Expect: ";

    memset(line + strlen(line), 'a', sizeof line - 20);
    refused(line, "too long");
}

static void test_expect__refuses_too_many_rows(void)
{
    char lines[2048] = "";
    int i;

    for (i = 0; i <= EXPECT_ROWS_MAX; i++)
        sprintf(lines + strlen(lines), " * Expect: c%d 1\n", i);
    refused(lines, "more than");
}

static void test_ids__counts_rows(void)
{
    struct expect_answer a;

    CU_ASSERT_EQUAL_FATAL(expect_read_ids("found fd-x\naccepted fd-y\nfound fd-x\nunknown id-z\npass q\nincomplete\n",
                                          &a, why, sizeof why),
                          0);
    CU_ASSERT_EQUAL_FATAL(a.found.n, 1);
    CU_ASSERT_EQUAL(a.found.rows[0].count, 2);
    CU_ASSERT_EQUAL_FATAL(a.unknown.n, 1);
    CU_ASSERT_STRING_EQUAL(a.unknown.rows[0].id, "id-z");
    CU_ASSERT_EQUAL(a.complete, 0);
}

static void test_ids__refuses_what_is_no_report(void)
{
    static const char *const bad[] = { "",
                                       "found fd-x\n",
                                       "found\ncomplete\n",
                                       "found a b\ncomplete\n",
                                       "guessed fd-x\ncomplete\n",
                                       "complete\nfound fd-x\n",
                                       "complete\ncomplete\n",
                                       "found \033[31m\ncomplete\n" };
    struct expect_answer a;
    size_t i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(expect_read_ids(bad[i], &a, why, sizeof why), -EINVAL);
}

/* Parses both and compares. */
static int met(const char *lines, const char *ids)
{
    struct expect e;
    struct expect_answer a;

    if (parse(lines, &e) || expect_read_ids(ids, &a, why, sizeof why))
        return -1;
    return expect_is_met(&e, &a, why, sizeof why);
}

static void test_met__exactly(void)
{
    CU_ASSERT_EQUAL(met(" * Expect: none\n", "complete\n"), 1);
    CU_ASSERT_EQUAL(met(" * Expect: none\n", "accepted fd-x\ncomplete\n"), 1);
    CU_ASSERT_EQUAL(met(" * Expect: b 1\n * Expect: a 2\n", "found a\nfound b\nfound a\ncomplete\n"), 1);
    CU_ASSERT_EQUAL(met(" * Expect: none\n * Unknown: g 1\n", "unknown g\nincomplete\n"), 1);
}

static void test_met__a_false_alarm_fails(void)
{
    CU_ASSERT_EQUAL(met(" * Expect: none\n", "found fd-x\ncomplete\n"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "expected none; got fd-x 1"));
    CU_ASSERT_EQUAL(met(" * Expect: a 1\n", "found a\nfound a\ncomplete\n"), 0);
    CU_ASSERT_EQUAL(met(" * Expect: a 1\n", "found a\nfound b\ncomplete\n"), 0);
    CU_ASSERT_EQUAL(met(" * Expect: a 1\n", "found a\nunknown a\nincomplete\n"), 0);
}

static void test_met__a_miss_fails(void)
{
    CU_ASSERT_EQUAL(met(" * Expect: a 1\n", "complete\n"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "expected a 1; got none"));
    CU_ASSERT_EQUAL(met(" * Expect: a 2\n", "found a\ncomplete\n"), 0);
    CU_ASSERT_EQUAL(met(" * Expect: a 1\n", "accepted a\ncomplete\n"), 0);
    CU_ASSERT_EQUAL(met(" * Expect: none\n * Unknown: g 1\n", "incomplete\n"), 0);
}

static void test_met__completeness_is_compared(void)
{
    CU_ASSERT_EQUAL(met(" * Expect: none\n", "incomplete\n"), 0);
    CU_ASSERT_EQUAL(met(" * Expect: none\n * Unknown: g 1\n", "unknown g\ncomplete\n"), 0);
}

TEST_MAIN("test_expect", TEST(test_expect__reads_a_head), TEST(test_expect__none_is_no_row),
          TEST(test_expect__refuses_bad_heads), TEST(test_expect__words_of_several_lines),
          TEST(test_expect__reads_options_for_run), TEST(test_expect__reads_a_strength),
          TEST(test_expect__refuses_bad_words), TEST(test_expect__refuses_a_wrong_title),
          TEST(test_expect__refuses_a_head_without_end), TEST(test_expect__refuses_a_huge_line),
          TEST(test_expect__refuses_too_many_rows), TEST(test_ids__counts_rows),
          TEST(test_ids__refuses_what_is_no_report), TEST(test_met__exactly), TEST(test_met__a_false_alarm_fails),
          TEST(test_met__a_miss_fails), TEST(test_met__completeness_is_compared))

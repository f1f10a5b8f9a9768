/* test_checks_rng.c - the rng checks on hand-made facts: each fires, is silent, says unknown. */
#include "checks/tests/case.h"

#define A16 'abcdefghijklmnop'
#define B16 'ABCDEFGHIJKLMNOP'

static void test_rng_shared__fires(void)
{
    EXPECT("found:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'g', A16)));
    EXPECT("generator \"g\"", case_query("select subject from finding where check_id = 'rng-shared'"));
    CU_ASSERT_EQUAL(case_result.found[JUDGE_CRITICAL], 1);
    case_end();
}

static void test_rng_shared__fires_for_a_grandchild(void)
{
    EXPECT("found:3", case_judge("rng-shared", FAMILY PROCESS(3, 12, 2, 103, 'fork', 1) DRAW(1, 1, 20, 'g', A16)
                                                   DRAW(2, 3, 21, 'g', A16)));
    case_end();
}

static void test_rng_shared__adds_up_small_draws(void)
{
    EXPECT("found:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', 'abcd') DRAW(2, 1, 21, 'g', 'efgh')
                                                   DRAW(3, 2, 22, 'g', 'abcde') DRAW(4, 2, 23, 'g', 'fghi')));
    case_end();
}

static void test_rng_shared__silent(void)
{
    EXPECT("pass:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'g', B16)));
    /* Another generator, a draw before the fork, a draw by the program executed afterwards: nothing to compare. */
    EXPECT("", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'h', A16)));
    EXPECT("", case_judge("rng-shared", FAMILY DRAW(1, 1, 5, 'g', A16) DRAW(2, 2, 21, 'g', A16)));
    EXPECT("", case_judge("rng-shared", FAMILY IMAGE(2, 2, 15, '/bin/other', 0, 1) DRAW(1, 1, 20, 'g', A16)
                                            DRAW(2, 2, 21, 'g', A16)));
    EXPECT("", case_judge("rng-shared", FAMILY));
    case_end();
}

static void test_rng_shared__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'g', 'abcd')));
    EXPECT("unknown:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', 'a') DRAW(2, 2, 21, 'g', A16)));
    EXPECT("unknown", case_judge("rng-shared", FAMILY "update image set markers = 0;"));
    EXPECT("the program is not instrumented: its random numbers could not be compared; run with --generators",
           case_query("select reason from finding where check_id = 'rng-shared'"));
    /* Seven equal bytes are 56 bits. */
    EXPECT("unknown:2", case_judge("rng-shared", FAMILY DRAW(1, 1, 20, 'g', 'abcdefg') DRAW(2, 2, 21, 'g', 'abcdefg')));
    case_end();
}

static void test_rng_overlap__fires(void)
{
    EXPECT("found:2", case_judge("rng-overlap", FAMILY DRAW(1, 1, 5, 'g', A16) DRAW(2, 2, 21, 'g', A16)));
    EXPECT("found:2", case_judge("rng-overlap", FAMILY DRAW(1, 1, 20, 'g', 'VEabcdefghi') DRAW(2, 2, 21, 'g', A16)));
    EXPECT("pid 102 drew 9 bytes at offset 0 that its parent pid 101 drew at offset 2: 616263646566676869",
           case_query("select evidence from finding where check_id = 'rng-overlap'"));
    case_end();
}

static void test_rng_overlap__silent(void)
{
    EXPECT("pass:2", case_judge("rng-overlap", FAMILY DRAW(1, 1, 5, 'g', A16) DRAW(2, 2, 21, 'g', B16)));
    /* rng-shared has it already */
    EXPECT("", case_judge("rng-overlap", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'g', A16)));
    case_end();
}

static void test_rng_overlap__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-overlap", FAMILY DRAW(1, 1, 5, 'g', A16) DRAW(2, 2, 21, 'g', 'k')));
    EXPECT("unknown", case_judge("rng-overlap", FAMILY "update image set markers = null;"));
    case_end();
}

#define TWINS FAMILY PROCESS(3, 12, 1, 103, 'fork', 1)

static void test_rng_siblings__fires(void)
{
    EXPECT("found:3", case_judge("rng-siblings", TWINS DRAW(1, 2, 20, 'g', A16) DRAW(2, 3, 21, 'g', A16)));
    EXPECT("found:3",
           case_judge("rng-siblings", TWINS DRAW(1, 2, 20, 'g', 'OFWdefghijq') DRAW(2, 3, 21, 'g', 'defghijq')));
    /* Three that are equal are two rows, and cousins count. */
    EXPECT("found:3 found:4",
           case_judge("rng-siblings", TWINS PROCESS(4, 14, 2, 104, 'fork', 1) DRAW(1, 2, 20, 'g', B16)
                                          DRAW(2, 3, 21, 'g', B16) DRAW(3, 4, 22, 'g', B16)));
    case_end();
}

static void test_rng_siblings__silent(void)
{
    EXPECT("pass:3", case_judge("rng-siblings", TWINS DRAW(1, 2, 20, 'g', A16) DRAW(2, 3, 21, 'g', B16)));
    EXPECT("", case_judge("rng-siblings", FAMILY DRAW(1, 1, 20, 'g', A16) DRAW(2, 2, 21, 'g', A16)));
    case_end();
}

static void test_rng_siblings__unknown(void)
{
    EXPECT("unknown:3", case_judge("rng-siblings", TWINS DRAW(1, 2, 20, 'g', A16) DRAW(2, 3, 21, 'g', 'ab')));
    EXPECT("unknown", case_judge("rng-siblings", FAMILY "update image set markers = 0;"));
    case_end();
}

TEST_MAIN("test_checks_rng", TEST(test_rng_shared__fires), TEST(test_rng_shared__fires_for_a_grandchild),
          TEST(test_rng_shared__adds_up_small_draws), TEST(test_rng_shared__silent), TEST(test_rng_shared__unknown),
          TEST(test_rng_overlap__fires), TEST(test_rng_overlap__silent), TEST(test_rng_overlap__unknown),
          TEST(test_rng_siblings__fires), TEST(test_rng_siblings__silent), TEST(test_rng_siblings__unknown))

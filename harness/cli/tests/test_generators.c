/* test_generators.c - forkaudit run --generators as its user meets it: options, and a target that does not notice. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <signal.h>
#include <string.h>

static struct program p;

#define SAYS(text) CU_ASSERT(strstr(p.errors, text) != NULL)
#define RUN        "\"$F\" run -q --without '*' -r \"$D/a.fork\" "

static void test_options__are_understood_before_the_program_starts(void)
{
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generator next -- touch \"$D/started\""), 2);
    SAYS("SYMBOL=SHAPE");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generator '=u32()' -- touch \"$D/started\""), 2);
    SAYS("SYMBOL=SHAPE");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generator 'next=u33()' -- touch \"$D/started\""), 2);
    SAYS("next=u33()");
    SAYS("at character");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generators --generator-children few -- touch \"$D/started\""), 2);
    SAYS("few");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generators --generator-children -1 -- touch \"$D/started\""), 2);
    SAYS("-1");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generators --generator-memory 0 -- touch \"$D/started\""), 2);
    SAYS("--generator-memory");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generators --generator-memory 99999999 -- touch \"$D/started\""), 2);
    SAYS("1048576");
    CU_ASSERT_EQUAL(program_run(&p, "test -e \"$D/started\""), 1);
}

/* They would do nothing, and the user thinks that they do. */
static void test_options__need_generators(void)
{
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generator-children 3 -- true"), 2);
    SAYS("need --generators");
    CU_ASSERT_EQUAL(program_run(&p, RUN "--generator-memory 3 -- true"), 2);
    SAYS("need --generators");
}

static void test_options__are_in_the_help(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run --help"), 0);
    CU_ASSERT(strstr(p.text, "--generators ") != NULL);
    CU_ASSERT(strstr(p.text, "--generator SYMBOL=SHAPE") != NULL);
    CU_ASSERT(strstr(p.text, "--generator-children ") != NULL);
    CU_ASSERT(strstr(p.text, "--generator-memory ") != NULL);
}

static void test_options__reach_the_audit(void)
{
    program_run(&p, RUN "-- true");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select generators from audit"), 0);
    program_run(&p, RUN "--generators --generator-children all -- true");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select generators from audit"), 1);
    CU_ASSERT(program_ask("a.fork", "select count(*) from generator_present") > 0);
    program_run(&p, RUN "--generator 'no_such_function=u32()' -- true");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select generators from audit"), 1);
}

/* One child is drawn from, and the rest is said. */
static void test_options__children_that_are_left_out(void)
{
    program_run(&p, RUN "--generators --generator-children 1 -- sh -c '(exit 0); (exit 0); (exit 0)'");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select count(*) from snapshot where moment = 'born'"), 1);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select count(*) from gap where source = 'generator' and detail like "
                                          "'2 of its 3 children %--generator-children%'"),
                    1);
}

static void test_target__exit_status_and_streams_are_its_own(void)
{
    program_run(&p, "echo in | " RUN "--generators -o ids=/dev/null -- "
                    "sh -c 'read x; (echo out $x); echo err >&2; exit 42'");
    CU_ASSERT_STRING_EQUAL(p.text, "out in\n");
    CU_ASSERT_STRING_EQUAL(p.errors, "err\n");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select target_status from audit"), 42 << 8);
}

/* 32-bit programs and those that die at once are said, or nothing is to be said of them. */
static void test_target__dies_at_once(void)
{
    program_run(&p, RUN "--generators -- sh -c 'kill -SEGV $$'");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select target_status from audit") & 0x7f, SIGSEGV);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select complete from audit"), 1);
}

TEST_MAIN("test_generators", TEST(test_options__are_understood_before_the_program_starts),
          TEST(test_options__need_generators), TEST(test_options__are_in_the_help), TEST(test_options__reach_the_audit),
          TEST(test_options__children_that_are_left_out), TEST(test_target__exit_status_and_streams_are_its_own),
          TEST(test_target__dies_at_once))

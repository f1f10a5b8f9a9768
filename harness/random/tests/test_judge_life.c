/* test_judge_life.c - whole audits with generators: which states are compared, and what comes of it. */
#include "harness/random/tests/judging.h"
#include "harness/random/tests/plays_judge.h"
#include "harness/testing.h"

#include <string.h>

static const char *const wiped[] = { PLAY_WIPED, NULL };

static void test_judge_life__a_stream_that_is_shared(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "shared");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "later", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "parent", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "sibling", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count_all(&a, "fork", RAND), 2);
    CU_ASSERT_EQUAL(judging_count_all(&a, "sibling", RAND), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison WHERE verdict = 'shared' AND (own IS NULL OR "
                                  "other_values IS NULL OR shift IS NULL OR equal < 1)"),
                    0);
    /* The first draws are compared with the birth: from the first value on. */
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT max(shift + other_shift) FROM comparison WHERE kind = 'fork' AND verdict = "
                                  "'shared'"),
                    0);
    /* Two draws on: 2 values behind the birth. */
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT max(other_shift - shift) FROM comparison c JOIN generator g ON g.id = "
                                  "c.generator WHERE kind = 'later' AND verdict = 'shared' AND coalesce(g.state_of, "
                                  "g.name) = 'libc rand'"),
                    2);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM gap WHERE source = 'generator'"), 0);
    audit_release(&a);
}

static void test_judge_life__a_child_that_reseeds(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "reseeds");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "diverged", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "sibling", "diverged", RAND), 1);
    CU_ASSERT_EQUAL(judging_count_all(&a, "later", RAND), 0);
    CU_ASSERT_EQUAL(judging_count_all(&a, "parent", RAND), 0);
    audit_release(&a);
}

static void test_judge_life__a_child_that_reseeds_too_late(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "window");
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count(&a, "later", "diverged", RAND), 1);
    audit_release(&a);
}

static void test_judge_life__a_parent_that_reseeds(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "parent-reseeds");
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count(&a, "parent", "diverged", RAND), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison c JOIN process p ON p.id = c.other WHERE c.kind = "
                                  "'parent' AND p.parent <> c.process"),
                    0);
    audit_release(&a);
}

static void test_judge_life__a_generator_that_the_child_never_draws_from(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "unused");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count_all(&a, "later", RAND), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM generator_call c JOIN process p ON p.id = c.process WHERE "
                                  "p.parent IS NOT NULL"),
                    0);
    audit_release(&a);
}

/* What a library is after it was taken down is not its last state. */
static void test_judge_life__a_library_that_is_taken_down(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "taken-down");
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "diverged", "OpenSSL RAND_bytes"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison WHERE verdict = 'undecided'"), 0);
    audit_release(&a);
}

static void test_judge_life__openssl_repeats_only_with_the_pid(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "openssl");
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison c JOIN generator g ON g.id = c.generator WHERE "
                                  "c.kind = 'newborn' AND g.name = 'OpenSSL RAND_bytes' AND c.verdict = 'diverged' AND "
                                  "c.reason = 'reseed' AND c.pid_repeats = 1"),
                    1);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "diverged", "OpenSSL RAND_bytes"), 1);
    audit_release(&a);
}

static void test_judge_life__a_raw_clone(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "raw-clone");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    audit_release(&a);
}

static void test_judge_life__a_page_that_the_fork_wipes(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_begin(&a, judging_self("wipes"), wiped);
    judging_finish(&a);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison c JOIN generator g ON g.id = c.generator WHERE "
                                  "c.kind = 'fork' AND g.symbol = 'play_wiped_next' AND c.verdict = 'diverged' AND "
                                  "c.reason = 'reseed'"),
                    1);
    audit_release(&a);
}

static void test_judge_life__a_child_that_executes(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "executes");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 0);
    CU_ASSERT_EQUAL(judging_count_all(&a, "fork", RAND), 0);
    CU_ASSERT_EQUAL(judging_count_all(&a, "parent", RAND), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM snapshot WHERE moment = 'exec'"), 0);
    audit_release(&a);
}

static void test_judge_life__memory_that_is_shared_is_not_compared(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "vfork");
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM process"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM snapshot"), 0);
    audit_release(&a);
}

static void test_judge_life__grandchildren(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "generations");
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 2);
    CU_ASSERT_EQUAL(judging_count(&a, "parent", "shared", RAND), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(DISTINCT process) FROM comparison WHERE kind = 'fork'"), 2);
    audit_release(&a);
}

static void test_judge_life__a_child_that_is_killed(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "killed");
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    audit_release(&a);
}

static void test_judge_life__a_parent_that_ends_first(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "orphan");
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    CU_ASSERT_EQUAL(judging_count(&a, "parent", "shared", RAND), 1);
    audit_release(&a);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_judge_life__a_stream_that_is_shared),
        TEST(test_judge_life__a_child_that_reseeds),
        TEST(test_judge_life__a_child_that_reseeds_too_late),
        TEST(test_judge_life__a_parent_that_reseeds),
        TEST(test_judge_life__a_generator_that_the_child_never_draws_from),
        TEST(test_judge_life__openssl_repeats_only_with_the_pid),
        TEST(test_judge_life__a_library_that_is_taken_down),
        TEST(test_judge_life__a_raw_clone),
        TEST(test_judge_life__a_page_that_the_fork_wipes),
        TEST(test_judge_life__a_child_that_executes),
        TEST(test_judge_life__memory_that_is_shared_is_not_compared),
        TEST(test_judge_life__grandchildren),
        TEST(test_judge_life__a_child_that_is_killed),
        TEST(test_judge_life__a_parent_that_ends_first),
        { NULL, NULL },
    };

    if (argc == 3 && !strcmp(argv[1], "--play"))
        play_judge(argv[2]);
    return test_main("test_judge_life", tests, argc, argv);
}

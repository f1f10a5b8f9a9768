/* test_kept.c - with what privilege a program went on when a call failed that should have taken it. */
#include "harness/inject/tests/plays.h"
#include "harness/inject/tests/trials.h"
#include "harness/testing.h"

#include <string.h>
#include <unistd.h>

#define NEEDS_ROOT "needs root, to have privilege to drop"

static void test_kept__nothing_by_who_looks(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "setuid-checked", NULL, "set*id");
    CU_ASSERT_EQUAL(t.plan.n, 3);
    CU_ASSERT_EQUAL(
        trials_ask(&t,
                   "select count(*) from injection where outcome = 'ended' and kept_uid is null and kept_gid is null"),
        3);
    trials_release(&t);
}

static void test_kept__uid(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "setuid-ignored", NULL, "setuid");
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and kept_uid = 0 and kept_gid is "
                       "null and kept_groups is null and kept_caps & 1 and evidence like '%as uid 0, gid 33%'"),
        2);
    trials_release(&t);
}

static void test_kept__by_a_child(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "setuid-ignored-child", NULL, "setuid");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and kept_uid = 0"), 2);
    trials_release(&t);
}

static void test_kept__by_the_next_program(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_init(&t, "setuid-exec", NULL, "setuid");
    t.options.observe.until = OBSERVE_UNTIL_EXIT;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(
        trials_ask(&t,
                   "select count(*) from injection where outcome = 'carried-on' and kept_uid = 0 and status = 7 << 8 "
                   "and evidence like '%executed /%'"),
        2);
    trials_release(&t);
}

static void test_kept__groups(void)
{
    static const gid_t groups[] = { 0, 4 };
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_init(&t, "setgroups-ignored", NULL, "initgroups");
    t.options.observe.launch.switch_user = 1;
    t.options.observe.launch.groups = groups;
    t.options.observe.launch.n_groups = 2;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(
        trials_ask(&t,
                   "select count(*) from injection where outcome = 'carried-on' and kept_uid is null and kept_gid is "
                   "null and kept_groups = '0 4' and kept_caps is null"),
        2);
    trials_release(&t);
}

/* Of two jobs that are started from one place, the user's is the one that must not be root's. */
static void test_kept__by_the_users_job(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "jobs", NULL, "setuid");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where name = 'setuid' and calls = 1"), 2);
    CU_ASSERT_EQUAL(t.plan.n, 4);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection j join site s on s.id = j.site join call c on"
                                   " c.id = s.first_call where c.a0 = 33 and outcome = 'carried-on' and kept_uid = 0"
                                   " and hits = 1 and evidence like 'setuid(33) failed%'"),
                    2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection j join site s on s.id = j.site join call c on"
                                   " c.id = s.first_call where c.a0 = 0 and outcome = 'carried-on' and kept_uid is null"
                                   " and hits = 1 and evidence like 'setuid(0) failed%'"),
                    2);
    trials_release(&t);
}

static void test_kept__nothing_by_a_worker_that_ended(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "worker-ends-early", NULL, "open");
    CU_ASSERT_EQUAL(t.plan.n, 2);
    CU_ASSERT_EQUAL(trials_ask(&t,
                               "select count(*) from injection where outcome = 'carried-on' and kept_uid is null and"
                               " kept_caps is null"),
                    2);
    trials_release(&t);
}

static void test_kept__effective_uid(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "seteuid-ignored", NULL, "seteuid");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and kept_uid = 0 and"
                                   " kept_gid is null and kept_groups is null"),
                    2);
    trials_release(&t);
}

/* Who is root at rest keeps nothing, whichever way the change for a moment fails. */
static void test_kept__nothing_by_root(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "seteuid-for-a-moment", NULL, "set*id");
    CU_ASSERT_EQUAL(t.plan.n, 6);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and kept_uid is null"
                                   " and kept_gid is null and kept_groups is null and kept_caps is null"),
                    6);
    trials_release(&t);
}

static void test_kept__nothing_after_another_try(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_init(&t, "setuid-again", NULL, "setuid");
    t.options.errors = "EAGAIN";
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'retried' and kept_uid is null"), 1);
    trials_release(&t);
}

/* Where every try fails, it gives up; were it not so, --repeat would not repeat. */
static void test_kept__every_try_fails(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_init(&t, "setuid-again", NULL, "setuid");
    t.options.errors = "EAGAIN";
    t.options.every = 1;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'ended' and hits > 1"), 1);
    trials_release(&t);
}

/* Libc makes the call in every thread, and aborts when it does not end alike in all: one place, one trial an errno. */
static void test_threads__fail_together(void)
{
    struct trials t;

    if (geteuid()) {
        test_skip(NEEDS_ROOT);
        return;
    }
    trials_of(&t, "setuid-threads", NULL, "setuid");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where name = 'setuid' and threads = 4 and calls = 4"), 1);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'ended' and hits = 4 and status = 3 << 8"), 2);
    trials_release(&t);
}

static const struct test tests[] = {
    TEST(test_kept__nothing_by_who_looks),
    TEST(test_kept__uid),
    TEST(test_kept__by_a_child),
    TEST(test_kept__by_the_next_program),
    TEST(test_kept__groups),
    TEST(test_kept__by_the_users_job),
    TEST(test_kept__nothing_by_a_worker_that_ended),
    TEST(test_kept__effective_uid),
    TEST(test_kept__nothing_by_root),
    TEST(test_kept__nothing_after_another_try),
    TEST(test_kept__every_try_fails),
    TEST(test_threads__fail_together),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc >= 3 && !strcmp(argv[1], "--play"))
        return play(argv[2], argc > 3 ? argv[3] : "");
    return test_main("test_kept", tests, argc, argv);
}

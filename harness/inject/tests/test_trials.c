/* test_trials.c - places and trials: what a program did when a call failed, as its recording tells it. */
#include "harness/inject/tests/plays.h"
#include "harness/inject/tests/trials.h"
#include "harness/testing.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- places ---- */

static void test_site__one_for_each_place(void)
{
    struct trials t;

    trials_of(&t, "places", NULL, "fork");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where name = 'open'"), 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select calls from site where detail = '/dev/null'"), 3);
    CU_ASSERT_EQUAL(trials_ask(&t, "select calls from site where detail = '/dev/zero'"), 1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where role = 'test_trials' and threads = 1"), 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from call where detail = '/dev/random' and error = 20"), 1);
    CU_ASSERT_EQUAL(t.plan.n, 0);
    trials_release(&t);
}

static void test_site__libc_keys_are_nobodys(void)
{
    struct trials t;

    trials_of(&t, "random-ignored", NULL, "fork");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where name = 'getrandom'"), 1);
    CU_ASSERT_EQUAL(trials_ask(&t,
                               "select a1 from call c join site s on s.first_call = c.id where s.name = 'getrandom'"),
                    16);
    trials_release(&t);
}

static void test_site__role_counts_forks(void)
{
    struct trials t;

    trials_init(&t, "open-respawn", NULL, NULL);
    trials_learn(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where role = 'test_trials>' and name = 'open'"), 1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from site where role = 'test_trials' and name = 'fork'"), 1);
    trials_release(&t);
}

/* ---- what came of it ---- */

static void test_outcome__ended(void)
{
    struct trials t;

    trials_of(&t, "open-checked", NULL, "open");
    CU_ASSERT_EQUAL(t.plan.n, 2);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'ended' and hits = 1 and status = 3 << 8"), 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(distinct error) from injection where error in (2, 24)"), 2);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where evidence like 'open(/dev/null) failed with EMFILE in "
                       "test_trials (pid %); it exited with status 3'"),
        1);
    trials_release(&t);
}

static void test_outcome__ended_without_a_word(void)
{
    struct trials t;

    trials_of(&t, "open-gives-up", NULL, "open");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'ended' and status = 0"), 2);
    trials_release(&t);
}

static void test_outcome__as_in_the_clean_run(void)
{
    struct trials t;

    trials_init(&t, "open-ignored-exit", NULL, "open");
    t.options.observe.until = OBSERVE_UNTIL_EXIT;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.r, 0);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and status = 0 and kept_uid is "
                       "null and kept_gid is null and kept_groups is null and kept_caps is null"),
        2);
    trials_release(&t);
}

/* The status is that of the clean run too, but nothing of what came before it there. */
static void test_outcome__ended_at_once(void)
{
    struct trials t;

    trials_init(&t, "open-error-at-the-end", NULL, "open");
    t.options.observe.until = OBSERVE_UNTIL_EXIT;
    t.options.errors = "EMFILE";
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.plan.n, 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection j join site s on s.id = j.site where"
                                   " outcome = 'ended' and s.detail = '/dev/null' and status = 3 << 8"),
                    1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection j join site s on s.id = j.site where"
                                   " outcome = 'carried-on' and s.detail = '/dev/zero'"),
                    1);
    trials_release(&t);
}

/* Without the helper there is nobody below the worker, which is no end of the worker's. */
static void test_outcome__served_without_a_child(void)
{
    struct trials t;

    trials_init(&t, "fork-helper", NULL, "fork");
    t.options.observe.until = OBSERVE_UNTIL_POKE;
    t.options.observe.poke = "kill -USR1 $(cat /proc/$FORKAUDIT_PID/task/$FORKAUDIT_PID/children)";
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection j join site s on s.id = j.site where"
                                   " s.role = 'test_trials>' and outcome = 'carried-on' and status = 0 and served = 1"),
                    1);
    trials_release(&t);
}

static void test_outcome__crashed(void)
{
    struct trials t;

    trials_of(&t, "open-abort", NULL, "open");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'crashed' and status & 127 = 6"), 2);
    trials_release(&t);
}

static void test_outcome__hung_busy(void)
{
    struct trials t;

    trials_init(&t, "open-spin", NULL, "open");
    t.options.errors = "ENOENT";
    trials_learn(&t);
    t.options.observe.settle_timeout = 500;
    trials_run(&t);
    CU_ASSERT_EQUAL(t.r, 0);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'hung' and hits = 1 and status is null and "
                       "evidence like '%the program never settled'"),
        1);
    trials_release(&t);
}

static void test_outcome__hung_respawning(void)
{
    struct trials t;

    trials_init(&t, "open-respawn", NULL, "open");
    t.options.errors = "ENOENT";
    t.options.every = 1;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.r, 0);
    CU_ASSERT_EQUAL(trials_ask(&t,
                               "select count(*) from injection where outcome = 'hung' and every = 1 and hits > 10 and "
                               "evidence like '%more and more processes%'"),
                    1);
    trials_release(&t);
}

/* The first worker ends, the next one does its work. */
static void test_outcome__ended_and_replaced(void)
{
    struct trials t;

    trials_of(&t, "open-respawn", NULL, "open");
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'ended' and hits = 1 and status = 3 << 8"), 2);
    trials_release(&t);
}

static void test_outcome__retried(void)
{
    struct trials t;

    trials_of(&t, "fork-again", NULL, "fork");
    CU_ASSERT_EQUAL(t.plan.n, 1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'retried' and error = 11"), 1);
    trials_release(&t);
}

/* The next worker is no second try of the one that failed. */
static void test_outcome__not_retried(void)
{
    struct trials t;

    trials_of(&t, "fork-workers", NULL, "fork");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and evidence like "
                                   "'%made a child process (2 times)%'"),
                    1);
    trials_release(&t);
    trials_of(&t, "places", NULL, "open");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on'"), 4);
    trials_release(&t);
}

static void test_outcome__carried_on(void)
{
    struct trials t;

    trials_of(&t, "fork-ignored", NULL, "vfork");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and served is null and "
                                   "evidence like '%then it waited in pause as uid %lived to the end%'"),
                    1);
    trials_release(&t);
}

static void test_outcome__no_random_bytes(void)
{
    struct trials t;

    trials_of(&t, "random-ignored", NULL, "getrandom");
    CU_ASSERT_EQUAL(t.plan.n, 1);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'carried-on' and error = 38 and evidence like "
                       "'%did not ask another source%'"),
        1);
    trials_release(&t);
}

static void test_outcome__random_bytes_from_elsewhere(void)
{
    struct trials t;

    trials_of(&t, "random-fallback", NULL, "getrandom");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'retried' and evidence like "
                                   "'%called open(/dev/urandom)%'"),
                    1);
    trials_release(&t);
}

static void test_outcome__not_reached(void)
{
    char path[4200];
    struct trials t;

    snprintf(path, sizeof path, "%s/once", test_directory());
    trials_of(&t, "once", path, "open");
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where outcome = 'not-reached' and hits = 0"), 2);
    trials_release(&t);
}

static void test_outcome__program_gone(void)
{
    char path[4200], command[9000];
    struct trials t;

    snprintf(path, sizeof path, "%s/test_trials", test_directory());
    trials_init(&t, "unlinks-itself", path, "open");
    snprintf(command, sizeof command, "cp '%s' '%s'", t.options.observe.launch.path, path);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    t.options.observe.launch.path = path;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.r, 0);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where outcome = 'failed' and evidence like '%No such file%'"),
        2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from gap where source = 'inject'"), 2);
    trials_release(&t);
}

static void test_poke__served_or_not(void)
{
    struct trials t;

    trials_init(&t, "fork-ignored", NULL, "fork");
    t.options.observe.until = OBSERVE_UNTIL_POKE;
    t.options.observe.poke = "test \"$(cat /proc/$FORKAUDIT_PID/task/$FORKAUDIT_PID/children)\"";
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select poke_status from audit"), 0);
    CU_ASSERT_EQUAL(
        trials_ask(&t, "select count(*) from injection where served = 0 and evidence like '%the poke was not served'"),
        1);
    trials_release(&t);
}

/* ---- around it ---- */

static void test_words__checked(void)
{
    struct inject_options o = { .calls = "setuid,initgroups,set*id,open" };
    const char *word = NULL, *const *known = NULL;

    CU_ASSERT_EQUAL(inject_check_words(&o, &word, &known), 0);
    o.calls = "setuid,setgruops";
    CU_ASSERT_EQUAL(inject_check_words(&o, &word, &known), -EINVAL);
    CU_ASSERT_STRING_EQUAL(word, "setgruops");
    o.calls = "";
    CU_ASSERT_EQUAL(inject_check_words(&o, &word, &known), -EINVAL);
    o.calls = NULL;
    o.errors = "EPERM,EWOULDBLOCK,ENOSYS";
    CU_ASSERT_EQUAL(inject_check_words(&o, &word, &known), 0);
    o.errors = "EPERM,ENOPE,EIO";
    CU_ASSERT_EQUAL(inject_check_words(&o, &word, &known), -EINVAL);
    CU_ASSERT_EQUAL(strncmp(word, "ENOPE,", 6), 0);
    CU_ASSERT_STRING_EQUAL(known[0], "EPERM");
}

static void test_plan__errnos_given(void)
{
    struct trials t;

    trials_init(&t, "open-checked", NULL, "open");
    t.options.errors = "EIO,EACCES,EIO";
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.plan.n, 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where error in (5, 13)"), 2);
    trials_release(&t);
}

static void test_keep__recordings(void)
{
    char directory[4200], path[4300], why[512] = "";
    struct facts *trial = NULL;
    struct trials t;

    snprintf(directory, sizeof directory, "%s/keep", test_directory());
    snprintf(path, sizeof path, "%s/001-open-EMFILE.fork", directory);
    CU_ASSERT_FATAL(!mkdir(directory, 0700));
    trials_init(&t, "open-checked", NULL, "open");
    t.options.recordings = directory;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection where recording in ('001-open-EMFILE.fork', "
                                   "'002-open-ENOENT.fork')"),
                    2);
    trials_release(&t);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &trial, why, sizeof why), 0);
    t.f = trial;
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from audit where mode = 'inject'"), 1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select error from call where injected"), EMFILE);
    facts_close(trial);
}

struct seen {
    unsigned calls, last, of;
    pid_t self;
};

static void interrupt_after_two(void *context, unsigned done, unsigned of, int64_t seconds_left)
{
    struct seen *seen = context;

    (void)seconds_left;
    seen->calls++;
    seen->last = done;
    seen->of = of;
    if (done == 2)
        kill(getpid(), SIGINT);
}

static void test_interrupt__keeps_what_there_is(void)
{
    struct seen seen = { 0 };
    struct trials t;

    trials_init(&t, "open-checked", NULL, "open");
    t.options.errors = "EPERM,EIO,EACCES,ENFILE";
    t.options.progress = interrupt_after_two;
    t.options.context = &seen;
    trials_learn(&t);
    trials_run(&t);
    CU_ASSERT_EQUAL(t.r, -EINTR);
    CU_ASSERT_EQUAL(seen.calls, 2);
    CU_ASSERT_EQUAL(seen.of, 4);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from injection"), 2);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from audit where complete = 0 and why like '2 of 4 trials%'"), 1);
    CU_ASSERT_EQUAL(trials_ask(&t, "select count(*) from gap where source = 'inject'"), 1);
    trials_release(&t);
}

static const struct test tests[] = {
    TEST(test_site__one_for_each_place),
    TEST(test_site__libc_keys_are_nobodys),
    TEST(test_site__role_counts_forks),
    TEST(test_outcome__ended),
    TEST(test_outcome__ended_without_a_word),
    TEST(test_outcome__as_in_the_clean_run),
    TEST(test_outcome__ended_at_once),
    TEST(test_outcome__served_without_a_child),
    TEST(test_outcome__crashed),
    TEST(test_outcome__hung_busy),
    TEST(test_outcome__hung_respawning),
    TEST(test_outcome__ended_and_replaced),
    TEST(test_outcome__retried),
    TEST(test_outcome__not_retried),
    TEST(test_outcome__carried_on),
    TEST(test_outcome__no_random_bytes),
    TEST(test_outcome__random_bytes_from_elsewhere),
    TEST(test_outcome__not_reached),
    TEST(test_outcome__program_gone),
    TEST(test_poke__served_or_not),
    TEST(test_words__checked),
    TEST(test_plan__errnos_given),
    TEST(test_keep__recordings),
    TEST(test_interrupt__keeps_what_there_is),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc >= 3 && !strcmp(argv[1], "--play"))
        return play(argv[2], argc > 3 ? argv[3] : "");
    return test_main("test_trials", tests, argc, argv);
}

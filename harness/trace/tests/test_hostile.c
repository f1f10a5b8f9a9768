/* test_hostile.c - programs that work against the tracer: none escapes in silence, none keeps it for ever. */
#include "harness/testing.h"
#include "harness/trace/tests/log.h"
#include "harness/trace/tests/plays.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_clone3__longer_than_the_kernels_does_not_escape(void)
{
    struct log log;

    log_play("clone3-long", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 1);
    CU_ASSERT_EQUAL(log_calls(&log, "setresuid"), 1);
}

static void test_clone3__of_the_32_bit_table_does_not_escape(void)
{
    struct log log;

#ifndef __x86_64__
    test_skip("this machine has no 32-bit table of its own");
    return;
#endif
    log_play("clone3-i386", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 1);
    CU_ASSERT_EQUAL(log_calls(&log, "setresuid"), 1);
}

static void test_clone3__flags_changed_meanwhile_are_not_silent(void)
{
    struct log log;

    log_play("clone3-flicker", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN] + log.counts[TRACE_EVENT_ESCAPED], PLAY_CHILDREN);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_LOST], 0);
}

static void test_birth__newborn_killed_before_its_maker_reports(void)
{
    struct log log;

    log_play("killed-newborns", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN] + log.counts[TRACE_EVENT_LOST], PLAY_CHILDREN + 1);
}

static void test_birth__maker_killed_before_it_reports(void)
{
    struct log log;

    log_play("killed-makers", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT(log.counts[TRACE_EVENT_BORN] >= 10);
}

static void test_call__names_cannot_be_used_up(void)
{
    struct log log;

    log_play("many-names", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log_calls(&log, "setresuid"), 1);
    CU_ASSERT_EQUAL(log_calls(&log, "unnamed"), 0);
}

/* trace_kill() in the middle of a chain of births: the next link must die too. */
static void test_kill__who_is_still_born_is_killed(void)
{
    char *const argv[] = { "/proc/self/exe", "--play", "chain", NULL };
    struct trace_launch launch = { .path = argv[0], .argv = argv, .envp = environ, .terminal = -1 };
    enum trace_stage stage;
    struct trace_event event;
    struct trace *t = NULL;
    unsigned born = 0;
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &t, &pid, &stage), 0);
    for (;;) {
        CU_ASSERT_EQUAL_FATAL(trace_next(t, 20000, &event), 0);
        if (event.kind == TRACE_EVENT_NONE_LEFT || event.kind == TRACE_EVENT_TIMEOUT || born > 10000)
            break;
        if (event.kind == TRACE_EVENT_BORN && ++born == 20)
            trace_kill(t);
        if (event.kind >= TRACE_EVENT_BORN)
            trace_resume(t, &event, TRACE_ON);
    }
    CU_ASSERT_EQUAL(event.kind, TRACE_EVENT_NONE_LEFT);
    CU_ASSERT(born >= 20 && born < 100);
    trace_free(t);
}

static void test_launch__starter_that_ignores_the_end_of_children(void)
{
    struct sigaction after;
    struct log log;

    signal(SIGCHLD, SIG_IGN);
    log_play("fork", &log);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 1);
    /* The starter keeps its way, and the program has inherited it: its own child left no status. */
    sigaction(SIGCHLD, NULL, &after);
    CU_ASSERT(after.sa_handler == SIG_IGN);
    CU_ASSERT_NOT_EQUAL(log.status, 0);
    signal(SIGCHLD, SIG_DFL);
}

static const struct test tests[] = {
    TEST(test_clone3__longer_than_the_kernels_does_not_escape),
    TEST(test_clone3__of_the_32_bit_table_does_not_escape),
    TEST(test_clone3__flags_changed_meanwhile_are_not_silent),
    TEST(test_birth__newborn_killed_before_its_maker_reports),
    TEST(test_birth__maker_killed_before_it_reports),
    TEST(test_call__names_cannot_be_used_up),
    TEST(test_kill__who_is_still_born_is_killed),
    TEST(test_launch__starter_that_ignores_the_end_of_children),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_hostile", tests, argc, argv);
}

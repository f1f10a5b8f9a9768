/* test_copy.c - disposable copies: made of hard programs, used up in hard ways, and nothing is left of them. */
#include "harness/testing.h"
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COPIES 25

static const uint64_t none[6];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void test_copy__other_threads_fork_and_wait(void)
{
    struct stage s = { 0 };

    stage_open(&s, "threads-fork");
    stage_until(&s, &s.board->ready, 1);
    for (int i = 0; i < 2 * COPIES; i++) {
        int steps = atomic_load(&s.board->steps);

        stage_round(&s, s.pid, i % 2 ? TRACE_COPY_SHARES_FILES : 0, 2);
        stage_until(&s, &s.board->steps, steps + 1);
    }
    stage_write(&s, 1);
    stage_close(&s);
}

static void test_copy__each_thread_has_its_own_credentials(void)
{
    struct stage s = { 0 };
    unsigned long ids[4];

    if (geteuid()) {
        test_skip("the program must be root to become somebody else");
        return;
    }
    stage_open(&s, "thread-identities");
    stage_until(&s, &s.board->ready, 3);
    for (int i = 0; i < 3 && !s.board->complaint[0]; i++) {
        pid_t tid = (pid_t)s.board->values[i];
        struct trace_hold h, copy;
        int64_t uid = 0;

        CU_ASSERT(stage_until_waiting(&s, tid, SYS_read));
        CU_ASSERT_EQUAL_FATAL(stage_hold(&s, tid, NULL, &h), 0);
        for (int k = 0; k < COPIES; k++) {
            CU_ASSERT_EQUAL_FATAL(trace_copy(&h, TRACE_COPY_SHARES_FILES, &copy), 0);
            CU_ASSERT_EQUAL(trace_inject(&copy, "getuid", none, &uid), 0);
            CU_ASSERT_EQUAL(uid, 60000 + i);
            CU_ASSERT_EQUAL(stage_status(copy.tid, "Uid", ids), 4);
            CU_ASSERT_EQUAL(ids[2], 60000u + i);
            CU_ASSERT_EQUAL(trace_inject(&copy, "setuid", none, &uid), 0);
            CU_ASSERT_EQUAL(uid, -EPERM);
            CU_ASSERT_EQUAL(trace_copy_end(&h, &copy), 0);
        }
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    if (strstr(s.board->complaint, "setresuid")) {
        test_skip("these ids do not exist in this user namespace");
        kill(s.pid, SIGKILL);
        stage_end(&s);
        return;
    }
    stage_write(&s, 4);
    stage_close(&s);
}

/* A call that its own filter refuses: what a copy of it gets. */
static void filtered(const char *name, const char *call, int r_wanted, int64_t result_wanted)
{
    struct stage s = { 0 };
    struct trace_hold h, copy;
    const uint64_t args[6] = { geteuid() };
    int64_t result = 0;

    stage_open(&s, name);
    stage_until(&s, &s.board->ready, 1);
    CU_ASSERT(stage_until_waiting(&s, s.pid, SYS_read));
    for (int i = 0; i < COPIES && !s.has_ended; i++) {
        int r = stage_hold(&s, s.pid, NULL, &h), made;

        CU_ASSERT_EQUAL_FATAL(r, 0);
        made = trace_copy(&h, TRACE_COPY_SHARES_FILES | TRACE_COPY_SANDBOXED, &copy);
        CU_ASSERT_EQUAL(made, h.no_filters ? 0 : -EACCES);
        if (!made) {
            r = trace_inject(&copy, call, args, &result);
            if (r != r_wanted || result != result_wanted)
                stage_fail(__FILE__, __LINE__, "%s: %s gave %d, %ld", name, call, r, (long)result);
            CU_ASSERT_EQUAL(trace_copy_end(&h, &copy), 0);
        }
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    stage_write(&s, 1);
    stage_close(&s);
}

static void test_copy__own_filter_that_kills(void)
{
    filtered("filter-kill", "setuid", -ECHILD, SIGSYS);
    filtered("filter-kill", "clone", -ECHILD, SIGSYS);
    filtered("filter-kill", "getuid", 0, getuid());
}

static void test_copy__own_filter_that_refuses(void)
{
    filtered("filter-errno", "setuid", 0, -ENOTTY);
    filtered("filter-errno", "getuid", 0, getuid());
}

/* A trapped call leaves its own number where its result belongs. */
static void test_copy__own_filter_that_traps(void)
{
    filtered("filter-trap", "setuid", -ECHILD, SIGSYS);
    filtered("filter-trap", "getpriority", -ECHILD, SIGSYS);
    filtered("filter-trap", "getuid", 0, getuid());
}

static void test_copy__own_filter_that_asks_a_tracer(void)
{
    filtered("filter-trace", "setuid", 0, -ENOSYS);
    filtered("filter-trace", "getuid", 0, getuid());
}

static void test_copy__no_room_for_a_process(void)
{
    struct trace_hold h, copy;
    struct stage s = { 0 };

    stage_open(&s, "no-room");
    stage_until(&s, &s.board->ready, 1);
    CU_ASSERT(stage_until_waiting(&s, s.pid, SYS_read));
    for (int i = 0; i < COPIES && !s.board->values[0]; i++) {
        CU_ASSERT_EQUAL_FATAL(stage_hold(&s, s.pid, NULL, &h), 0);
        CU_ASSERT_EQUAL(trace_copy(&h, TRACE_COPY_SHARES_FILES, &copy), -EAGAIN);
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    if (s.board->values[0])
        test_skip("there is no ordinary user in this user namespace");
    stage_write(&s, 1);
    stage_close(&s);
}

static void pid_namespace(const char *name)
{
    struct trace_hold h, copy;
    struct stage s = { 0 };
    pid_t first;
    int64_t pid;

    stage_open(&s, name);
    if (!stage_until(&s, &s.board->ready, 1)) {
        CU_ASSERT_EQUAL(s.board->result, EPERM);
        test_skip("a pid namespace needs root");
        stage_close(&s);
        return;
    }
    first = s.born;
    CU_ASSERT(stage_until_waiting(&s, first, SYS_read));
    for (int i = 0; i < COPIES; i++) {
        CU_ASSERT_EQUAL_FATAL(stage_hold(&s, first, NULL, &h), 0);
        CU_ASSERT_EQUAL_FATAL(trace_copy(&h, 0, &copy), 0);
        CU_ASSERT_NOT_EQUAL(copy.seen_pid, copy.tid);
        CU_ASSERT_EQUAL(trace_inject(&copy, "getpid", none, &pid), 0);
        CU_ASSERT_EQUAL(pid, copy.seen_pid);
        CU_ASSERT_EQUAL(trace_inject(&copy, "getppid", none, &pid), 0);
        CU_ASSERT_EQUAL(pid, 1);
        CU_ASSERT_EQUAL(trace_copy_end(&h, &copy), 0);
        CU_ASSERT(kill(copy.tid, 0) == -1 && errno == ESRCH);
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    stage_write(&s, 1);
    stage_close(&s);
}

static void test_copy__in_a_pid_namespace(void)
{
    pid_namespace("pid-namespace");
}

static void test_copy__in_a_pid_namespace_with_threads(void)
{
    pid_namespace("pid-namespace-threads");
}

/* Asks until board->steps is set; every answer must be right and none missing. */
__attribute__((noreturn)) static void client_run(struct board *b, int fd)
{
    unsigned char bytes[3][16];
    unsigned n = 0;

    while (!atomic_load(&b->steps) || n < 100) {
        size_t got = 0;

        for (size_t i = 0; i < sizeof *bytes; i++)
            bytes[0][i] = (unsigned char)(n * 31 + i);
        if (write(fd, bytes[0], sizeof *bytes) != sizeof *bytes)
            _exit(2);
        while (got < sizeof *bytes) {
            ssize_t r = read(fd, bytes[1] + got, sizeof *bytes - got);

            if (r <= 0)
                _exit(3);
            got += (size_t)r;
        }
        for (size_t i = 0; i < sizeof *bytes; i++)
            if (bytes[1][i] != SERVER_ANSWER(bytes[0][i]))
                _exit(4);
        n++;
    }
    shutdown(fd, SHUT_WR);
    _exit(read(fd, bytes[1], 1) == 0 ? 0 : 5);
}

static void test_copy__a_thousand_of_a_server_at_work(void)
{
    struct stage s;
    int fds[2];
    pid_t client;

    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    s.board->values[0] = fds[0];
    client = fork();
    if (!client) {
        close(fds[0]);
        client_run(s.board, fds[1]);
    }
    close(fds[1]);
    stage_open(&s, "server");
    close(fds[0]);
    stage_until(&s, &s.board->ready, 1);
    for (int i = 0; i < 1000; i++)
        stage_round(&s, s.pid, i % 3 ? TRACE_COPY_SHARES_FILES : 0, 1);
    atomic_store(&s.board->steps, 1);
    while (!s.has_ended || s.other != client)
        stage_step(&s);
    CU_ASSERT_EQUAL(s.other, client);
    CU_ASSERT_EQUAL(s.other_status, 0);
    stage_close(&s);
}

/* Everybody who is an orphan comes to us; nobody may be left. */
static void nobody_is_left(void)
{
    double end = now() + 30;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, __WALL | WNOHANG)) >= 0 && now() < end)
        if (!pid)
            sched_yield();
    CU_ASSERT_EQUAL(pid, -1);
}

__attribute__((noreturn)) static void tracer_run(struct stage *s, const char *name)
{
    struct trace_hold h, copy;
    int64_t result;

    stage_open(s, name);
    stage_until(s, &s->board->ready, 1);
    s->board->ms = 1;
    for (;;) {
        stage_step(s);
        atomic_fetch_add(&s->board->steps, 1);
        if (stage_hold(s, s->pid, NULL, &h))
            _exit(1);
        for (int i = 0; i < 3; i++) {
            atomic_fetch_add(&s->board->steps, 1);
            if (trace_copy(&h, 0, &copy))
                _exit(1);
            atomic_fetch_add(&s->board->steps, 1);
            trace_inject(&copy, "getpid", none, &result);
            atomic_fetch_add(&s->board->steps, 1);
            trace_copy_end(&h, &copy);
        }
        atomic_fetch_add(&s->board->steps, 1);
        trace_let_go(&h, NULL);
    }
}

static void test_copy__the_tracer_is_killed(void)
{
    static const char *const names[] = { "read", "loop", "functions", "wait4" };
    int status;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    srand(1);
    for (int i = 0; i < 50; i++) {
        struct stage s;
        pid_t tracer;
        int spin = rand() % 20000;

        CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
        tracer = fork();
        if (!tracer)
            tracer_run(&s, names[i % 4]);
        while (atomic_load(&s.board->steps) < 1 + i && waitpid(tracer, &status, WNOHANG) == 0)
            sched_yield();
        while (spin--)
            __asm__ volatile("");
        kill(tracer, SIGKILL);
        CU_ASSERT_EQUAL(waitpid(tracer, &status, 0), tracer);
        CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        nobody_is_left();
        stage_release(&s);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

#define KILL_PLACES 6

static void maybe_kill(const struct stage *s, int place, int wanted)
{
    if (place == wanted)
        kill(s->pid, SIGKILL);
}

/* 1: -ESRCH or nothing to complain of. */
static int is_fair(int r, int place, int wanted)
{
    return !r || (r == -ESRCH && place >= wanted);
}

static void original_killed_at(const char *name, int wanted)
{
    struct stage s = { 0 };
    struct trace_hold h, copy;
    int64_t result;
    int place = 0, r, made;

    stage_open(&s, name);
    stage_until(&s, &s.board->ready, 1);
    maybe_kill(&s, place, wanted);
    r = stage_hold(&s, s.pid, NULL, &h);
    CU_ASSERT(is_fair(r, place, wanted));
    if (r)
        goto out;
    maybe_kill(&s, ++place, wanted);
    made = trace_copy(&h, 0, &copy);
    CU_ASSERT(is_fair(made, place, wanted));
    maybe_kill(&s, ++place, wanted);
    r = trace_inject(&h, "getppid", none, &result);
    CU_ASSERT(is_fair(r, place, wanted));
    maybe_kill(&s, ++place, wanted);
    if (!made) {
        CU_ASSERT_EQUAL(trace_inject(&copy, "getpid", none, &result), 0);
        r = trace_copy_end(&h, &copy);
        CU_ASSERT(is_fair(r, place, wanted));
        CU_ASSERT(r || (kill(copy.tid, 0) == -1 && errno == ESRCH));
    }
    maybe_kill(&s, ++place, wanted);
    r = trace_let_go(&h, NULL);
    CU_ASSERT(is_fair(r, place, wanted));
    maybe_kill(&s, ++place, wanted);
out:
    stage_end(&s);
    CU_ASSERT_EQUAL(s.status, SIGKILL);
    CU_ASSERT_EQUAL(s.counts[TRACE_EVENT_END], 1 + s.counts[TRACE_EVENT_BORN]);
    nobody_is_left();
}

static void test_copy__the_original_is_killed(void)
{
    static const char *const names[] = { "read", "loop", "functions" };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 3; i++)
        for (int wanted = 0; wanted < KILL_PLACES; wanted++)
            original_killed_at(names[i], wanted);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* Killed at any time, by somebody else. */
static void test_copy__the_original_is_killed_anywhere(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    srand(2);
    for (int i = 0; i < 50; i++) {
        struct stage s = { 0 };
        struct trace_hold h, copy;
        int64_t result;
        pid_t killer;
        int spin = rand() % 100000, r = 0;

        stage_open(&s, i % 2 ? "read" : "functions");
        stage_until(&s, &s.board->ready, 1);
        killer = fork();
        if (!killer) {
            while (atomic_load(&s.board->steps) < 1 + i % 7)
                ;
            while (spin--)
                __asm__ volatile("");
            kill(s.pid, SIGKILL);
            _exit(0);
        }
        while (!r) {
            atomic_fetch_add(&s.board->steps, 1);
            r = stage_hold(&s, s.pid, NULL, &h);
            if (r)
                break;
            r = trace_copy(&h, 0, &copy);
            if (!r) {
                trace_inject(&copy, "getpid", none, &result);
                r = trace_copy_end(&h, &copy);
            }
            if (!r)
                r = trace_let_go(&h, NULL);
            else
                trace_let_go(&h, NULL);
        }
        if (r != -ESRCH)
            stage_fail(__FILE__, __LINE__, "it was killed, and that gave %d", r);
        while (s.other != killer)
            stage_step(&s);
        stage_end(&s);
        CU_ASSERT_EQUAL(s.status, SIGKILL);
        nobody_is_left();
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_copy__other_threads_fork_and_wait),
        TEST(test_copy__each_thread_has_its_own_credentials),
        TEST(test_copy__own_filter_that_kills),
        TEST(test_copy__own_filter_that_refuses),
        TEST(test_copy__own_filter_that_traps),
        TEST(test_copy__own_filter_that_asks_a_tracer),
        TEST(test_copy__no_room_for_a_process),
        TEST(test_copy__in_a_pid_namespace),
        TEST(test_copy__in_a_pid_namespace_with_threads),
        TEST(test_copy__a_thousand_of_a_server_at_work),
        TEST(test_copy__the_tracer_is_killed),
        TEST(test_copy__the_original_is_killed),
        TEST(test_copy__the_original_is_killed_anywhere),
        { NULL, NULL },
    };
    int status = stage_play(play_hold, argc, argv);

    return status >= 0 ? status : test_main("test_copy", tests, argc, argv);
}

/* test_hold.c - a held program notices nothing: whatever it waits in, and whatever comes meanwhile. */
#include "harness/testing.h"
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 5
#define COPIES 4 /* in each round */
#define TRIES  8 /* of a wait that was over before it could be held */

/* How a wait is treated. */
struct treatment {
    int is_held, sends_signal, restarts;
};
/* What came of it. */
struct outcome {
    long result;
    int handled;
};

static int lock_fd = -1;

static void lock_take(struct stage *s)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    char path[4200];

    snprintf(path, sizeof path, "%s/lock", s->board->folder);
    lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(lock_fd >= 0);
    CU_ASSERT_EQUAL_FATAL(fcntl(lock_fd, F_SETLK, &lock), 0);
    CU_ASSERT_EQUAL_FATAL(flock(lock_fd, LOCK_EX | LOCK_NB), 0);
}

static void end_connect(const struct stage *s)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, WAIT_SOCKET, s->pid);

    CU_ASSERT_EQUAL(connect(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + n), 0);
    close(fd);
}

static void end_file(const struct stage *s)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/made-%d", s->board->folder, s->pid);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void end_wait(struct stage *s, enum wait_end end)
{
    struct {
        long type;
        char byte;
    } message = { 1, 0 };
    struct sembuf up = { 0, 1, 0 };

    switch (end) {
    case END_BYTE:
        stage_write(s, 1);
        break;
    case END_SIGNAL:
        kill(s->pid, SIGUSR1);
        break;
    case END_SIGNAL2:
        kill(s->pid, SIGUSR2);
        break;
    case END_CONNECT:
        end_connect(s);
        break;
    case END_FUTEX:
        syscall(SYS_futex, &s->board->values[0], FUTEX_WAKE, 1, NULL, NULL, 0);
        break;
    case END_SEM:
        semop((int)s->board->values[0], &up, 1);
        break;
    case END_MSG:
        msgsnd((int)s->board->values[0], &message, 1, 0);
        break;
    case END_UNLOCK:
        close(lock_fd);
        lock_fd = -1;
        break;
    case END_FILE:
        end_file(s);
        break;
    case END_GO:
        *(volatile long *)&s->board->values[0] = 1;
        break;
    case END_TIME:
        break;
    }
}

/* 1: it was still waiting at the first hold. */
static int wait_hold(struct stage *s, const struct wait_play *w, const struct treatment *how)
{
    struct trace_hold h;
    int r, was_waiting = 0;

    for (int i = 0; i < ROUNDS; i++) {
        stage_until_waiting(s, s->pid, w->nr);
        r = stage_hold(s, s->pid, NULL, &h);
        if (r) {
            stage_fail(__FILE__, __LINE__, "%s: it could not be held: %s", w->name, strerror(-r));
            return 1;
        }
        if (!i)
            was_waiting = !atomic_load(&s->board->done);
        stage_copies(s, &h, i % 2 ? TRACE_COPY_SHARES_FILES : 0, COPIES);
        if (how->sends_signal && i == ROUNDS - 1)
            kill(s->pid, SIGUSR1);
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    return was_waiting;
}

/* Once. 1: *ret is filled, 0: the wait was over too soon. */
static int wait_once(const struct wait_play *w, const struct treatment *how, long ms, struct outcome *ret)
{
    struct stage s;
    int was_waiting = 1;

    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    s.board->ms = ms;
    s.board->restarts = how->restarts;
    if (w->end == END_UNLOCK)
        lock_take(&s);
    stage_open(&s, w->name);
    stage_until(&s, &s.board->ready, 1);
    if (!stage_until_waiting(&s, s.pid, w->nr))
        was_waiting = 0;
    else if (how->is_held)
        was_waiting = wait_hold(&s, w, how);
    else if (how->sends_signal)
        kill(s.pid, SIGUSR1);
    if (how->sends_signal && was_waiting) {
        stage_until(&s, &s.board->handled, 1);
        stage_until_waiting(&s, s.pid, w->nr); /* again, or it has returned */
    }
    /* With a handler that lets it begin again, a wait that is to end by its time is ended with the play. */
    if (was_waiting && !atomic_load(&s.board->done))
        end_wait(&s, w->end);
    /* A wake-up reaches only who is asleep. */
    while (w->end == END_FUTEX && !atomic_load(&s.board->done) && !s.has_ended) {
        end_wait(&s, w->end);
        stage_step(&s);
    }
    stage_until(&s, &s.board->done, 1);
    ret->result = s.board->result;
    ret->handled = atomic_load(&s.board->handled);
    stage_close(&s);
    if (lock_fd >= 0)
        end_wait(&s, END_UNLOCK);
    return was_waiting;
}

static struct outcome wait_outcome(const struct wait_play *w, const struct treatment *how)
{
    /* With a signal every wait that has a time ends by the signal. */
    long ms = how->sends_signal ? 600000 : 200;
    struct outcome outcome = { 0 };

    for (int i = 0; i < TRIES; i++, ms *= 2)
        if (wait_once(w, how, ms, &outcome))
            return outcome;
    stage_fail(__FILE__, __LINE__, "%s: it was never met while it waited", w->name);
    return outcome;
}

static void compare(const struct wait_play *w, int sends_signal, int restarts)
{
    struct treatment how = { 0, sends_signal, restarts };
    struct outcome alone = wait_outcome(w, &how), held;

    how.is_held = 1;
    held = wait_outcome(w, &how);
    if (alone.result != held.result || alone.handled != held.handled)
        stage_fail(__FILE__, __LINE__, "%s%s%s: result %ld, %d signals; held: %ld, %d", w->name,
                   sends_signal ? ", a signal" : "", restarts ? " that restarts" : "", alone.result, alone.handled,
                   held.result, held.handled);
    if (alone.result <= -1000)
        stage_fail(__FILE__, __LINE__, "%s: the play itself failed: %ld", w->name, alone.result);
    if (sends_signal && alone.handled != 1)
        stage_fail(__FILE__, __LINE__, "%s: the signal was handled %d times", w->name, alone.handled);
}

static void test_hold__every_wait_ends_as_alone(void)
{
    const struct wait_play *w;

    for (size_t i = 0; (w = wait_plays(i)); i++)
        compare(w, 0, 0);
}

static void test_hold__a_signal_that_comes_meanwhile_ends_the_wait(void)
{
    const struct wait_play *w;

    for (size_t i = 0; (w = wait_plays(i)); i++)
        if (!w->has_own_signal)
            compare(w, 1, 0);
}

static void test_hold__a_signal_that_comes_meanwhile_restarts_the_wait(void)
{
    const struct wait_play *w;

    for (size_t i = 0; (w = wait_plays(i)); i++)
        if (!w->has_own_signal)
            compare(w, 1, 1);
}

static void whole(const char *name)
{
    struct stage s;

    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    s.board->ms = 300;
    stage_open(&s, name);
    stage_until(&s, &s.board->ready, 1);
    for (int i = 0; i < ROUNDS; i++)
        stage_round(&s, s.pid, i % 2 ? TRACE_COPY_SHARES_FILES : 0, COPIES);
    *(volatile long *)&s.board->values[0] = 1;
    if (stage_until_waiting(&s, s.pid, SYS_read))
        for (int i = 0; i < ROUNDS; i++)
            stage_round(&s, s.pid, i % 2 ? TRACE_COPY_SHARES_FILES : 0, COPIES);
    stage_write(&s, 1);
    stage_close(&s);
}

static void test_hold__everything_that_can_be_asked_is_the_same(void)
{
    whole("whole");
}

static void test_hold__nothing_is_to_be_read_from_a_signalfd(void)
{
    whole("whole-blocked");
}

static void test_hold__a_pending_end_of_a_child_stays_pending(void)
{
    whole("whole-dead-child");
}

static void test_hold__a_living_child_is_waited_for_as_ever(void)
{
    whole("whole-live-child");
}

static void test_hold__a_program_that_ignores_its_children(void)
{
    whole("whole-ignores");
}

static void test_hold__registers_in_a_loop(void)
{
    struct stage s = { 0 };

    stage_open(&s, "registers");
    stage_until(&s, &s.board->ready, 1);
    for (int i = 0; i < 3 * ROUNDS; i++)
        stage_round(&s, s.pid, i % 2 ? TRACE_COPY_SHARES_FILES : 0, COPIES);
    *(volatile long *)&s.board->values[0] = 1;
    stage_close(&s);
}

/* The locks are seen from here as those of the play. */
static void test_hold__locks_stay(void)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100 };
    struct stage s;
    char path[4200];
    int fd;

    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    s.board->ms = 1;
    stage_open(&s, "whole");
    stage_until(&s, &s.board->ready, 1);
    snprintf(path, sizeof path, "%s/own", s.board->folder);
    fd = open(path, O_RDWR | O_CLOEXEC);
    for (int i = 0; i < ROUNDS; i++)
        stage_round(&s, s.pid, i % 2 ? TRACE_COPY_SHARES_FILES : 0, COPIES);
    CU_ASSERT_EQUAL(fcntl(fd, F_GETLK, &lock), 0);
    CU_ASSERT_EQUAL(lock.l_type, F_WRLCK);
    CU_ASSERT_EQUAL(lock.l_pid, s.pid);
    CU_ASSERT_EQUAL(lock.l_start, 5);
    CU_ASSERT(flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    *(volatile long *)&s.board->values[0] = 1;
    stage_write(&s, 1);
    stage_close(&s);
    close(fd);
}

/* What the kernel makes of a sleep that job control broke off: restart_syscall(2). */
static void test_hold__a_sleep_that_was_restarted_before(void)
{
    struct stage s;

    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    s.board->ms = 1500;
    stage_open(&s, "nanosleep");
    stage_until(&s, &s.board->ready, 1);
    if (stage_until_waiting(&s, s.pid, SYS_nanosleep)) {
        kill(s.pid, SIGSTOP);
        while (!s.counts[TRACE_EVENT_STOPPED] && !s.has_ended)
            stage_step(&s);
        kill(s.pid, SIGCONT);
    }
    stage_until_waiting(&s, s.pid, SYS_restart_syscall);
    for (int i = 0; i < ROUNDS; i++)
        stage_round(&s, s.pid, 0, COPIES);
    stage_until(&s, &s.board->done, 1);
    CU_ASSERT_EQUAL(s.board->result, 0);
    stage_close(&s);
}

/* Stopped by SIGSTOP while it is held, after copies were made or none: its parent is told once, and it stays stopped.
 * */
static void stop_meanwhile(int copies)
{
    struct trace_hold h;
    struct stage s = { 0 };
    pid_t child;
    long call;

    stage_open(&s, "parent");
    stage_until(&s, &s.board->ready, 1);
    child = (pid_t)s.board->values[0];
    CU_ASSERT(stage_until_waiting(&s, child, SYS_epoll_wait));
    CU_ASSERT_EQUAL_FATAL(stage_hold(&s, child, NULL, &h), 0);
    stage_copies(&s, &h, 0, copies);
    kill(child, SIGSTOP);
    stage_copies(&s, &h, 0, copies);
    CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    stage_until(&s, &s.board->steps, 1); /* its parent has seen it stop */
    CU_ASSERT_EQUAL(trace_hold(s.t, child, NULL, 0, 1000, &h), -EBUSY);
    CU_ASSERT(strchr("tT", stage_state(child, child, &call)) != NULL);
    kill(child, SIGCONT);
    stage_until(&s, &s.board->steps, 2); /* and go on */
    stage_write(&s, 1);
    stage_close(&s);
}

static void test_hold__stopped_meanwhile(void)
{
    stop_meanwhile(0);
    for (int i = 0; i < ROUNDS; i++)
        stop_meanwhile(COPIES);
}

/* The later SIGCONT takes the earlier SIGSTOP away, as without us. */
static void test_hold__stopped_and_continued_meanwhile(void)
{
    struct stage s = { 0 };
    struct trace_hold h;

    stage_open(&s, "epoll-wait");
    stage_until(&s, &s.board->ready, 1);
    CU_ASSERT(stage_until_waiting(&s, s.pid, SYS_epoll_wait));
    CU_ASSERT_EQUAL_FATAL(stage_hold(&s, s.pid, NULL, &h), 0);
    kill(s.pid, SIGSTOP);
    stage_copies(&s, &h, 0, COPIES);
    kill(s.pid, SIGCONT);
    CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    CU_ASSERT(stage_until_waiting(&s, s.pid, SYS_epoll_wait));
    stage_write(&s, 1);
    stage_until(&s, &s.board->done, 1);
    stage_close(&s);
    CU_ASSERT_EQUAL(s.counts[TRACE_EVENT_STOPPED], 0);
}

/* At an event, held and let go, the event can still be resumed as ever. */
static void at_event(enum trace_event_kind kind)
{
    struct stage s = { 0 };
    struct trace_hold h;

    s.stops_at = (int)kind + 1;
    stage_open(&s, "events");
    s.stops_at = (int)kind + 1;
    for (int met = 0; met < 2;) {
        while (!s.at.tid && !s.has_ended && !atomic_load(&s.board->done))
            stage_step(&s);
        if (!s.at.tid)
            break;
        met++;
        for (int i = 0; i < ROUNDS; i++) {
            CU_ASSERT_EQUAL_FATAL(stage_hold(&s, s.at.tid, &s.at, &h), 0);
            stage_copies(&s, &h, 0, COPIES);
            CU_ASSERT_EQUAL(trace_let_go(&h, &s.at), 0);
        }
        trace_resume(s.t, &s.at, TRACE_ON);
        s.at.tid = 0;
        if (kind == TRACE_EVENT_EXEC)
            break;
    }
    CU_ASSERT(s.counts[kind] > 0);
    stage_close(&s);
}

static void test_hold__at_an_exec(void)
{
    at_event(TRACE_EVENT_EXEC);
}

static void test_hold__at_a_breakpoint(void)
{
#ifdef __x86_64__
    at_event(TRACE_EVENT_TRAP);
#else
    test_skip("this machine's breakpoint is not known here");
#endif
}

static void test_hold__at_the_return_of_a_call(void)
{
    at_event(TRACE_EVENT_RETURN);
}

/* The parent of a vfork child cannot be stopped. The stop that it was asked for comes later, and must not be seen. */
static void test_hold__one_that_cannot_be_stopped(void)
{
    struct stage s = { 0 };
    struct trace_hold h;
    long call;

    stage_open(&s, "vfork");
    stage_until(&s, &s.board->ready, 1);
    while (stage_state(s.pid, s.pid, &call) != 'D' && !s.has_ended)
        stage_step(&s);
    for (int i = 0; i < ROUNDS; i++)
        CU_ASSERT_EQUAL(trace_hold(s.t, s.pid, NULL, s.board->vdso, 20, &h), -ETIMEDOUT);
    stage_write(&s, 1);
    stage_until(&s, &s.board->done, 1);
    stage_close(&s);
}

static void test_hold__one_that_is_no_tracee(void)
{
    struct stage s = { 0 };
    struct trace_hold h;

    stage_open(&s, "read");
    stage_until(&s, &s.board->ready, 1);
    CU_ASSERT_EQUAL(trace_hold(s.t, getpid(), NULL, 0, 1000, &h), -ESRCH);
    CU_ASSERT_EQUAL(trace_hold(s.t, 0, NULL, 0, 1000, &h), -ESRCH);
    stage_write(&s, 1);
    stage_close(&s);
}

/* SIGUSR1 is in its way to be delivered when the hold begins: it comes first, nothing is lost. */
static void test_hold__a_signal_that_comes_first(void)
{
    struct stage s = { 0 };
    struct trace_hold h;
    long call;

    stage_open(&s, "loop");
    stage_until(&s, &s.board->ready, 1);
    for (int i = 1; i <= 50; i++) {
        int r;

        kill(s.pid, SIGUSR1);
        while (stage_state(s.pid, s.pid, &call) == 'R') /* until it is stopped for the signal */
            ;
        r = trace_hold(s.t, s.pid, NULL, s.board->vdso, 20000, &h);
        CU_ASSERT_EQUAL(r, -EAGAIN);
        stage_until(&s, &s.board->handled, i);
    }
    CU_ASSERT_EQUAL(s.board->handled, 50);
    *(volatile long *)&s.board->values[0] = 1;
    stage_until(&s, &s.board->done, 1);
    stage_close(&s);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_hold__every_wait_ends_as_alone),
        TEST(test_hold__a_signal_that_comes_meanwhile_ends_the_wait),
        TEST(test_hold__a_signal_that_comes_meanwhile_restarts_the_wait),
        TEST(test_hold__everything_that_can_be_asked_is_the_same),
        TEST(test_hold__nothing_is_to_be_read_from_a_signalfd),
        TEST(test_hold__a_pending_end_of_a_child_stays_pending),
        TEST(test_hold__a_living_child_is_waited_for_as_ever),
        TEST(test_hold__a_program_that_ignores_its_children),
        TEST(test_hold__registers_in_a_loop),
        TEST(test_hold__locks_stay),
        TEST(test_hold__a_sleep_that_was_restarted_before),
        TEST(test_hold__stopped_meanwhile),
        TEST(test_hold__stopped_and_continued_meanwhile),
        TEST(test_hold__at_an_exec),
        TEST(test_hold__at_a_breakpoint),
        TEST(test_hold__at_the_return_of_a_call),
        TEST(test_hold__one_that_cannot_be_stopped),
        TEST(test_hold__one_that_is_no_tracee),
        TEST(test_hold__a_signal_that_comes_first),
        { NULL, NULL },
    };
    int status = stage_play(play_hold, argc, argv);

    return status >= 0 ? status : test_main("test_hold", tests, argc, argv);
}

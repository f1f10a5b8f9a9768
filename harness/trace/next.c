/* next.c - wait for the next event, and let a stopped task run on. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A newborn whose maker has not reported for so long, after some task has died, is taken for that one's. */
#define ADOPT_AFTER_MS 200
/* The same while the tree keeps us busy, so that its event may be waiting in the queue. */
#define ADOPT_BUSY_MS 2000
/* The same where none has died that could have been its maker: it was long ago, and the newborn came late. */
#define ADOPT_ANY_MS 5000
#define SPIN_NS      100000
/* Signals of our own are looked for at least once in so many calls. */
#define SIGNAL_EVERY 16

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

int64_t clock_ms(void)
{
    return clock_ns() / 1000000;
}

static void find_early(struct tracee *tracee, void *context)
{
    struct tracee **found = context;

    if (tracee->state == TRACEE_EARLY && (!*found || tracee->early_since < (*found)->early_since))
        *found = tracee;
}

/* A maker that was killed before it could report leaves its newborn held. However busy the others are, it is let go
 * after a while. 1: one of those in *ret, 0: not now; *ret_wait is cut to the time at which it may be. */
static int adopt_early(struct trace *t, int after_ms, struct trace_event *ret, int64_t *ret_wait)
{
    struct tracee *early = NULL;
    int64_t left;

    if (!t->n_early)
        return 0;
    if (!t->maker_may_be_dead)
        after_ms = ADOPT_ANY_MS;
    tracees_each(t, find_early, &early);
    if (!early)
        return 0;
    left = early->early_since + after_ms - clock_ms();
    if (left > 0) {
        *ret_wait = *ret_wait < 0 || left < *ret_wait ? left : *ret_wait;
        return 0;
    }
    tracee_wake_early(t, early);
    if (!tracee_is_leader(early->tid)) {
        tracee_continue(early, 0);
        return 0;
    }
    event_init(ret, TRACE_EVENT_BORN, early);
    ret->born = "clone";
    return 1;
}

/* What has come already. 1: *ret is filled, 0: nothing now. */
static int next_ready(struct trace *t, struct trace_event *ret)
{
    int status, r = 0;
    pid_t tid;

    while (!r && hold_take(t, &tid, &status))
        r = handle_report(t, tid, status, ret);
    while (t->sweep && !r) {
        tid = waitpid(-1, &status, __WALL | WNOHANG);
        if (tid > 0)
            r = handle_report(t, tid, status, ret);
        else if (!tid || errno == ECHILD)
            t->sweep = 0;
        else if (errno != EINTR)
            r = -errno;
    }
    return r;
}

/* Takes what the signalfd holds. 1: one that asks us to end, in *ret. */
static int next_signal(struct trace *t, struct trace_event *ret)
{
    struct signalfd_siginfo info;

    if (t->own_signal) {
        event_init(ret, TRACE_EVENT_SIGNAL, NULL);
        ret->signal = t->own_signal;
        t->own_signal = 0;
        return 1;
    }
    while (read(t->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            t->sweep = 1;
            continue;
        }
        event_init(ret, TRACE_EVENT_SIGNAL, NULL);
        ret->signal = info.ssi_signo;
        return 1;
    }
    return 0;
}

/* Waking an idle processor costs more than most stops last (HLT and an interrupt, some 50 us on virtual machines): while events come one
 * after the other, look a little longer before sleeping. 1: something is ready. */
static int next_spin(struct trace *t, struct pollfd *ready)
{
    int64_t until;

    if (!t->may_spin)
        return 0;
    t->may_spin = 0;
    until = clock_ns() + SPIN_NS;
    while (clock_ns() < until)
        if (poll(ready, 1, 0) > 0)
            return 1;
    return 0;
}

int trace_next(struct trace *t, int timeout_ms, struct trace_event *ret)
{
    int64_t end = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
    int r;

    if (!t->first_exec_seen) {
        t->first_exec_seen = 1;
        t->sweep = 1;
        return handle_exec(t, tracee_find(t, t->first), ret) < 0 ? -EIO : 0;
    }
    /* A tree that never rests must not keep us from hearing that we are asked to end. */
    if (!(++t->n_calls % SIGNAL_EVERY) && next_signal(t, ret))
        return 0;
    for (;;) {
        struct pollfd ready = { t->signal_fd, POLLIN, 0 };
        int64_t left = timeout_ms < 0 ? -1 : end - clock_ms(), wait;

        if (timeout_ms >= 0 && left < 0)
            left = 0;
        wait = left;
        if (adopt_early(t, ADOPT_BUSY_MS, ret, &wait))
            return 0;
        r = next_ready(t, ret);
        if (r) {
            t->may_spin = t->has_processors;
            return r < 0 ? r : 0;
        }
        if (adopt_early(t, ADOPT_AFTER_MS, ret, &wait))
            return 0;
        if (!t->n && copy_may_be_lost(t)) {
            poll(&ready, 1, 1);
            t->sweep = 1;
            continue;
        }
        if (!t->n) {
            event_init(ret, TRACE_EVENT_NONE_LEFT, NULL);
            return 0;
        }
        if (t->own_signal && next_signal(t, ret))
            return 0;
        r = wait && next_spin(t, &ready) ? 1 : poll(&ready, 1, (int)wait);
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r > 0 && next_signal(t, ret))
            return 0;
        if (!r && wait == left) {
            /* Its newborn may still be about to come. */
            t->maker_may_be_dead = t->maker_may_be_dead && (t->n_early || clock_ms() - t->died_at < ADOPT_BUSY_MS);
            event_init(ret, TRACE_EVENT_TIMEOUT, NULL);
            return 0;
        }
    }
}

/* The kernel makes sure that a breakpoint's SIGTRAP is heard: it takes it out of the task's signal mask (signal(7), "synchronously
 * generated"). Before that it was in the mask of one that blocks every signal, and must be again. */
static void trap_block_again(pid_t tid)
{
    uint64_t mask = 0, rest = ((uint64_t)1 << 31) - 1;
    static const int others[] = { SIGKILL, SIGSTOP, SIGTRAP };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        rest &= ~((uint64_t)1 << (others[i] - 1));
    if (ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof mask, &mask) || (mask & rest) != rest)
        return;
    mask |= (uint64_t)1 << (SIGTRAP - 1);
    ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof mask, &mask);
}

int trace_resume(struct trace *t, const struct trace_event *event, enum trace_resume how)
{
    struct tracee *tracee = tracee_find(t, event->tid), *maker;
    int r;

    if (!tracee)
        return -ESRCH;
    if (hold_is_kept(t, event->tid)) /* it has left the stop of this event: what came then is for trace_next() */
        return 0;
    if (event->kind == TRACE_EVENT_CALL && !strncmp(tracee->call.name, "clone", 5))
        clone_begin(tracee);
    else if (how == TRACE_TO_RETURN && !call_makes_task(&tracee->call))
        tracee->in_call = 1;
    if (event->kind == TRACE_EVENT_TRAP && how != TRACE_DELIVER)
        trap_block_again(event->tid);
    r = tracee_continue(tracee, event->kind == TRACE_EVENT_TRAP && how == TRACE_DELIVER ? SIGTRAP : 0);
    if (event->kind == TRACE_EVENT_BORN) {
        maker = tracee_find(t, event->parent_tid);
        if (maker)
            tracee_continue(maker, 0);
    }
    return r;
}

int trace_fail(struct trace *t, const struct trace_event *event, int error)
{
    struct tracee *tracee = tracee_find(t, event->tid);
    int r;

    if (!tracee)
        return -ESRCH;
    r = call_fail(event->tid, error);
    return r ? r : tracee_continue(tracee, 0);
}

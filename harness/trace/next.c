/* next.c - wait for the next event, and let a stopped task run on. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A newborn whose maker has not reported for so long, after some task has died, is taken for that one's. */
#define ADOPT_AFTER_MS 200

static void find_early(struct tracee *tracee, void *context)
{
    struct tracee **found = context;

    if (tracee->state == TRACEE_EARLY)
        *found = tracee;
}

/* A maker that was killed before it could report leaves its newborn held. 1: one of those in *ret, 0: there is none. */
static int adopt_early(struct trace *t, struct trace_event *ret)
{
    struct tracee *early = NULL;

    if (!t->maker_may_be_dead)
        return 0;
    tracees_each(t, find_early, &early);
    if (!early) {
        t->maker_may_be_dead = 0;
        return 0;
    }
    early->state = TRACEE_RUNNING;
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

static int64_t next_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int trace_next(struct trace *t, int timeout_ms, struct trace_event *ret)
{
    int64_t end = next_now() + timeout_ms;
    int r;

    if (!t->first_exec_seen) {
        t->first_exec_seen = 1;
        t->sweep = 1;
        return handle_exec(t, tracee_find(t, t->first), ret) < 0 ? -EIO : 0;
    }
    for (;;) {
        struct pollfd ready = { t->signal_fd, POLLIN, 0 };
        int64_t left = timeout_ms < 0 ? -1 : end - next_now();
        int held;

        r = next_ready(t, ret);
        if (r)
            return r < 0 ? r : 0;
        if (!t->n) {
            event_init(ret, TRACE_EVENT_NONE_LEFT, NULL);
            return 0;
        }
        if (left < 0)
            left = timeout_ms < 0 ? -1 : 0;
        held = t->maker_may_be_dead && (left < 0 || left > ADOPT_AFTER_MS);
        r = poll(&ready, 1, held ? ADOPT_AFTER_MS : (int)left);
        if (r < 0 && errno != EINTR)
            return -errno;
        if (!r && held) {
            if (adopt_early(t, ret))
                return 0;
            continue;
        }
        if (r > 0 && next_signal(t, ret))
            return 0;
        if (!r) {
            event_init(ret, TRACE_EVENT_TIMEOUT, NULL);
            return 0;
        }
    }
}

int trace_resume(struct trace *t, const struct trace_event *event, enum trace_resume how)
{
    struct tracee *tracee = tracee_find(t, event->tid), *maker;
    int r;

    if (!tracee)
        return -ESRCH;
    if (how == TRACE_TO_RETURN)
        tracee->in_call = 1;
    r = tracee_continue(tracee, event->kind == TRACE_EVENT_TRAP && how == TRACE_DELIVER ? SIGTRAP : 0);
    if (event->kind == TRACE_EVENT_BORN) {
        maker = tracee_find(t, event->parent_tid);
        if (maker)
            tracee_continue(maker, 0);
    }
    return r;
}

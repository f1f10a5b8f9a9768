/* hold_wait.c - wait for one tracee and nobody else, with a bound, without losing what comes for the others. */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A call that we have asked for is over in a few microseconds; sleeping and waking for it costs far more (see
 * next_spin()). */
#define SPIN_NS 100000
/* Bound of what a held original does for us: it cannot be left half way. */
#define ORIGINAL_MS 60000
#define SLICE_MS    50
/* Pending signals that are asked for at once. */
#define PENDING_BATCH 16

/* What the signalfd holds is taken, or the wait below would spin on it: SIGCHLD becomes a sweep later, the rest is
 * kept. */
static void wait_drain(struct trace *t)
{
    struct signalfd_siginfo info;

    while (read(t->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            t->sweep = 1;
        else
            t->own_signal = info.ssi_signo;
    }
}

int trace_is_asked(struct trace *t)
{
    wait_drain(t);
    return t->own_signal != 0;
}

/* As waitpid(2) with WNOHANG. With `leaves_dead` a death is only looked at: once its tracer has taken it, a dead task
 * is its parent's (ptrace(2), "Death under ptrace"). */
static pid_t wait_take(pid_t tid, int leaves_dead, int *ret_status)
{
    siginfo_t info = { 0 };

    if (!leaves_dead)
        return waitpid(tid, ret_status, __WALL | WNOHANG);
    if (waitid(P_PID, tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL))
        return -1;
    if (!info.si_pid)
        return 0;
    if (info.si_code != CLD_EXITED && info.si_code != CLD_KILLED && info.si_code != CLD_DUMPED)
        return waitpid(tid, ret_status, __WALL | WNOHANG);
    *ret_status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
    return tid;
}

/* The same, looking a little longer. */
static pid_t wait_spin(const struct trace *t, pid_t tid, int leaves_dead, int *ret_status)
{
    struct timespec begin, now;
    pid_t got;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        got = wait_take(tid, leaves_dead, ret_status);
        if (got || !t->has_processors)
            return got;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec > SPIN_NS)
            return 0;
    }
}

static int wait_for(struct trace *t, pid_t tid, int leaves_dead, int timeout_ms, int *ret_status)
{
    int64_t end = clock_ms() + timeout_ms, left;
    struct pollfd ready = { t->signal_fd, POLLIN, 0 };
    pid_t got = wait_spin(t, tid, leaves_dead, ret_status);

    for (;;) {
        if (got == tid)
            return 0;
        if (got < 0 && errno != EINTR)
            return -ESRCH;
        left = end - clock_ms();
        if (left < 0)
            return -ETIMEDOUT;
        t->sweep = 1; /* the SIGCHLD that is taken here may have been for others too */
        if (poll(&ready, 1, (int)left + 1) > 0)
            wait_drain(t);
        got = wait_take(tid, leaves_dead, ret_status);
    }
}

int hold_wait(struct trace *t, pid_t tid, int timeout_ms, int *ret_status)
{
    return wait_for(t, tid, 0, timeout_ms, ret_status);
}

int hold_wait_copy(const struct trace_hold *copy, int timeout_ms, int *ret_status)
{
    return wait_for(copy->t, copy->tid, 1, timeout_ms, ret_status);
}

void hold_keep(struct trace *t, pid_t tid, int status)
{
    t->kept[t->n_kept].tid = tid;
    t->kept[t->n_kept++].status = status;
}

int hold_take(struct trace *t, pid_t *ret_tid, int *ret_status)
{
    if (!t->n_kept)
        return 0;
    *ret_tid = t->kept[0].tid;
    *ret_status = t->kept[0].status;
    memmove(&t->kept[0], &t->kept[1], --t->n_kept * sizeof *t->kept);
    return 1;
}

int hold_is_kept(const struct trace *t, pid_t tid)
{
    for (size_t i = 0; i < t->n_kept; i++)
        if (t->kept[i].tid == tid)
            return 1;
    return 0;
}

/* 1: it has no memory any more. The leader of a thread group tells of its end only after all its threads have
 * (ptrace(2)). */
static int is_past_exit(pid_t tid)
{
    char byte;
    struct iovec local = { &byte, 1 }, remote = { NULL, 1 };

    return process_vm_readv(tid, &local, 1, &remote, 1, 0) < 0 && errno == ESRCH;
}

int hold_wait_original(struct trace *t, pid_t tid, int timeout_ms, int *ret_status)
{
    int64_t end = clock_ms() + timeout_ms, left;
    int r;

    do {
        left = end - clock_ms();
        r = hold_wait(t, tid, left > SLICE_MS ? SLICE_MS : left > 0 ? (int)left : 0, ret_status);
        /* It may have been killed just when we let it run, and have been let go from its exit. */
        if (r == -ETIMEDOUT && is_past_exit(tid))
            return -ESRCH;
    } while (r == -ETIMEDOUT && clock_ms() < end);
    return r;
}

int hold_has_died(struct trace *t, pid_t tid)
{
    int status;

    if (waitpid(tid, &status, __WALL | WNOHANG) != tid)
        return 0;
    hold_keep(t, tid, status);
    return 1;
}

int hold_run(const struct trace_hold *h, int request, int *ret_status)
{
    if (!h->is_copy && hold_has_died(h->t, h->tid))
        return -ESRCH;
    if (ptrace(request, h->tid, NULL, NULL) && (errno != ESRCH || !h->is_copy)) /* a dead copy is waited for */
        return -errno;
    return h->is_copy ? hold_wait_copy(h, h->timeout_ms, ret_status)
                      : hold_wait_original(h->t, h->tid, ORIGINAL_MS, ret_status);
}

int hold_reap(struct trace *t, pid_t tid, int timeout_ms)
{
    int status, r;

    while (!(r = hold_wait(t, tid, timeout_ms, &status)) && WIFSTOPPED(status))
        ptrace(PTRACE_CONT, tid, NULL, NULL);
    return r == -ESRCH ? 0 : r;
}

int hold_pending(pid_t tid, int is_shared, int signal, siginfo_t *ret)
{
    struct __ptrace_peeksiginfo_args from = { 0, is_shared ? PTRACE_PEEKSIGINFO_SHARED : 0, PENDING_BATCH };
    siginfo_t infos[PENDING_BATCH] = { 0 };
    long n;

    while ((n = ptrace(PTRACE_PEEKSIGINFO, tid, &from, infos)) > 0) {
        for (long i = 0; i < n; i++)
            if (infos[i].si_signo == signal) {
                *ret = infos[i];
                return 1;
            }
        from.off += n;
    }
    return 0;
}

int hold_has_pending(pid_t tid, int is_shared, int signal)
{
    siginfo_t ignored;

    return hold_pending(tid, is_shared, signal, &ignored);
}

/* hold_wait.c - wait for one tracee and nobody else, with a bound, without losing what comes for the others. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A call that we have asked for is over in a few microseconds; sleeping and waking for it costs far more (see next_spin()). */
#define SPIN_NS 100000
/* Pending signals that are asked for at once. */
#define PENDING_BATCH 16

/* What the signalfd holds is taken, or the wait below would spin on it: SIGCHLD becomes a sweep later, the rest is kept. */
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

/* As waitpid(2) with WNOHANG, looking a little longer. */
static pid_t wait_spin(const struct trace *t, pid_t tid, int *ret_status)
{
    struct timespec begin, now;
    pid_t got;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        got = waitpid(tid, ret_status, __WALL | WNOHANG);
        if (got || !t->has_processors)
            return got;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec > SPIN_NS)
            return 0;
    }
}

int hold_wait(struct trace *t, pid_t tid, int timeout_ms, int *ret_status)
{
    int64_t end = clock_ms() + timeout_ms, left;
    struct pollfd ready = { t->signal_fd, POLLIN, 0 };
    pid_t got = wait_spin(t, tid, ret_status);

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
        got = waitpid(tid, ret_status, __WALL | WNOHANG);
    }
}

void hold_keep(struct trace *t, pid_t tid, int status)
{
    t->kept.tid = tid;
    t->kept.status = status;
}

int hold_is_kept(const struct trace *t, pid_t tid)
{
    return t->kept.tid == tid;
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

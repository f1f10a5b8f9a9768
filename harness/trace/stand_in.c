/* stand_in.c - where a process allows no copy of itself: a process of our own that takes its place, held like a copy. */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAND_IN_MS 5000

#ifdef __x86_64__

/* Waits until it is traced, becomes who it is to be, says how that went, and stops in a system call, whose instruction is the gate.
 * Everything that `become` needs was prepared before the fork: only async-signal-safe calls from here on. */
__attribute__((noreturn)) static void stand_in_run(int (*become)(const void *), const void *context, int report)
{
    sigset_t all;
    char go;
    int error;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL); /* as in a copy: whoever shares its uid may send it anything */
    /* And may look into it: nothing of ours is open in it but the way back. */
    if (dup2(report, 0) < 0 || close_range(1, ~0U, 0) || read(0, &go, 1) != 1)
        _exit(1);
    error = become(context);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) && !error) /* its memory is ours, whatever fs.suid_dumpable says */
        error = errno;
    if (write(0, &error, sizeof error) == sizeof error && !error)
        for (;;)
            kill(getpid(), SIGSTOP);
    _exit(1);
}

/* Where it can be used: it has stopped after its report. */
static int stand_in_ready(struct trace_hold *h)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, h->tid, NULL, &r))
        return -ESRCH;
    memcpy(h->saved, &r, sizeof r);
    /* Its memory is a copy of ours, and ours may be read also by who may not look into it. */
    h->gate = hold_gate(getpid(), r.rip, 0, getauxval(AT_SYSINFO_EHDR));
    return h->gate ? 0 : -ENOEXEC;
}

/* From its first step, for others may stop it or kill it as soon as it has their uid. */
static int stand_in_hold(struct trace_hold *h, int report)
{
    int64_t end = clock_ms() + STAND_IN_MS;
    int status, error, r = 0;
    ssize_t n;

    if (ptrace(PTRACE_SEIZE, h->tid, NULL,
               (void *)(long)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
        return -errno;
    if (send(report, "", 1, MSG_NOSIGNAL) != 1)
        return -EPIPE;
    while (!r && clock_ms() < end) {
        r = hold_wait(h->t, h->tid, STAND_IN_MS, &status);
        n = r ? 0 : recv(report, &error, sizeof error, MSG_DONTWAIT);
        if (n == sizeof error)
            return error ? -error : WIFSTOPPED(status) ? stand_in_ready(h) : -ESRCH;
        if (!r && !WIFSTOPPED(status))
            return -ESRCH;
        if (!r && ptrace(PTRACE_CONT, h->tid, NULL, NULL) && errno != ESRCH) /* somebody else's SIGSTOP: not now */
            r = -errno;
    }
    return r ? r : -ETIMEDOUT;
}

static void stand_in_end(struct trace_hold *h)
{
    int status, error;

    kill(h->tid, SIGKILL);
    do
        error = hold_wait(h->t, h->tid, STAND_IN_MS, &status);
    while (!error && WIFSTOPPED(status));
}

int trace_stand_in(struct trace *t, int (*become)(const void *), const void *context, int timeout_ms,
                   struct trace_hold *ret)
{
    struct trace_hold h = { .t = t, .is_copy = 1, .is_stand_in = 1, .timeout_ms = timeout_ms };
    int report[2], r;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report))
        return -errno;
    h.tid = fork();
    if (!h.tid)
        stand_in_run(become, context, report[1]);
    close(report[1]);
    r = h.tid < 0 ? -EAGAIN : stand_in_hold(&h, report[0]);
    close(report[0]);
    if (r && h.tid > 0)
        stand_in_end(&h);
    if (r)
        return r;
    h.seen_pid = h.tid;
    *ret = h;
    return 0;
}

int trace_stand_in_end(struct trace_hold *h)
{
    stand_in_end(h);
    return 0;
}

#else

int trace_stand_in(struct trace *t, int (*become)(const void *), const void *context, int timeout_ms,
                   struct trace_hold *ret)
{
    (void)t, (void)become, (void)context, (void)timeout_ms, (void)ret;
    return -ENOSYS;
}

int trace_stand_in_end(struct trace_hold *h)
{
    (void)h;
    return -ENOSYS;
}

#endif

/* stand_in.c - where a process allows no copy of itself: a process of our own that takes its place, held like a copy. */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAND_IN_MS 5000

#ifdef __x86_64__

/* Becomes who it is to be, says how that went, and waits in a system call, whose instruction is the gate. Everything that `become` needs
 * was prepared before the fork: only async-signal-safe calls from here on. */
__attribute__((noreturn)) static void stand_in_run(int (*become)(const void *), const void *context, int report)
{
    int error;

    /* Whoever shares its uid may look into it: nothing of ours is open in it but the way back. */
    if (dup2(report, 0) < 0 || close_range(1, ~0U, 0))
        _exit(1);
    report = 0;
    error = become(context);
    if (write(report, &error, sizeof error) == sizeof error && !error)
        for (;;)
            pause();
    _exit(1);
}

static int stand_in_hold(struct trace_hold *h)
{
    struct user_regs_struct r;
    int status, error;

    if (ptrace(PTRACE_SEIZE, h->tid, NULL,
               (void *)(long)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) ||
        ptrace(PTRACE_INTERRUPT, h->tid, NULL, NULL))
        return -errno;
    error = hold_wait(h->t, h->tid, STAND_IN_MS, &status);
    if (error)
        return error;
    if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, h->tid, NULL, &r))
        return -ESRCH;
    memcpy(h->saved, &r, sizeof r);
    h->gate = hold_gate(h->tid, r.rip, 0, getauxval(AT_SYSINFO_EHDR)); /* its memory is a copy of ours */
    return h->gate ? 0 : -ENOEXEC;
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
    int report[2], error = EPIPE;
    ssize_t n;

    if (pipe2(report, O_CLOEXEC))
        return -errno;
    h.tid = fork();
    if (!h.tid)
        stand_in_run(become, context, report[1]);
    close(report[1]);
    if (h.tid < 0) {
        close(report[0]);
        return -EAGAIN;
    }
    do
        n = read(report[0], &error, sizeof error);
    while (n < 0 && errno == EINTR);
    close(report[0]);
    error = n == sizeof error ? -error : -EPIPE;
    if (!error)
        error = stand_in_hold(&h);
    if (error) {
        stand_in_end(&h);
        return error;
    }
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

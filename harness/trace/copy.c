/* copy.c - a disposable copy of a held thread: made by a clone in its name, ended without a trace.
 *
 * The difficulty is the end. A dead child is a zombie until its parent waits, tells the parent by a signal, and adds to
 * what getrusage(RUSAGE_CHILDREN) shows. In a process with one thread, all held by us, none of it need happen: while
 * SIGCHLD is set to be ignored the kernel takes a dead child away by itself (sigaction(2), "SA_NOCLDWAIT"; wait(2),
 * "NOTES"), and the disposition is put back before the process runs again. No other child can slip away meanwhile: its
 * death is reported to us first, and we do not wait for it then (ptrace(2): the parent is told once the tracer has
 * waited). In a process whose other threads run on that would be seen; there the copy has no exit signal, and the
 * process is made to wait for it, which only adds to what its children have used.
 */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* struct sigaction of the kernel: 32 bytes on x86-64, 20 on i386; its first word is the handler in both. */
#define ACTION_SIZE 32
#define END_MS      10000
/* A copy that nobody has told of comes to its first stop within this time. */
#define LOST_MS 2000

/* The queues of pending signals: of the thread, and of the process. */
enum queue { QUEUE_THREAD, QUEUE_PROCESS, N_QUEUE };

/* Ignoring a signal also takes away what is pending of it: that is put back. In a 32-bit program it has another form,
 * not known here. */
static int may_ignore_children(const struct trace_hold *h)
{
    const struct tracee *tracee = tracee_find(h->t, h->tid);

    if (!tracee || trace_threads(h->t, tracee->pid) != 1)
        return 0;
    return !h->is_32 ||
           (!hold_has_pending(h->tid, QUEUE_THREAD, SIGCHLD) && !hold_has_pending(h->tid, QUEUE_PROCESS, SIGCHLD));
}

/* The copy's first stop. */
static int copy_begin(struct trace_hold *copy, int no_filters)
{
    long suspend = no_filters ? PTRACE_O_SUSPEND_SECCOMP : 0;
    int status, r = hold_wait_copy(copy, copy->timeout_ms, &status);

    if (r)
        return r;
    if (!WIFSTOPPED(status))
        return -ESRCH;
    copy->no_filters = no_filters;
    return ptrace(PTRACE_SETOPTIONS, copy->tid, NULL, (void *)(HOLD_COPY_OPTIONS | suspend)) ? -errno : 0;
}

/* A place in the original's memory that we use, and what stood there. */
struct borrowed {
    uint64_t at;
    uint8_t before[sizeof(siginfo_t)];
};

_Static_assert(sizeof(siginfo_t) >= 2 * ACTION_SIZE, "two actions fit");

/* 1: the kernel can write for the original where we would borrow. Asked before anything depends on it: a program may
 * have its stack pointer anywhere. */
static int has_stack(struct trace_hold *h)
{
    struct borrowed b = { .at = trace_scratch(h, sizeof b.before) };
    int64_t result = -1;

    if (h->was_asked)
        return !h->has_no_stack;
    h->was_asked = h->has_no_stack = 1;
    if (trace_read(h->tid, b.at, b.before, sizeof b.before) != sizeof b.before ||
        trace_inject(h, "rt_sigaction", (const uint64_t[6]){ SIGCHLD, 0, b.at, 8 }, &result) || result)
        return 0;
    h->has_no_stack = trace_write(h, b.at, b.before, sizeof b.before) != 0;
    return !h->has_no_stack;
}

/* It was killed in the call. If that had made the copy already, nobody has told us its number. */
static void copy_lose(const struct trace_hold *of)
{
    hold_beginning(of, &of->t->lost_copy.pc, &of->t->lost_copy.sp);
    of->t->lost_copy.until = clock_ms() + LOST_MS;
}

int copy_find_lost(struct trace *t, pid_t tid)
{
    if (!t->lost_copy.until || !hold_begins_at(tid, t->lost_copy.pc, t->lost_copy.sp))
        return 0;
    t->lost_copy.until = 0;
    syscall(SYS_tgkill, tid, tid, SIGKILL);
    hold_reap(t, tid, END_MS);
    return 1;
}

int copy_may_be_lost(struct trace *t)
{
    siginfo_t info;

    /* It is our tracee from its birth on, before its first stop. */
    if (t->lost_copy.until > clock_ms() && !waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL))
        return 1;
    t->lost_copy.until = 0;
    return 0;
}

int trace_copy(struct trace_hold *of, unsigned flags, struct trace_hold *ret)
{
    struct trace_hold copy = *of;
    uint64_t args[6] = { 0 };
    int64_t result = 0;
    pid_t born = 0;
    int r;

    if ((flags & TRACE_COPY_SANDBOXED) && !of->no_filters)
        return -EACCES;
    copy.reap_by_wait = !may_ignore_children(of) || !has_stack(of);
    args[0] = (copy.reap_by_wait ? 0 : SIGCHLD) | (flags & TRACE_COPY_SHARES_FILES ? CLONE_FILES | CLONE_FS : 0);
    r = hold_call(of, "clone", args, &born, &result);
    if (!born && r == -ESRCH)
        copy_lose(of);
    if (!born) /* -ECHILD: it was refused by a signal, which we have held back */
        return r == -ECHILD ? -EACCES : r ? r : (int)result;
    copy.tid = born;
    copy.seen_pid = (pid_t)result;
    copy.is_copy = 1;
    copy.no_filters = copy.was_stopped = 0;
    /* Its own filters are in force again: it may do what the original may. Ours, where there are no others, would only
     * cost stops. */
    if (!r)
        r = copy_begin(&copy, of->no_filters && !(flags & TRACE_COPY_SANDBOXED));
    if (r) {
        trace_copy_end(of, &copy);
        return r;
    }
    *ret = copy;
    return 0;
}

/* Sends it again what was pending, as it was (rt_sigqueueinfo(2): a process may tell itself anything). */
static int children_tell(struct trace_hold *of, uint64_t at, enum queue queue, const siginfo_t *info)
{
    const uint64_t none[6] = { 0 };
    int64_t pid = 0, tid = 0, result = 0;
    int r = trace_write(of, at, info, sizeof *info);

    if (!r)
        r = trace_inject(of, "getpid", none, &pid);
    if (!r)
        r = trace_inject(of, "gettid", none, &tid);
    if (!r && queue == QUEUE_PROCESS)
        r = trace_inject(of, "rt_sigqueueinfo", (const uint64_t[6]){ pid, SIGCHLD, at }, &result);
    else if (!r)
        r = trace_inject(of, "rt_tgsigqueueinfo", (const uint64_t[6]){ pid, tid, SIGCHLD, at }, &result);
    return r ? r : (int)result;
}

/* The end of the copy while the original ignores its children. */
static int children_ignored(struct trace_hold *of, struct trace_hold *copy, uint64_t at)
{
    uint8_t actions[2 * ACTION_SIZE] = { 1 /* SIG_IGN */ };
    int64_t result = 0;
    int r = trace_write(of, at, actions, sizeof actions), reaped;

    if (!r)
        r = trace_inject(of, "rt_sigaction", (const uint64_t[6]){ SIGCHLD, at, at + ACTION_SIZE, 8 }, &result);
    reaped = hold_reap(copy->t, copy->tid, END_MS);
    if (!r && !result)
        r = trace_inject(of, "rt_sigaction", (const uint64_t[6]){ SIGCHLD, at + ACTION_SIZE, 0, 8 }, &result);
    return r ? r : result ? (int)result : reaped;
}

static int reap_ignored(struct trace_hold *of, struct trace_hold *copy)
{
    struct borrowed b = { .at = trace_scratch(of, sizeof b.before) };
    siginfo_t pending[N_QUEUE];
    int has[N_QUEUE], r, back;

    if (trace_read(of->tid, b.at, b.before, sizeof b.before) != sizeof b.before)
        return -EFAULT;
    for (int i = 0; i < N_QUEUE; i++)
        has[i] = hold_pending(of->tid, i, SIGCHLD, &pending[i]);
    r = children_ignored(of, copy, b.at);
    for (int i = 0; i < N_QUEUE; i++)
        if (!r && has[i])
            r = children_tell(of, b.at, i, &pending[i]);
    back = trace_write(of, b.at, b.before, sizeof b.before);
    return r ? r : back;
}

/* A wait in the original's name for this one child, which is dead. */
static int reap_waited(struct trace_hold *of, struct trace_hold *copy)
{
    const uint64_t args[6] = { copy->seen_pid, 0, __WALL | WNOHANG, 0 };
    int64_t result;
    int reaped = hold_reap(copy->t, copy->tid, END_MS), r;

    if (copy->seen_pid <= 0) /* the original died before it could be told; 0 would stand for any child */
        return -ESRCH;
    r = trace_inject(of, "wait4", args, &result);
    return r ? r : reaped;
}

int trace_copy_end(struct trace_hold *of, struct trace_hold *copy)
{
    int r;

    syscall(SYS_tgkill, copy->tid, copy->tid, SIGKILL);
    if (copy->reap_by_wait || !may_ignore_children(of))
        r = reap_waited(of, copy);
    else
        r = reap_ignored(of, copy);
    /* Whatever came between: no zombie. */
    if (!r && !syscall(SYS_tgkill, copy->tid, copy->tid, 0))
        r = reap_waited(of, copy);
    return r;
}

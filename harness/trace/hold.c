/* hold.c - stop a traced thread outside its own course, and let it go as it was. ptrace(2), "PTRACE_SEIZE",
 * "Group-stop". */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELECTOR_32 0x23 /* code segment of 32-bit programs (arch/x86/include/asm/segment.h, __USER32_CS) */
#define VDSO_MAX    0x4000

#ifdef __x86_64__

_Static_assert(sizeof(struct user_regs_struct) <= TRACE_SAVED_SIZE, "registers fit");

static int is_event_stop(int status)
{
    return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP;
}

/* Calls that fail with EINTR when they are interrupted without a signal handler, where others start again by themselves
 * (signal(7)); none of them has done anything then. The select family does where its timeout lies in read-only memory.
 * */
static const char *const not_restarted[] = {
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "semop",
    "semtimedop",
    "semtimedop_time64",
    "rt_sigtimedwait",
    "rt_sigtimedwait_time64",
    "accept",
    "accept4",
    "connect",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "recvmmsg_time64",
    "read",
    "readv",
    "send",
    "sendto",
    "sendmsg",
    "write",
    "writev",
    "io_getevents",
    "io_pgetevents",
    "io_pgetevents_time64",
    "io_uring_enter",
    "msgrcv",
    "msgsnd",
    "select",
    "_newselect",
    "pselect6",
    "pselect6_time64",
    "ppoll",
    "ppoll_time64",
    "socketcall",
    "ipc",
};

/* Where the C library keeps the thread's restartable sequences (rseq(2)): struct rseq has rseq_cs 8 bytes on, which
 * points at a struct rseq_cs: version and flags, then the three of these. */
struct sequence {
    uint64_t start, length, abort;
};
#define RSEQ_CONFIGURATION 0x420f /* PTRACE_GET_RSEQ_CONFIGURATION, Linux 5.13 */

/* Our stop interrupted the call it waits in. With ERESTARTNOHAND instead of EINTR the kernel makes it again when the
 * thread goes on, and gives EINTR after all when a handler has run by then: as if we had not been. */
static void regs_restart(struct user_regs_struct *r, int is_32)
{
    char *name;

    if ((long)r->rax != -EINTR || (long)r->orig_rax < 0)
        return;
    name = seccomp_syscall_resolve_num_arch(is_32 ? SCMP_ARCH_X86 : SCMP_ARCH_X86_64, (int)r->orig_rax);
    for (size_t i = 0; name && i < sizeof not_restarted / sizeof *not_restarted; i++)
        if (!strcmp(name, not_restarted[i]))
            r->rax = (unsigned long)-514L; /* ERESTARTNOHAND, include/linux/errno.h */
    free(name);
}

/* 1: it is in the middle of a restartable sequence. The kernel would not see that it was broken off: our calls are made
 * from elsewhere. */
static int is_in_sequence(pid_t tid, const struct user_regs_struct *r)
{
    uint64_t rseq[3] = { 0 }, at = 0; /* struct ptrace_rseq_configuration: the pointer comes first */
    struct sequence s;

    if (ptrace(RSEQ_CONFIGURATION, tid, (void *)sizeof rseq, rseq) < 0 || !rseq[0] ||
        trace_read(tid, rseq[0] + 8, &at, sizeof at) != sizeof at || !at ||
        trace_read(tid, at + 8, &s, sizeof s) != sizeof s)
        return 0;
    return r->rip - s.start < s.length;
}

void hold_wave_through(pid_t tid)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, tid, NULL, &r))
        return;
    regs_restart(&r, r.cs == SELECTOR_32);
    ptrace(PTRACE_SETREGS, tid, NULL, &r);
}

/* An instruction that makes a system call: the one it has just made or makes next, or one of the vDSO's. 0: none. */
uint64_t hold_gate(pid_t tid, uint64_t pc, int is_32, uint64_t vdso)
{
    const uint8_t want[2] = { is_32 ? 0xcd : 0x0f, is_32 ? 0x80 : 0x05 };
    uint8_t bytes[VDSO_MAX];
    ssize_t n;

    for (uint64_t at = pc - 2; at <= pc; at += 2)
        if (trace_read(tid, at, bytes, 2) == 2 && !memcmp(bytes, want, 2))
            return at;
    n = vdso ? trace_read(tid, vdso, bytes, sizeof bytes) : 0;
    for (ssize_t i = 0; i + 1 < n; i++)
        if (!memcmp(bytes + i, want, 2))
            return vdso + i;
    return 0;
}

/* From wherever it is to a PTRACE_EVENT_STOP. */
static int hold_stop(struct trace *t, struct tracee *tracee, const struct trace_event *event, int timeout_ms)
{
    pid_t tid = tracee->tid;
    int status, r;

    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || (event && ptrace(PTRACE_CONT, tid, NULL, NULL)))
        return -errno;
    r = hold_wait_original(t, tid, timeout_ms, &status);
    /* A stop of ours that has not come yet still will: handle_event_stop(). */
    tracee->is_interrupted = r || !is_event_stop(status);
    if (r)
        return r;
    if (is_event_stop(status) && WSTOPSIG(status) == SIGTRAP)
        return 0;
    hold_keep(t, tid, status);
    return WIFSTOPPED(status) && status >> 16 != PTRACE_EVENT_EXIT ? -EAGAIN : -ESRCH;
}

/* What must be known before anything is changed. */
static int hold_read(struct trace_hold *h, uint64_t vdso)
{
    struct user_regs_struct r;
    int is_within;

    if (ptrace(PTRACE_GETREGS, h->tid, NULL, &r) || ptrace(PTRACE_GETSIGMASK, h->tid, (void *)sizeof h->mask, &h->mask))
        return -errno;
    h->is_32 = r.cs == SELECTOR_32;
    h->gate = hold_gate(h->tid, r.rip, h->is_32, vdso);
    is_within = is_in_sequence(h->tid, &r);
    regs_restart(&r, h->is_32);
    memcpy(h->saved, &r, sizeof r);
    if (is_within)
        return -EAGAIN;
    return h->gate ? 0 : -ENOEXEC;
}

/* Registers, mask and options as they were before. */
static int hold_put_back(const struct trace_hold *h)
{
    struct user_regs_struct r;

    memcpy(&r, h->saved, sizeof r);
    if (ptrace(PTRACE_SETREGS, h->tid, NULL, &r) ||
        ptrace(PTRACE_SETSIGMASK, h->tid, (void *)sizeof h->mask, &h->mask) ||
        ptrace(PTRACE_SETOPTIONS, h->tid, NULL, (void *)(long)TRACE_OPTIONS))
        return -errno;
    return 0;
}

/* Nothing has been changed yet. */
static int hold_give_up(const struct trace_hold *h, const struct trace_event *event, int error)
{
    ptrace(PTRACE_SETOPTIONS, h->tid, NULL, (void *)(long)TRACE_OPTIONS);
    hold_wave_through(h->tid);
    if (!event)
        ptrace(PTRACE_CONT, h->tid, NULL, NULL);
    return error;
}

struct maker {
    pid_t tid;
    int is_waited_for;
};

static void find_newborn(struct tracee *tracee, void *context)
{
    struct maker *maker = context;

    maker->is_waited_for |= tracee->state == TRACEE_AWAITED && tracee->birth.parent_tid == maker->tid;
}

/* 0, or why it cannot be held at all, without a hand laid on it. */
static int hold_is_possible(const struct trace *t, pid_t tid)
{
    const struct tracee *tracee = tracee_find(t, tid);
    struct maker maker = { tid, 0 };

    if (!tracee || tracee->dying)
        return -ESRCH;
    if (tracee->state != TRACEE_RUNNING || tracee->in_call || t->n_kept == HOLD_KEPT || hold_is_kept(t, tid))
        return -EAGAIN;
    tracees_each(t, find_newborn, &maker); /* it is kept stopped until its newborn has come */
    if (maker.is_waited_for)
        return -EAGAIN;
    return tracee->is_stopped ? -EBUSY : 0;
}

int trace_hold(struct trace *t, pid_t tid, const struct trace_event *event, uint64_t vdso, int timeout_ms,
               struct trace_hold *ret)
{
    struct trace_hold h = { .t = t, .tid = tid, .timeout_ms = timeout_ms };
    uint64_t all = ~(uint64_t)0;
    int r = hold_is_possible(t, tid);

    if (!r)
        r = hold_stop(t, tracee_find(t, tid), event, timeout_ms);
    if (r)
        return r;
    r = hold_read(&h, vdso);
    if (r)
        return hold_give_up(&h, event, r);
    /* Where it is allowed (CAP_SYS_ADMIN, CONFIG_CHECKPOINT_RESTORE): no filter, ours neither, sees the calls we make.
     * */
    h.no_filters = !ptrace(PTRACE_SETOPTIONS, tid, NULL, (void *)(long)(TRACE_OPTIONS | PTRACE_O_SUSPEND_SECCOMP));
    if (ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof all, &all))
        return hold_give_up(&h, event, -errno);
    *ret = h;
    return 0;
}

/* After a call the registers can be put back only at a stop in user mode: at the end of a call the kernel would take
 * what they hold for the call's own result and act on it (ERESTART...). */
static int let_go_stop(struct trace_hold *h)
{
    int status, r;

    if (ptrace(PTRACE_INTERRUPT, h->tid, NULL, NULL))
        return -errno;
    for (;;) {
        r = hold_run(h, PTRACE_CONT, &status);
        if (r)
            return r;
        if (is_event_stop(status)) {
            if (WSTOPSIG(status) != SIGTRAP) /* a group-stop, of which trace_next() tells */
                hold_keep(h->t, h->tid, status);
            return 0;
        }
        if (!WIFSTOPPED(status) || status >> 16) {
            hold_keep(h->t, h->tid, status);
            return -ESRCH;
        }
        h->was_stopped |= WSTOPSIG(status) == SIGSTOP;
    }
}

/* A SIGSTOP that was held back takes effect now, unless a SIGCONT has come since: the one takes the other away
 * (signal(7)). */
static void let_go_stopping(const struct trace_hold *h)
{
    if (h->was_stopped && !hold_has_pending(h->tid, 0, SIGCONT) && !hold_has_pending(h->tid, 1, SIGCONT))
        syscall(SYS_tgkill, tracee_find(h->t, h->tid)->pid, h->tid, SIGSTOP);
}

int trace_let_go(struct trace_hold *h, const struct trace_event *event)
{
    int r;

    if (hold_is_kept(h->t, h->tid)) /* it has died meanwhile */
        return -ESRCH;
    r = h->has_moved ? let_go_stop(h) : 0;
    if (!r)
        r = hold_put_back(h);
    if (r)
        return r;
    let_go_stopping(h);
    if (event || hold_is_kept(h->t, h->tid))
        return 0;
    if (hold_has_died(h->t, h->tid))
        return -ESRCH;
    return ptrace(PTRACE_CONT, h->tid, NULL, NULL) ? -errno : 0;
}

#else

int trace_hold(struct trace *t, pid_t tid, const struct trace_event *event, uint64_t vdso, int timeout_ms,
               struct trace_hold *ret)
{
    (void)t, (void)tid, (void)event, (void)vdso, (void)timeout_ms, (void)ret;
    return -ENOSYS;
}

int trace_let_go(struct trace_hold *h, const struct trace_event *event)
{
    (void)h, (void)event;
    return -ENOSYS;
}

void hold_wave_through(pid_t tid)
{
    (void)tid;
}

#endif

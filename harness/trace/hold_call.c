/* hold_call.c - system calls and function calls made by a held thread, or by a copy, on our behalf. */
#include "harness/trace/hold.h"
#include "harness/trace/internal.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#define GATE_SIZE   2   /* of the instruction that makes a system call */
#define RED_ZONE    128 /* System V ABI: below the stack pointer a function may keep data */
#define SCRATCH_MAX 1024
/* Where a called function returns to: nothing is mapped there (mmap_min_addr), so the return is a fault at this
 * address. */
#define NOWHERE 8
/* A function may do anything, also make processes. */
#define FUNCTION_OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

static long call_number(const struct trace_hold *h, const char *name)
{
    char wide[32];
    int nr = __NR_SCMP_ERROR;

    if (!h->is_32) {
        nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
        return nr < 0 ? -ENOSYS : nr;
    }
    /* The plain names of the id calls have 16-bit ids there (setresuid(2), "C library/kernel differences"). */
    if (snprintf(wide, sizeof wide, "%s32", name) < (int)sizeof wide)
        nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, wide);
    if (nr < 0)
        nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name);
    return nr < 0 ? -ENOSYS : nr;
}

static void call_fill(const struct trace_hold *h, long nr, const uint64_t a[6], struct user_regs_struct *r)
{
    memcpy(r, h->saved, sizeof *r);
    r->rip = h->gate;
    r->rax = nr;
    r->orig_rax = (unsigned long)-1L;
    if (h->is_32) {
        r->rbx = a[0], r->rcx = a[1], r->rdx = a[2], r->rsi = a[3], r->rdi = a[4], r->rbp = a[5];
    } else {
        r->rdi = a[0], r->rsi = a[1], r->rdx = a[2], r->r10 = a[3], r->r8 = a[4], r->r9 = a[5];
    }
}

/* A filter asks for a tracer at this call. One of ours: on. One of the program's own has no tracer: ENOSYS
 * (seccomp(2)). */
static void call_own_trace(pid_t tid)
{
    unsigned long tag = 0;

    if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &tag) || tag != TRACE_TAG)
        call_refuse(tid);
}

enum call_stop { CALL_STOP_ENTRY_OR_EXIT, CALL_STOP_BIRTH, CALL_STOP_OTHER };

/* Resumes to the next stop that matters. 0 with *ret, -ETIMEDOUT, -ESRCH, or -ECHILD with the signal it died of in
 * *ret_signal. */
static int call_step(struct trace_hold *h, enum call_stop *ret, int *ret_signal)
{
    int status, r;

    for (;;) {
        r = hold_run(h, PTRACE_SYSCALL, &status);
        if (r)
            return r;
        if (!WIFSTOPPED(status)) {
            *ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            if (h->is_copy)
                return -ECHILD;
            hold_keep(h->t, h->tid, status);
            return -ESRCH;
        }
        switch (status >> 16) {
        case 0:
            if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
                *ret = CALL_STOP_ENTRY_OR_EXIT;
                return 0;
            }
            if (WSTOPSIG(status) == SIGSTOP) { /* no mask holds it back: see trace_let_go() */
                h->was_stopped = 1;
                continue;
            }
            *ret_signal = WSTOPSIG(status);
            *ret = CALL_STOP_OTHER;
            return 0;
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_CLONE:
            *ret = CALL_STOP_BIRTH;
            return 0;
        case PTRACE_EVENT_SECCOMP:
            call_own_trace(h->tid);
            continue;
        case PTRACE_EVENT_EXIT:
            if (h->is_copy)
                continue;
            hold_keep(h->t, h->tid, status);
            return -ESRCH;
        default:
            continue;
        }
    }
}

/* In a copy one step is enough: over the instruction, with the call in it. Its signal is then no longer blocked (a trap
 * cannot be held back), which does not matter there. 0 with *ret, or as call_step(). */
static int call_over(struct trace_hold *h, int64_t *ret)
{
    struct user_regs_struct regs;
    int status, r;

    for (;;) {
        r = hold_run(h, PTRACE_SINGLESTEP, &status);
        if (r)
            return r;
        if (!WIFSTOPPED(status)) {
            *ret = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            return -ECHILD;
        }
        if (status >> 16 == PTRACE_EVENT_SECCOMP)
            call_own_trace(h->tid);
        if (status >> 16 || WSTOPSIG(status) == SIGSTOP)
            continue;
        if (WSTOPSIG(status) != SIGTRAP) {
            *ret = WSTOPSIG(status);
            return -ECHILD;
        }
        if (!ptrace(PTRACE_GETREGS, h->tid, NULL, &regs) && regs.rip == h->gate + GATE_SIZE) {
            *ret = (int64_t)regs.rax;
            return 0;
        }
    }
}

/* SECCOMP_RET_TRAP skips the call and leaves its number where the result belongs; the signal is still to come. */
static int call_was_trapped(const struct trace_hold *h, long nr, int64_t *result)
{
    if (!h->is_copy || *result != nr || !hold_has_pending(h->tid, 0, SIGSYS))
        return 0;
    *result = SIGSYS;
    return 1;
}

int hold_call(struct trace_hold *h, const char *name, const uint64_t args[6], pid_t *ret_born, int64_t *ret)
{
    long nr = call_number(h, name);
    struct user_regs_struct regs;
    enum call_stop stop = CALL_STOP_OTHER;
    int signal = 0, entered = 0, r;

    if (hold_is_kept(h->t, h->tid)) /* it has died meanwhile */
        return -ESRCH;
    if (nr < 0)
        return (int)nr;
    call_fill(h, nr, args, &regs);
    if (ptrace(PTRACE_SETREGS, h->tid, NULL, &regs) && (errno != ESRCH || !h->is_copy))
        return -errno;
    h->has_moved = 1;
    if (h->is_copy && !h->is_32) {
        r = call_over(h, ret);
        return r ? r : call_was_trapped(h, nr, ret) ? -ECHILD : 0;
    }
    for (;;) {
        r = call_step(h, &stop, &signal);
        if (r || stop == CALL_STOP_OTHER) {
            *ret = signal;
            return r ? r : -ECHILD;
        }
        if (stop == CALL_STOP_BIRTH) {
            unsigned long pid = 0;

            if (ret_born && !ptrace(PTRACE_GETEVENTMSG, h->tid, NULL, &pid))
                *ret_born = (pid_t)pid;
        } else if (entered++) {
            break;
        }
    }
    if (ptrace(PTRACE_GETREGS, h->tid, NULL, &regs))
        return -errno;
    *ret = h->is_32 ? (int32_t)regs.rax : (int64_t)regs.rax;
    return call_was_trapped(h, nr, ret) ? -ECHILD : 0;
}

int trace_inject(struct trace_hold *h, const char *name, const uint64_t args[6], int64_t *ret)
{
    return hold_call(h, name, args, NULL, ret);
}

void hold_beginning(const struct trace_hold *h, uint64_t *ret_pc, uint64_t *ret_sp)
{
    struct user_regs_struct r;

    memcpy(&r, h->saved, sizeof r);
    *ret_pc = h->gate + GATE_SIZE;
    *ret_sp = r.rsp;
}

int hold_begins_at(pid_t tid, uint64_t pc, uint64_t sp)
{
    uint64_t mask = 0, unblocked = (uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1);
    struct user_regs_struct r;

    return !ptrace(PTRACE_GETREGS, tid, NULL, &r) && r.rip == pc && r.rsp == sp &&
           !ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof mask, &mask) && (mask | unblocked) == ~(uint64_t)0;
}

uint64_t trace_scratch(const struct trace_hold *h, size_t size)
{
    struct user_regs_struct r;
    uint64_t at, page;

    if (size > SCRATCH_MAX)
        return 0;
    memcpy(&r, h->saved, sizeof r);
    at = (r.rsp - RED_ZONE - size) & ~(uint64_t)15;
    page = r.rsp & ~(uint64_t)4095;
    /* Below the page of the stack pointer nothing may be mapped; what is above is saved by those who care. */
    return at >= page ? at : (r.rsp + 15) & ~(uint64_t)15;
}

int trace_write(struct trace_hold *h, uint64_t address, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    struct iovec local = { (void *)(uintptr_t)bytes, size }, remote = { (void *)(uintptr_t)address, size };

    if (process_vm_writev(h->tid, &local, 1, &remote, 1, 0) == (ssize_t)size)
        return 0;
    /* That is refused where the target made itself undumpable. */
    for (size_t i = 0; i < size; i++) {
        int r = trace_write_byte(h->tid, address + i, from[i], NULL);

        if (r)
            return r;
    }
    return 0;
}

/* What a copy makes must not outlive it. A new thread takes the copy with it. */
static void function_kill_newborn(struct trace_hold *copy, int event)
{
    unsigned long pid;

    if (event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK && event != PTRACE_EVENT_CLONE)
        return;
    if (ptrace(PTRACE_GETEVENTMSG, copy->tid, NULL, &pid))
        return;
    if (!tracee_is_leader((pid_t)pid))
        syscall(SYS_tgkill, copy->tid, copy->tid, SIGKILL);
    else
        syscall(SYS_tgkill, (pid_t)pid, (pid_t)pid, SIGKILL);
    hold_reap(copy->t, (pid_t)pid, copy->timeout_ms);
}

/* Runs the copy until it faults, is killed, or the time is over. 0: it came back to NOWHERE. */
static int function_run(struct trace_hold *copy, int timeout_ms, uint64_t *ret)
{
    int64_t end = clock_ms() + timeout_ms;
    struct user_regs_struct regs;
    int status, r, left;

    for (;;) {
        if (ptrace(PTRACE_CONT, copy->tid, NULL, NULL) && errno != ESRCH) /* dead already: that is to be heard */
            return -errno;
        left = (int)(end - clock_ms());
        r = hold_wait_copy(copy, left > 0 ? left : 0, &status);
        if (r)
            return r;
        if (!WIFSTOPPED(status)) {
            *ret = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            return -ECHILD;
        }
        if (status >> 16 == PTRACE_EVENT_SECCOMP)
            call_own_trace(copy->tid);
        function_kill_newborn(copy, status >> 16);
        if (status >> 16 || WSTOPSIG(status) == SIGSTOP)
            continue;
        if (ptrace(PTRACE_GETREGS, copy->tid, NULL, &regs))
            return -errno;
        if (WSTOPSIG(status) == SIGSEGV && regs.rip == NOWHERE) {
            *ret = regs.rax;
            return 0;
        }
        *ret = WSTOPSIG(status);
        return -ECHILD;
    }
}

int trace_call_function(struct trace_hold *copy, uint64_t function, const uint64_t args[6], int timeout_ms,
                        uint64_t *ret)
{
    const uint64_t off[6] = { 0x5002, 1 }; /* ARCH_SHSTK_DISABLE, ARCH_SHSTK_SHSTK: a shadow stack knows no such call */
    const uint64_t back = NOWHERE;
    struct user_regs_struct regs;
    int64_t ignored;
    int r;

    if (!copy->is_copy)
        return -EPERM;
    if (copy->is_32)
        return -ENOSYS;
    r = trace_inject(copy, "arch_prctl", off, &ignored);
    if (r && r != -ENOSYS)
        return r;
    memcpy(&regs, copy->saved, sizeof regs);
    regs.rsp = ((regs.rsp - RED_ZONE - 4096) & ~(uint64_t)15) - 8; /* as after a call instruction */
    r = trace_write(copy, regs.rsp, &back, sizeof back);
    if (r)
        return r;
    regs.rdi = args[0], regs.rsi = args[1], regs.rdx = args[2], regs.rcx = args[3], regs.r8 = args[4],
    regs.r9 = args[5];
    regs.rax = 0; /* no vector registers hold arguments */
    regs.rip = function;
    regs.orig_rax = (unsigned long)-1L;
    regs.eflags &= ~(unsigned long)0x500; /* direction, trap */
    if (ptrace(PTRACE_SETOPTIONS, copy->tid, NULL, (void *)(long)(HOLD_COPY_OPTIONS | FUNCTION_OPTIONS)) ||
        ptrace(PTRACE_SETREGS, copy->tid, NULL, &regs))
        return -errno;
    return function_run(copy, timeout_ms, ret);
}

#else

int hold_call(struct trace_hold *h, const char *name, const uint64_t args[6], pid_t *ret_born, int64_t *ret)
{
    (void)h, (void)name, (void)args, (void)ret_born, (void)ret;
    return -ENOSYS;
}

int trace_inject(struct trace_hold *h, const char *name, const uint64_t args[6], int64_t *ret)
{
    return hold_call(h, name, args, NULL, ret);
}

void hold_beginning(const struct trace_hold *h, uint64_t *ret_pc, uint64_t *ret_sp)
{
    (void)h;
    *ret_pc = *ret_sp = 0;
}

int hold_begins_at(pid_t tid, uint64_t pc, uint64_t sp)
{
    (void)tid, (void)pc, (void)sp;
    return 0;
}

uint64_t trace_scratch(const struct trace_hold *h, size_t size)
{
    (void)h, (void)size;
    return 0;
}

int trace_write(struct trace_hold *h, uint64_t address, const void *bytes, size_t size)
{
    (void)h, (void)address, (void)bytes, (void)size;
    return -ENOSYS;
}

int trace_call_function(struct trace_hold *copy, uint64_t function, const uint64_t args[6], int timeout_ms,
                        uint64_t *ret)
{
    (void)copy, (void)function, (void)args, (void)timeout_ms, (void)ret;
    return -ENOSYS;
}

#endif

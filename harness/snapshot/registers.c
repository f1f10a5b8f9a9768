/* registers.c - the registers of a stopped task. Only here and in husk.c is it known of which machine. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define SET_GENERAL 1 /* NT_PRSTATUS */
#define SET_XSTATE  0x202
#define CODE_64     0x33
#define STACK_64    0x2b
#define FLAG_TRAP   0x100

int registers_get(pid_t pid, struct user_regs_struct *ret)
{
    struct user_regs_struct registers;
    struct iovec io = { &registers, sizeof registers };

    if (ptrace(PTRACE_GETREGSET, pid, (void *)SET_GENERAL, &io))
        return -errno;
    /* A 32-bit program gives a shorter block. */
    if (io.iov_len != sizeof registers)
        return -ENOSYS;
    *ret = registers;
    return 0;
}

int registers_set(pid_t pid, const struct user_regs_struct *registers)
{
    struct iovec io = { (void *)(uintptr_t)registers, sizeof *registers };

    return ptrace(PTRACE_SETREGSET, pid, (void *)SET_GENERAL, &io) ? -errno : 0;
}

#ifdef __x86_64__
struct user_regs_struct registers_clean(const struct user_regs_struct *from)
{
    struct user_regs_struct r = *from;

    r.orig_rax = (unsigned long long)-1;
    r.eflags &= ~(unsigned long long)FLAG_TRAP;
    r.cs = CODE_64;
    r.ss = STACK_64;
    r.ds = r.es = r.fs = r.gs = 0;
    return r;
}

uint64_t registers_pc(const struct user_regs_struct *registers)
{
    return registers->rip;
}

int registers_take(struct snapshot *s, pid_t tid)
{
    uint8_t xstate[XSTATE_MAX];
    struct iovec io = { xstate, sizeof xstate };
    int error = registers_get(tid, &s->registers);

    if (!error && s->registers.cs != CODE_64)
        error = -ENOSYS;
    if (error || ptrace(PTRACE_GETREGSET, tid, (void *)SET_XSTATE, &io) || io.iov_len == sizeof xstate)
        return error;
    s->xstate = malloc(io.iov_len);
    if (!s->xstate)
        return -ENOMEM;
    memcpy(s->xstate, xstate, io.iov_len);
    s->xstate_size = io.iov_len;
    return 0;
}
#else
uint64_t registers_pc(const struct user_regs_struct *registers)
{
    (void)registers;
    return 0;
}

struct user_regs_struct registers_clean(const struct user_regs_struct *from)
{
    return *from;
}

int registers_take(struct snapshot *s, pid_t tid)
{
    (void)s, (void)tid;
    return -ENOSYS;
}
#endif

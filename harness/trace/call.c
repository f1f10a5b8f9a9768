/* call.c - system calls at their seccomp stop and at their return: which one, with what, to what end. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#define X32_BIT 0x40000000L

static const char *call_abi(uint32_t arch, long nr)
{
    switch (arch) {
    case AUDIT_ARCH_X86_64:
        return nr & X32_BIT ? "x32" : "x86_64";
    case AUDIT_ARCH_I386:
        return "i386";
    case AUDIT_ARCH_AARCH64:
        return "aarch64";
    case AUDIT_ARCH_ARM:
        return "arm";
    default:
        return "other";
    }
}

/* The 16-bit and 32-bit forms of i386 do the same to us: one name for both. */
static void call_cut_32(char *name)
{
    size_t n = strlen(name);

    if (n > 2 && !strcmp(name + n - 2, "32"))
        name[n - 2] = '\0';
}

static const char *call_name(struct trace *t, uint32_t arch, long nr)
{
    uint32_t token = arch == AUDIT_ARCH_X86_64 && (nr & X32_BIT) ? SCMP_ARCH_X32 : arch;
    struct trace_name *more;
    char *name;

    for (size_t i = 0; i < t->n_names; i++)
        if (t->names[i].arch == arch && t->names[i].nr == nr)
            return t->names[i].name;
    name = seccomp_syscall_resolve_num_arch(token, (int)nr);
    if (!name)
        return "unnamed";
    more = reallocarray(t->names, t->n_names + 1, sizeof *more);
    if (!more) {
        free(name);
        return "unnamed";
    }
    t->names = more;
    call_cut_32(name);
    t->names[t->n_names].arch = arch;
    t->names[t->n_names].nr = nr;
    t->names[t->n_names].name = name;
    t->n_names++;
    return name;
}

void call_names_free(struct trace *t)
{
    for (size_t i = 0; i < t->n_names; i++)
        free(t->names[i].name);
    free(t->names);
    t->names = NULL;
    t->n_names = 0;
}

int call_enter(struct trace *t, struct tracee *tracee, unsigned *ret_tag)
{
    struct __ptrace_syscall_info info = { 0 };

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof info, &info) < 0)
        return -errno;
    if (info.op != PTRACE_SYSCALL_INFO_SECCOMP)
        return -EPROTO;
    tracee->call.nr = info.seccomp.nr;
    tracee->call.abi = call_abi(info.arch, info.seccomp.nr);
    /* A filter of the program's own stops us at whatever it likes: that needs no name. */
    tracee->call.name = info.seccomp.ret_data == TRACE_TAG ? call_name(t, info.arch, info.seccomp.nr) : "unnamed";
    for (int i = 0; i < 6; i++)
        tracee->call.args[i] = info.seccomp.args[i];
    tracee->call.result = 0;
    tracee->call.error = 0;
    *ret_tag = info.seccomp.ret_data;
    return 0;
}

int call_return(struct tracee *tracee)
{
    struct __ptrace_syscall_info info = { 0 };

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof info, &info) < 0)
        return -errno;
    if (info.op != PTRACE_SYSCALL_INFO_EXIT)
        return -EPROTO;
    tracee->call.error = info.exit.is_error ? (int)-info.exit.rval : 0;
    tracee->call.result = info.exit.is_error ? -1 : info.exit.rval;
    return 0;
}

int call_makes_task(const struct trace_call *call)
{
    return !strcmp(call->name, "fork") || !strcmp(call->name, "vfork") || !strncmp(call->name, "clone", 5);
}

int call_refuse(pid_t tid)
{
    return call_fail(tid, ENOSYS);
}

#ifdef __x86_64__

/* One register layout for all three tables: a 32-bit program's eax and its call number are the lower halves of these
 * (ptrace(2): a 64-bit tracer sees 64-bit registers). */
int call_fail(pid_t tid, int error)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, tid, NULL, &r))
        return -errno;
    r.orig_rax = -1;
    r.rax = -(long)error;
    return ptrace(PTRACE_SETREGS, tid, NULL, &r) ? -errno : 0;
}

/* clone: the flags are a register. i386 has them in ebx, which GETREGS of a 64-bit tracer shows as rbx. */
static int call_keep_clone(struct tracee *tracee, struct user_regs_struct *r)
{
    int is_64 = strcmp(tracee->call.abi, "i386") != 0;

    if (is_64)
        r->rdi &= ~(uint64_t)CLONE_UNTRACED;
    else
        r->rbx &= ~(uint64_t)CLONE_UNTRACED;
    return ptrace(PTRACE_SETREGS, tracee->tid, NULL, r) ? -errno : 0;
}

/* The flags word of clone3 where the program has it. */
static int call_poke_flags(struct tracee *tracee, uint64_t flags)
{
    return ptrace(PTRACE_POKEDATA, tracee->tid, (void *)tracee->call.args[0], (void *)flags) ? -errno : 0;
}

/* A 32-bit pointer cannot be moved to the stack of a 64-bit program, and what is longer than any kernel knows does not fit: there the
 * program's own word is changed until the call returns. */
static int call_keep_in_place(struct tracee *tracee)
{
    int r = call_poke_flags(tracee, tracee->clone_flags & ~(uint64_t)CLONE_UNTRACED);

    tracee->has_saved_flags = !r;
    return r;
}

/* clone3: the flags are in memory that belongs to the program and may be shared or read-only. A cleaned copy goes below the red zone of its
 * stack (System V ABI: 128 bytes), and the register that points at it is put back at the return. Another thread may change
 * the flags behind our back: whether the child is followed is seen at the return. */
static int call_keep_clone3(struct tracee *tracee, struct user_regs_struct *r)
{
    uint64_t args[16], size = tracee->call.args[1], copy;

    if (size < 64 || trace_read(tracee->tid, tracee->call.args[0], args, 64) != 64)
        return 0; /* the kernel refuses it too */
    tracee->clone_flags = args[0];
    if (!(args[0] & CLONE_UNTRACED))
        return 0;
    if (size > sizeof args || size % 8 || strcmp(tracee->call.abi, "x86_64") ||
        trace_read(tracee->tid, tracee->call.args[0], args, size) != (ssize_t)size)
        return call_keep_in_place(tracee);
    args[0] = tracee->clone_flags & ~(uint64_t)CLONE_UNTRACED;
    copy = (r->rsp - 128 - sizeof args) & ~(uint64_t)15;
    for (size_t i = 0; i < size / 8; i++)
        if (ptrace(PTRACE_POKEDATA, tracee->tid, (void *)(copy + 8 * i), (void *)args[i]))
            return -errno;
    tracee->saved_argument = r->rdi;
    r->rdi = copy;
    if (ptrace(PTRACE_SETREGS, tracee->tid, NULL, r))
        return -errno;
    tracee->has_saved_argument = 1;
    return 0;
}

int call_keep_traced(struct tracee *tracee)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &r))
        return -errno;
    return strcmp(tracee->call.name, "clone3") ? call_keep_clone(tracee, &r) : call_keep_clone3(tracee, &r);
}

int call_put_back(struct tracee *tracee)
{
    uint64_t now, cleaned = tracee->clone_flags & ~(uint64_t)CLONE_UNTRACED;
    struct user_regs_struct r;

    if (tracee->has_saved_flags) {
        tracee->has_saved_flags = 0;
        /* Unless the kernel has written something else there (parent_tid). */
        if (trace_read(tracee->tid, tracee->call.args[0], &now, sizeof now) != sizeof now || now != cleaned)
            return 0;
        return call_poke_flags(tracee, tracee->clone_flags);
    }
    if (!tracee->has_saved_argument)
        return 0;
    tracee->has_saved_argument = 0;
    if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &r))
        return -errno;
    r.rdi = tracee->saved_argument;
    return ptrace(PTRACE_SETREGS, tracee->tid, NULL, &r) ? -errno : 0;
}

int call_clone_flags(pid_t tid, uint64_t *ret_flags)
{
    struct __ptrace_syscall_info info = { 0 };
    struct user_regs_struct r;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info) < 0 || ptrace(PTRACE_GETREGS, tid, NULL, &r))
        return -errno;
    if (info.arch == AUDIT_ARCH_I386 && r.orig_rax == 120) {
        *ret_flags = r.rbx & 0xffffffffu;
        return 0;
    }
    if (info.arch != AUDIT_ARCH_X86_64)
        return -ENOSYS;
    if (r.orig_rax == SYS_clone) {
        *ret_flags = r.rdi & 0xffffffffu;
        return 0;
    }
    return -ENOSYS;
}

#else

int call_fail(pid_t tid, int error)
{
    (void)tid, (void)error;
    return -ENOSYS;
}

int call_keep_traced(struct tracee *tracee)
{
    (void)tracee;
    return -ENOSYS;
}

int call_put_back(struct tracee *tracee)
{
    (void)tracee;
    return -ENOSYS;
}

int call_clone_flags(pid_t tid, uint64_t *ret_flags)
{
    (void)tid, (void)ret_flags;
    return -ENOSYS;
}

#endif

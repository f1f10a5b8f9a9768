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
    char *name;

    for (size_t i = 0; i < t->n_names; i++)
        if (t->names[i].arch == arch && t->names[i].nr == nr)
            return t->names[i].name;
    if (t->n_names == sizeof t->names / sizeof *t->names)
        return "unnamed";
    name = seccomp_syscall_resolve_num_arch(token, (int)nr);
    if (!name)
        return "unnamed";
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
    t->n_names = 0;
}

int call_enter(struct trace *t, struct tracee *tracee, unsigned *ret_tag)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof info, &info) < 0)
        return -errno;
    if (info.op != PTRACE_SYSCALL_INFO_SECCOMP)
        return -EPROTO;
    tracee->call.nr = info.seccomp.nr;
    tracee->call.abi = call_abi(info.arch, info.seccomp.nr);
    tracee->call.name = call_name(t, info.arch, info.seccomp.nr);
    for (int i = 0; i < 6; i++)
        tracee->call.args[i] = info.seccomp.args[i];
    tracee->call.result = 0;
    tracee->call.error = 0;
    *ret_tag = info.seccomp.ret_data;
    return 0;
}

int call_return(struct tracee *tracee)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof info, &info) < 0)
        return -errno;
    if (info.op != PTRACE_SYSCALL_INFO_EXIT)
        return -EPROTO;
    tracee->call.error = info.exit.is_error ? (int)-info.exit.rval : 0;
    tracee->call.result = info.exit.is_error ? -1 : info.exit.rval;
    return 0;
}

#ifdef __x86_64__

int call_refuse(pid_t tid)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, tid, NULL, &r))
        return -errno;
    r.orig_rax = -1;
    r.rax = -ENOSYS;
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

/* clone3: the flags are in memory that belongs to the program and may be shared or read-only. A cleaned copy goes below the red zone of its
 * stack (System V ABI: 128 bytes), and the register that points at it is put back at the return. */
static int call_keep_clone3(struct tracee *tracee, struct user_regs_struct *r)
{
    uint64_t args[16], size = tracee->call.args[1], copy;

    if (size < 64 || size > sizeof args || strcmp(tracee->call.abi, "x86_64"))
        return 0; /* the kernel refuses a shorter one; a longer one than any kernel knows must be zero behind what we copy */
    if (trace_read(tracee->tid, tracee->call.args[0], args, size) != (ssize_t)size)
        return 0;
    if (!(args[0] & CLONE_UNTRACED))
        return 0;
    args[0] &= ~(uint64_t)CLONE_UNTRACED;
    copy = (r->rsp - 128 - sizeof args) & ~(uint64_t)15;
    for (size_t i = 0; i < size / 8; i++)
        if (ptrace(PTRACE_POKEDATA, tracee->tid, (void *)(copy + 8 * i), (void *)args[i]))
            return -errno;
    tracee->saved_argument = r->rdi;
    r->rdi = copy;
    if (ptrace(PTRACE_SETREGS, tracee->tid, NULL, r))
        return -errno;
    return 1;
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
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &r))
        return -errno;
    r.rdi = tracee->saved_argument;
    return ptrace(PTRACE_SETREGS, tracee->tid, NULL, &r) ? -errno : 0;
}

int call_clone_flags(pid_t tid, uint64_t *ret_flags)
{
    struct __ptrace_syscall_info info;
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
    if (r.orig_rax == SYS_clone3)
        return trace_read(tid, r.rdi, ret_flags, sizeof *ret_flags) == sizeof *ret_flags ? 0 : -EFAULT;
    return -ENOSYS;
}

#else

int call_refuse(pid_t tid)
{
    (void)tid;
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

/* filter.c - the seccomp filter: stops at the few calls that carry a fact, lets all others run at full speed.
 *
 * Built by libseccomp for every system call table that the kernel runs (64-bit, 32-bit, x32), then loaded by the
 * child itself. An unknown table is let through: the filter must never change what a program can do.
 */
#include "harness/trace/internal.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Calls that always stop. Credentials(7), then what changes the ground they stand on. clone3 hides its flags from a filter. */
static const char *const filter_calls[] = {
    "setuid",     "setgid",      "setreuid", "setregid",   "setresuid",      "setresgid",   "setfsuid",    "setfsgid",
    "setgroups",  "setuid32",    "setgid32", "setreuid32", "setregid32",     "setresuid32", "setresgid32", "setfsuid32",
    "setfsgid32", "setgroups32", "capset",   "execve",     "execveat",       "close_range", "chroot",      "unshare",
    "setns",      "ptrace",      "clone3",   "seccomp",    "io_uring_setup",
};

/* Calls whose failure `forkaudit inject` tries, beside those above. */
static const char *const filter_inject[] = {
    "getrandom", "setsid", "open", "openat", "openat2", NULL,
};
/* clone3 always stops. */
static const char *const filter_forks[] = { "fork", "vfork", "clone", NULL };
/* Bytes that come in and go out, where they can be read at the stop. */
static const char *const filter_data[] = {
    "read",   "readv",    "pread64", "recv",   "recvfrom", "recvmsg", "write",
    "writev", "pwrite64", "send",    "sendto", "sendmsg",  NULL,
};

/* prctl(2) options that change what a process may do. */
static const int filter_prctl[] = {
    PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP,
};

/* The kernel cuts such an argument to 32 bits; SCMP_CMP_EQ compares all 64, and what stands in the others would hide the call. */
#define FILTER_INT_MASK 0xffffffff

/* io_uring_register(2): remembers the credentials of now for requests of later. Its 0x80000000 only says how the ring is named. */
#define FILTER_PERSONALITY 9
#define FILTER_RING_MASK   0x7fffffff

static int filter_add_call(scmp_filter_ctx ctx, const char *name)
{
    int nr = seccomp_syscall_resolve_name(name);

    /* A call that this libseccomp or every table lacks cannot be made either. */
    return nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_TRACE(TRACE_TAG), nr, 0);
}

static int filter_add_calls(scmp_filter_ctx ctx, const char *const *names)
{
    int r = 0;

    while (!r && *names)
        r = filter_add_call(ctx, *names++);
    return r;
}

static int filter_add_argument(scmp_filter_ctx ctx, int nr, struct scmp_arg_cmp test)
{
    return seccomp_rule_add(ctx, SCMP_ACT_TRACE(TRACE_TAG), nr, 1, test);
}

static int filter_add_rules(scmp_filter_ctx ctx, unsigned stop_more)
{
    int r = 0;

    for (size_t i = 0; !r && i < COUNT(filter_calls); i++)
        r = filter_add_call(ctx, filter_calls[i]);
    if (!r && stop_more & TRACE_MORE_INJECT)
        r = filter_add_calls(ctx, filter_inject);
    if (!r && stop_more & SHOWS_FORKS)
        r = filter_add_calls(ctx, filter_forks);
    if (!r && stop_more & TRACE_MORE_DATA)
        r = filter_add_calls(ctx, filter_data);
    for (size_t i = 0; !r && i < COUNT(filter_prctl); i++)
        r = filter_add_argument(ctx, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, FILTER_INT_MASK, filter_prctl[i]));
    /* PR_CAP_AMBIENT_IS_SET, below these, only asks. */
    if (!r)
        r = seccomp_rule_add(ctx, SCMP_ACT_TRACE(TRACE_TAG), SCMP_SYS(prctl), 2,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, FILTER_INT_MASK, PR_CAP_AMBIENT),
                             SCMP_A1_32(SCMP_CMP_GE, PR_CAP_AMBIENT_RAISE));
    if (!r)
        r = filter_add_argument(ctx, SCMP_SYS(madvise), SCMP_A2(SCMP_CMP_MASKED_EQ, FILTER_INT_MASK, MADV_WIPEONFORK));
    if (!r)
        r = filter_add_argument(ctx, SCMP_SYS(io_uring_register),
                                SCMP_A1(SCMP_CMP_MASKED_EQ, FILTER_RING_MASK, FILTER_PERSONALITY));
    if (!r && !(stop_more & SHOWS_FORKS))
        r = filter_add_argument(ctx, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_UNTRACED, CLONE_UNTRACED));
    return r;
}

static int filter_export(scmp_filter_ctx ctx, struct sock_filter **ret_code, unsigned short *ret_n)
{
    struct sock_filter *code = NULL;
    struct stat st;
    int fd = memfd_create("filter", MFD_CLOEXEC), r;

    if (fd < 0)
        return -errno;
    r = seccomp_export_bpf(ctx, fd);
    if (r < 0)
        goto out;
    r = -EIO;
    if (fstat(fd, &st) || st.st_size <= 0 || st.st_size % sizeof *code || st.st_size / sizeof *code > BPF_MAXINSNS)
        goto out;
    code = malloc(st.st_size);
    r = -ENOMEM;
    if (!code)
        goto out;
    r = -EIO;
    if (pread(fd, code, st.st_size, 0) != st.st_size)
        goto out;
    *ret_code = code;
    *ret_n = st.st_size / sizeof *code;
    code = NULL;
    r = 0;
out:
    free(code);
    close(fd);
    return r;
}

int filter_build(unsigned stop_more, struct sock_filter **ret_code, unsigned short *ret_n)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int r;

    if (!ctx)
        return -ENOMEM;
    r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
#ifdef __x86_64__
    if (!r)
        r = seccomp_arch_add(ctx, SCMP_ARCH_X86);
    if (!r)
        r = seccomp_arch_add(ctx, SCMP_ARCH_X32);
#endif
    if (!r)
        r = filter_add_rules(ctx, stop_more);
    /* 2: a binary tree over call numbers instead of one comparison a call */
    if (!r)
        r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!r)
        r = filter_export(ctx, ret_code, ret_n);
    seccomp_release(ctx);
    return r;
}

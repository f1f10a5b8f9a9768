/* call.c - calls of interest as a reader wants them: which change credentials, and what their arguments mean. */
#include "harness/observe/internal.h"

#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Of newer kernels' linux/io_uring.h: IORING_SETUP_REGISTERED_FD_ONLY, IORING_REGISTER_USE_REGISTERED_RING. */
#define RING_REGISTERED_ONLY (1u << 15)
#define RING_BY_INDEX        (1u << 31)

static const struct {
    const char *name;
    unsigned char n_args, ids; /* ids: its arguments are user or group ids, -1 means "leave" */
    unsigned char credentials; /* it may change credentials */
    unsigned char cut;         /* bit N: of argument N the kernel takes only 32 bits, without a sign */
} call_kinds[] = {
    { "setuid", 1, 1, 1, 0 },         { "setgid", 1, 1, 1, 0 },
    { "setreuid", 2, 1, 1, 0 },       { "setregid", 2, 1, 1, 0 },
    { "setresuid", 3, 1, 1, 0 },      { "setresgid", 3, 1, 1, 0 },
    { "setfsuid", 1, 1, 1, 0 },       { "setfsgid", 1, 1, 1, 0 },
    { "setgroups", 2, 0, 1, 0 },      { "capset", 2, 0, 1, 0 },
    { "prctl", 5, 0, 1, 1 },          { "unshare", 1, 0, 1, 0 },
    { "setns", 2, 0, 1, 0 },          { "chroot", 1, 0, 0, 0 },
    { "execve", 3, 0, 0, 0 },         { "execveat", 5, 0, 0, 0 },
    { "close_range", 3, 0, 0, 0 },    { "madvise", 3, 0, 0, 4 },
    { "ptrace", 4, 0, 0, 0 },         { "seccomp", 3, 0, 0, 3 },
    { "io_uring_setup", 2, 0, 0, 1 }, { "io_uring_register", 4, 0, 0, 11 },
};

static int call_kind(const char *name)
{
    for (size_t i = 0; i < COUNT(call_kinds); i++)
        if (!strcmp(call_kinds[i].name, name))
            return i;
    return -1;
}

int call_changes_credentials(const struct trace_call *call)
{
    int kind = call_kind(call->name);

    if (!strcmp(call->name, "prctl")) /* this one leaves every column of a credential as it is */
        return (int)call->args[0] != PR_SET_KEEPCAPS;
    return kind >= 0 && call_kinds[kind].credentials;
}

int call_installs_filter(const struct trace_call *call)
{
    if (call->error)
        return 0;
    return (!strcmp(call->name, "seccomp") && (uint32_t)call->args[0] == SECCOMP_SET_MODE_FILTER) ||
           (!strcmp(call->name, "prctl") && (int)call->args[0] == PR_SET_SECCOMP &&
            call->args[1] == SECCOMP_MODE_FILTER);
}

void call_args(const struct trace_call *call, int64_t ret[6])
{
    int kind = call_kind(call->name);

    for (int i = 0; i < 6; i++) {
        if (kind >= 0 && i >= call_kinds[kind].n_args)
            ret[i] = FACTS_NULL;
        else if (kind >= 0 && call_kinds[kind].ids) /* uid_t: (uid_t)-1 shows as -1, all others as they are */
            ret[i] = (uint32_t)call->args[i] == UINT32_MAX ? -1 : (int64_t)(uint32_t)call->args[i];
        else if (kind >= 0 && call_kinds[kind].cut >> i & 1)
            ret[i] = (uint32_t)call->args[i];
        else if (!strcmp(call->abi, "i386"))
            ret[i] = (int32_t)call->args[i];
        else
            ret[i] = call->args[i];
        if (ret[i] == INT64_MIN && kind >= 0 && i < call_kinds[kind].n_args)
            ret[i] = INT64_MIN + 1; /* FACTS_NULL's own value */
    }
}

static void detail_groups(pid_t tid, const struct trace_call *call, char *buffer, size_t size)
{
    uint32_t groups[64];
    uint64_t n = call->args[0];
    size_t at = 0, shown = n < COUNT(groups) ? n : COUNT(groups);

    if (shown && trace_read(tid, call->args[1], groups, shown * sizeof *groups) != (ssize_t)(shown * sizeof *groups)) {
        snprintf(buffer, size, "%llu groups, unreadable", (unsigned long long)n);
        return;
    }
    for (size_t i = 0; i < shown && at < size; i++)
        at += snprintf(buffer + at, size - at, "%s%u", i ? " " : "", groups[i]);
    if (n > shown && at < size)
        snprintf(buffer + at, size - at, " and %llu more", (unsigned long long)(n - shown));
}

static void detail_capset(pid_t tid, const struct trace_call *call, char *buffer, size_t size)
{
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    size_t words;

    if (trace_read(tid, call->args[0], &header, sizeof header) != sizeof header)
        return;
    words = header.version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
    if (trace_read(tid, call->args[1], data, words * sizeof *data) != (ssize_t)(words * sizeof *data))
        return;
    snprintf(buffer, size, "effective %08x%08x permitted %08x%08x inheritable %08x%08x", data[1].effective,
             data[0].effective, data[1].permitted, data[0].permitted, data[1].inheritable, data[0].inheritable);
}

static void detail_prctl(const struct trace_call *call, char *buffer, size_t size)
{
    static const struct {
        int option;
        const char *name;
    } options[] = {
        { PR_SET_DUMPABLE, "PR_SET_DUMPABLE" },     { PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS" },
        { PR_SET_SECUREBITS, "PR_SET_SECUREBITS" }, { PR_CAPBSET_DROP, "PR_CAPBSET_DROP" },
        { PR_CAP_AMBIENT, "PR_CAP_AMBIENT" },       { PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS" },
        { PR_SET_SECCOMP, "PR_SET_SECCOMP" },
    };

    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].option == (int)call->args[0])
            snprintf(buffer, size, "%s %lld", options[i].name, (long long)call->args[1]);
}

/* The flags that decide whose credentials do the work and when, and whether the result is a descriptor at all. */
static void detail_ring(pid_t tid, const struct trace_call *call, char *buffer, size_t size)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {
        { IORING_SETUP_SQPOLL, "SQPOLL" },
        { IORING_SETUP_IOPOLL, "IOPOLL" },
        { IORING_SETUP_SQ_AFF, "SQ_AFF" },
        { RING_REGISTERED_ONLY, "REGISTERED_FD_ONLY" },
    };
    struct io_uring_params params;
    size_t head = offsetof(struct io_uring_params, flags) + sizeof params.flags;
    size_t at = snprintf(buffer, size, "entries %u", (uint32_t)call->args[0]);

    if (trace_read(tid, call->args[1], &params, head) != (ssize_t)head) {
        snprintf(buffer + at, size - at, ", flags unreadable");
        return;
    }
    for (size_t i = 0; i < COUNT(flags); i++)
        if (params.flags & flags[i].flag)
            at += snprintf(buffer + at, size - at, " %s", flags[i].name);
}

static void detail_path(pid_t tid, uint64_t address, char *buffer, size_t size)
{
    if (trace_read_string(tid, address, buffer, size) < 0)
        snprintf(buffer, size, "?");
}

void call_detail(pid_t tid, const struct trace_call *call, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (!strcmp(call->name, "setgroups"))
        detail_groups(tid, call, buffer, size);
    else if (!strcmp(call->name, "capset"))
        detail_capset(tid, call, buffer, size);
    else if (!strcmp(call->name, "prctl"))
        detail_prctl(call, buffer, size);
    else if (!strcmp(call->name, "execve") || !strcmp(call->name, "chroot"))
        detail_path(tid, call->args[0], buffer, size);
    else if (!strcmp(call->name, "execveat"))
        detail_path(tid, call->args[1], buffer, size);
    else if (!strcmp(call->name, "madvise"))
        snprintf(buffer, size, "MADV_WIPEONFORK");
    else if (!strcmp(call->name, "io_uring_setup"))
        detail_ring(tid, call, buffer, size);
    else if (!strcmp(call->name, "io_uring_register"))
        snprintf(buffer, size, "IORING_REGISTER_PERSONALITY%s",
                 call->args[1] & RING_BY_INDEX ? ", the ring by its registered index" : "");
}

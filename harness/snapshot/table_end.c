/* table_end.c - the last calls of a husk: it keeps no descriptor and no privilege, and leaves each later call to us. */
#include "harness/snapshot/internal.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define CAP_PTRACE      19
#define CAP_VERSION     0x20080522
#define NOBODY          65534
#define CPU_SECONDS     120
#define CAP_AMBIENT     47
#define CAP_AMBIENT_ALL 4

struct cap_header {
    uint32_t version;
    int32_t pid;
};
struct cap_data {
    uint32_t effective, permitted, inheritable;
};

/* Without this capability we could not look into a process with another user's ids. */
static int may_trace_others(void)
{
    struct cap_header header = { CAP_VERSION, 0 };
    struct cap_data data[2] = { { 0 } };

    return !syscall(SYS_capget, &header, data) && (data[0].effective >> CAP_PTRACE & 1);
}

static void add_limit(struct table *t, int resource, uint64_t check, rlim_t soft, rlim_t hard)
{
    uint64_t limit[2] = { soft, hard };

    table_add(t, check, SYS_setrlimit, (uint64_t)resource, table_add_data(t, limit, sizeof limit), 0, 0, 0, 0);
}

static void add_limits(struct table *t)
{
    struct rlimit now;

    /* Workers are processes too. */
    if (!getrlimit(RLIMIT_NPROC, &now))
        add_limit(t, RLIMIT_NPROC, TABLE_MAY, now.rlim_max, now.rlim_max);
    add_limit(t, RLIMIT_NPROC, TABLE_MAY, RLIM_INFINITY, RLIM_INFINITY);
    add_limit(t, RLIMIT_CORE, TABLE_MUST, 0, 0);
    add_limit(t, RLIMIT_FSIZE, TABLE_MUST, 0, 0);
    add_limit(t, RLIMIT_CPU, TABLE_MAY, CPU_SECONDS, CPU_SECONDS);
}

static void add_no_privileges(struct table *t)
{
    struct cap_header header = { CAP_VERSION, 0 };
    struct cap_data none[2] = { { 0 } };
    uint64_t header_at = table_add_data(t, &header, sizeof header), none_at = table_add_data(t, none, sizeof none);

    /* In a user namespace there may be no other id: then it is that of its root, but without its capabilities. */
    if (geteuid() == 0 && may_trace_others()) {
        table_add(t, TABLE_MAY, SYS_setgroups, 0, 0, 0, 0, 0, 0);
        table_add(t, TABLE_MAY, SYS_setresgid, NOBODY, NOBODY, NOBODY, 0, 0, 0);
        table_add(t, TABLE_MAY, SYS_setresuid, NOBODY, NOBODY, NOBODY, 0, 0, 0);
    }
    table_add(t, TABLE_MAY, SYS_prctl, CAP_AMBIENT, CAP_AMBIENT_ALL, 0, 0, 0, 0);
    table_add(t, TABLE_MUST, SYS_capset, header_at, none_at, 0, 0, 0, 0);
    table_add(t, TABLE_MUST, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
    /* After the change of ids, which takes it away. */
    table_add(t, TABLE_MUST, SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
}

static void add_gate(struct table *t)
{
    struct sock_filter filter = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    struct {
        uint64_t n, at;
    } program = { 1, table_add_data(t, &filter, sizeof filter) };

    table_add(t, TABLE_MUST, SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, table_add_data(t, &program, sizeof program), 0, 0,
              0);
}

void table_add_end(struct table *t, const struct fds *fds)
{
    /* One by one too, for kernels before 5.9. The others are closed at exec. */
    table_add(t, TABLE_MAY, SYS_close_range, 0, UINT32_MAX, 0, 0, 0, 0);
    for (uint64_t fd = 0; fd < 3; fd++)
        table_add(t, TABLE_MAY, SYS_close, fd, 0, 0, 0, 0, 0);
    for (size_t i = 0; i < fds->n; i++)
        table_add(t, TABLE_MAY, SYS_close, (uint64_t)fds->fds[i], 0, 0, 0, 0, 0);
    add_limits(t);
    add_no_privileges(t);
    add_gate(t);
}

/* stand_in.c - a process of our own with the credentials of another: who may do what is decided by these alone, but for filters of
 * system calls, which the stand-in has not. So what is refused to it is refused to the other too. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc's set*id functions would tell threads, and take locks: the calls themselves are meant. Async-signal-safe. */
static int become_ids(const struct look_status *who)
{
    const uint32_t *u = who->uid, *g = who->gid;

    if (syscall(SYS_setgroups, who->n_groups, who->groups) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
        syscall(SYS_setresgid, g[0], g[1], g[2]) || syscall(SYS_setresuid, u[0], u[1], u[2]))
        return errno;
    syscall(SYS_setfsgid, g[3]);
    syscall(SYS_setfsuid, u[3]);
    return 0;
}

static int become_caps(const struct look_status *who)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = {
        { (uint32_t)who->cap_eff, (uint32_t)who->cap_prm, (uint32_t)who->cap_inh },
        { who->cap_eff >> 32, who->cap_prm >> 32, who->cap_inh >> 32 },
    };

    if (syscall(SYS_capset, &header, data) || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
        return errno;
    return who->no_new_privs == 1 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
}

static int become(const void *context)
{
    const struct look_status *who = context;
    int error;

    for (unsigned cap = 0; cap < 64; cap++)
        if (!(who->cap_bnd >> cap & 1) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* where it may not: compared afterwards */
    error = become_ids(who);
    return error ? error : become_caps(who);
}

static int is_same(const struct look_status *a, const struct look_status *b)
{
    int same = a->n_groups == b->n_groups && a->cap_prm == b->cap_prm && a->cap_eff == b->cap_eff &&
               a->cap_inh == b->cap_inh && a->cap_bnd == b->cap_bnd;

    for (int i = 0; same && i < 4; i++)
        same = a->uid[i] == b->uid[i] && a->gid[i] == b->gid[i];
    for (size_t i = 0; same && i < a->n_groups; i++)
        same = a->groups[i] == b->groups[i];
    return same;
}

int stand_in_copy(struct question *q)
{
    struct look_status who = { 0 };
    int r = trace_stand_in(q->of->t, become, q->now, q->of->timeout_ms, &q->copy);

    if (r)
        return r;
    if (look_status(q->proc, q->copy.tid, q->copy.tid, &who) || !is_same(&who, q->now)) {
        trace_stand_in_end(&q->copy);
        r = -EPERM;
    }
    look_status_release(&who);
    return r;
}

/* regain.c - every way back to what a process has lost, tried in disposable copies of it. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int id_inside(const struct look_id_map *map, uint32_t id, uint32_t *ret)
{
    return look_id_map_inside(map, id, ret);
}

/* Within our own user namespace, whose map would show its parent's ids, every id is called what we call it. */
static int regain_maps(struct question *q, pid_t tid)
{
    static const struct look_id_map same = { .ranges = { { 0, 0, UINT32_MAX } }, .n = 1 };
    uint64_t own = 0, its = 0;
    int r;

    if (!look_namespace(q->proc, getpid(), getpid(), "user", &own) &&
        !look_namespace(q->proc, q->pid, tid, "user", &its) && own == its) {
        q->is_same_namespace = 1;
        q->uid_map = q->gid_map = same;
        return 0;
    }
    r = look_id_map(q->proc, q->pid, tid, "uid", &q->uid_map);
    return r ? r : look_id_map(q->proc, q->pid, tid, "gid", &q->gid_map);
}

/* One row for all that could not be asked. */
static int regain_nothing(struct question *q)
{
    struct prove_result *row = results_add(q->results, "uid", "not-made");

    if (!row)
        return -ENOMEM;
    row->error = -q->copy_error;
    snprintf(row->detail, sizeof row->detail, "no copy could be made: %s", question_why(q));
    return 0;
}

/* What /proc does not show of a process is asked of its copy. */
static int regain_ask(struct question *q)
{
    const uint64_t bits[6] = { PR_GET_SECUREBITS }, dumpable[6] = { PR_GET_DUMPABLE };
    int error;
    enum attempt a = question_call(q, "prctl", bits, &error);

    if (a == ATTEMPT_DONE)
        q->results->securebits = (int)q->result;
    if (a == ATTEMPT_DONE || a == ATTEMPT_REFUSED)
        a = question_call(q, "prctl", dumpable, &error);
    if (a == ATTEMPT_DONE)
        q->results->dumpable = (int)q->result;
    return a == ATTEMPT_ORIGINAL ? -ESRCH : 0;
}

static int regain_each(struct question *q, int is_gid, const uint32_t *ids, size_t n, int *ret_root)
{
    uint32_t now = is_gid ? q->now->gid[1] : q->now->uid[1];
    int r = 0;

    /* 0 first: of that the answer matters most, should there not be copies for all. */
    for (int root = 1; root >= 0; root--)
        for (size_t i = 0; !r && i < n; i++)
            if (ids[i] != now && (ids[i] == 0) == root)
                r = regain_id(q, is_gid, ids[i], root ? ret_root : NULL);
    return r;
}

/* *ret_got: uid 0 was regained. */
static int regain_ids(struct question *q, const struct prove_history *h, int *ret_got)
{
    int r = regain_each(q, 0, h->uids, h->n_uids, ret_got);

    return r ? r : regain_each(q, 1, h->gids, h->n_gids, NULL);
}

/* The last question: it uses up its copy, where those before mostly leave it for the next. */
static int regain_root_by_map(struct question *q, const struct prove_history *h)
{
    for (size_t i = 0; i < h->n_uids; i++)
        if (!h->uids[i])
            return regain_by_map(q, 0);
    return 0;
}

static int is_group(const struct look_status *s, uint32_t group)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (s->groups[i] == group)
            return 1;
    return 0;
}

static int regain_lost_groups(struct question *q, const struct prove_history *h)
{
    uint32_t lost[PROVE_GROUPS];
    size_t n = 0;

    for (size_t i = 0; i < h->n_groups; i++)
        if (!is_group(q->now, h->groups[i]))
            lost[n++] = h->groups[i];
    return n ? regain_groups(q, lost, n) : 0;
}

/* Not run, only said: what a set-user-ID program would be to this process. */
static int regain_describe(struct question *q)
{
    struct prove_result *row = results_add(q->results, "set-uid-program", "described");

    if (!row)
        return -ENOMEM;
    snprintf(row->wanted, sizeof row->wanted, "0");
    snprintf(row->detail, sizeof row->detail, "%s",
             q->now->no_new_privs == 1
                 ? "no_new_privs is set: a set-user-ID program gives it nothing"
                 : "no_new_privs is not set: a set-user-ID program runs with its owner's uid for it, as for any user");
    return 0;
}

/* A stand-in has no filter: what it was given, a process that has one may be refused. And it knows nothing of
 * securebits. */
static void regain_qualify(struct question *q)
{
    int filtered = q->flags & TRACE_COPY_SANDBOXED;

    q->results->securebits = q->results->dumpable = -1;
    for (size_t i = 0; i < q->results->n; i++) {
        struct prove_result *row = &q->results->rows[i];

        if (!strcmp(row->outcome, "described"))
            continue;
        if (!strcmp(row->outcome, "regained") && filtered) {
            row->outcome = "not-made";
            row->error = ENOSYS;
            row->detail[0] = '\0';
            result_add(row->detail, sizeof row->detail,
                       "no copy could be made, and whether its own seccomp filter would refuse the call is not known");
        }
        result_add(row->detail, sizeof row->detail, "tried by a process of the audit with the same credentials");
    }
}

static int regain_all(struct question *q, const struct prove_history *h)
{
    uint64_t caps = h->caps & ~q->now->cap_eff;
    int is_root = !q->now->uid[1], got = 0, r = regain_ask(q);

    if (!r && !is_root)
        r = regain_ids(q, h, &got);
    if (!r && !is_root)
        r = regain_lost_groups(q, h);
    if (!r && caps)
        r = regain_caps(q, caps);
    if (!r && !is_root && !got)
        r = regain_root_by_map(q, h);
    return !r && !is_root ? regain_describe(q) : r;
}

/* The filters of the program: those that we have ourselves are its surroundings (a container), and one more is the
 * tracer's. -1, not told by old kernels, counts as one of its own. */
static int has_own_filters(int proc, const struct look_status *now)
{
    struct look_status own = { 0 };
    int ours = 0;

    if (!look_status(proc, getpid(), getpid(), &own) && own.seccomp_filters > 0)
        ours = own.seccomp_filters;
    look_status_release(&own);
    return now->seccomp == 2 && (now->seccomp_filters < 0 || now->seccomp_filters > ours + 1);
}

int prove_regain(struct trace_hold *of, int proc, pid_t pid, const struct prove_history *h,
                 const struct look_status *now, struct prove_results *ret)
{
    struct question q = { .of = of,
                          .flags = TRACE_COPY_SHARES_FILES | (has_own_filters(proc, now) ? TRACE_COPY_SANDBOXED : 0),
                          .proc = proc,
                          .pid = pid,
                          .now = now,
                          .results = ret };
    int r, ended;

    memset(ret, 0, sizeof *ret);
    ret->securebits = ret->dumpable = -1;
    q.copy_error = regain_maps(&q, of->tid);
    q.has_no_map = !!q.copy_error;
    question_copy(&q);
    if (q.copy_error)
        return q.copy_error == -ESRCH ? -ESRCH : regain_nothing(&q);
    r = regain_all(&q, h);
    ended = question_copy_end(&q);
    if (q.stands_in)
        regain_qualify(&q);
    return r ? r : ended;
}

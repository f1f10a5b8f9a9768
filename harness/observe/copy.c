/* copy.c - proof by disposable copy at a look: when one is made, and the rows that it gives. */
#include "harness/observe/internal.h"
#include "harness/prove/prove.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A thread that does not stop within this time is left alone (uninterruptible sleep, a vfork child's parent). */
#define HOLD_TIMEOUT_MS 1000
/* Bound of one call in a copy: none of those that are tried waits for anybody. */
#define CALL_TIMEOUT_MS 10000
/* The same, both, once so many processes have used them up: a program that makes each of its processes wait must not
 * keep us for hours. */
#define IMPATIENT_AFTER      3
#define IMPATIENT_TIMEOUT_MS 50
/* So often is it tried again with a process that is busy each time. */
#define COPY_BUSY_MAX 10
/* Threads of one process that are tried: those with credentials of their own. */
#define COPY_THREADS 8

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

/* The kernel decides by these: the same again would give the same answers. */
static uint64_t copy_key(const struct observe *o, const struct subject *s, pid_t tid, const struct look_status *now)
{
    uint64_t hash = 0xcbf29ce484222325u, ns = 0;

    for (int i = 0; i < 4; i++)
        hash = mix(mix(hash, now->uid[i]), now->gid[i]);
    for (size_t i = 0; i < now->n_groups; i++)
        hash = mix(hash, now->groups[i]);
    hash = mix(mix(mix(mix(hash, now->cap_prm), now->cap_eff), now->cap_inh), now->cap_bnd);
    hash = mix(mix(hash, (uint64_t)now->seccomp_filters), (uint64_t)now->no_new_privs);
    look_namespace(o->proc, s->pid, tid, "user", &ns);
    return mix(mix(hash, ns), (uint64_t)s->image) | 1;
}

static int copy_rows(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct prove_results *results)
{
    struct facts_proof row = { .process = s->id, .look = look, .tid = tid };
    int r = 0;

    for (size_t i = 0; !r && i < results->n; i++) {
        const struct prove_result *p = &results->rows[i];

        row.seq = facts_next_seq(o->f);
        row.at = observe_now_ns(o);
        row.kind = p->kind;
        row.wanted = p->wanted;
        row.outcome = p->outcome;
        row.call = p->call[0] ? p->call : NULL;
        row.error = p->error ? p->error : FACTS_NULL;
        row.detail = p->detail[0] ? p->detail : NULL;
        r = facts_add_proof(o->f, &row, NULL);
        if (!r && (!strcmp(p->outcome, "not-made") || !strcmp(p->outcome, "hung")))
            r = record_gap(o, s, look, "proof", 0, p->detail);
    }
    if (r)
        return r;
    return facts_set_cred_asked(o->f, look, tid, results->securebits < 0 ? FACTS_NULL : results->securebits,
                                results->dumpable < 0 ? FACTS_NULL : results->dumpable);
}

static int copy_refused(struct observe *o, struct subject *s, pid_t tid, int64_t look, int error)
{
    static const struct {
        int error;
        const char *why;
    } reasons[] = {
        { -ETIMEDOUT, "the process could not be stopped: it waits uninterruptibly, or for a vfork child" },
        { -EBUSY, "the process is stopped by job control" },
        { -EAGAIN, "each time something of its own came first" },
        { -ETIME, "the time was over before" },
        { -ENOEXEC, "no system call instruction was found in its memory" },
        { -ENOSYS, "copies are not made on this machine" },
    };
    struct facts_proof row = { s->id,      look, tid,    facts_next_seq(o->f), observe_now_ns(o), "uid", "",
                               "not-made", NULL, -error, strerror(-error) };
    int r;

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].error == error)
            row.detail = reasons[i].why;
    r = facts_add_proof(o->f, &row, NULL);
    return r ? r : record_gap(o, s, look, "proof", -error, "no disposable copy was made");
}

static int has_hung(const struct prove_results *results)
{
    for (size_t i = 0; i < results->n; i++)
        if (!strcmp(results->rows[i].outcome, "hung"))
            return 1;
    return 0;
}

static int copy_is_too_late(struct observe *o)
{
    return o->copies_until && (observe_now_ms(o) >= o->copies_until || trace_is_asked(o->t));
}

/* 1: done or not needed, 0: try again later, negative: the recording broke. */
static int copy_thread(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct trace_event *e,
                       const struct look_status *now)
{
    struct prove_results results = { 0 };
    struct look_auxv auxv = { 0 };
    struct trace_hold hold;
    int impatient = o->copies_timed >= IMPATIENT_AFTER, r, proved;

    look_auxv(o->proc, s->pid, tid, !s->is_foreign_abi, &auxv);
    if (copy_is_too_late(o))
        return (r = copy_refused(o, s, tid, look, -ETIME)) ? r : 1;
    r = trace_hold(o->t, tid, e, auxv.vdso, impatient ? IMPATIENT_TIMEOUT_MS : HOLD_TIMEOUT_MS, &hold);
    o->copies_timed += r == -ETIMEDOUT;
    if (r == -ESRCH)
        return 1;
    if (r)
        return r == -EAGAIN ? 0 : (r = copy_refused(o, s, tid, look, r)) ? r : 1;
    hold.timeout_ms = impatient ? IMPATIENT_TIMEOUT_MS : CALL_TIMEOUT_MS;
    proved = prove_regain(&hold, o->proc, s->pid, s->history, now, &results);
    o->copies_timed += has_hung(&results);
    r = trace_let_go(&hold, e);
    if (!proved && r != -ESRCH)
        proved = copy_rows(o, s, tid, look, &results);
    else if (proved == -ESRCH)
        proved = 0;
    if (!proved && r && r != -ESRCH)
        proved = record_gap(o, s, look, "proof", -r, "after its copies the process could not be let go as it was");
    prove_results_release(&results);
    return proved ? proved : 1;
}

static int copy_one(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct trace_event *e)
{
    struct look_status now = { 0 };
    uint64_t key;
    int r = 1;

    if (look_status(o->proc, s->pid, tid, &now))
        return 1; /* gone, or already a gap */
    key = copy_key(o, s, tid, &now);
    if (prove_has_lost(s->history, &now) && !subject_has_proved(s, key)) {
        r = copy_thread(o, s, tid, look, e, &now);
        if (r > 0)
            subject_set_proved(s, key);
    }
    look_status_release(&now);
    return r;
}

int copy_prove(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct trace_event *e)
{
    struct look_tasks tasks = { 0 };
    int r;

    if (o->options->no_copies || !s->history)
        return 0;
    r = copy_one(o, s, tid, look, e);
    /* Every thread has credentials of its own (credentials(7)); where they are those of the first, its answers are
     * theirs. */
    if (r > 0 && !e && !look_tasks(o->proc, s->pid, &tasks))
        for (size_t i = 0; r > 0 && i < tasks.n && i < COPY_THREADS; i++)
            if (tasks.tids[i] != tid)
                r = copy_one(o, s, tasks.tids[i], look, NULL);
    look_tasks_release(&tasks);
    if (r)
        s->copies_busy = 0;
    else if (++s->copies_busy < COPY_BUSY_MAX)
        s->is_fresh = 1; /* at its next rest */
    else
        r = copy_refused(o, s, tid, look, -EAGAIN);
    return r < 0 ? r : 0;
}

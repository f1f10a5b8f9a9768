/* random.c - what the audit's loop calls (random.h): processes and their programs come and go. */
#include "harness/random/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/trace/hold.h"

/* A thread that does not stop within this time is left alone (uninterruptible sleep, a vfork child's parent); and
 * all of them together may not keep the end of the audit for longer. */
#define HOLD_TIMEOUT_MS 1000
#define END_LAST_MS     10000

int random_begin(struct observe *o)
{
    const char *const *own = o->options->own_generators;
    struct random *random;
    char why[256];
    int r;

    if (!o->options->generators)
        return 0;
    random = o->random = calloc(1, sizeof *random);
    if (!random)
        return -ENOMEM;
    r = generator_cache_new(&random->cache);
    if (!r)
        r = snapshot_store_new(keep_room, &random->store);
    for (; !r && own && *own; own++) {
        r = generator_add_own(random->cache, *own, why, sizeof why);
        if (r == -EINVAL)
            snprintf(o->why, sizeof o->why, "--generator %.60s: %.160s", *own, why);
    }
    return r;
}

void random_free(struct observe *o)
{
    struct random *random = o->random;

    if (!random)
        return;
    life_forget_all(o);
    for (unsigned i = 0; i < sizeof random->recent / sizeof *random->recent; i++)
        watch_release(random->recent[i]);
    free(random->reads);
    tokens_free(random->tokens);
    reuse_free(random->reuse);
    snapshot_store_free(random->store);
    generator_cache_free(random->cache);
    free(random);
    o->random = NULL;
}

/* This image of the process is over. One of which nothing was kept has nothing to be judged by. */
static void life_over(struct observe *o, struct random_subject *random)
{
    struct random_life *life = random->life;

    random->life = NULL;
    if (!life)
        return;
    if (life->born || life->taken || life->left_out) {
        life_end(o, life);
        return;
    }
    life->is_over = 1;
    life_release(life);
}

static struct random_life *exec_life(struct observe *o, const struct subject *s, const struct random_life *before)
{
    struct random_life *life = life_new(NULL);
    struct look_stat stat;

    if (!life)
        return NULL;
    life->process = s->id;
    life->image = s->image;
    life->parent = s->parent == FACTS_NULL ? 0 : s->parent;
    life->pid = life->tid = s->ns_pid > 0 ? s->ns_pid : s->pid;
    if (before)
        life->ppid = before->ppid;
    else if (!look_stat(o->proc, s->pid, s->pid, &stat))
        life->ppid = stat.ppid;
    return life;
}

/* Its start-up libraries are there when it is about to run its own first instruction. */
static int exec_watch(struct observe *o, struct subject *s, pid_t tid)
{
    struct random_watch *w = watch_new();
    struct look_auxv auxv = { 0 };
    struct watch_spot *spot;
    int r;

    if (!w)
        return -ENOMEM;
    s->random->watch = w;
    r = watch_see_code(w, o->proc, s->pid, tid);
    if (r >= 0)
        r = look_auxv(o->proc, s->pid, tid, 1, &auxv);
    if (!r)
        r = watch_spot(w, s, tid, auxv.entry, &spot);
    if (!r) {
        spot->is_entry = 1;
        r = watch_plant(spot, tid);
    }
    if (!r || r == -ENOMEM || r == -ESRCH)
        return r == -ENOMEM ? r : 0;
    return record_gap(o, s, FACTS_NULL, "generator", -r,
                      "the program's start could not be seen, so its generators were not found");
}

int random_exec(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct random_life *life;

    if (!o->random)
        return 0;
    if (!s->random && !(s->random = calloc(1, sizeof *s->random)))
        return -ENOMEM;
    watch_release(s->random->watch);
    s->random->watch = NULL;
    life = exec_life(o, s, s->random->life);
    life_over(o, s->random);
    if (!life)
        return -ENOMEM;
    s->random->life = life;
    if (s->is_foreign_abi)
        return record_gap(o, s, FACTS_NULL, "generator", 0,
                          "a 32-bit program: its generators are neither found nor drawn from");
    return exec_watch(o, s, e->tid);
}

int random_trap(struct observe *o, struct subject *s, const struct trace_event *e)
{
    return o->random && s->random && s->random->watch ? hit_handle(o, s, e) : 0;
}

int random_marker(struct observe *o, struct subject *s, pid_t tid, const char *name, uint64_t address,
                  const char *shape)
{
    struct generator g;
    char why[256];
    int r;

    if (!o->random || !s->random || !s->random->watch || !s->random->life)
        return 0;
    r = generator_from_marker(o->random->cache, name, address, shape, &g, why, sizeof why);
    if (!r)
        r = generator_place(o->random->cache, o->proc, s->pid, tid, &g);
    if (r == -EINVAL)
        return facts_add_gap(o->f, s->id, FACTS_NULL, "generator", 0,
                             "a FORKAUDIT_GENERATOR marker was not understood: %s", why);
    if (r == -ENOMEM || r == -ESRCH)
        return r == -ENOMEM ? r : 0;
    if (r)
        return record_gap(o, s, FACTS_NULL, "generator", -r,
                          "the function of a FORKAUDIT_GENERATOR marker was not found");
    return find_one(o, s, tid, &g);
}

int random_before_exec(struct observe *o, struct subject *s, const struct trace_event *e)
{
    return o->random && s->random ? keep_end(o, s, e->tid, "exec") : 0;
}

int random_exit(struct observe *o, struct subject *s, const struct trace_event *e)
{
    return o->random && s->random && e->is_last ? keep_end(o, s, e->tid, "exit") : 0;
}

/* A thread of it that lives; the first one may have ended. */
static pid_t end_tid(const struct observe *o, const struct subject *s)
{
    struct look_tasks tasks = { 0 };
    struct look_stat stat;
    pid_t ret = s->pid;

    if (!look_stat(o->proc, s->pid, s->pid, &stat) && stat.state != 'Z' && stat.state != 'X')
        return ret;
    if (!look_tasks(o->proc, s->pid, &tasks) && tasks.n > 1)
        ret = tasks.tids[tasks.tids[0] == s->pid];
    look_tasks_release(&tasks);
    return ret;
}

static int end_one(struct observe *o, struct subject *s)
{
    struct look_auxv auxv = { 0 };
    struct trace_hold hold;
    pid_t tid = end_tid(o, s);
    int r, kept;

    look_auxv(o->proc, s->pid, tid, !s->is_foreign_abi, &auxv);
    r = trace_hold(o->t, tid, NULL, auxv.vdso, HOLD_TIMEOUT_MS, &hold);
    if (r == -ESRCH)
        return 0;
    if (r)
        return record_gap(
            o, s, FACTS_NULL, "generator", -r,
            "it could not be stopped at the end of the audit, so what its generators would give next is not known");
    kept = keep_end(o, s, tid, "end");
    trace_let_go(&hold, NULL);
    return kept;
}

int random_end(struct observe *o)
{
    int64_t until = observe_now_ms(o) + END_LAST_MS;
    int r = 0;

    if (!o->random || o->result->record_error)
        return 0;
    for (struct subject *s = o->subjects; !r && s; s = s->next) {
        const struct random_life *life = s->random ? s->random->life : NULL;

        if (!life || life->end || (!life->born && !life->taken))
            continue;
        if (observe_now_ms(o) >= until || trace_is_asked(o->t))
            r = record_gap(o, s, FACTS_NULL, "generator", ETIME,
                           "the time was over before its memory could be taken at the end of the audit");
        else
            r = end_one(o, s);
    }
    return r;
}

void random_forget(struct observe *o, struct subject *s)
{
    struct random_watch **slot;

    if (!s->random)
        return;
    if (o->random) {
        life_over(o, s->random);
        slot = &o->random->recent[o->random->n_recent++ % (sizeof o->random->recent / sizeof *o->random->recent)];
        watch_release(*slot);
        *slot = watch_reference(s->random->watch);
    }
    watch_release(s->random->watch);
    free(s->random);
    s->random = NULL;
}

/* A name with a slip would pass for a generator without fault. */
static int judge_own_names(struct observe *o)
{
    const char *const *own = o->options->own_generators;
    int r = 0;

    for (unsigned i = 0; !r && own && own[i] && i < 64; i++)
        if (!(o->random->own_found >> i & 1))
            r = facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "generator", 0,
                              "--generator %.200s: no program has a function of that name in its symbol tables",
                              own[i]);
    return r;
}

int random_judge(struct observe *o)
{
    int r;

    if (!o->random || o->result->record_error)
        return 0;
    r = judge_own_names(o);
    if (r)
        return r;
    for (struct subject *s = o->subjects; s; s = s->next) /* those that do not die of SIGKILL */
        random_forget(o, s);
    return judge_ended(o, 1);
}

/* keep.c - the states of a process that are kept: its memory at birth, at first draws, at its end. Compares nothing.
 *
 * While the store has room nothing is judged before the audit has ended. When three quarters of it are used, the
 * lives that are over are judged at once, to have their pages back: the processes of the audit that are stopped then wait so long.
 */
#include "harness/random/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum keep_gap { KEEP_TOO_LARGE = 1, KEEP_FULL = 2, KEEP_FOREIGN = 4, KEEP_FAILED = 8, KEEP_MANY = 16 };

uint64_t keep_room = RANDOM_STORE;

static struct random_life *keep_life(const struct subject *s)
{
    return s->random ? s->random->life : NULL;
}

/* Each reason is said once of a life. */
static int keep_gap(struct observe *o, struct random_life *life, enum keep_gap gap, int error, const char *what)
{
    if (life->gaps & gap)
        return 0;
    life->gaps |= gap;
    return facts_add_gap(o->f, life->process, FACTS_NULL, "generator", error, error ? "%s: %s" : "%s", what,
                         strerror(error));
}

static int keep_too_large(struct observe *o, struct random_life *life, uint64_t bytes)
{
    if (life->gaps & KEEP_TOO_LARGE)
        return 0;
    life->gaps |= KEEP_TOO_LARGE;
    return facts_add_gap(o->f, life->process, FACTS_NULL, "generator", 0,
                         "its generators were not drawn from: private memory of %llu MiB is more than "
                         "--generator-memory allows",
                         (unsigned long long)((bytes + (1 << 20) - 1) >> 20));
}

static int keep_refused(struct observe *o, struct random_life *life, int error, uint64_t bytes)
{
    switch (error) {
    case -ESRCH:
        return 0; /* its end is no gap: the audit tells of it */
    case -EFBIG:
        return keep_too_large(o, life, bytes);
    case -ENOSPC:
        return keep_gap(o, life, KEEP_FULL, 0,
                        "its memory was not kept, so its generators could not be drawn from: the store is full");
    case -ENOSYS:
        return keep_gap(o, life, KEEP_FOREIGN, 0, "its generators were not drawn from: it is not an x86-64 program");
    default:
        return keep_gap(o, life, KEEP_FAILED, -error,
                        "its memory could not be taken, so its generators could not be drawn from");
    }
}

static int keep_row(struct observe *o, const struct random_life *life, const struct subject *s, pid_t tid,
                    const char *moment, const struct snapshot *snapshot, int64_t *ret_id)
{
    struct facts_snapshot row = {
        .process = life->process,
        .tid = tid,
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .image = life->image,
        .moment = moment,
        .threads = strcmp(moment, "exit") ? trace_threads(o->t, s->pid) : 1,
        .bytes = snapshot_bytes(snapshot),
        .held = snapshot_held_ns(snapshot),
    };

    if (row.threads < 1)
        row.threads = 1;
    return facts_add_snapshot(o->f, &row, ret_id);
}

static const struct snapshot *keep_base(const struct random_life *life)
{
    if (life->latest)
        return life->latest;
    return life->of ? life->of->latest : NULL;
}

static void keep_latest(struct random_life *life, struct snapshot *snapshot)
{
    snapshot_release(life->latest);
    life->latest = snapshot_reference(snapshot);
}

/* Into the store; what is over gives its room back first. *ret stays NULL when it could not be taken. */
static int keep_pages(struct observe *o, struct subject *s, pid_t tid, const struct snapshot *base,
                      struct snapshot **ret)
{
    struct random_life *life = keep_life(s);
    uint64_t max = o->options->generator_memory ? o->options->generator_memory : UINT64_MAX, bytes = 0;
    struct snapshot_patch *patches = NULL;
    size_t n = 0;
    int r = 0, taken;

    if (snapshot_store_used(o->random->store) >= keep_room / 4 * 3)
        r = judge_ended(o, 0);
    if (!r)
        r = watch_patches(o, s, &patches, &n);
    if (r)
        return r;
    taken = snapshot_take(o->random->store, o->proc, s->pid, tid, base ? base : keep_base(life), patches, n, max, ret,
                          &bytes);
    if (taken == -ENOSPC && o->random->ended) {
        r = judge_ended(o, 0);
        if (!r)
            taken = snapshot_take(o->random->store, o->proc, s->pid, tid, base ? base : keep_base(life), patches, n,
                                  max, ret, &bytes);
    }
    free(patches);
    return r || !taken ? r : keep_refused(o, life, taken, bytes);
}

int keep_take(struct observe *o, struct subject *s, pid_t tid, const char *moment, const struct snapshot *base,
              struct snapshot **ret, int64_t *ret_id)
{
    struct random_life *life = keep_life(s);
    struct snapshot *taken = NULL;
    int64_t id = 0;
    int r;

    if (!life || life->is_same_memory)
        return 0;
    if (s->is_foreign_abi)
        return keep_refused(o, life, -ENOSYS, 0);
    r = keep_pages(o, s, tid, base, &taken);
    if (r || !taken)
        return r;
    r = keep_row(o, life, s, tid, moment, taken, &id);
    if (r) {
        snapshot_release(taken);
        return r;
    }
    keep_latest(life, taken);
    snapshot_release(*ret);
    *ret = taken;
    *ret_id = id;
    return 0;
}

/* More children than are wanted of one process: said once, of the process that makes them, when it is judged. */
static int keep_is_left_out(const struct observe *o, struct random_life *life)
{
    if (!o->options->generator_children || life->of->taken - life->of->executed < o->options->generator_children)
        return 0;
    life->of->left_out++;
    return 1;
}

/* Those that are compared with each other: each with the one before it, and with the first. */
static void keep_sibling(struct random_life *life)
{
    struct random_life *of = life->of;

    of->taken++;
    life->previous = of->last_child;
    of->last_child = life_link(life);
    if (!of->first_child)
        of->first_child = life_link(life);
    else if (of->first_child != life->previous)
        life->oldest = life_link(of->first_child);
}

int keep_born(struct observe *o, struct subject *s, pid_t tid)
{
    struct random_life *life = keep_life(s);
    int r;

    if (!life || !life->of || life->is_same_memory)
        return 0;
    life->is_left_out = keep_is_left_out(o, life);
    if (life->is_left_out)
        return 0;
    r = keep_take(o, s, tid, "born", NULL, &life->born, &life->born_id);
    if (r || !life->born)
        return r;
    /* What its parent has now, too: the next child is compared with that. */
    keep_latest(life->of, life->born);
    keep_sibling(life);
    return 0;
}

/* Snapshots at draws that this life has. */
static unsigned keep_firsts(const struct random_life *life)
{
    unsigned n = 0;

    for (size_t i = 0; i < life->n_generators; i++)
        n += (life->generators[i].first != NULL) + life->generators[i].n_nexts;
    return n;
}

static int wants_first(const struct random_life *life, const struct random_generator *g)
{
    return life->born && !g->first_tried;
}

static int wants_next(const struct random_life *life, const struct random_generator *g)
{
    return life->taken > g->next_tried && g->n_nexts < RANDOM_NEXTS;
}

int keep_wants(const struct random_life *life, const struct random_generator *g)
{
    return !life->is_same_memory && (wants_first(life, g) || wants_next(life, g));
}

/* After the last of its children. */
static int has_next(const struct random_life *life, const struct random_generator *g)
{
    return g->n_nexts && g->nexts[g->n_nexts - 1].children == life->children;
}

/* Another function of the same state was drawn from before: that snapshot shows it. */
static int keep_has_state(const struct random_life *life, const struct random_generator *g, int is_next)
{
    for (size_t i = 0; i < life->n_generators; i++) {
        const struct random_generator *one = &life->generators[i];

        if ((is_next ? has_next(life, one) : one->first != NULL) && pick_is_same(one, g))
            return 1;
    }
    return 0;
}

int keep_first(struct observe *o, struct subject *s, pid_t tid, struct random_generator *g)
{
    struct random_life *life = keep_life(s);
    struct snapshot *taken = NULL;
    int64_t id = 0;
    int is_first, is_next, r;

    if (!life || !keep_wants(life, g))
        return 0;
    is_first = wants_first(life, g);
    is_next = wants_next(life, g);
    g->first_tried = 1;
    if (is_next)
        g->next_tried = life->taken;
    is_first = is_first && !keep_has_state(life, g, 0);
    is_next = is_next && !keep_has_state(life, g, 1);
    if (!is_first && !is_next)
        return 0;
    if (keep_firsts(life) >= RANDOM_FIRSTS)
        return keep_gap(o, life, KEEP_MANY, 0,
                        "it draws from more generators than its memory is kept for: those drawn from last are compared "
                        "as they were at its end");
    r = keep_take(o, s, tid, "first-draw", NULL, &taken, &id);
    if (r || !taken)
        return r;
    if (is_first) {
        g->first = snapshot_reference(taken);
        g->first_id = id;
    }
    if (is_next) {
        g->nexts[g->n_nexts++] = (struct random_next){ snapshot_reference(taken), id, life->children };
    }
    snapshot_release(taken);
    return 0;
}

static int has_drawn(const struct random_life *life)
{
    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].calls || life->generators[i].first_tried)
            return 1;
    return 0;
}

/* A child that only executes another program is none of those that are counted: a shell makes hundreds. */
void keep_executed(struct random_life *life)
{
    if (!life->has_executed || !life->of || has_drawn(life))
        return;
    if (life->is_left_out)
        life->of->left_out--;
    else if (life->born)
        life->of->executed++;
}

int keep_end(struct observe *o, struct subject *s, pid_t tid, const char *moment)
{
    struct random_life *life = keep_life(s);

    if (!life)
        return 0;
    life->has_executed = !strcmp(moment, "exec");
    if (life->end || (!life->born && !life->taken))
        return 0;
    /* Most children only execute another program. */
    if (life->has_executed && !life->taken && !has_drawn(life))
        return 0;
    return keep_take(o, s, tid, moment, NULL, &life->end, &life->end_id);
}

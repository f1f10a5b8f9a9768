/* judge_pair.c - one comparison of two states: drawn, and written down. What a life may cost is bounded here. */
#include "harness/random/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Bounds of one life: a program may make every draw in its copies take long. */
#define LIFE_NS    ((int64_t)20 * 1000000000)
#define LIFE_PAIRS 512
/* The time, once so many lives have used theirs up. */
#define IMPATIENT_AFTER 3
#define IMPATIENT_NS    ((int64_t)2 * 1000000000)

/* The mapping that holds the function (of a script: what tells that it is there); NULL: none. */
static const struct snapshot_map *pair_map(const struct snapshot *s, const struct random_generator *g)
{
    size_t n = 0;
    const struct snapshot_map *maps = snapshot_maps(s, &n);

    for (size_t i = 0; i < n; i++)
        if (g->g.address >= maps[i].start && g->g.address < maps[i].end)
            return &maps[i];
    return NULL;
}

/* 1: both have it, of the same file: not one that was loaded later, or elsewhere. */
static int pair_has_code(const struct judge_side *own, const struct judge_side *other, const struct random_generator *g)
{
    const struct snapshot_map *a = pair_map(own->snapshot, g), *b = pair_map(other->snapshot, g);

    return a && b && a->dev == b->dev && a->ino == b->ino && a->offset - a->start == b->offset - b->start;
}

/* 1: nothing more is compared for it. */
static int pair_is_spent(struct observe *o, struct random_life *life, int *ret_r)
{
    int64_t most = o->random->spent < IMPATIENT_AFTER ? LIFE_NS : IMPATIENT_NS;

    *ret_r = 0;
    if (o->random->is_last && o->t && trace_is_asked(o->t))
        o->random->is_broken_off = 1;
    if (o->random->is_broken_off || life->is_spent)
        return 1;
    if (life->judged_ns < most && life->pairs < LIFE_PAIRS)
        return 0;
    life->is_spent = 1;
    o->random->spent += life->judged_ns >= most;
    *ret_r = facts_add_gap(o->f, life->process, FACTS_NULL, "generator", 0,
                           "not all of its generators were compared: that would have taken too long");
    return 1;
}

static int pair_row(struct observe *o, const char *kind, const struct random_generator *g, const struct judge_side *own,
                    const struct judge_side *other, const struct draw_result *result)
{
    int is_shared = result->verdict == DRAW_SHARED;
    struct facts_comparison row = {
        .kind = kind,
        .generator = g->id,
        .process = own->process,
        .other = other->process,
        .snapshot = own->id,
        .other_snapshot = other->id,
        .verdict = draw_verdict_name(result->verdict),
        .reason = result->reason[0] ? result->reason : NULL,
        .value_size = result->value_size ? (int64_t)result->value_size : FACTS_NULL,
        .shift = is_shared ? (int64_t)result->shift_own : FACTS_NULL,
        .other_shift = is_shared ? (int64_t)result->shift_other : FACTS_NULL,
        .equal = is_shared ? (int64_t)result->equal : FACTS_NULL,
        .partial = is_shared ? result->is_partial != 0 : FACTS_NULL,
        .pid_repeats = result->would_repeat_with_pid != 0,
        .own = result->own_size ? result->own : NULL,
        .other_values = result->other_size ? result->other : NULL,
        .own_size = result->own_size,
        .other_size = result->other_size,
    };

    return facts_add_comparison(o->f, &row, NULL);
}

int judge_undecided(struct observe *o, const char *kind, const struct random_generator *g, const struct judge_side *own,
                    const struct judge_side *other, const char *reason)
{
    struct draw_result result = { .verdict = DRAW_UNDECIDED };

    strncpy(result.reason, reason, sizeof result.reason - 1);
    return pair_row(o, kind, g, own, other, &result);
}

/* Draws from both. What fails here is our own (memory, processes): said as undecided. */
static int pair_draw(struct observe *o, const struct random_generator *g, const struct judge_side *own,
                     const struct judge_side *other, struct draw_result *ret)
{
    struct draw_side a = { NULL, own->pid, own->ppid, own->tid }, b = { NULL, other->pid, other->ppid, other->tid };
    int r = judge_state(o->random, own->snapshot, &a.state);

    if (!r)
        r = judge_state(o->random, other->snapshot, &b.state);
    if (!r)
        r = draw_compare(&g->g, &a, &b, ret);
    return r;
}

/* Of an interpreter's generator no draw is seen: a state that is out of reach of the other's may be that of one who has drawn much
 * from it. Where a fork handler of the interpreter seeds it again (guard) it is not. At the parent's end it tells nothing at all. */
static void pair_unseen(const char *kind, const struct random_generator *g, struct draw_result *result)
{
    int is_parent = !strcmp(kind, "parent");

    if (!g->g.kind->script || result->verdict != DRAW_DIVERGED || !strcmp(kind, "newborn") ||
        (g->g.kind->guard && !is_parent))
        return;
    result->verdict = DRAW_UNDECIDED;
    snprintf(result->reason, sizeof result->reason,
             is_parent
                 ? "the parent has left the common stream by now, but may have drawn from it before: its draws are "
                   "not seen"
                 : "the streams have parted by now, or one of them has drawn much: its draws are not seen");
}

int judge_pair(struct observe *o, struct random_life *life, const char *kind, const struct random_generator *g,
               const struct judge_side *own, const struct judge_side *other, enum draw_verdict *ret)
{
    struct draw_result result = { .verdict = DRAW_UNDECIDED };
    int64_t began = observe_now_ns(o);
    int r = 0;

    *ret = N_DRAW_VERDICT;
    if (!own->snapshot || !other->snapshot || !pair_has_code(own, other, g) || pair_is_spent(o, life, &r))
        return r;
    life->pairs++;
    r = pair_draw(o, g, own, other, &result);
    life->judged_ns += observe_now_ns(o) - began;
    if (r) {
        memset(&result, 0, sizeof result);
        result.verdict = DRAW_UNDECIDED;
        strncpy(result.reason, strerror(-r), sizeof result.reason - 1);
    }
    if (result.verdict == DRAW_ABSENT) /* one side has no such thing: nothing was compared */
        return 0;
    pair_unseen(kind, g, &result);
    *ret = result.verdict;
    return pair_row(o, kind, g, own, other, &result);
}

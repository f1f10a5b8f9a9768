/* judge_pick.c - which of a process's generators are compared: one for each state, and which snapshot shows it. */
#include "harness/random/judge.h"

#include <stdlib.h>
#include <string.h>

static const char *state_name(const struct random_generator *g)
{
    return g->g.kind->state_of ? g->g.kind->state_of : g->g.kind->name;
}

static int is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

int pick_is_same(const struct random_generator *a, const struct random_generator *b)
{
    return is_same_text(a->g.object, b->g.object) && is_same_text(state_name(a), state_name(b));
}

/* Called before never called, then cryptographic before the rest; the one that names the state before its others. */
static int pick_rank(const struct random_generator *g)
{
    return (g->calls ? 0 : 16) + (g->first ? 0 : 8) + (g->g.needs_context && !g->g.has_context ? 4 : 0) +
           (g->g.kind->purpose == GENERATOR_CRYPTOGRAPHIC ? 0 : 2) + (g->g.kind->state_of ? 1 : 0);
}

static int pick_compare(const void *a, const void *b)
{
    const struct random_generator *x = *(struct random_generator *const *)a, *y = *(struct random_generator *const *)b;
    int by_rank = pick_rank(x) - pick_rank(y);

    return by_rank ? by_rank : (x > y) - (x < y);
}

size_t pick_generators(struct random_life *life, struct random_generator **ret)
{
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].g.kind)
            ret[n++] = &life->generators[i];
    qsort(ret, n, sizeof *ret, pick_compare);
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < kept && !pick_is_same(ret[i], ret[j]))
            j++;
        if (j == kept)
            ret[kept++] = ret[i];
    }
    return kept;
}

int pick_is_called(const struct random_life *life, const struct random_generator *g)
{
    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].calls && pick_is_same(&life->generators[i], g))
            return 1;
    return 0;
}

struct random_generator *pick_same(const struct random_life *life, const struct random_generator *g)
{
    struct random_generator *found = NULL;

    for (size_t i = 0; i < life->n_generators; i++) {
        struct random_generator *one = &life->generators[i];

        if (one->g.kind && pick_is_same(one, g) && (!found || one->g.address == g->g.address))
            found = one;
    }
    return found;
}

void pick_own(const struct random_life *life, const struct random_generator *g, struct judge_side *ret,
              int *ret_is_first)
{
    const struct random_generator *first = NULL;

    for (size_t i = 0; i < life->n_generators; i++) {
        const struct random_generator *one = &life->generators[i];

        if (one->first && pick_is_same(one, g) && (!first || one->first_id < first->first_id))
            first = one;
    }
    ret->process = life->process;
    ret->snapshot = first ? first->first : life->end;
    ret->id = first ? first->first_id : life->end_id;
    ret->pid = life->pid;
    ret->ppid = life->ppid;
    ret->tid = life->tid;
    *ret_is_first = first != NULL;
}

int pick_parent(const struct random_life *parent, const struct random_generator *g, unsigned nth,
                struct judge_side *ret)
{
    const struct random_next *next = NULL;
    int is_full = 0;

    for (size_t i = 0; i < parent->n_generators; i++) {
        const struct random_generator *one = &parent->generators[i];

        if (!pick_is_same(one, g))
            continue;
        is_full |= one->n_nexts == RANDOM_NEXTS;
        for (unsigned j = 0; j < one->n_nexts; j++)
            if (one->nexts[j].children > nth && (!next || one->nexts[j].id < next->id))
                next = &one->nexts[j];
    }
    ret->snapshot = next ? next->snapshot : parent->end;
    ret->id = next ? next->id : parent->end_id;
    return next || !is_full;
}

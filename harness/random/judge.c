/* judge.c - with whom each life is compared, and when: what the library does at a fork, what the program does after
 * it, whether the parent goes on in the same stream, and whether siblings do.
 *
 * A life is judged when it is over. What it needs of a parent or sibling that lives on waits for that one's end, in
 * either order.
 */
#include "harness/random/judge.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* The newborn child, shown its own pid. */
static struct judge_side side_born(const struct random_life *life)
{
    return (struct judge_side){ life->process, life->born_id, life->born, life->pid, life->ppid, life->tid };
}

/* The same memory shown the pid of its parent, in whose name it was drawn from until then. */
static struct judge_side side_fork(const struct random_life *life)
{
    return (struct judge_side){ life->parent,     life->born_id,     life->born,
                                life->parent_pid, life->parent_ppid, life->parent_tid };
}

static int is_wanted_without_context(const struct random_life *life, const struct random_generator *g)
{
    return g->g.kind->purpose == GENERATOR_CRYPTOGRAPHIC || pick_is_called(life, g);
}

/* What the program did with it since the fork. *ret: the verdict about its first draw, N_DRAW_VERDICT: not known. */
static int judge_fork(struct observe *o, struct random_life *life, const struct random_generator *g,
                      enum draw_verdict *ret)
{
    struct judge_side own, fork = side_fork(life);
    enum draw_verdict later;
    int is_first, r;

    pick_own(life, g, &own, &is_first);
    r = judge_pair(o, life, "fork", g, &own, &fork, ret);
    if (r || *ret != DRAW_SHARED || !is_first || !life->end || life->end == own.snapshot)
        return r;
    own.snapshot = life->end;
    own.id = life->end_id;
    return judge_pair(o, life, "later", g, &own, &fork, &later);
}

static int is_one_state(enum draw_verdict verdict)
{
    return verdict == DRAW_SHARED || verdict == DRAW_WEAK;
}

static int judge_generator(struct observe *o, struct random_life *life, struct random_generator *g)
{
    struct judge_side own = side_born(life), fork = side_fork(life);
    enum draw_verdict born, now = N_DRAW_VERDICT;
    int r;

    /* The state went with its memory, and nobody has drawn from it. Of a script's no draw is seen. */
    if (life->has_executed && !pick_is_called(life, g) && !g->g.kind->script)
        return 0;
    if (g->g.needs_context && !g->g.has_context) {
        if (!is_wanted_without_context(life, g))
            return 0;
        return judge_undecided(o, "newborn", g, &own, &fork, "its context is not known: it was not called");
    }
    r = judge_pair(o, life, "newborn", g, &own, &fork, &born);
    if (!r)
        r = judge_fork(o, life, g, &now);
    g->wants_parent = is_one_state(now) || (now == N_DRAW_VERDICT && is_one_state(born) && !life->has_executed);
    return r;
}

/* Does the parent still draw from the stream that the child has? */
static int judge_parent(struct observe *o, struct random_life *life)
{
    struct judge_side fork = side_fork(life), own = fork;
    enum draw_verdict verdict;
    int r = 0, is_known;

    for (size_t i = 0; !r && i < life->n_generators; i++) {
        if (!life->generators[i].wants_parent)
            continue;
        is_known = pick_parent(life->of, &life->generators[i], life->nth, &own);
        /* It is the parent that is judged: the newborn child stands for what it was. */
        fork.process = life->process;
        if (is_known)
            r = judge_pair(o, life, "parent", &life->generators[i], &own, &fork, &verdict);
        else if (own.snapshot)
            r = judge_undecided(o, "parent", &life->generators[i], &own, &fork,
                                "the parent drew after more forks than its memory was kept for");
    }
    return r;
}

/* is_near: the sibling just before it, with which more is compared than with the first one. */
static int sibling_is_wanted(const struct random_life *life, const struct random_life *sibling,
                             const struct random_generator *g, int is_near)
{
    int calls = pick_is_called(life, g) + pick_is_called(sibling, g);

    if (g->g.needs_context && !g->g.has_context)
        return 0;
    return calls == 2 || (is_near && (calls || g->g.kind->purpose != GENERATOR_IDENTIFIER));
}

static int judge_sibling_generator(struct observe *o, struct random_life *life, const struct random_life *sibling,
                                   const struct random_generator *g)
{
    const struct random_generator *others = pick_same(sibling, g);
    struct judge_side own, other;
    enum draw_verdict verdict;
    int is_first;

    if (!others || others->g.address != g->g.address)
        return 0;
    pick_own(life, g, &own, &is_first);
    pick_own(sibling, g, &other, &is_first);
    if (!own.snapshot || !other.snapshot)
        return 0;
    if (g->g.has_context && others->g.has_context && g->g.context != others->g.context)
        return judge_undecided(o, "sibling", g, &own, &other, "the two have its context in different places");
    return judge_pair(o, life, "sibling", g, &own, &other, &verdict);
}

static int judge_sibling(struct observe *o, struct random_life *life, const struct random_life *sibling, int is_near)
{
    struct random_generator **picked = calloc(life->n_generators + 1, sizeof *picked);
    size_t n;
    int r = 0;

    if (!picked)
        return -ENOMEM;
    n = pick_generators(life, picked);
    for (size_t i = 0; !r && i < n; i++)
        if (sibling_is_wanted(life, sibling, picked[i], is_near))
            r = judge_sibling_generator(o, life, sibling, picked[i]);
    free(picked);
    return r;
}

static int judge_own(struct observe *o, struct random_life *life)
{
    struct random_generator **picked;
    size_t n;
    int r = 0;

    if (life->left_out)
        r = facts_add_gap(o->f, life->process, FACTS_NULL, "generator", 0,
                          "%u of its %u children were not drawn from: more than --generator-children %u",
                          life->left_out, life->children, o->options->generator_children);
    if (r || !life->of || !life->born)
        return r;
    picked = calloc(life->n_generators + 1, sizeof *picked);
    if (!picked)
        return -ENOMEM;
    n = pick_generators(life, picked);
    for (size_t i = 0; !r && i < n; i++)
        r = judge_generator(o, life, picked[i]);
    free(picked);
    return r;
}

static int wants_parent(const struct random_life *life)
{
    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].wants_parent)
            return 1;
    return 0;
}

/* What others are needed for, where those are over. What it does not need any more is let go. */
static int judge_others(struct observe *o, struct random_life *life, int is_last)
{
    int r = 0;

    if (life->of && wants_parent(life) && (life->of->is_over || is_last)) {
        r = judge_parent(o, life);
        for (size_t i = 0; i < life->n_generators; i++)
            life->generators[i].wants_parent = 0;
    }
    if (!r && life->previous && (life->previous->is_over || is_last)) {
        r = judge_sibling(o, life, life->previous, 1);
        life_unlink(&life->previous);
    }
    if (!r && life->oldest && (life->oldest->is_over || is_last)) {
        r = judge_sibling(o, life, life->oldest, 0);
        life_unlink(&life->oldest);
    }
    if (!wants_parent(life)) {
        life_leave(life);
        snapshot_release(life->born);
        life->born = NULL;
    }
    if (!life->previous && !life->oldest)
        life_trim(life);
    return r;
}

int judge_life(struct observe *o, struct random_life *life)
{
    int r = judge_own(o, life);

    life->is_judged = 1;
    return r ? r : judge_others(o, life, 0);
}

static int judge_is_waiting(const struct random_life *life)
{
    return life->of || life->previous || life->oldest;
}

/* Those that waited for lives that are over by now. */
static int judge_waiting(struct observe *o, int is_last)
{
    struct random_life **link = &o->random->waiting, *life;
    int r = 0;

    while (!r && (life = *link)) {
        r = judge_others(o, life, is_last);
        if (r || judge_is_waiting(life)) {
            link = &life->next;
            continue;
        }
        *link = life->next;
        life_release(life);
    }
    return r;
}

static unsigned list_length(const struct random_life *life)
{
    unsigned n = 0;

    for (; life; life = life->next)
        n++;
    return n;
}

/* We are asked to end: what is left is not drawn from. */
static int judge_break_off(struct observe *o)
{
    life_forget_all(o);
    return facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "generator", 0,
                         "the audit was ended before all generators were drawn from");
}

static int judge_is_asked(const struct observe *o)
{
    return o->random->is_broken_off || (o->t && trace_is_asked(o->t));
}

/* The first of those that are over. */
static int judge_next(struct observe *o)
{
    struct random *random = o->random;
    struct random_life *life = random->ended;
    int r;

    random->ended = life->next;
    if (!random->ended)
        random->last = NULL;
    r = judge_life(o, life);
    if (judge_is_waiting(life)) {
        life->next = random->waiting;
        random->waiting = life;
    } else {
        life_release(life);
    }
    return r ? r : facts_commit(o->f);
}

/* We and the workers take turns: on one processor that costs a tenth of what it does on two. */
static int judge_stay(cpu_set_t *ret_before)
{
    int here = sched_getcpu();
    cpu_set_t one;

    if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof *ret_before, ret_before))
        return 0;
    CPU_ZERO(&one);
    CPU_SET(here, &one);
    return !sched_setaffinity(0, sizeof one, &one);
}

int judge_ended(struct observe *o, int is_last)
{
    struct random *random = o->random;
    unsigned left = list_length(random->ended);
    cpu_set_t before;
    int is_here = judge_stay(&before), r = 0;

    random->is_last = is_last;
    while (!r && random->ended && !judge_is_asked(o)) {
        if (is_last && o->options->news)
            o->options->news(o->options->context, OBSERVE_NEWS_DRAWING, left--);
        r = judge_next(o);
    }
    if (!r && !judge_is_asked(o))
        r = judge_waiting(o, is_last);
    if (!r && is_last && (random->ended || random->is_broken_off || random->waiting))
        r = judge_break_off(o);
    judge_states_free(random);
    if (is_here)
        sched_setaffinity(0, sizeof before, &before);
    return r;
}

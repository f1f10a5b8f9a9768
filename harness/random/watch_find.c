/* watch_find.c - the generators of a process: their rows, and the breakpoints on them. */
#include "harness/random/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int find_row(struct observe *o, struct subject *s, const struct generator *g, int64_t *ret_id)
{
    const struct generator_kind *kind = g->kind;
    struct facts_generator row = {
        .name = kind->name,
        .source = kind->source ? kind->source : "known",
        .symbol = kind->symbol,
        .object = g->object ? g->object : "",
        .offset = (int64_t)g->offset,
        .purpose = generator_purpose_name(kind->purpose),
        .guard = kind->guard,
        .state_of = kind->state_of,
    };
    int r = facts_add_generator(o->f, &row, ret_id);

    return r ? r : facts_add_generator_present(o->f, s->id, s->image, *ret_id);
}

static int code_row(struct observe *o, struct subject *s, const struct generator_code *code)
{
    struct facts_generator row = {
        .name = code->algorithm, .source = "code", .object = code->object, .offset = (int64_t)code->offset
    };
    int64_t id;
    int r = facts_add_generator(o->f, &row, &id);

    return r ? r : facts_add_generator_present(o->f, s->id, s->image, id);
}

/* A breakpoint on a function. One that cannot be set is said once in each program. */
static int arm_function(struct observe *o, struct subject *s, pid_t tid, uint64_t address)
{
    struct random_watch *w = s->random->watch;
    struct watch_spot *spot;
    int r = watch_spot(w, s, tid, address, &spot);

    if (!r) {
        spot->is_function = 1;
        r = watch_plant(spot, tid);
    }
    if (!r || r == -ESRCH || r == -ENOMEM)
        return r == -ENOMEM ? r : 0;
    if (r == -EEXIST ? w->is_foreign : w->has_gap)
        return 0;
    if (r == -EEXIST)
        w->is_foreign = 1;
    else
        w->has_gap = 1;
    return record_gap(o, s, FACTS_NULL, "generator", r == -EEXIST ? 0 : -r,
                      r == -EEXIST ? "another tool has a breakpoint on a generator: its calls are not seen"
                                   : "no breakpoint could be set on a generator: its calls are not seen");
}

static int is_listed(const struct generator_list *list, const struct subject *s, uint64_t address)
{
    const struct random_life *life = s->random->life;

    for (size_t i = 0; i < list->n; i++)
        if (list->generators[i].address == address || list->generators[i].ended_by == address)
            return 1;
    for (size_t i = 0; i < list->n_seedings; i++)
        if (list->seedings[i].address == address)
            return 1;
    /* What a marker has told is in no table; it goes with its mapping. */
    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].g.address == address && life->generators[i].g.kind->source &&
            !strcmp(life->generators[i].g.kind->source, "marker"))
            return watch_is_code(s->random->watch, address);
    return 0;
}

/* A library that was unloaded took its functions with it: what is there now is something else. */
static void drop_gone(struct subject *s, pid_t tid, const struct generator_list *list)
{
    struct random_watch *w = s->random->watch;
    size_t kept = 0;

    for (size_t i = 0; i < w->n_spots; i++) {
        struct watch_spot *spot = &w->spots[i];

        if ((spot->is_function || spot->is_ending) && !is_listed(list, s, spot->address)) {
            spot->is_function = spot->is_ending = 0;
            if (watch_is_code(w, spot->address))
                watch_lift(spot, tid);
            spot->is_planted = 0;
        }
        if (watch_is_code(w, spot->address))
            w->spots[kept++] = *spot;
    }
    w->n_spots = kept;
}

static int take_seedings(struct random_watch *w, const struct generator_list *list)
{
    struct watch_seeding *seedings = calloc(list->n_seedings + 1, sizeof *seedings);

    if (!seedings)
        return -ENOMEM;
    for (size_t i = 0; i < list->n_seedings; i++) {
        seedings[i].s = list->seedings[i];
        for (size_t j = 0; j < w->n_seedings; j++)
            if (w->seedings[j].s.address == seedings[i].s.address && w->seedings[j].s.seeder == seedings[i].s.seeder)
                seedings[i].calls = w->seedings[j].calls;
    }
    free(w->seedings);
    w->seedings = seedings;
    w->n_seedings = list->n_seedings;
    return 0;
}

/* Where one cannot be set, what the process is at its exit must do. */
static int arm_ending(struct subject *s, pid_t tid, uint64_t address)
{
    struct watch_spot *spot;
    int r = watch_spot(s->random->watch, s, tid, address, &spot);

    if (r)
        return r == -ENOMEM ? r : 0;
    spot->is_ending = 1;
    hit_arm(s, tid, spot);
    return 0;
}

/* One of the user's own: it is named right. */
static void find_own(struct observe *o, const struct generator *g)
{
    const char *const *own = o->options->own_generators;
    size_t length = g->kind->symbol ? strlen(g->kind->symbol) : 0;

    if (!length || !g->kind->source || strcmp(g->kind->source, "option"))
        return;
    for (unsigned i = 0; own && own[i] && i < 64; i++)
        if (!strncmp(own[i], g->kind->symbol, length) && own[i][length] == '=')
            o->random->own_found |= UINT64_C(1) << i;
}

int find_one(struct observe *o, struct subject *s, pid_t tid, const struct generator *g)
{
    int64_t id;
    int r = find_row(o, s, g, &id);

    find_own(o, g);
    if (!r)
        r = life_add_generator(s->random->life, g, id);
    if (!r && g->ended_by)
        r = arm_ending(s, tid, g->ended_by);
    return r || g->kind->script ? r : arm_function(o, s, tid, g->address);
}

/* What was found is the process's: rows, life, breakpoints. */
static int find_take(struct observe *o, struct subject *s, pid_t tid, const struct generator_list *list)
{
    int r = take_seedings(s->random->watch, list);

    drop_gone(s, tid, list);
    for (size_t i = 0; !r && i < list->n; i++)
        r = find_one(o, s, tid, &list->generators[i]);
    for (size_t i = 0; !r && i < list->n_seedings; i++)
        r = arm_function(o, s, tid, list->seedings[i].address);
    for (size_t i = 0; !r && i < list->n_code; i++)
        r = code_row(o, s, &list->code[i]);
    return r;
}

static int find_unread(struct observe *o, struct subject *s, const struct generator_list *list)
{
    if (!list->n_unread)
        return 0;
    return facts_add_gap(o->f, s->id, FACTS_NULL, "generator", 0,
                         "%zu mapped file%s not be searched for generators: %s", list->n_unread,
                         list->n_unread == 1 ? " could" : "s could", list->unread);
}

static int find_failed(struct observe *o, struct subject *s, int error)
{
    if (error == -ESRCH || error == -ENOENT)
        return 0;
    return record_gap(o, s, FACTS_NULL, "generator", -error, "the process could not be searched for generators");
}

int find_generators(struct observe *o, struct subject *s, pid_t tid)
{
    struct generator_list list = { 0 };
    int r = watch_see_code(s->random->watch, o->proc, s->pid, tid);

    if (r >= 0)
        r = generator_find(o->random->cache, o->proc, s->pid, tid, &list);
    if (r)
        return r == -ENOMEM ? r : find_failed(o, s, r);
    r = find_take(o, s, tid, &list);
    if (!r)
        r = find_unread(o, s, &list);
    generator_list_release(&list);
    return r;
}

int find_again(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e)
{
    struct generator_list list = { 0 };
    struct random_watch *theirs = parent->random->watch;
    int r = watch_see_code(child->random->watch, o->proc, child->pid, e->tid);

    if (r <= 0)
        return r == -ENOMEM ? r : 0;
    r = generator_find(o->random->cache, o->proc, child->pid, e->tid, &list);
    if (r)
        return r == -ENOMEM ? r : find_failed(o, child, r);
    r = find_take(o, child, e->tid, &list);
    if (!r && watch_see_code(theirs, o->proc, parent->pid, e->parent_tid) >= 0 &&
        theirs->fingerprint == child->random->watch->fingerprint)
        r = find_take(o, parent, e->parent_tid, &list);
    if (!r)
        r = find_unread(o, child, &list);
    generator_list_release(&list);
    return r;
}

int find_inherited(struct observe *o, const struct subject *child)
{
    const struct random_life *life = child->random->life;
    int r = 0;

    for (size_t i = 0; !r && i < life->n_generators; i++)
        r = facts_add_generator_present(o->f, child->id, child->image, life->generators[i].id);
    return r;
}

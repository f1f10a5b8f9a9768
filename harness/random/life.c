/* life.c - what is known of a process until it is judged: who it was forked from, its generators, its snapshots. */
#include "harness/random/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void drop(struct snapshot **s)
{
    snapshot_release(*s);
    *s = NULL;
}

static void drop_nexts(struct random_generator *g)
{
    while (g->n_nexts)
        drop(&g->nexts[--g->n_nexts].snapshot);
}

/* What the child has of a generator at birth: its parent's, never drawn from. */
static struct random_generator generator_inherited(const struct random_generator *g)
{
    return (struct random_generator){ .g = g->g, .id = g->id };
}

struct random_life *life_new(struct random_life *of)
{
    struct random_life *life = calloc(1, sizeof *life);

    if (!life)
        return NULL;
    life->references = 1;
    if (!of)
        return life;
    life->generators = calloc(of->n_generators + 1, sizeof *life->generators);
    if (!life->generators) {
        free(life);
        return NULL;
    }
    for (size_t i = 0; i < of->n_generators; i++)
        life->generators[i] = generator_inherited(&of->generators[i]);
    life->n_generators = of->n_generators;
    life->of = life_reference(of);
    of->followed++;
    life->nth = of->children++;
    return life;
}

int life_add_generator(struct random_life *life, const struct generator *g, int64_t id)
{
    struct random_generator *more;

    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].id == id && life->generators[i].g.address == g->address)
            return 0;
    more = realloc(life->generators, (life->n_generators + 1) * sizeof *more);
    if (!more)
        return -ENOMEM;
    life->generators = more;
    more[life->n_generators++] = (struct random_generator){ .g = *g, .id = id };
    return 0;
}

struct random_life *life_reference(struct random_life *life)
{
    if (life)
        life->references++;
    return life;
}

/* Chains of siblings and of descendants are as long as the audit: no recursion. */
void life_release(struct random_life *life)
{
    struct random_life *dead = NULL, *held[5];

    if (!life || --life->references)
        return;
    life->next = NULL;
    for (dead = life; dead;) {
        life = dead;
        dead = life->next;
        held[0] = life->of;
        held[1] = life->previous;
        held[2] = life->oldest;
        held[3] = life->first_child;
        held[4] = life->last_child;
        for (int i = 0; i < 5; i++) {
            if (held[i] && i)
                held[i]->wanted--;
            else if (held[i])
                held[i]->followed--;
            if (held[i] && !--held[i]->references) {
                held[i]->next = dead;
                dead = held[i];
            }
        }
        for (size_t i = 0; i < life->n_generators; i++) {
            drop(&life->generators[i].first);
            drop_nexts(&life->generators[i]);
        }
        snapshot_release(life->born);
        snapshot_release(life->end);
        snapshot_release(life->latest);
        free(life->generators);
        free(life);
    }
}

struct random_life *life_link(struct random_life *life)
{
    if (life)
        life->wanted++;
    return life_reference(life);
}

void life_unlink(struct random_life **link)
{
    struct random_life *life = *link;

    *link = NULL;
    if (!life)
        return;
    life->wanted--;
    life_trim(life);
    life_release(life);
}

void life_leave(struct random_life *life)
{
    struct random_life *of = life->of;

    life->of = NULL;
    if (!of)
        return;
    of->followed--;
    life_trim(of);
    life_release(of);
}

void life_trim(struct random_life *life)
{
    if (!life->is_judged || life->wanted)
        return;
    for (size_t i = 0; i < life->n_generators; i++) {
        drop(&life->generators[i].first);
        if (!life->followed)
            drop_nexts(&life->generators[i]);
    }
    /* Its children are compared with it too. */
    if (!life->followed)
        drop(&life->end);
}

void life_end(struct observe *o, struct random_life *life)
{
    struct random *random = o->random;

    if (!life)
        return;
    life->is_over = 1;
    keep_executed(life);
    drop(&life->latest);
    life_unlink(&life->first_child);
    life_unlink(&life->last_child);
    life->next = NULL;
    if (!random->ended)
        random->last = NULL;
    if (random->last)
        random->last->next = life;
    else
        random->ended = life;
    random->last = life;
}

static void list_release(struct random_life **list)
{
    struct random_life *life;

    while ((life = *list)) {
        *list = life->next;
        life_release(life);
    }
}

void life_forget_all(struct observe *o)
{
    if (!o->random)
        return;
    list_release(&o->random->ended);
    list_release(&o->random->waiting);
    o->random->last = NULL;
}

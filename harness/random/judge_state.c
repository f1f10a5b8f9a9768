/* judge_state.c - the states that are drawn from: a few are kept rebuilt, with their streams, those used last. */
#include "harness/random/judge.h"

#include <errno.h>
#include <stdlib.h>

/* Of one life and the siblings and parent that it is compared with; each is a process. */
#define STATES_MAX 12
/* Private memory of them together; two are always kept. */
#define STATES_BYTES (512u << 20)

struct judge_states {
    struct {
        struct snapshot *snapshot; /* that draw_state holds a reference to */
        struct draw_state *state;
        uint64_t used;
    } entries[STATES_MAX];
    unsigned n;
    uint64_t clock;
};

static void states_drop(struct judge_states *s, unsigned i)
{
    draw_state_free(s->entries[i].state);
    s->entries[i] = s->entries[--s->n];
}

static void states_drop_oldest(struct judge_states *s)
{
    unsigned oldest = 0;

    for (unsigned i = 1; i < s->n; i++)
        if (s->entries[i].used < s->entries[oldest].used)
            oldest = i;
    states_drop(s, oldest);
}

static uint64_t states_bytes(const struct judge_states *s)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < s->n; i++)
        bytes += snapshot_bytes(s->entries[i].snapshot);
    return bytes;
}

int judge_state(struct random *random, struct snapshot *snapshot, struct draw_state **ret)
{
    struct judge_states *s = random->states;
    struct draw_state *state = NULL;
    int r;

    if (!s && !(s = random->states = calloc(1, sizeof *s)))
        return -ENOMEM;
    for (unsigned i = 0; i < s->n; i++)
        if (s->entries[i].snapshot == snapshot) {
            s->entries[i].used = ++s->clock;
            *ret = s->entries[i].state;
            return 0;
        }
    /* The one that was asked for just before is the other side of the same comparison. */
    while (s->n == STATES_MAX || (s->n > 1 && states_bytes(s) + snapshot_bytes(snapshot) > STATES_BYTES))
        states_drop_oldest(s);
    r = draw_state_new(snapshot, &state);
    if (r)
        return r;
    s->entries[s->n].snapshot = snapshot;
    s->entries[s->n].state = state;
    s->entries[s->n++].used = ++s->clock;
    *ret = state;
    return 0;
}

void judge_states_free(struct random *random)
{
    struct judge_states *s = random->states;

    while (s && s->n)
        states_drop(s, s->n - 1);
    free(s);
    random->states = NULL;
}

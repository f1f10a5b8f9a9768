/* decide.c - says of one generator and two states whether their streams part, and by what. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FEW 8 /* values that a run must have given, to say by them that streams part */

const char *draw_verdict_name(enum draw_verdict verdict)
{
    static const char *const names[N_DRAW_VERDICT] = {
        [DRAW_SHARED] = "shared",       [DRAW_DIVERGED] = "diverged",
        [DRAW_WEAK] = "weak",           [DRAW_ONE_GENERATOR] = "one-generator",
        [DRAW_REFUSES] = "refuses",     [DRAW_UNSEEDED] = "unseeded",
        [DRAW_UNDECIDED] = "undecided", [DRAW_ABSENT] = "absent",
    };

    return (unsigned)verdict < N_DRAW_VERDICT ? names[verdict] : "undecided";
}

struct draw_mode mode_of(const struct draw_side *shown, int is_neutral)
{
    struct draw_mode mode;

    memset(&mode, 0, sizeof mode); /* it is compared as bytes */
    mode.pid = shown->pid;
    mode.ppid = shown->ppid;
    mode.tid = shown->tid;
    mode.is_neutral = is_neutral != 0;
    return mode;
}

int decide(struct decision *d, enum draw_verdict verdict, const char *format, ...)
{
    va_list args;

    d->ret->verdict = verdict;
    va_start(args, format);
    vsnprintf(d->ret->reason, sizeof d->ret->reason, format, args);
    va_end(args);
    return 1;
}

static int is_callable(struct decision *d)
{
    if (!d->g->needs_context || d->g->has_context)
        return 0;
    return decide(d, DRAW_UNDECIDED, "it needs a context, and no call was seen that tells one");
}

static unsigned keep_first(const struct draw_stream *s, uint8_t to[DRAW_KEPT])
{
    size_t size = (size_t)s->n * s->value_size;

    if (size > DRAW_KEPT)
        size = DRAW_KEPT - DRAW_KEPT % s->value_size;
    if (size)
        memcpy(to, s->values, size);
    return (unsigned)size;
}

/* With real entropy and time, each shown its own pid. */
static int draw_faithful(struct decision *d)
{
    struct draw_mode own = mode_of(d->own, 0), other = mode_of(d->other, 0);
    struct draw_result *ret = d->ret;
    int r = state_stream(d->own->state, d->g, &own, &ret->runs, &d->faithful_own);

    /* One run is no proof against itself. */
    if (d->own->state == d->other->state && !memcmp(&own, &other, sizeof own))
        other.nth = 1;
    if (!r && d->faithful_own->end != DRAW_NO_WORKER && (d->faithful_own->n || d->faithful_own->end != DRAW_HUNG))
        r = state_stream(d->other->state, d->g, &other, &ret->runs, &d->faithful_other);
    if (r)
        return r;
    ret->value_size = d->faithful_own->value_size;
    if (!d->faithful_other) /* time is dear where it runs out */
        return decide(d, DRAW_UNDECIDED, "%s", d->faithful_own->why);
    ret->n_own = d->faithful_own->n;
    ret->n_other = d->faithful_other->n;
    ret->own_size = keep_first(d->faithful_own, ret->own);
    ret->other_size = keep_first(d->faithful_other, ret->other);
    ret->is_own_reseeded = d->faithful_own->first[DRAW_ENTROPY] == 0;
    if (d->faithful_other->end == DRAW_NO_WORKER)
        return decide(d, DRAW_UNDECIDED, "the other: %s", d->faithful_other->why);
    return 0;
}

/* What a lock or a file would have made of it is not known. */
static int is_plain(const struct draw_stream *s)
{
    return !s->is_lock_broken && !s->is_file_missing && (s->end == DRAW_ERROR || s->end == DRAW_ABORTED);
}

static int gives_nothing(struct decision *d)
{
    const struct draw_stream *own = d->faithful_own, *other = d->faithful_other;

    if (own->end == DRAW_NOTHING || other->end == DRAW_NOTHING)
        return decide(d, DRAW_ABSENT, "%s", own->end == DRAW_NOTHING ? own->why : other->why);
    if (own->n && other->n)
        return 0;
    /* Each with its own pid. Where the other gives values, what fails is not our gate's doing. */
    if (!own->n && !other->n && is_plain(own) && !own->is_denied)
        return decide(d, DRAW_REFUSES, "%s", own->why);
    if (!own->n && !other->n)
        return decide(d, DRAW_UNDECIDED, "neither gives values: %s", own->why);
    if (own->n)
        return decide(d, DRAW_UNDECIDED, "the other gives no values: %s", other->why);
    return decide(d, is_plain(own) ? DRAW_REFUSES : DRAW_UNDECIDED, "%s", own->why);
}

static int is_not_random(struct decision *d)
{
    const struct draw_stream *own = d->faithful_own, *other = d->faithful_other;
    unsigned most = own->n > other->n ? own->n : other->n;

    if (most < 4)
        return decide(d, DRAW_UNDECIDED, "it gives only %u values: %s", most, own->why);
    if ((own->n >= 4 && !own->is_random) || (other->n >= 4 && !other->is_random))
        return decide(d, DRAW_UNDECIDED, "it gives no random values: they are constant, or count");
    return 0;
}

int decide_one_generator(struct decision *d)
{
    struct draw_mode mode = mode_of(d->own, 1);
    int r = shared_drives(d->own->state, d->g, &mode, &d->ret->runs);

    if (r == -EFBIG)
        return decide(d, DRAW_UNDECIDED, "it writes to shared memory, of which there is too much to see what that is");
    return r > 0 ? decide(d, DRAW_ONE_GENERATOR, "%s", "") : r;
}

/* One of them begins as everybody's does who never seeded it; the other is in the same stream. */
static int is_unseeded(const struct decision *d)
{
    size_t size = d->g->kind->n_unseeded * sizeof d->g->kind->unseeded[0];
    const struct draw_stream *sides[2] = { d->faithful_own, d->faithful_other };

    for (int i = 0; i < 2; i++)
        if (size && size <= sizeof d->g->kind->unseeded && (size_t)sides[i]->n * sides[i]->value_size >= size &&
            !memcmp(sides[i]->values, d->g->kind->unseeded, size))
            return 1;
    return 0;
}

static int is_shared(struct decision *d)
{
    struct draw_result *ret = d->ret;
    struct draw_overlap found;
    int r;

    if (!stream_overlap(d->faithful_own, d->faithful_other, DRAW_NEVER, DRAW_NEVER, &found))
        return 0;
    if (d->faithful_own->has_written_shared || d->faithful_other->has_written_shared) {
        r = decide_one_generator(d);
        if (r)
            return r;
    }
    ret->shift_own = found.own;
    ret->shift_other = found.other;
    ret->equal = found.equal;
    ret->is_partial = found.is_partial;
    return decide(d, is_unseeded(d) ? DRAW_UNSEEDED : DRAW_SHARED, "%s", "");
}

static int is_cut_short(struct decision *d)
{
    const struct draw_stream *sides[2] = { d->faithful_own, d->faithful_other };

    for (int i = 0; i < 2; i++) {
        if (sides[i]->is_lock_broken)
            return decide(d, DRAW_UNDECIDED, "a lock was held when the snapshot was taken, so it may stand half way");
        if (sides[i]->end == DRAW_HUNG || (sides[i]->end != DRAW_DONE && sides[i]->n < FEW))
            return decide(d, DRAW_UNDECIDED, "%safter %u values %s", i ? "the other: " : "", sides[i]->n,
                          sides[i]->why);
    }
    return 0;
}

int draw_compare(const struct generator *g, const struct draw_side *own, const struct draw_side *other,
                 struct draw_result *ret)
{
    static int (*const steps[])(struct decision *) = {
        is_callable, draw_faithful, gives_nothing, is_not_random, is_shared, is_cut_short, decide_neutral,
    };
    struct decision d = { .g = g, .own = own, .other = other, .ret = ret };
    struct timespec begin, end;
    int r = 0;

    memset(ret, 0, sizeof *ret);
    ret->verdict = DRAW_UNDECIDED;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (size_t i = 0; !r && i < sizeof steps / sizeof *steps; i++)
        r = steps[i](&d);
    clock_gettime(CLOCK_MONOTONIC, &end);
    ret->ns = (end.tv_sec - begin.tv_sec) * INT64_C(1000000000) + end.tv_nsec - begin.tv_nsec;
    return r < 0 ? r : 0;
}

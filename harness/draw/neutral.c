/* neutral.c - two streams without a value in common: shown the same pid, entropy and time, are they still different?
 * Then their states are; else these are changed one by one, to see which of them parts the streams. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int stream_of(struct decision *d, struct draw_state *state, const struct draw_mode *mode,
                     const struct draw_stream **ret)
{
    return state_stream(state, d->g, mode, &d->ret->runs, ret);
}

/* The shorter is how the longer begins. */
static int is_same_stream(const struct draw_stream *a, const struct draw_stream *b)
{
    unsigned n = a->n < b->n ? a->n : b->n;

    return n && !memcmp(a->values, b->values, (size_t)n * a->value_size);
}

/* 0: run twice it gives the same, 1: decided. */
static int is_reproducible(struct decision *d, struct draw_state *state, const struct draw_mode *mode,
                           const struct draw_stream *stream, const char *who)
{
    struct draw_mode anew = *mode;
    const struct draw_stream *again;
    int r;

    if (!stream->n)
        return decide(d, DRAW_UNDECIDED, "%swith constant entropy and time it gives no values: %s", who, stream->why);
    anew.nth = 1;
    anew.is_short = 1;
    r = stream_of(d, state, &anew, &again);
    if (r || is_same_stream(stream, again))
        return r;
    return decide(d, DRAW_UNDECIDED,
                  "%snot reproducible: two runs in one state, with the same entropy and time, differ", who);
}

/* The last value that may be the first equal one: what comes after entropy says nothing of the state before it. */
static unsigned before_entropy(const struct draw_stream *s)
{
    uint32_t first = s->first[DRAW_ENTROPY];

    return first == DRAW_NEVER || !first ? first : first - 1;
}

/* Both ask for entropy before all: only how they begin can tell of their states. */
static int is_begin_enough(const struct decision *d)
{
    return d->own->state == d->other->state || (!d->faithful_own->first[DRAW_ENTROPY] &&
                                                !d->faithful_other->first[DRAW_ENTROPY] && d->faithful_own->bits >= 16);
}

/* Shown the other's pid. Who has noted its pid, and refuses to go on with another one (libsodium's own generator), is
 * shown its own: that the two have noted different pids would make them differ anyway. */
static int draw_own_state(struct decision *d, struct draw_mode *mode, const struct draw_stream **ret)
{
    const struct draw_mode shown = mode_of(d->own, 1);
    int r = stream_of(d, d->own->state, mode, ret);

    if (r || (*ret)->n || ((*ret)->end != DRAW_ABORTED && (*ret)->end != DRAW_ERROR) ||
        (*ret)->first[DRAW_PID] == DRAW_NEVER)
        return r;
    mode->pid = shown.pid;
    mode->ppid = shown.ppid;
    mode->tid = shown.tid;
    return stream_of(d, d->own->state, mode, ret);
}

/* 1: decided: the states differ, or cannot be compared. 0: they are one. */
static int compare_states(struct decision *d)
{
    struct draw_mode mode = mode_of(d->other, 1), own_mode;
    const struct draw_stream *own, *other;
    struct draw_overlap found;
    int r;

    mode.is_short = (uint8_t)is_begin_enough(d);
    own_mode = mode;
    r = draw_own_state(d, &own_mode, &own);
    if (!r)
        r = stream_of(d, d->other->state, &mode, &other);
    if (r)
        return r;
    /* Two runs that are the same need no third. */
    if (d->own->state == d->other->state || !is_same_stream(own, other)) {
        r = is_reproducible(d, d->own->state, &own_mode, own, "");
        if (!r)
            r = is_reproducible(d, d->other->state, &mode, other, "the other: ");
    }
    if (!r && (own->has_written_shared || other->has_written_shared))
        r = decide_one_generator(d);
    if (r)
        return r;
    if (d->own->state == d->other->state || is_same_stream(own, other) ||
        stream_overlap(own, other, before_entropy(own), before_entropy(other), &found))
        return 0;
    return decide(d, DRAW_DIVERGED, "state");
}

/* Two runs in one state, that differ in one thing: where it tells, the streams are different from the beginning. */
static int parts(const struct draw_stream *a, const struct draw_stream *b)
{
    return a->n && b->n && !is_same_stream(a, b);
}

/* Does another constant of that source part the streams of a state, shown this side's pid? 1, 0. */
static int source_parts(struct decision *d, struct draw_state *state, const struct draw_side *shown,
                        enum draw_source source)
{
    struct draw_mode mode = mode_of(shown, 1);
    const struct draw_stream *a, *b;
    int r;

    mode.is_short = 1;
    r = stream_of(d, state, &mode, &a);
    if (r || a->first[source] == DRAW_NEVER)
        return r;
    mode.variant[source] = 1;
    r = stream_of(d, state, &mode, &b);
    return r ? r : parts(a, b);
}

/* The same for the pid, which is that of the other. */
static int pid_parts(struct decision *d)
{
    struct draw_mode own = mode_of(d->own, 1), other = mode_of(d->other, 1);
    const struct draw_stream *a, *b;
    int r;

    if (!memcmp(&own, &other, sizeof own))
        return 0;
    own.is_short = other.is_short = 1;
    r = stream_of(d, d->own->state, &own, &a);
    if (!r)
        r = stream_of(d, d->own->state, &other, &b);
    return r ? r : parts(a, b);
}

/* Would it be the other's stream, had it the other's pid? */
static int try_pid(struct decision *d)
{
    struct draw_mode own = mode_of(d->own, 0), mode = mode_of(d->other, 0);
    const struct draw_stream *s;
    struct draw_overlap found;
    int r;

    if (!memcmp(&own, &mode, sizeof own) ||
        (d->faithful_own->first[DRAW_PID] == DRAW_NEVER && d->faithful_other->first[DRAW_PID] == DRAW_NEVER))
        return 0;
    mode.is_short = d->faithful_other->bits >= 32; /* a few are enough to be recognised */
    if (d->own->state == d->other->state)
        mode.nth = 2; /* one run is no proof against itself */
    r = stream_of(d, d->own->state, &mode, &s);
    if (!r)
        d->ret->would_repeat_with_pid = stream_overlap(s, d->faithful_other, DRAW_NEVER, DRAW_NEVER, &found);
    return r;
}

/* One state shown two pids, that asks for entropy first with its own pid: that alone may decide, without the other. */
static int compare_newborn(struct decision *d)
{
    struct draw_mode mode = mode_of(d->own, 1);
    const struct draw_stream *stream;
    int r;

    if (d->own->state != d->other->state || d->faithful_own->first[DRAW_ENTROPY])
        return 0;
    r = source_parts(d, d->own->state, d->own, DRAW_ENTROPY);
    if (r <= 0)
        return r;
    mode.is_short = 1;
    r = stream_of(d, d->own->state, &mode, &stream);
    if (r || stream->has_written_shared)
        return r;
    r = is_reproducible(d, d->own->state, &mode, stream, "");
    if (!r)
        r = try_pid(d);
    return r ? r : decide(d, DRAW_DIVERGED, "reseed");
}

/* 1: decided, 0: it is not entropy that parts them. */
static int compare_entropy(struct decision *d)
{
    int own = d->faithful_own->first[DRAW_ENTROPY] == 0 ? source_parts(d, d->own->state, d->own, DRAW_ENTROPY) : 0;
    int other = 0, r;

    if (own < 0)
        return own;
    if (!own && d->faithful_other->first[DRAW_ENTROPY] == 0)
        other = source_parts(d, d->other->state, d->other, DRAW_ENTROPY);
    if (other < 0 || !(own || other))
        return other;
    d->ret->is_own_reseeded = own;
    r = try_pid(d);
    return r ? r : decide(d, DRAW_DIVERGED, "reseed");
}

static int compare_weak(struct decision *d)
{
    static const char *const words[N_DRAW_SOURCE] = {
        [DRAW_PID] = "pid",
        [DRAW_CLOCK] = "clock",
        [DRAW_TSC] = "tsc",
        [DRAW_RDRAND] = "rdrand",
    };
    char found[64] = "";
    int r;

    for (int i = DRAW_PID; i < N_DRAW_SOURCE; i++) {
        size_t n = strlen(found);

        /* Shown one pid: what only another pid brings about is the pid's doing (nonces of libgcrypt). */
        r = i == DRAW_PID ? pid_parts(d) : source_parts(d, d->own->state, d->other, (enum draw_source)i);
        if (!r && i != DRAW_PID && d->own->state != d->other->state)
            r = source_parts(d, d->other->state, d->other, (enum draw_source)i);
        if (r < 0)
            return r;
        if (r)
            snprintf(found + n, sizeof found - n, "%s%s", n ? " " : "", words[i]);
    }
    if (!found[0])
        return decide(d, DRAW_UNDECIDED, "both are in one state; what parts their streams was not found");
    r = try_pid(d);
    return r ? r : decide(d, DRAW_WEAK, "%s", found);
}

int decide_neutral(struct decision *d)
{
    int r = compare_newborn(d);

    if (!r)
        r = compare_states(d);
    if (!r)
        r = compare_entropy(d);
    return r ? r : compare_weak(d);
}

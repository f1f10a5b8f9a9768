/* state.c - a snapshot that is drawn from: rebuilt when it is first needed, and its streams, each made once. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_ORDINARY      512
#define VALUES_SCRIPT        2048
#define VALUES_CRYPTOGRAPHIC 64
#define VALUES_IDENTIFIER    32
#define VALUES_SHORT         8

struct kept {
    struct generator g; /* names in it are not looked at any more */
    struct draw_mode mode;
    struct draw_stream stream;
    struct kept *next;
};
struct draw_state {
    struct snapshot *snapshot;
    struct rebuilt *rebuilt;
    struct draw_patches clocks;
    struct draw_patches rdrand;
    int has_clocks, has_rdrand, is_lost; /* is_lost: it cannot be rebuilt */
    char why[160];
    struct kept *kept;
};

int draw_state_new(struct snapshot *s, struct draw_state **ret)
{
    struct draw_state *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    d->snapshot = snapshot_reference(s);
    *ret = d;
    return 0;
}

void draw_state_free(struct draw_state *d)
{
    if (!d)
        return;
    while (d->kept) {
        struct kept *k = d->kept;

        d->kept = k->next;
        stream_free(&k->stream);
        free(k);
    }
    rebuilt_free(d->rebuilt);
    patches_free(&d->clocks);
    patches_free(&d->rdrand);
    snapshot_release(d->snapshot);
    free(d);
}

const struct snapshot *state_snapshot(const struct draw_state *d)
{
    return d->snapshot;
}

unsigned state_window(const struct generator *g, const struct draw_mode *mode)
{
    if (mode->is_short)
        return VALUES_SHORT;
    if (g->kind->purpose == GENERATOR_IDENTIFIER)
        return VALUES_IDENTIFIER;
    if (g->kind->purpose == GENERATOR_CRYPTOGRAPHIC)
        return VALUES_CRYPTOGRAPHIC;
    return g->kind->script ? VALUES_SCRIPT : VALUES_ORDINARY;
}

static int prepare(struct draw_state *d)
{
    char why[120] = "";
    int r;

    if (!d->has_clocks) {
        r = vdso_patches(d->snapshot, &d->clocks);
        if (r)
            return r;
        d->has_clocks = 1;
    }
    if (d->rebuilt || d->is_lost)
        return d->is_lost ? -EIO : 0;
    r = rebuild(d->snapshot, &d->rebuilt, why, sizeof why);
    if (!r)
        return 0;
    d->rebuilt = NULL;
    d->is_lost = 1;
    snprintf(d->why, sizeof d->why, "it could not be rebuilt: %s", why[0] ? why : strerror(-r));
    return -EIO;
}

int state_worker(struct draw_state *d, int is_neutral, struct worker *ret, char *why, size_t why_size)
{
    int r = prepare(d);

    if (r) {
        snprintf(why, why_size, "%s", d->why);
        return r;
    }
    r = worker_make(d->rebuilt, ret);
    if (r) {
        snprintf(why, why_size, "no copy could be made: %s", strerror(-r));
        return -EIO;
    }
    for (size_t i = 0; !r && i < d->clocks.n; i++)
        if (is_neutral || !d->clocks.patches[i].is_clock)
            r = worker_write(ret, d->clocks.patches[i].address, d->clocks.patches[i].bytes, d->clocks.patches[i].size);
    if (!r)
        return 0;
    worker_end(ret);
    snprintf(why, why_size, "the clock of a copy could not be stopped: %s", strerror(-r));
    return -EIO;
}

int state_rdrand(struct draw_state *d, uint64_t address, const struct draw_patches **ret)
{
    int r = d->has_rdrand ? 0 : rdrand_patches(d->snapshot, address, &d->rdrand);

    if (r)
        return r;
    d->has_rdrand = 1;
    *ret = &d->rdrand;
    return 0;
}

/* Is it called in the same way? */
static int is_same_call(const struct generator *a, const struct generator *b)
{
    if (a->kind != b->kind || a->address != b->address || a->context != b->context || a->shape.n != b->shape.n ||
        a->shape.result != b->shape.result || memcmp(a->symbols, b->symbols, sizeof a->symbols) != 0)
        return 0;
    for (unsigned i = 0; i < a->shape.n; i++)
        if (a->shape.arguments[i].kind != b->shape.arguments[i].kind ||
            a->shape.arguments[i].number != b->shape.arguments[i].number)
            return 0;
    return 1;
}

/* A short run is how the long one begins, and a neutral one that never asked for its pid is the same with another. */
static int is_same_mode(const struct kept *kept, const struct draw_mode *wanted)
{
    struct draw_mode mode = kept->mode;

    if (wanted->is_short)
        mode.is_short = 1;
    if (mode.is_neutral && kept->stream.end == DRAW_DONE && kept->stream.first[DRAW_PID] == DRAW_NEVER) {
        mode.pid = wanted->pid;
        mode.ppid = wanted->ppid;
        mode.tid = wanted->tid;
    }
    return !memcmp(&mode, wanted, sizeof mode);
}

int state_stream(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned *runs,
                 const struct draw_stream **ret)
{
    struct kept *k;
    int r;

    for (k = d->kept; k; k = k->next)
        if (is_same_call(&k->g, g) && is_same_mode(k, mode)) {
            *ret = &k->stream;
            return 0;
        }
    k = calloc(1, sizeof *k);
    if (!k)
        return -ENOMEM;
    k->g = *g;
    k->mode = *mode;
    r = run_stream(d, g, mode, state_window(g, mode), NULL, 0, &k->stream);
    if (r) {
        free(k);
        return r;
    }
    *runs += k->stream.end != DRAW_NO_WORKER;
    k->next = d->kept;
    d->kept = k;
    *ret = &k->stream;
    return 0;
}

/* overlap.c - whether two streams of a generator have values in common, in order, that chance does not explain. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROOF_BITS 62 /* equal in a row: with 512 values on each side, chance gives less than one in 10^13 */
#define LEAST      4  /* different values that a stream must have to be called random */

void stream_free(struct draw_stream *s)
{
    if (!s)
        return;
    free(s->values);
    free(s->pages);
    memset(s, 0, sizeof *s);
}

/* How many are asked for at once is its caller's choice: the next ones begin anywhere. */
int stream_is_bytes(const struct generator *g)
{
    for (unsigned i = 0; i < g->shape.n; i++)
        if (g->shape.arguments[i].kind == GENERATOR_BYTES && g->kind->purpose != GENERATOR_IDENTIFIER)
            return 1;
    return 0;
}

static uint64_t value_number(const struct draw_stream *s, unsigned i)
{
    uint64_t number = 0;

    memcpy(&number, s->values + (size_t)i * s->value_size, s->value_size < 8 ? s->value_size : 8);
    return number;
}

/* Of a value, as many as change from the first to any other; not more than `most`. */
static unsigned changing_bits(const struct draw_stream *s, unsigned most)
{
    unsigned bits = 0;

    for (unsigned k = 0; k < s->value_size; k++) {
        unsigned seen = 0;

        for (unsigned i = 1; i < s->n; i++)
            seen |= s->values[k] ^ s->values[(size_t)i * s->value_size + k];
        bits += (unsigned)__builtin_popcount(seen);
    }
    return bits < most ? bits : most;
}

/* Steps that are all the same and small, or always up: a counter, a clock. */
static int is_counting(const struct draw_stream *s)
{
    int is_same = 1, is_up = 1;

    if (s->value_size > 8)
        return 0;
    for (unsigned i = 1; i < s->n; i++) {
        uint64_t now = value_number(s, i), before = value_number(s, i - 1);
        uint64_t step = now - before, first = value_number(s, 1) - value_number(s, 0);

        is_same = is_same && step == first && step + 65536 <= 131072;
        is_up = is_up && now >= before;
    }
    return is_same || (is_up && s->n >= 16);
}

static int order_of(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* FNV-1a */
static uint64_t hash_of(const uint8_t *bytes, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* How many different values there are, and of all pairs of values how many are equal. */
static void count_equal(const struct draw_stream *s, uint64_t *hashes, unsigned *ret_different, uint64_t *ret_pairs)
{
    unsigned different = 0;
    uint64_t pairs = 0, same = 0;

    for (unsigned i = 0; i < s->n; i++)
        hashes[i] = hash_of(s->values + (size_t)i * s->value_size, s->value_size);
    qsort(hashes, s->n, sizeof *hashes, order_of);
    for (unsigned i = 0; i < s->n; i++) {
        same = i && hashes[i] == hashes[i - 1] ? same + 1 : 0;
        different += !same;
        pairs += same;
    }
    *ret_different = different;
    *ret_pairs = pairs;
}

/* A value that is drawn again and again says little: of n * (n - 1) / 2 pairs one in 2^bits is equal by chance. */
int stream_measure(struct draw_stream *s, const struct generator *g)
{
    uint64_t *hashes = calloc(s->n ? s->n : 1, sizeof *hashes), pairs, all = (uint64_t)s->n * (s->n ? s->n - 1 : 0) / 2;
    unsigned different, bits = 0;

    if (!hashes)
        return -ENOMEM;
    count_equal(s, hashes, &different, &pairs);
    free(hashes);
    s->bits = s->n ? changing_bits(s, generator_value_bits(&g->shape)) : 0;
    while (pairs && all >> (bits + 1) >= pairs)
        bits++;
    if (pairs && bits < s->bits)
        s->bits = bits;
    s->is_random = different >= LEAST && s->bits && (g->kind->purpose == GENERATOR_IDENTIFIER || !is_counting(s));
    return 0;
}

/* Equal bytes or values from there on. */
static unsigned run_length(const struct draw_stream *a, unsigned i, unsigned n_a, const struct draw_stream *b,
                           unsigned j, unsigned n_b, unsigned unit)
{
    unsigned n = 0;

    while (i + n < n_a && j + n < n_b &&
           !memcmp(a->values + (size_t)(i + n) * unit, b->values + (size_t)(j + n) * unit, unit))
        n++;
    return n;
}

/* What may be there twice without being drawn twice: all its bytes the same. */
static int is_plain(const uint8_t *bytes, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        if (bytes[i] != bytes[0])
            return 0;
    return 1;
}

/* What begins at a unit: its first 8 bytes decide in nearly all cases. */
struct window {
    uint64_t key;
    unsigned at;
};

static uint64_t window_key(const struct draw_stream *s, unsigned i, unsigned unit, unsigned width)
{
    uint64_t key = 0;

    memcpy(&key, s->values + (size_t)i * unit, width < 8 ? width : 8);
    return key;
}

static int window_order(const void *a, const void *b)
{
    const struct window *x = a, *y = b;

    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->at > y->at) - (x->at < y->at);
}

/* The first of them, which are in order, that has this key or a greater one. */
static size_t window_find(const struct window *windows, size_t n, uint64_t key)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;

        if (windows[middle].key < key)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

struct search {
    const struct draw_stream *own, *other;
    unsigned unit;           /* 1: bytes, else a value */
    unsigned need;           /* units that must be equal in a row */
    unsigned n_own, n_other; /* units */
};

/* 1: found, its place and length in units. The first of own, and for that the first of the other. */
static int search_from(const struct search *s, unsigned max_own, unsigned max_other, unsigned ret[3])
{
    unsigned width = s->unit == 1 ? 8 : s->own->value_size, per = s->own->value_size / s->unit, n = 0;
    unsigned last_own = s->n_own < s->need ? 0 : s->n_own - s->need + 1;
    unsigned last_other = s->n_other < s->need ? 0 : s->n_other - s->need + 1;
    struct window *other = malloc((last_other ? last_other : 1) * sizeof *other);
    int found = 0;

    for (; other && n < last_other && n / per <= max_other; n++)
        other[n] = (struct window){ window_key(s->other, n, s->unit, width), n };
    if (n)
        qsort(other, n, sizeof *other, window_order);
    for (unsigned i = 0; n && !found && i < last_own && i / per <= max_own; i++) {
        uint64_t key = window_key(s->own, i, s->unit, width);

        if (is_plain(s->own->values + (size_t)i * s->unit, s->need * s->unit))
            continue;
        for (size_t k = window_find(other, n, key); !found && k < n && other[k].key == key; k++) {
            ret[0] = i;
            ret[1] = other[k].at;
            ret[2] = run_length(s->own, i, s->n_own, s->other, other[k].at, s->n_other, s->unit);
            found = ret[2] >= s->need;
        }
    }
    free(other);
    return found;
}

int stream_overlap(const struct draw_stream *own, const struct draw_stream *other, unsigned max_own, unsigned max_other,
                   struct draw_overlap *ret)
{
    const struct draw_stream *longer = own->n >= other->n ? own : other;
    struct search s = { .own = own, .other = other, .unit = own->value_size, .n_own = own->n, .n_other = other->n };
    unsigned at[3];

    memset(ret, 0, sizeof *ret);
    if (!own->n || !other->n || !longer->bits || own->value_size != other->value_size)
        return 0;
    s.need = (PROOF_BITS + longer->bits - 1) / longer->bits;
    if (own->is_bytes && other->is_bytes) {
        s.unit = 1;
        s.need = 8;
        s.n_own *= own->value_size;
        s.n_other *= other->value_size;
    }
    if (!search_from(&s, max_own, max_other, at))
        return 0;
    ret->is_partial = at[0] + at[2] < s.n_own && at[1] + at[2] < s.n_other;
    ret->own = at[0] * s.unit / own->value_size;
    ret->other = at[1] * s.unit / own->value_size;
    ret->equal = at[2] * s.unit / own->value_size;
    return 1;
}

/* repeat.c - common parts of many random streams: one table of all their 8-byte windows, filled stream by stream.
 *
 * Comparing each with each would take hours where thousands of workers drew; this takes a time that grows with the
 * bytes.
 */
#include "checks/repeat.h"

#include "checks/overlap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_PART 64 /* bytes of a stream that are looked at, however many streams there are */

int repeat_looks_random(const unsigned char *bytes, size_t n)
{
    unsigned char seen[256] = { 0 };
    size_t plain = 0, distinct = 0;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == 0x00 || bytes[i] == 0xff)
            continue;
        plain++;
        distinct += !seen[bytes[i]]++;
    }
    return plain >= 6 && plain * 8 >= n * 5 && distinct >= 4;
}

/* Streams that have a window: a chain, the earliest first. Index 0 is no holder. */
struct holder {
    uint32_t stream, next;
};
struct slot {
    uint64_t window;
    uint32_t first; /* 0: free */
};
struct search {
    struct slot *slots;
    struct holder *holders;
    size_t mask;
    uint32_t n_holders;
    size_t others[REPEAT_OTHERS]; /* of the stream at hand, ascending */
    unsigned n_others;
    uint64_t steps;
    struct repeat_pair *pairs;
    size_t n_pairs, room;
};

static size_t slot_of(uint64_t w, size_t mask)
{
    w ^= w >> 32;
    w *= 0x9e3779b97f4a7c15u;
    return (size_t)(w >> 32 ^ w) & mask;
}

static void other_add(struct search *s, size_t stream)
{
    unsigned at = 0;

    while (at < s->n_others && s->others[at] < stream)
        at++;
    if (at == REPEAT_OTHERS || (at < s->n_others && s->others[at] == stream))
        return;
    if (s->n_others < REPEAT_OTHERS)
        s->n_others++;
    memmove(&s->others[at + 1], &s->others[at], (s->n_others - 1 - at) * sizeof *s->others);
    s->others[at] = stream;
}

/* Notes who had the window before, and that `stream` has it. */
static void window_add(struct search *s, uint64_t window, size_t stream)
{
    size_t at = slot_of(window, s->mask);
    uint32_t *link;
    unsigned n = 0;

    for (; s->slots[at].first && s->slots[at].window != window; at = (at + 1) & s->mask)
        s->steps++;
    s->steps++;
    s->slots[at].window = window;
    for (link = &s->slots[at].first; *link; link = &s->holders[*link].next, n++) {
        if (s->holders[*link].stream == stream)
            return;
        other_add(s, s->holders[*link].stream);
    }
    if (n == REPEAT_OTHERS)
        return;
    *link = s->n_holders;
    s->holders[s->n_holders++] = (struct holder){ (uint32_t)stream, 0 };
}

static int pairs_add(struct search *s, const struct repeat_stream *streams, size_t stream)
{
    if (s->n_pairs + s->n_others > s->room) {
        size_t room = 2 * (s->n_pairs + s->n_others);
        struct repeat_pair *more = realloc(s->pairs, room * sizeof *more);

        if (!more)
            return -ENOMEM;
        s->pairs = more;
        s->room = room;
    }
    for (unsigned i = 0; i < s->n_others; i++)
        s->pairs[s->n_pairs++] = (struct repeat_pair){ streams[stream].id, streams[s->others[i]].id };
    s->n_others = 0;
    return 0;
}

static size_t part_of(const struct repeat_stream *stream, size_t part)
{
    return stream->size < part ? stream->size : part;
}

/* Fills the table, stream by stream. */
static int streams_walk(struct search *s, const struct repeat_stream *streams, size_t n, size_t part, int is_narrow,
                        const struct repeat_budget *budget)
{
    for (size_t k = 0; k < n; k++) {
        int r;

        s->steps = 1;
        for (size_t i = 0; i + OVERLAP_MIN <= part_of(&streams[k], part); i++) {
            uint64_t window;

            if (is_narrow && !repeat_looks_random(streams[k].bytes + i, OVERLAP_MIN))
                continue;
            memcpy(&window, streams[k].bytes + i, sizeof window);
            window_add(s, window, k);
        }
        r = budget->spend(budget->context, s->steps) ? -EINTR : pairs_add(s, streams, k);
        if (r)
            return r;
    }
    return 0;
}

int repeat_find(const struct repeat_stream *streams, size_t n, int is_narrow, const struct repeat_budget *budget,
                struct repeat_pair **ret, size_t *ret_n)
{
    struct search s = { .n_holders = 1 };
    size_t part = OVERLAP_MAX, total = 0, size = 16;
    int r = -ENOMEM;

    for (size_t i = 0; i < n; i++)
        total += part_of(&streams[i], part);
    if (total > REPEAT_WINDOWS) {
        part = REPEAT_WINDOWS / n < LEAST_PART ? LEAST_PART : REPEAT_WINDOWS / n;
        total = 0;
        for (size_t i = 0; i < n; i++)
            total += part_of(&streams[i], part);
    }
    if (total >= UINT32_MAX / 2)
        return -ENOMEM;
    while (size < 2 * total)
        size *= 2;
    s.mask = size - 1;
    s.slots = calloc(size, sizeof *s.slots);
    s.holders = calloc(total + 1, sizeof *s.holders);
    if (s.slots && s.holders)
        r = streams_walk(&s, streams, n, part, is_narrow, budget);
    free(s.slots);
    free(s.holders);
    if (r) {
        free(s.pairs);
        return r;
    }
    *ret = s.pairs;
    *ret_n = s.n_pairs;
    return 0;
}

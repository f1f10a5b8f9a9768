/* overlap.c - common runs of two random streams: a quick look for a shared 8-byte window, then a suffix automaton.
 *
 * Nearly all pairs share nothing, and the window filter says so in one pass. The automaton (Blumer et al., 1985) is
 * linear for every input, also for streams made to be slow.
 */
#include "checks/overlap.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROBES 64 /* of the window table; streams made to collide go on to the automaton */

static uint64_t window_at(const unsigned char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

static size_t window_slot(uint64_t w, size_t mask)
{
    w ^= w >> 32;
    w *= 0x9e3779b97f4a7c15u;
    return (size_t)(w >> 32 ^ w) & mask;
}

/* Slot of `w` or of the free place for it; SIZE_MAX after MAX_PROBES. Position 0 in `used` means free. */
static size_t window_find(const unsigned char *a, const uint32_t *used, size_t mask, uint64_t w)
{
    size_t slot = window_slot(w, mask);

    for (int i = 0; i < MAX_PROBES; i++, slot = (slot + 1) & mask)
        if (!used[slot] || window_at(a + used[slot] - 1) == w)
            return slot;
    return SIZE_MAX;
}

/* 1: they may share a window of OVERLAP_MIN bytes, 0: they do not, -ENOMEM. */
static int has_common_window(const unsigned char *a, size_t na, const unsigned char *b, size_t nb)
{
    size_t size = 16, i, slot;
    uint32_t *used;
    int r = 0;

    while (size < 2 * na)
        size *= 2;
    used = calloc(size, sizeof *used);
    if (!used)
        return -ENOMEM;
    for (i = 0; !r && i + OVERLAP_MIN <= na; i++) {
        slot = window_find(a, used, size - 1, window_at(a + i));
        if (slot == SIZE_MAX)
            r = 1;
        else if (!used[slot])
            used[slot] = (uint32_t)i + 1;
    }
    for (i = 0; !r && i + OVERLAP_MIN <= nb; i++) {
        slot = window_find(a, used, size - 1, window_at(b + i));
        r = slot == SIZE_MAX || used[slot];
    }
    free(used);
    return r;
}

#define NONE UINT32_MAX

struct state {
    uint32_t length, link, first_end, edges; /* first_end: where its strings end first */
};
struct edge {
    uint32_t to, next;
    unsigned char byte;
};
struct automaton {
    struct state *states;
    struct edge *edges;
    uint32_t n_states, n_edges, last;
};

static struct edge *edge_find(struct automaton *m, uint32_t state, unsigned char byte)
{
    for (uint32_t e = m->states[state].edges; e != NONE; e = m->edges[e].next)
        if (m->edges[e].byte == byte)
            return &m->edges[e];
    return NULL;
}

static void edge_add(struct automaton *m, uint32_t state, unsigned char byte, uint32_t to)
{
    m->edges[m->n_edges] = (struct edge){ .to = to, .next = m->states[state].edges, .byte = byte };
    m->states[state].edges = m->n_edges++;
}

static uint32_t state_clone(struct automaton *m, uint32_t of, uint32_t length)
{
    uint32_t new = m->n_states++;

    m->states[new] = m->states[of];
    m->states[new].length = length;
    m->states[new].edges = NONE;
    for (uint32_t e = m->states[of].edges; e != NONE; e = m->edges[e].next)
        edge_add(m, new, m->edges[e].byte, m->edges[e].to);
    return new;
}

static void automaton_extend(struct automaton *m, unsigned char byte, uint32_t at)
{
    uint32_t new = m->n_states++, p = m->last, q, clone;
    struct edge *e = NULL;

    m->states[new] = (struct state){ .length = at + 1, .link = 0, .first_end = at, .edges = NONE };
    m->last = new;
    for (; p != NONE && !(e = edge_find(m, p, byte)); p = m->states[p].link)
        edge_add(m, p, byte, new);
    if (p == NONE)
        return;
    q = e->to;
    m->states[new].link = q;
    if (m->states[q].length == m->states[p].length + 1)
        return;
    clone = state_clone(m, q, m->states[p].length + 1);
    for (; p != NONE && (e = edge_find(m, p, byte)) && e->to == q; p = m->states[p].link)
        e->to = clone;
    m->states[q].link = m->states[new].link = clone;
}

/* Walks `b` through the automaton of `a`. */
static void automaton_walk(struct automaton *m, const unsigned char *b, size_t nb, struct overlap *ret)
{
    uint32_t state = 0;
    size_t length = 0;

    for (size_t i = 0; i < nb; i++) {
        struct edge *e;

        while (!(e = edge_find(m, state, b[i])) && state) {
            state = m->states[state].link;
            length = m->states[state].length;
        }
        if (!e)
            continue;
        state = e->to;
        if (++length > ret->length)
            *ret = (struct overlap){ length, m->states[state].first_end + 1 - length, i + 1 - length };
    }
}

static int automaton_find(const unsigned char *a, size_t na, const unsigned char *b, size_t nb, struct overlap *ret)
{
    struct automaton m = { .n_states = 1 };

    /* A text of n bytes has at most 2n - 1 states and 3n - 4 edges (n > 2). */
    m.states = malloc((2 * na + 2) * sizeof *m.states);
    m.edges = malloc((3 * na + 4) * sizeof *m.edges);
    if (!m.states || !m.edges) {
        free(m.states);
        free(m.edges);
        return -ENOMEM;
    }
    m.states[0] = (struct state){ .link = NONE, .edges = NONE };
    for (size_t i = 0; i < na; i++)
        automaton_extend(&m, a[i], (uint32_t)i);
    automaton_walk(&m, b, nb, ret);
    free(m.states);
    free(m.edges);
    return 0;
}

int overlap_find(const unsigned char *a, size_t na, const unsigned char *b, size_t nb, struct overlap *ret)
{
    struct overlap found = { 0, 0, 0 };
    int swap, r;

    na = na > OVERLAP_MAX ? OVERLAP_MAX : na;
    nb = nb > OVERLAP_MAX ? OVERLAP_MAX : nb;
    swap = nb < na; /* the table and the automaton are made of the shorter one */
    *ret = found;
    if (na < OVERLAP_MIN || nb < OVERLAP_MIN)
        return 0;
    r = swap ? has_common_window(b, nb, a, na) : has_common_window(a, na, b, nb);
    if (r <= 0)
        return r;
    r = swap ? automaton_find(b, nb, a, na, &found) : automaton_find(a, na, b, nb, &found);
    if (r || found.length < OVERLAP_MIN)
        return r;
    *ret = swap ? (struct overlap){ found.length, found.at_b, found.at_a } : found;
    return 0;
}

size_t overlap_prefix(const unsigned char *a, size_t na, const unsigned char *b, size_t nb)
{
    size_t n = na < nb ? na : nb, i = 0;

    while (i < n && a[i] == b[i])
        i++;
    return i;
}

/* shared.c - generators whose state is in memory that processes share: each value is given once, whoever draws.
 *
 * In a copy that memory is its own. So one copy can go on from where another stopped: when only that memory is carried
 * over, and the values are others then, they come from there.
 */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_PAGE 4096
#define LOOKED_AT   ((uint64_t)64 << 20) /* bytes of shared memory that are looked through */
#define PAGES_MOST  4096

struct shared_page {
    uint64_t address;
    uint8_t bytes[SHARED_PAGE];
};

static int add_page(struct draw_stream *s, uint64_t address, const uint8_t *bytes)
{
    if (s->n_pages == PAGES_MOST)
        return -EFBIG;
    if (!(s->n_pages & (s->n_pages - 1))) { /* a power of two: full */
        struct shared_page *grown = realloc(s->pages, (s->n_pages ? s->n_pages * 2 : 1) * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        s->pages = grown;
    }
    s->pages[s->n_pages].address = address;
    memcpy(s->pages[s->n_pages++].bytes, bytes, SHARED_PAGE);
    return 0;
}

int shared_take(const struct worker *w, const struct snapshot *s, struct draw_stream *ret)
{
    uint8_t before[SHARED_PAGE], after[SHARED_PAGE];
    uint64_t looked_at = 0;
    size_t n;
    const struct snapshot_map *maps = snapshot_maps(s, &n);
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        if (maps[i].perms[3] != 's' || maps[i].perms[1] != 'w')
            continue;
        looked_at += maps[i].end - maps[i].start;
        if (looked_at > LOOKED_AT)
            return -EFBIG;
        for (uint64_t at = maps[i].start; !r && at < maps[i].end; at += SHARED_PAGE) {
            if (worker_read(w, at, after, SHARED_PAGE))
                continue;
            if (snapshot_read(s, at, before, SHARED_PAGE) != SHARED_PAGE || memcmp(before, after, SHARED_PAGE) != 0)
                r = add_page(ret, at, after);
        }
    }
    return r;
}

int shared_put(struct worker *w, const struct draw_stream *from)
{
    int r = 0;

    for (size_t i = 0; !r && i < from->n_pages; i++)
        r = worker_write(w, from->pages[i].address, from->pages[i].bytes, SHARED_PAGE);
    return r;
}

int shared_drives(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned *runs)
{
    struct draw_stream first = { 0 }, next = { 0 };
    unsigned n = state_window(g, mode);
    int r = run_stream(d, g, mode, n, NULL, 1, &first);

    *runs += 1;
    if (!r && first.n_pages) {
        *runs += 1;
        r = run_stream(d, g, mode, n, &first, 0, &next);
        /* Only its beginning counts: later both may be anywhere. */
        if (!r)
            r = next.n && first.n && memcmp(next.values, first.values, next.value_size) != 0;
    }
    stream_free(&first);
    stream_free(&next);
    return r;
}

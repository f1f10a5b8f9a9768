/* pages.c - a stopped process's pages into the store: piece by piece, and only what is not there yet. */
#include "harness/look/read.h"
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define N_PIECES    1024 /* what process_vm_readv(2) takes at once */
#define CHUNK_PAGES (CHUNK / PAGE)
#define SETTLED     ((uint64_t)1 << 20) /* fewer new bytes are not worth a huge page */

struct piece {
    uint64_t start, end;
    size_t map;
};
/* What is read at once. */
struct chunk {
    struct piece pieces[N_PIECES];
    size_t n;
    size_t size;
    uint8_t is_missing[CHUNK_PAGES];
};
struct pages {
    struct snapshot *s;
    const struct page_source *from;
    int mem;       /* /proc/PID/mem, -1 */
    int is_by_mem; /* process_vm_readv(2) is refused */
    struct ranges ranges;
    size_t *maps; /* of each range */
    size_t room_maps;
    struct snapshot_patch *patches; /* ascending */
    size_t patch;                   /* the next */
    size_t base;                    /* the next run of it */
    struct extent *own;
    uint64_t most; /* bytes that may have to be kept */
    struct chunk chunk;
};

/* ---- which ---- */

static int name_ranges(struct pages *p, size_t first, size_t map)
{
    if (p->ranges.n > p->room_maps) {
        size_t *bigger = reallocarray(p->maps, p->ranges.room, sizeof *bigger);

        if (!bigger)
            return -ENOMEM;
        p->maps = bigger;
        p->room_maps = p->ranges.room;
    }
    for (size_t i = first; i < p->ranges.n; i++)
        p->maps[i] = map;
    return 0;
}

static int find_in_map(struct pages *p, int pagemap, size_t i)
{
    const struct snapshot_map *map = &p->s->maps[i];
    const struct map *kind = &p->s->kinds[i];
    size_t first = p->ranges.n;
    uint64_t known = map->end;
    int error = 0;

    if (kind->kind == OF_MISSING || kind->kind == OF_EVERYWHERE)
        return 0;
    if (kind->is_read)
        error = ranges_add(&p->ranges, map->start, map->end);
    else if (!kind->is_shared && kind->kind != OF_SPECIAL)
        error = scan_private(pagemap, map->start, map->end, 0, &p->ranges, &known);
    if (!error && known < map->end) { /* too large to look at all of it */
        p->s->kinds[i].kind = OF_MISSING;
        p->s->maps[i].is_complete = 0;
        if (kind->file >= 0)
            store_file_release(p->s->store, kind->file);
        p->ranges.n = first;
    }
    return error ? error : name_ranges(p, first, i);
}

static int find_pages(struct pages *p, uint64_t *ret_bytes)
{
    uint64_t bytes = 0;
    int error = 0, pagemap = look_open(p->from->proc, p->from->pid, p->from->tid, "pagemap", O_RDONLY);

    if (pagemap < 0)
        return pagemap == -ENOENT ? -ESRCH : pagemap;
    for (size_t i = 0; i < p->s->n_maps && !error; i++)
        error = find_in_map(p, pagemap, i);
    close(pagemap);
    for (size_t i = 0; i < p->ranges.n; i++)
        bytes += p->ranges.ranges[i].end - p->ranges.ranges[i].start;
    *ret_bytes = bytes;
    return error;
}

/* ---- reading ---- */

/* What the device of a mapping would do when it is read is not known: only memory and files are read that way. */
static int may_use_mem(const struct pages *p, size_t map)
{
    const struct map *kind = &p->s->kinds[map];

    return p->mem >= 0 && (kind->kind == OF_FILE || (kind->kind == OF_ANONYMOUS && !kind->is_read));
}

static ssize_t read_by_call(struct pages *p, const struct piece *pieces, size_t n, size_t skip, size_t size)
{
    struct iovec local = { p->s->store->buffer + skip, size }, remote[N_PIECES];

    for (size_t i = 0; i < n; i++)
        remote[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].start, pieces[i].end - pieces[i].start };
    return process_vm_readv(p->from->pid, &local, 1, remote, n, 0);
}

/* One page, where more at once did not go. */
static int read_page(struct pages *p, uint64_t address, size_t map, uint8_t *to)
{
    struct iovec local = { to, PAGE }, remote = { (void *)(uintptr_t)address, PAGE };

    if (!p->is_by_mem && process_vm_readv(p->from->pid, &local, 1, &remote, 1, 0) == (ssize_t)PAGE)
        return 0;
    if (may_use_mem(p, map) && pread(p->mem, to, PAGE, (off_t)address) == (ssize_t)PAGE)
        return 0;
    memset(to, 0, PAGE);
    return -EFAULT;
}

static void read_page_by_page(struct pages *p, size_t done)
{
    struct chunk *c = &p->chunk;
    size_t at = 0;

    for (size_t i = 0; i < c->n; i++)
        for (uint64_t a = c->pieces[i].start; a < c->pieces[i].end; a += PAGE, at += PAGE)
            if (at >= done)
                c->is_missing[at / PAGE] = read_page(p, a, c->pieces[i].map, p->s->store->buffer + at) != 0;
}

static int read_chunk(struct pages *p)
{
    struct chunk *c = &p->chunk;
    ssize_t n = 0;

    memset(c->is_missing, 0, sizeof c->is_missing);
    if (!p->is_by_mem)
        n = read_by_call(p, c->pieces, c->n, 0, c->size);
    if (n == (ssize_t)c->size)
        return 0;
    if (n < 0 && errno == ESRCH)
        return -ESRCH;
    if (n < 0 && (errno == EPERM || errno == ENOSYS))
        p->is_by_mem = 1;
    read_page_by_page(p, n > 0 ? (size_t)n / PAGE * PAGE : 0);
    return 0;
}

/* ---- storing ---- */

static int keep_extent(struct snapshot *s, struct extent *e)
{
    for (size_t i = s->n_extents; i-- > 0;)
        if (s->extents[i] == e)
            return 0;
    if (s->n_extents == s->room_extents) {
        size_t room = s->room_extents ? s->room_extents * 2 : 8;
        struct extent **bigger = reallocarray(s->extents, room, sizeof *bigger);

        if (!bigger)
            return -ENOMEM;
        s->extents = bigger;
        s->room_extents = room;
    }
    e->references++;
    s->extents[s->n_extents++] = e;
    return 0;
}

static int add_run(struct snapshot *s, size_t map, uint64_t address, struct extent *e, uint64_t offset)
{
    struct run *last = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;

    if (last && last->end == address && last->extent == e && address != s->maps[map].start &&
        (!e || last->offset + (last->end - last->start) == offset)) {
        last->end += PAGE;
        return 0;
    }
    if (s->n_runs == s->room_runs) {
        size_t room = s->room_runs ? s->room_runs * 2 : 64;
        struct run *bigger = reallocarray(s->runs, room, sizeof *bigger);

        if (!bigger)
            return -ENOMEM;
        s->runs = bigger;
        s->room_runs = room;
    }
    s->runs[s->n_runs++] = (struct run){ address, address + PAGE, e, e ? offset : 0 };
    return e ? keep_extent(s, e) : 0;
}

static void put_back(struct pages *p, uint64_t address, uint8_t *page)
{
    const struct page_source *from = p->from;

    while (p->patch < from->n_patches && p->patches[p->patch].address < address)
        p->patch++;
    for (; p->patch < from->n_patches && p->patches[p->patch].address < address + PAGE; p->patch++)
        page[p->patches[p->patch].address - address] = p->patches[p->patch].byte;
}

/* The run of the base that holds this page; NULL: none does. */
static const struct run *find_base(struct pages *p, uint64_t address)
{
    const struct snapshot *base = p->from->base;

    if (!base || base->store != p->s->store)
        return NULL;
    while (p->base < base->n_runs && base->runs[p->base].end <= address)
        p->base++;
    if (p->base == base->n_runs || base->runs[p->base].start > address || !base->runs[p->base].extent)
        return NULL;
    return &base->runs[p->base];
}

static int is_zero(const uint8_t *page)
{
    return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

/* A page that was read goes to the base's, to nothing, or behind the `*kept` pages of the buffer that are new. */
static int keep_page(struct pages *p, size_t map, uint64_t address, uint8_t *page, size_t *kept)
{
    struct snapshot *s = p->s;
    const struct run *run = find_base(p, address);
    const uint8_t *view = run ? extent_view(s->store, run->extent) : NULL;
    uint64_t offset = run ? run->offset + (address - run->start) : 0;
    uint8_t *to = s->store->buffer + *kept * PAGE;
    int error;

    if (view && !memcmp(view + offset, page, PAGE))
        return add_run(s, map, address, run->extent, offset);
    /* Shared memory is kept whole: what is written to it later is told by which of its pages are a worker's own. */
    if (s->kinds[map].kind == OF_ANONYMOUS && !s->kinds[map].is_shared && is_zero(page))
        return 0;
    if (!p->own && !(p->own = extent_new(s->store, p->most)))
        return -ENOMEM;
    if (to != page)
        memcpy(to, page, PAGE);
    error = add_run(s, map, address, p->own, p->own->size + *kept * PAGE);
    ++*kept;
    return error;
}

static int take_chunk(struct pages *p)
{
    struct chunk *c = &p->chunk;
    size_t at = 0, kept = 0;
    int error = c->n ? read_chunk(p) : 0;

    for (size_t i = 0; i < c->n && !error; i++)
        for (uint64_t a = c->pieces[i].start; a < c->pieces[i].end && !error; a += PAGE, at += PAGE) {
            uint8_t *page = p->s->store->buffer + at;

            put_back(p, a, page);
            if (c->is_missing[at / PAGE])
                error = add_run(p->s, c->pieces[i].map, a, NULL, 0);
            else
                error = keep_page(p, c->pieces[i].map, a, page, &kept);
        }
    if (!error && kept)
        error = extent_append(p->s->store, p->own, p->s->store->buffer, kept * PAGE);
    c->n = c->size = 0;
    return error;
}

static int take_range(struct pages *p, const struct range *r, size_t map)
{
    struct chunk *c = &p->chunk;
    uint64_t start = r->start;
    int error = 0;

    while (!error && start < r->end) {
        uint64_t size = r->end - start < CHUNK - c->size ? r->end - start : CHUNK - c->size;

        c->pieces[c->n++] = (struct piece){ start, start + size, map };
        c->size += size;
        start += size;
        if (c->size == CHUNK || c->n == N_PIECES)
            error = take_chunk(p);
    }
    return error;
}

/* A mapping of which no page could be read is not known at all. */
static void mark_incomplete(struct snapshot *s)
{
    for (size_t i = 0; i < s->n_runs; i++) {
        struct snapshot_map *map = &s->maps[snapshot_find_map(s, s->runs[i].start)];

        if (!s->runs[i].extent && map->start == s->runs[i].start && map->end == s->runs[i].end)
            map->is_complete = 0;
    }
}

static int compare_patches(const void *a, const void *b)
{
    const struct snapshot_patch *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static int sort_patches(struct pages *p)
{
    if (!p->from->n_patches)
        return 0;
    p->patches = calloc(p->from->n_patches, sizeof *p->patches);
    if (!p->patches)
        return -ENOMEM;
    memcpy(p->patches, p->from->patches, p->from->n_patches * sizeof *p->patches);
    qsort(p->patches, p->from->n_patches, sizeof *p->patches, compare_patches);
    return 0;
}

int snapshot_take_pages(struct snapshot *s, const struct page_source *from, uint64_t *ret_bytes)
{
    struct pages *p = calloc(1, sizeof *p);
    int error;

    if (!p)
        return -ENOMEM;
    p->s = s;
    p->from = from;
    p->mem = look_open(from->proc, from->pid, from->tid, "mem", O_RDONLY);
    error = sort_patches(p);
    if (!error)
        error = find_pages(p, ret_bytes);
    if (!error && *ret_bytes > from->max_bytes)
        error = -EFBIG;
    p->most = error ? 0 : *ret_bytes;
    for (size_t i = 0; i < p->ranges.n && !error; i++)
        error = take_range(p, &p->ranges.ranges[i], p->maps[i]);
    if (!error)
        error = take_chunk(p);
    if (!error && p->own && p->own->size < SETTLED)
        error = extent_settle(s->store, p->own);
    if (!error)
        mark_incomplete(s);
    extent_release(s->store, p->own); /* the snapshot has its own reference */
    if (p->mem >= 0)
        close(p->mem);
    free(p->patches);
    free(p->maps);
    free(p->ranges.ranges);
    free(p);
    return error;
}

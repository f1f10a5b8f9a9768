/* watch.c - breakpoints of ours in the memory of one process: where they are, and how they go in and out. Knows no
 * generators. */
#include "harness/random/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define SPOTS_MAX  4096
#define BATCH_SIZE 256 /* bytes that are read by one call */
#define NOP        0x90

struct random_watch *watch_new(void)
{
    struct random_watch *w = calloc(1, sizeof *w);

    if (w)
        w->references = 1;
    return w;
}

struct random_watch *watch_reference(struct random_watch *w)
{
    if (w)
        w->references++;
    return w;
}

void watch_release(struct random_watch *w)
{
    if (!w || --w->references)
        return;
    free(w->spots);
    free(w->waits);
    free(w->seedings);
    free(w->ranges);
    free(w);
}

struct watch_spot *watch_find(const struct random_watch *w, uint64_t address)
{
    for (size_t i = 0; i < w->n_spots; i++)
        if (w->spots[i].address == address)
            return &w->spots[i];
    return NULL;
}

int watch_is_awaited(const struct random_watch *w, uint64_t address)
{
    for (size_t i = 0; i < w->n_waits; i++)
        if (w->waits[i].back == address)
            return 1;
    return 0;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

/* Shared mappings are a file's or another process's too; and what the program may write is its own to change. */
static int is_fixed(const struct look_map *map)
{
    return map->perms[1] != 'w' && map->perms[3] == 'p' && map->ino;
}

int watch_see_code(struct random_watch *w, int proc, pid_t pid, pid_t tid)
{
    struct look_maps maps = { 0 };
    uint64_t hash = 0xcbf29ce484222325u;
    struct watch_range *ranges;
    size_t n = 0;
    int r = look_maps(proc, pid, tid, &maps);

    if (r)
        return r;
    ranges = calloc(maps.n + 1, sizeof *ranges);
    for (size_t i = 0; ranges && i < maps.n; i++) {
        const struct look_map *map = &maps.maps[i];

        if (!is_fixed(map))
            continue;
        ranges[n++] = (struct watch_range){ map->start, map->end, map->perms[2] == 'x' };
        if (map->perms[2] == 'x')
            hash = mix(mix(mix(mix(mix(hash, map->start), map->end), map->offset), map->dev), map->ino);
    }
    look_maps_release(&maps);
    if (!ranges)
        return -ENOMEM;
    free(w->ranges);
    w->ranges = ranges;
    w->n_ranges = n;
    r = w->fingerprint != hash;
    w->fingerprint = hash;
    return r;
}

static const struct watch_range *range_find(const struct random_watch *w, uint64_t address)
{
    for (size_t i = 0; i < w->n_ranges; i++)
        if (address >= w->ranges[i].start && address < w->ranges[i].end)
            return &w->ranges[i];
    return NULL;
}

int watch_is_code(const struct random_watch *w, uint64_t address)
{
    const struct watch_range *range = range_find(w, address);

    return range && range->is_code;
}

int watch_is_constant(const struct random_watch *w, uint64_t address)
{
    return range_find(w, address) != NULL;
}

int watch_spot(struct random_watch *w, const struct subject *s, pid_t tid, uint64_t address, struct watch_spot **ret)
{
    struct watch_spot *spot = watch_find(w, address), *more;
    int is_marker = 0;
    uint8_t byte;

    if (spot) {
        *ret = spot;
        return 0;
    }
    if (w->n_spots == SPOTS_MAX)
        return -E2BIG;
    if (!watch_is_code(w, address) || trace_read(tid, address, &byte, 1) != 1)
        return -EFAULT;
    if (byte == WATCH_INT3) {
        is_marker = probes_find(s->probes, address) != NULL;
        if (!is_marker)
            return -EEXIST;
        byte = NOP;
    }
    more = reallocarray(w->spots, w->n_spots + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    w->spots = more;
    spot = &more[w->n_spots++];
    *spot = (struct watch_spot){ .address = address, .byte = byte, .is_marker = is_marker };
    *ret = spot;
    return 0;
}

int watch_plant(struct watch_spot *spot, pid_t tid)
{
    int r;

    if (spot->is_marker || spot->is_planted)
        return 0;
    r = trace_swap_byte(tid, spot->address, spot->byte, WATCH_INT3);
    spot->is_planted = !r;
    return r;
}

void watch_lift(struct watch_spot *spot, pid_t tid)
{
    /* What the program has written there since, or mapped, is its own. */
    if (spot->is_planted && !spot->is_marker)
        trace_swap_byte(tid, spot->address, WATCH_INT3, spot->byte);
    spot->is_planted = 0;
}

/* The bytes at n addresses, in few calls. An address that cannot be read gives -1. */
static void bytes_read(pid_t tid, const uint64_t *addresses, size_t n, int *ret)
{
    uint8_t bytes[BATCH_SIZE];

    for (size_t i = 0; i < n;) {
        size_t size = n - i < BATCH_SIZE ? n - i : BATCH_SIZE;
        struct iovec local = { bytes, size }, remote[BATCH_SIZE];
        ssize_t got;

        for (size_t j = 0; j < size; j++)
            remote[j] = (struct iovec){ (void *)(uintptr_t)addresses[i + j], 1 };
        got = process_vm_readv(tid, &local, 1, remote, size, 0);
        for (ssize_t j = 0; j < got; j++)
            ret[i++] = bytes[j];
        /* The next one stopped it, or it is refused at all. */
        if (got < (ssize_t)size) {
            ret[i] = trace_read(tid, addresses[i], bytes, 1) == 1 ? bytes[0] : -1;
            i++;
        }
    }
}

static int spots_read(const struct watch_spot *spots, size_t n, pid_t tid, int **ret)
{
    uint64_t *addresses = reallocarray(NULL, n + 1, sizeof *addresses);
    int *bytes = reallocarray(NULL, n + 1, sizeof *bytes);

    if (!addresses || !bytes) {
        free(addresses);
        free(bytes);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        addresses[i] = spots[i].address;
    bytes_read(tid, addresses, n, bytes);
    free(addresses);
    *ret = bytes;
    return 0;
}

/* The copy may have been made between a hit in another thread and our hearing of it: what is there decides. */
static void copy_spots(struct random_watch *w, pid_t tid, const int *bytes, int is_broken)
{
    size_t kept = 0;

    for (size_t i = 0; i < w->n_spots; i++) {
        struct watch_spot spot = w->spots[i];

        spot.is_planted = !spot.is_marker && bytes[i] == WATCH_INT3;
        if (!spot.is_marker && bytes[i] != WATCH_INT3 && bytes[i] != spot.byte)
            continue;
        if (!is_broken && (spot.is_entry || spot.is_function || spot.is_ending || watch_is_awaited(w, spot.address)))
            w->spots[kept++] = spot;
        else
            watch_lift(&spot, tid);
    }
    w->n_spots = kept;
}

static void *copy_array(const void *of, size_t n, size_t size)
{
    void *ret = reallocarray(NULL, n + 1, size);

    if (ret && n)
        memcpy(ret, of, n * size);
    return ret;
}

int watch_copy(const struct random_watch *of, pid_t tid, pid_t parent_tid, int is_broken, struct random_watch **ret)
{
    struct random_watch *w = watch_new();
    int *bytes = NULL, r = -ENOMEM;

    if (!w)
        return r;
    w->spots = copy_array(of->spots, of->n_spots, sizeof *of->spots);
    w->waits = copy_array(of->waits, of->n_waits, sizeof *of->waits);
    w->seedings = copy_array(of->seedings, of->n_seedings, sizeof *of->seedings);
    w->ranges = copy_array(of->ranges, of->n_ranges, sizeof *of->ranges);
    if (!w->spots || !w->waits || !w->seedings || !w->ranges)
        goto fail;
    w->n_spots = of->n_spots;
    w->n_seedings = of->n_seedings;
    w->n_ranges = of->n_ranges;
    w->fingerprint = of->fingerprint;
    w->is_foreign = of->is_foreign;
    w->has_gap = of->has_gap;
    for (size_t i = 0; i < w->n_seedings; i++)
        w->seedings[i].calls = 0;
    for (size_t i = 0; i < of->n_waits; i++)
        if (of->waits[i].tid == parent_tid) {
            w->waits[w->n_waits] = of->waits[i];
            w->waits[w->n_waits++].tid = tid;
        }
    r = spots_read(w->spots, w->n_spots, tid, &bytes);
    if (r)
        goto fail;
    copy_spots(w, tid, bytes, is_broken);
    free(bytes);
    *ret = w;
    return 0;
fail:
    watch_release(w);
    return r;
}

/* Those of marker.c that are armed. */
static int patch_markers(const struct observe *o, const struct subject *s, struct snapshot_patch *patches, size_t *n)
{
    struct look_tasks tasks = { 0 };
    size_t n_probes = s->probes->n;
    struct watch_spot *spots;
    int *bytes = NULL, r = look_tasks(o->proc, s->pid, &tasks);
    pid_t tid = s->pid;

    for (size_t i = 0; !r && i < tasks.n; i++) { /* a leader that has ended has no memory any more */
        uint8_t byte;

        if (trace_read(tasks.tids[i], s->probes->probes[0].address, &byte, 1) == 1) {
            tid = tasks.tids[i];
            break;
        }
    }
    look_tasks_release(&tasks);
    spots = calloc(n_probes, sizeof *spots);
    if (!spots)
        return -ENOMEM;
    for (size_t i = 0; i < n_probes; i++)
        spots[i].address = s->probes->probes[i].address;
    r = spots_read(spots, n_probes, tid, &bytes);
    for (size_t i = 0; !r && i < n_probes; i++)
        if (bytes[i] == WATCH_INT3)
            patches[(*n)++] = (struct snapshot_patch){ spots[i].address, NOP };
    free(spots);
    free(bytes);
    return r;
}

int watch_patches(const struct observe *o, const struct subject *s, struct snapshot_patch **ret, size_t *ret_n)
{
    const struct random_watch *w = s->random ? s->random->watch : NULL;
    size_t n = 0, n_spots = w ? w->n_spots : 0, n_probes = s->probes ? s->probes->n : 0;
    struct snapshot_patch *patches = reallocarray(NULL, n_spots + n_probes + 1, sizeof *patches);
    int r = 0;

    if (!patches)
        return -ENOMEM;
    for (size_t i = 0; i < n_spots; i++)
        if (w->spots[i].is_planted)
            patches[n++] = (struct snapshot_patch){ w->spots[i].address, w->spots[i].byte };
    if (n_probes)
        r = patch_markers(o, s, patches, &n);
    if (r) {
        free(patches);
        return r;
    }
    *ret = patches;
    *ret_n = n;
    return 0;
}

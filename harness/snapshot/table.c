/* table.c - the system calls that make a husk the process of a snapshot: what it has goes, what the snapshot has
 * comes. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* More mappings than the kernel allows (vm.max_map_count): then pages are copied instead of mapped. */
#define MANY_MAPS    30000
#define N_VECTORS    1024
#define SPECIALS_MAX 16

void table_add(struct table *t, uint64_t check, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
               uint64_t f)
{
    if (!t->error && t->n == t->room) {
        size_t room = t->room ? t->room * 2 : 512;
        struct table_entry *bigger = reallocarray(t->entries, room, sizeof *bigger);

        if (bigger) {
            t->entries = bigger;
            t->room = room;
        } else {
            t->error = -ENOMEM;
        }
    }
    if (!t->error && (t->n + 1) * sizeof *t->entries > ENTRIES_SIZE)
        t->error = -E2BIG;
    if (!t->error)
        t->entries[t->n++] = (struct table_entry){ (uint64_t)nr, { a, b, c, d, e, f }, check };
}

uint64_t table_add_data(struct table *t, const void *bytes, size_t size)
{
    size_t at = t->data_size, behind = (at + size + 15) / 16 * 16;

    if (!t->error && behind > t->data_room) {
        size_t room = behind * 2;
        uint8_t *bigger = realloc(t->data, room);

        if (bigger) {
            t->data = bigger;
            t->data_room = room;
        } else {
            t->error = -ENOMEM;
        }
    }
    if (!t->error && behind > DATA_SIZE)
        t->error = -E2BIG;
    if (t->error)
        return 0;
    memcpy(t->data + at, bytes, size);
    memset(t->data + at + size, 0, behind - at - size);
    t->data_size = behind;
    return t->data_at + at;
}

void table_free(struct table *t)
{
    free(t->entries);
    free(t->data);
    *t = (struct table){ 0 };
}

int table_fds(const struct snapshot *s, struct fds *ret)
{
    uint8_t is_used[N_FILES_MAX] = { 0 };
    struct fds fds = { calloc(N_FILES_MAX + 2, sizeof(int)), 0 };

    if (!fds.fds)
        return -ENOMEM;
    fds.fds[fds.n++] = s->store->pages;
    fds.fds[fds.n++] = s->store->husk;
    for (size_t i = 0; i < s->n_maps; i++)
        if (s->kinds[i].kind == OF_FILE && !is_used[s->kinds[i].file]) {
            is_used[s->kinds[i].file] = 1;
            fds.fds[fds.n++] = s->store->files[s->kinds[i].file].fd;
        }
    *ret = fds;
    return 0;
}

/* ---- what goes ---- */

static int is_special(const struct look_map *map)
{
    return !map->ino && !map->dev && (!strcmp(map->path, "[vdso]") || !strncmp(map->path, "[vvar", 5));
}

static void add_unmap(struct table *t, uint64_t start, uint64_t end)
{
    if (start < end)
        table_add(t, TABLE_MUST, SYS_munmap, start, end - start, 0, 0, 0, 0);
}

/* All but our own place, and what only the kernel can make. Both are ascending, and the place is met where it lies. */
static void unmap_all(struct table *t, const struct look_maps *husk, const struct layout *l)
{
    uint64_t from = 0;
    int is_past = 0;

    for (size_t i = 0; i < husk->n; i++) {
        if (!is_special(&husk->maps[i]))
            continue;
        if (!is_past && husk->maps[i].start > l->start) {
            add_unmap(t, from, l->start);
            from = l->end;
            is_past = 1;
        }
        add_unmap(t, from, husk->maps[i].start);
        from = husk->maps[i].end;
    }
    if (!is_past) {
        add_unmap(t, from, l->start);
        from = l->end;
    }
    add_unmap(t, from, USER_END);
}

/* ---- the kernel's own mappings ---- */

static int find_special(const struct snapshot *s, const struct look_maps *husk, size_t map, size_t *ret)
{
    uint64_t size = s->maps[map].end - s->maps[map].start;

    for (size_t i = 0; i < husk->n; i++)
        if (is_special(&husk->maps[i]) && !strcmp(husk->maps[i].path, s->kinds[map].special) &&
            husk->maps[i].end - husk->maps[i].start == size) {
            *ret = i;
            return 0;
        }
    return -ENOEXEC;
}

static void add_move(struct table *t, uint64_t from, uint64_t to, uint64_t size)
{
    table_add(t, to, SYS_mremap, from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to, 0);
}

/* By way of the scratch: where one is to go, another may still be. */
static int move_specials(struct table *t, const struct snapshot *s, const struct look_maps *husk,
                         const struct layout *l, char *why, size_t why_size)
{
    struct {
        uint64_t at, to, size;
    } moves[SPECIALS_MAX];
    uint64_t at = l->scratch;
    size_t n = 0, from;

    for (size_t i = 0; i < s->n_maps; i++) {
        uint64_t size = s->maps[i].end - s->maps[i].start;

        if (s->kinds[i].kind != OF_SPECIAL)
            continue;
        if (n == SPECIALS_MAX || at + size > l->end || find_special(s, husk, i, &from)) {
            snprintf(why, why_size, "its %s is not as this kernel makes it", s->kinds[i].special);
            return -ENOEXEC;
        }
        add_move(t, husk->maps[from].start, at, size);
        moves[n].at = at;
        moves[n].size = size;
        moves[n++].to = s->maps[i].start;
        at += size;
    }
    for (size_t i = 0; i < husk->n; i++)
        if (is_special(&husk->maps[i])) /* what was moved is not there any more */
            add_unmap(t, husk->maps[i].start, husk->maps[i].end);
    for (size_t i = 0; i < n; i++)
        add_move(t, moves[i].at, moves[i].to, moves[i].size);
    return 0;
}

/* ---- what comes ---- */

static int protection(const struct snapshot_map *map)
{
    return (map->perms[0] == 'r' ? PROT_READ : 0) | (map->perms[1] == 'w' ? PROT_WRITE : 0) |
           (map->perms[2] == 'x' ? PROT_EXEC : 0);
}

static void add_map(struct table *t, uint64_t start, uint64_t end, int prot, int flags, int fd, uint64_t offset)
{
    table_add(t, start < 2 ? TABLE_MUST : start, SYS_mmap, start, end - start, (uint64_t)prot,
              (uint64_t)(MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE | flags), (uint64_t)(int64_t)fd, offset);
}

/* A file that was written to since has not the contents that the process saw. What it shares with others changes
 * anyway. */
static int is_changed(const struct snapshot *s, const struct map *kind)
{
    struct stat st;

    if (kind->is_shared)
        return 0;
    return fstat(s->store->files[kind->file].fd, &st) || (uint64_t)st.st_size != kind->size_of_file ||
           st.st_mtim.tv_sec != kind->changed.tv_sec || st.st_mtim.tv_nsec != kind->changed.tv_nsec;
}

/* Reads stored pages into memory that is there: one call for runs that follow each other in the store. */
static void copy_runs(struct table *t, const struct snapshot *s, size_t first, size_t behind)
{
    struct iovec vectors[N_VECTORS];

    while (first < behind) {
        const struct run *r = &s->runs[first];
        uint64_t offset, size = 0;
        size_t n = 0;

        if (!r->extent) {
            add_map(t, r->start, r->end, PROT_NONE, MAP_ANONYMOUS, -1, 0);
            first++;
            continue;
        }
        offset = r->extent->offset + r->offset;
        for (; first < behind && n < N_VECTORS && s->runs[first].extent &&
               s->runs[first].extent->offset + s->runs[first].offset == offset + size;
             first++) {
            uint64_t length = s->runs[first].end - s->runs[first].start;

            vectors[n++] = (struct iovec){ (void *)(uintptr_t)s->runs[first].start, length };
            size += length;
        }
        table_add(t, size, SYS_preadv, (uint64_t)s->store->pages, table_add_data(t, vectors, n * sizeof *vectors), n,
                  offset, 0, 0);
    }
}

static void map_runs(struct table *t, const struct snapshot *s, size_t first, size_t behind, int prot)
{
    for (; first < behind; first++) {
        const struct run *r = &s->runs[first];

        if (r->extent)
            add_map(t, r->start, r->end, prot, 0, s->store->pages, r->extent->offset + r->offset);
        else
            add_map(t, r->start, r->end, PROT_NONE, MAP_ANONYMOUS, -1, 0);
    }
}

/* Which pages of shared memory are a worker's own says what it wrote: those are mapped always. A stack is copied
 * always, for it grows only where no file is mapped. */
static void add_contents(struct table *t, const struct snapshot *s, size_t i, size_t first, size_t behind, int is_many)
{
    const struct snapshot_map *map = &s->maps[i];
    const struct map *kind = &s->kinds[i];
    int prot = protection(map), is_copied = (is_many && !kind->is_shared) || kind->is_stack;
    int first_prot = is_copied && first < behind ? PROT_READ | PROT_WRITE : prot;

    if (kind->kind == OF_MISSING)
        add_map(t, map->start, map->end, PROT_NONE, MAP_ANONYMOUS, -1, 0);
    else if (kind->kind == OF_FILE && is_changed(s, kind))
        add_map(t, map->start, map->end, first_prot = PROT_NONE, MAP_ANONYMOUS, -1, 0), is_copied = 0;
    else if (kind->kind == OF_FILE)
        add_map(t, map->start, map->end, first_prot, 0, s->store->files[kind->file].fd, map->offset);
    else
        add_map(t, map->start, map->end, first_prot, MAP_ANONYMOUS | (kind->is_stack ? MAP_GROWSDOWN : 0), -1, 0);
    if (!is_copied) {
        map_runs(t, s, first, behind, prot);
        return;
    }
    copy_runs(t, s, first, behind);
    if (first_prot != prot)
        table_add(t, TABLE_MUST, SYS_mprotect, map->start, map->end - map->start, (uint64_t)prot, 0, 0, 0);
}

/* Where brk(2) goes on, if the kernel lets us say so. */
static void add_heap(struct table *t, uint64_t start, uint64_t end)
{
    struct {
        uint64_t code[2], data[2], brk[2], stack, arguments[2], environment[2], auxv;
        uint32_t auxv_size, exe;
    } map = { .code = { 0x10000, 0x11000 },
              .data = { 0x10000, 0x11000 },
              .brk = { start, end },
              .stack = 0x10000,
              .arguments = { 0x10000, 0x10000 },
              .environment = { 0x10000, 0x10000 },
              .exe = UINT32_MAX };

    table_add(t, TABLE_MAY, SYS_prctl, 35 /* PR_SET_MM */, 14 /* PR_SET_MM_MAP */, table_add_data(t, &map, sizeof map),
              sizeof map, 0, 0);
}

int table_build(const struct snapshot *s, const struct look_maps *husk, const struct layout *l, struct table *ret,
                char *why, size_t why_size)
{
    struct table t = { .data_at = l->data };
    size_t run = 0;
    int error;

    unmap_all(&t, husk, l);
    error = move_specials(&t, s, husk, l, why, why_size);
    for (size_t i = 0; i < s->n_maps && !error; i++) {
        size_t first = run;

        while (run < s->n_runs && s->runs[run].start < s->maps[i].end)
            run++;
        if (s->kinds[i].kind != OF_SPECIAL && s->kinds[i].kind != OF_EVERYWHERE)
            add_contents(&t, s, i, first, run, s->n_maps + 2 * s->n_runs > MANY_MAPS);
        if (s->kinds[i].is_heap)
            add_heap(&t, s->maps[i].start, s->maps[i].end);
    }
    if (!error && t.error) {
        error = t.error;
        snprintf(why, why_size, "it has too many mappings: %s", strerror(-error));
    }
    if (error)
        table_free(&t);
    else
        *ret = t;
    return error;
}

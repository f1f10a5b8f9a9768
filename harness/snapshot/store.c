/* store.c - where the pages and mapped files of all snapshots are kept: an unlinked memory file, and descriptors. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define HUGE ((size_t)2 << 20)

int snapshot_store_new(uint64_t limit, struct snapshot_store **ret)
{
    struct snapshot_store *s = calloc(1, sizeof *s);
    int error;

    if (!s)
        return -ENOMEM;
    *s = (struct snapshot_store){ .proc = -1, .pages = -1, .husk = -1, .limit = limit };
    s->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->proc >= 0)
        s->pages = memfd_create("forkaudit-pages", MFD_CLOEXEC);
    if (s->pages < 0) {
        error = -errno;
        goto out;
    }
    error = -ENOMEM;
    s->buffer = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (s->buffer == MAP_FAILED) {
        s->buffer = NULL;
        goto out;
    }
    *ret = s;
    return 0;
out:
    snapshot_store_free(s);
    return error;
}

void snapshot_store_free(struct snapshot_store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_files; i++)
        if (s->files[i].fd >= 0)
            close(s->files[i].fd);
    if (s->buffer)
        munmap(s->buffer, CHUNK);
    if (s->husk >= 0)
        close(s->husk);
    if (s->pages >= 0)
        close(s->pages);
    if (s->proc >= 0)
        close(s->proc);
    free(s);
}

uint64_t snapshot_store_used(const struct snapshot_store *s)
{
    return s->used;
}

/* Memory in huge pages: to fill it costs a fifth of what the memory file costs, while a process stands still. NULL:
 * there are none. */
static uint8_t *map_huge(size_t size)
{
    uint8_t *all = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *at = (uint8_t *)(((uintptr_t)all + HUGE - 1) / HUGE * HUGE);
    unsigned char is_there = 0;

    if (all == MAP_FAILED)
        return NULL;
    if (at > all)
        munmap(all, (size_t)(at - all));
    if (at + size < all + size + HUGE)
        munmap(at + size, (size_t)(all + HUGE - at));
    if (!madvise(at, size, MADV_HUGEPAGE)) {
        *(volatile uint8_t *)at = 0;
        if (mincore(at + HUGE - PAGE, PAGE, &is_there))
            is_there = 0;
    }
    if (is_there & 1)
        return at;
    munmap(at, size);
    return NULL;
}

struct extent *extent_new(struct snapshot_store *s, uint64_t most)
{
    struct extent *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    *e = (struct extent){ .references = 1, .offset = s->end };
    if (most >= HUGE && most <= s->limit) {
        e->fresh_size = (most + HUGE - 1) / HUGE * HUGE;
        e->fresh = map_huge(e->fresh_size);
    }
    return e;
}

/* A write behind the tool's own limit of file sizes would be answered by a signal. */
static int is_above_limit(uint64_t end)
{
    struct rlimit limit;

    return !getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY && end > limit.rlim_cur;
}

static int write_pages(struct snapshot_store *s, const uint8_t *pages, size_t n, uint64_t offset)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = pwrite(s->pages, pages + done, n - done, (off_t)(offset + done));

        if (r < 0 && errno != EINTR)
            return errno == EFBIG || errno == ENOMEM ? -ENOSPC : -errno;
        if (r > 0)
            done += r;
    }
    return 0;
}

int extent_append(struct snapshot_store *s, struct extent *e, const void *pages, size_t n)
{
    int error = 0;

    if (n > s->limit || s->used > s->limit - n || is_above_limit(s->end + n))
        return -ENOSPC;
    if (e->fresh)
        memcpy(e->fresh + e->size, pages, n);
    else
        error = write_pages(s, pages, n, s->end);
    if (error)
        return error;
    e->size += n;
    s->end += n;
    s->used += n;
    return 0;
}

int extent_settle(struct snapshot_store *s, struct extent *e)
{
    int error = e->fresh ? write_pages(s, e->fresh, e->size, e->offset) : 0;

    if (e->fresh && !error) {
        munmap(e->fresh, e->fresh_size);
        e->fresh = NULL;
    }
    return error;
}

void extent_release(struct snapshot_store *s, struct extent *e)
{
    if (!e || --e->references)
        return;
    if (e->mapped)
        munmap((void *)(uintptr_t)e->mapped, e->size);
    if (e->fresh)
        munmap(e->fresh, e->fresh_size);
    else if (e->size)
        fallocate(s->pages, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)e->offset, (off_t)e->size);
    s->used -= e->size;
    free(e);
}

const uint8_t *extent_view(struct snapshot_store *s, struct extent *e)
{
    if (e->fresh)
        return e->fresh;
    if (!e->mapped) {
        void *at = mmap(NULL, e->size, PROT_READ, MAP_SHARED, s->pages, (off_t)e->offset);

        e->mapped = at == MAP_FAILED ? NULL : at;
    }
    return e->mapped;
}

/* A place for one file more: at the end, or that of one that nobody maps. -EMFILE: none. */
static int file_place(struct snapshot_store *s)
{
    if (s->n_files < N_FILES_MAX) {
        s->files[s->n_files].fd = -1;
        return (int)s->n_files++;
    }
    for (size_t i = 0; i < s->n_files; i++)
        if (!s->files[i].references) {
            if (s->files[i].fd >= 0)
                close(s->files[i].fd);
            s->files[i].fd = -1;
            return (int)i;
        }
    return -EMFILE;
}

int store_file(struct snapshot_store *s, int proc, pid_t pid, pid_t tid, const struct look_map *map)
{
    int at, fd;

    /* While it is held, its number is given to no other file. */
    for (size_t i = 0; i < s->n_files; i++)
        if (s->files[i].fd >= 0 && s->files[i].ino == map->ino && s->files[i].dev == map->dev) {
            s->files[i].references++;
            return (int)i;
        }
    fd = look_map_open(proc, pid, tid, map);
    if (fd < 0)
        return fd;
    at = file_place(s);
    if (at < 0)
        close(fd);
    else
        s->files[at] = (struct stored_file){ .references = 1, .dev = map->dev, .ino = map->ino, .fd = fd };
    return at;
}

void store_file_release(struct snapshot_store *s, int file)
{
    s->files[file].references--;
}

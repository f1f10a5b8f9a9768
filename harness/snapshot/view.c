/* view.c - what a snapshot says: its mappings, its registers, its memory. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct snapshot *snapshot_reference(struct snapshot *s)
{
    s->references++;
    return s;
}

void snapshot_release(struct snapshot *s)
{
    if (!s || --s->references)
        return;
    for (size_t i = 0; i < s->n_maps; i++)
        if (s->kinds[i].kind == OF_FILE)
            store_file_release(s->store, s->kinds[i].file);
    for (size_t i = 0; i < s->n_extents; i++)
        extent_release(s->store, s->extents[i]);
    free(s->maps);
    free(s->kinds);
    free(s->runs);
    free(s->extents);
    free(s->xstate);
    free(s);
}

int64_t snapshot_held_ns(const struct snapshot *s)
{
    return s->held_ns;
}

uint64_t snapshot_bytes(const struct snapshot *s)
{
    return s->bytes;
}

const struct snapshot_map *snapshot_maps(const struct snapshot *s, size_t *ret_n)
{
    *ret_n = s->n_maps;
    return s->maps;
}

const struct user_regs_struct *snapshot_registers(const struct snapshot *s)
{
    return &s->registers;
}

size_t snapshot_find_run(const struct snapshot *s, uint64_t address)
{
    size_t low = 0, high = s->n_runs;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->runs[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t snapshot_find_map(const struct snapshot *s, uint64_t address)
{
    size_t low = 0, high = s->n_maps;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->maps[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* As a mapping shows it: zeros behind the end of the file up to that of its last page, then nothing. */
static ssize_t read_file(const struct snapshot *s, size_t map, uint64_t address, void *buffer, size_t size)
{
    uint64_t at = s->maps[map].offset + (address - s->maps[map].start), end;
    size_t done = 0;
    struct stat st;
    int fd = s->store->files[s->kinds[map].file].fd;

    if (fstat(fd, &st))
        return -errno;
    end = ((uint64_t)st.st_size + PAGE - 1) / PAGE * PAGE;
    if (at >= end)
        return 0;
    if (size > end - at)
        size = end - at;
    while (done < size) {
        ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)(at + done));

        if (n < 0 && errno != EINTR)
            return done;
        if (!n) {
            memset((char *)buffer + done, 0, size - done);
            return size;
        }
        if (n > 0)
            done += n;
    }
    return done;
}

/* What lies at `address` up to the end of a run, the beginning of the next or the end of the mapping. */
static ssize_t read_piece(const struct snapshot *s, size_t map, uint64_t address, void *buffer, size_t size)
{
    const struct map *kind = &s->kinds[map];
    size_t i = snapshot_find_run(s, address);
    const struct run *run = i < s->n_runs ? &s->runs[i] : NULL;
    uint64_t end = s->maps[map].end;

    if (run && run->start <= address) {
        const uint8_t *view = run->extent ? extent_view(s->store, run->extent) : NULL;

        if (!view)
            return 0;
        if (size > run->end - address)
            size = run->end - address;
        memcpy(buffer, view + run->offset + (address - run->start), size);
        return size;
    }
    if (run && run->start < end)
        end = run->start;
    if (size > end - address)
        size = end - address;
    if (s->maps[map].perms[0] != 'r')
        return 0;
    if (kind->kind == OF_FILE)
        return read_file(s, map, address, buffer, size);
    if (kind->kind != OF_ANONYMOUS)
        return 0;
    memset(buffer, 0, size);
    return size;
}

ssize_t snapshot_read(const struct snapshot *s, uint64_t address, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t map = snapshot_find_map(s, address + done);
        ssize_t n;

        if (map == s->n_maps || s->maps[map].start > address + done)
            break;
        n = read_piece(s, map, address + done, (char *)buffer + done, size - done);
        if (n <= 0)
            break;
        done += n;
    }
    return done;
}

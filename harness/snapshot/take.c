/* take.c - a snapshot of a stopped process: it is only read. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int snapshot_take(struct snapshot_store *store, int proc, pid_t pid, pid_t tid, const struct snapshot *base,
                  const struct snapshot_patch *patches, size_t n_patches, uint64_t max_bytes, struct snapshot **ret,
                  uint64_t *ret_bytes)
{
    struct page_source from = { proc, pid, tid, base, patches, n_patches, max_bytes };
    struct user_regs_struct still;
    int64_t begin = clock_ns();
    struct snapshot *s = calloc(1, sizeof *s);
    uint64_t bytes = 0;
    int error;

    if (!s)
        return -ENOMEM;
    s->references = 1;
    s->store = store;
    error = registers_take(s, tid);
    if (!error)
        error = snapshot_take_maps(s, proc, pid, tid);
    if (!error)
        error = snapshot_take_pages(s, &from, &bytes);
    if (ret_bytes && (!error || error == -EFBIG))
        *ret_bytes = bytes;
    /* Killed meanwhile, it may have looked as if some of its memory could not be read. */
    if (!error)
        error = registers_get(tid, &still);
    if (error) {
        snapshot_release(s);
        return error;
    }
    s->bytes = bytes;
    s->held_ns = clock_ns() - begin;
    *ret = s;
    return 0;
}

/* scan.c - which pages are a process's own: written to, or given to it without a file, in memory or swapped out. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ioctl_pagemap_scan(2), of kernel 6.7: passes over what is not there, a terabyte costs nothing. */
struct page_region {
    uint64_t start, end, categories;
};
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL    _IOWR('f', 16, struct pm_scan_arg)
#define SCAN_FILE     ((uint64_t)1 << 2)
#define SCAN_PRESENT  ((uint64_t)1 << 3)
#define SCAN_SWAPPED  ((uint64_t)1 << 4)
#define SCAN_PFN_ZERO ((uint64_t)1 << 5)
#define SCAN_BATCH    512

/* An entry of /proc/PID/pagemap. The page of zeros looks as if it were the process's own. */
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_SWAPPED ((uint64_t)1 << 62)
#define ENTRY_FILE    ((uint64_t)1 << 61)
#define ENTRY_BATCH   8192
#define OLD_MAX       ((uint64_t)256 << 30) /* bytes of one mapping that are looked at: half a second */

int scan_is_old;

int ranges_add(struct ranges *r, uint64_t start, uint64_t end)
{
    if (r->n == r->room) {
        size_t room = r->room ? r->room * 2 : 64;
        struct range *bigger = reallocarray(r->ranges, room, sizeof *bigger);

        if (!bigger)
            return -ENOMEM;
        r->ranges = bigger;
        r->room = room;
    }
    r->ranges[r->n++] = (struct range){ start, end };
    return 0;
}

/* The same, grown together with the one before; `first` is the first of this scan. */
static int add_near(struct ranges *r, size_t first, uint64_t start, uint64_t end)
{
    if (r->n > first && r->ranges[r->n - 1].end == start) {
        r->ranges[r->n - 1].end = end;
        return 0;
    }
    return ranges_add(r, start, end);
}

static int scan_new(int pagemap, uint64_t start, uint64_t end, size_t most, struct ranges *ret)
{
    struct page_region regions[SCAN_BATCH] = { { 0 } }; /* valgrind does not know that the kernel fills it */
    struct pm_scan_arg arg = { .size = sizeof arg,
                               .start = start,
                               .end = end,
                               .vec = (uintptr_t)regions,
                               .vec_len = most && most < SCAN_BATCH ? most : SCAN_BATCH,
                               .category_inverted = SCAN_FILE | SCAN_PFN_ZERO,
                               .category_mask = SCAN_FILE | SCAN_PFN_ZERO,
                               .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
                               .return_mask = SCAN_PRESENT };
    size_t first = ret->n;
    int error = 0;

    while (!error && arg.start < end) {
        int n = ioctl(pagemap, SCAN_IOCTL, &arg);

        if (n < 0)
            return errno == EINTR ? -EAGAIN : -errno;
        for (int i = 0; i < n && !error; i++)
            error = add_near(ret, first, regions[i].start, regions[i].end);
        if (most && ret->n - first >= most)
            break;
        if (arg.walk_end <= arg.start)
            return -EIO;
        arg.start = arg.walk_end;
    }
    return error;
}

static int scan_old(int pagemap, uint64_t start, uint64_t end, size_t most, struct ranges *ret, uint64_t *ret_unknown)
{
    static uint64_t entries[ENTRY_BATCH];
    uint64_t stop = end - start > OLD_MAX ? start + OLD_MAX : end;
    size_t first = ret->n;
    int error = 0;

    while (!error && start < stop) {
        size_t want = (stop - start) / PAGE < ENTRY_BATCH ? (stop - start) / PAGE : ENTRY_BATCH;
        ssize_t n = pread(pagemap, entries, want * sizeof *entries, (off_t)(start / PAGE * sizeof *entries));

        if (n < 0)
            return -errno;
        n /= sizeof *entries;
        if (!n)
            break;
        for (ssize_t i = 0; i < n && !error; i++)
            if (entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED) && !(entries[i] & ENTRY_FILE))
                error = add_near(ret, first, start + i * PAGE, start + (i + 1) * PAGE);
        if (most && ret->n - first >= most)
            return error;
        start += n * PAGE;
    }
    *ret_unknown = start;
    return error;
}

int scan_private(int pagemap, uint64_t start, uint64_t end, size_t most, struct ranges *ret, uint64_t *ret_unknown)
{
    size_t n = ret->n;
    int error;

    *ret_unknown = end;
    if (!scan_is_old) {
        do {
            ret->n = n;
            error = scan_new(pagemap, start, end, most, ret);
        } while (error == -EAGAIN);
        if (error != -ENOTTY && error != -EINVAL && error != -EOPNOTSUPP)
            return error;
        ret->n = n;
        if (error == -ENOTTY)
            scan_is_old = 1; /* the kernel does not know it */
    }
    return scan_old(pagemap, start, end, most, ret, ret_unknown);
}

/* layout.c - a free place in an address space for our code, its table, and the room of the workers. */
#include "harness/snapshot/internal.h"

#include <errno.h>

/* Ordinary programs have nothing there, so that the place is the same in all of them. */
#define PREFERRED ((uint64_t)0x200000000000)
#define LOWEST    ((uint64_t)1 << 28)
#define ALIGNMENT ((uint64_t)2 << 20)
#define GUARD     ((uint64_t)2 << 20) /* around it: a stack may grow */

static uint64_t align_up(uint64_t address)
{
    return (address + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The first mapping of the two lists that ends behind `start` and begins before `end`: where it ends. 0: none. */
static uint64_t find_obstacle(const struct snapshot *s, const struct look_maps *husk, uint64_t start, uint64_t end)
{
    size_t i = snapshot_find_map(s, start);

    if (i < s->n_maps && s->maps[i].start < end)
        return s->maps[i].end;
    for (i = 0; i < husk->n; i++)
        if (husk->maps[i].end > start && husk->maps[i].start < end)
            return husk->maps[i].end;
    return 0;
}

static uint64_t find_from(const struct snapshot *s, const struct look_maps *husk, uint64_t start, uint64_t end)
{
    uint64_t behind;

    while (start + LAYOUT_SIZE + 2 * GUARD <= end) {
        behind = find_obstacle(s, husk, start, start + LAYOUT_SIZE + 2 * GUARD);
        if (!behind)
            return start + GUARD;
        start = align_up(behind);
    }
    return 0;
}

int layout_choose(const struct snapshot *s, const struct look_maps *husk, struct layout *ret)
{
    uint64_t at = find_from(s, husk, PREFERRED, USER_END);

    if (!at)
        at = find_from(s, husk, LOWEST, PREFERRED);
    if (!at)
        return -ENOMEM;
    *ret = (struct layout){ .start = at,
                            .code = at + ALIGNMENT - PAGE,
                            .room = at + ALIGNMENT,
                            .table = at + ALIGNMENT + ROOM_SIZE,
                            .data = at + ALIGNMENT + ROOM_SIZE + ENTRIES_SIZE,
                            .scratch = at + ALIGNMENT + ROOM_SIZE + ENTRIES_SIZE + DATA_SIZE,
                            .end = at + LAYOUT_SIZE };
    return 0;
}

/* id_map.c - /proc/PID/task/TID/uid_map and gid_map: which ids of a user namespace are which outside (user_namespaces(7)). */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 33 /* "%10u %10u %10u\n" */

static int ranges_meet(uint32_t a, uint32_t b, const struct look_id_range *x, const struct look_id_range *y)
{
    return (uint64_t)a < (uint64_t)b + y->length && (uint64_t)b < (uint64_t)a + x->length;
}

/* The kernel lets neither side of a map overlap. */
static int is_possible(const struct look_id_map *map, const struct look_id_range *range)
{
    if (!range->length || (uint64_t)range->inside + range->length > UINT32_MAX)
        return 0;
    if (range->outside != LOOK_ID_NONE && (uint64_t)range->outside + range->length > UINT32_MAX)
        return 0;
    for (size_t i = 0; i < map->n; i++) {
        const struct look_id_range *other = &map->ranges[i];

        if (ranges_meet(range->inside, other->inside, range, other))
            return 0;
        if (range->outside != LOOK_ID_NONE && other->outside != LOOK_ID_NONE &&
            ranges_meet(range->outside, other->outside, range, other))
            return 0;
    }
    return 1;
}

static int take_range(const char *line, struct look_id_range *ret)
{
    uint64_t numbers[3];

    for (int i = 0; i < 3; i++) {
        look_take_blanks(&line);
        if (look_take_unsigned(&line, 10, UINT32_MAX, &numbers[i]) || (*line && *line != ' ' && *line != '\t'))
            return -EBADMSG;
    }
    look_take_blanks(&line);
    *ret = (struct look_id_range){ (uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2] };
    return *line ? -EBADMSG : 0;
}

static int take_ranges(char *rest, struct look_id_map *ret)
{
    struct look_id_map map = { .n = 0 };
    struct look_id_range range;
    char *line;

    while ((line = look_take_line(&rest))) {
        if (map.n == LOOK_ID_RANGES || take_range(line, &range) || !is_possible(&map, &range))
            return -EBADMSG;
        map.ranges[map.n++] = range;
    }
    *ret = map;
    return 0;
}

int look_id_map_at(int dir, const char *path, struct look_id_map *ret)
{
    struct look_text text;
    int error = look_read_lines_at(dir, path, LOOK_ID_RANGES * LINE_SIZE, &text);

    if (error)
        return error;
    error = take_ranges(text.bytes, ret);
    free(text.bytes);
    return error;
}

int look_id_map(int proc, pid_t pid, pid_t tid, const char *kind, struct look_id_map *ret)
{
    char path[128];

    if (pid <= 0 || tid <= 0 || (strcmp(kind, "uid") != 0 && strcmp(kind, "gid") != 0))
        return -EINVAL;
    snprintf(path, sizeof path, "%d/task/%d/%s_map", pid, tid, kind);
    return look_id_map_at(proc, path, ret);
}

int look_id_map_inside(const struct look_id_map *map, uint32_t outside, uint32_t *ret)
{
    for (size_t i = 0; outside != LOOK_ID_NONE && i < map->n; i++) {
        const struct look_id_range *r = &map->ranges[i];

        if (r->outside == LOOK_ID_NONE || outside < r->outside || outside - r->outside >= r->length)
            continue;
        *ret = r->inside + (outside - r->outside);
        return 0;
    }
    return -ENOENT;
}

int look_id_map_outside(const struct look_id_map *map, uint32_t inside, uint32_t *ret)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct look_id_range *r = &map->ranges[i];

        if (inside < r->inside || inside - r->inside >= r->length)
            continue;
        if (r->outside == LOOK_ID_NONE)
            break;
        *ret = r->outside + (inside - r->inside);
        return 0;
    }
    return -ENOENT;
}

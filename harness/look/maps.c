/* maps.c - /proc/PID/task/TID/maps: the mappings of an address space. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MAPS_MAX ((size_t)256 << 20) /* a million mappings with long paths */

static int take_perms(const char **p, char perms[5])
{
    static const char *const allowed[4] = { "r-", "w-", "x-", "ps" };

    for (int i = 0; i < 4; i++) {
        if (!**p || !strchr(allowed[i], **p))
            return -EBADMSG;
        perms[i] = *(*p)++;
    }
    perms[4] = '\0';
    return look_take_char(p, ' ');
}

static int parse_line(const char *p, struct look_map *ret)
{
    struct look_map map = { .path = NULL };
    uint64_t major, minor;

    if (look_take_unsigned(&p, 16, UINT64_MAX, &map.start) || look_take_char(&p, '-') ||
        look_take_unsigned(&p, 16, UINT64_MAX, &map.end) || look_take_char(&p, ' ') || map.end < map.start ||
        take_perms(&p, map.perms) || look_take_unsigned(&p, 16, UINT64_MAX, &map.offset) || look_take_char(&p, ' ') ||
        look_take_unsigned(&p, 16, UINT32_MAX, &major) || look_take_char(&p, ':') ||
        look_take_unsigned(&p, 16, UINT32_MAX, &minor) || look_take_char(&p, ' ') ||
        look_take_unsigned(&p, 10, UINT64_MAX, &map.ino))
        return -EBADMSG;
    if (*p && *p != ' ')
        return -EBADMSG;
    map.dev = makedev((unsigned)major, (unsigned)minor);
    /* The kernel writes a newline in a path as \012, so that one line stays one mapping. */
    look_take_blanks(&p);
    map.path = strdup(p);
    if (!map.path)
        return -ENOMEM;
    *ret = map;
    return 0;
}

int look_maps(int proc, pid_t pid, pid_t tid, struct look_maps *ret)
{
    struct look_maps maps = { 0 };
    struct look_text text;
    void *array = NULL;
    size_t room = 0;
    char *rest, *line;
    int error = look_read_lines(proc, pid, tid, "maps", MAPS_MAX, &text);

    if (error)
        return error;
    rest = text.bytes;
    while (!error && (line = look_take_line(&rest))) {
        error = look_grow(&array, maps.n, &room, sizeof *maps.maps);
        maps.maps = array;
        if (!error)
            error = parse_line(line, &maps.maps[maps.n]);
        if (!error)
            maps.n++;
    }
    free(text.bytes);
    if (error)
        look_maps_release(&maps);
    else
        *ret = maps;
    return error;
}

void look_maps_release(struct look_maps *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->maps[i].path);
    free(m->maps);
    *m = (struct look_maps){ 0 };
}

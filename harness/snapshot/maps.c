/* maps.c - of what kind each mapping is: how its contents are known, and how it is made again. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define HUGE_PAGE    ((uint64_t)2 << 20)
#define HUGETLBFS    0x958458f6
#define READ_ONE_MAX ((uint64_t)16 << 20) /* of one mapping whose file cannot be opened */
#define READ_ALL_MAX ((uint64_t)64 << 20) /* of all of them */

/* A private mapping of /dev/zero is memory without a file, whatever maps(5) calls it. */
static int is_zero_device(int proc, pid_t pid, pid_t tid, const struct look_map *map)
{
    char path[96];
    struct stat st;

    if (strcmp(map->path, "/dev/zero") != 0)
        return 0;
    snprintf(path, sizeof path, "%d/task/%d/%s", (int)pid, (int)tid, "root/dev/zero");
    return !fstatat(proc, path, &st, 0) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 5) && st.st_ino == map->ino;
}

/* Its pages come from a pool that is small: such a mapping is made of ordinary ones. */
static int is_huge(int fd, const struct look_map *map)
{
    struct statfs fs;

    return !((map->start | map->end | map->offset) % HUGE_PAGE) && !fstatfs(fd, &fs) && fs.f_type == HUGETLBFS;
}

/* What has no file: the program's own memory, or something that the kernel put there. */
static void classify_nameless(const struct look_map *map, struct map *ret)
{
    ret->is_heap = !strcmp(map->path, "[heap]");
    if (!map->path[0] || ret->is_heap || !strncmp(map->path, "[anon:", 6))
        return;
    ret->is_stack = !strncmp(map->path, "[stack", 6);
    if (ret->is_stack)
        return;
    if (!strcmp(map->path, "[vsyscall]")) {
        ret->kind = OF_EVERYWHERE;
    } else if (!strcmp(map->path, "[vdso]") || !strncmp(map->path, "[vvar", 5)) {
        ret->kind = strlen(map->path) < sizeof ret->special ? OF_SPECIAL : OF_MISSING;
        snprintf(ret->special, sizeof ret->special, "%s", map->path);
        ret->is_read = ret->special[2] == 'd';
    } else {
        ret->is_read = 1;
    }
}

static void classify_file(struct snapshot *s, int proc, pid_t pid, pid_t tid, const struct look_map *map,
                          struct map *ret)
{
    int file = store_file(s->store, proc, pid, tid, map);
    struct stat st;

    if (file >= 0 && (is_huge(s->store->files[file].fd, map) || fstat(s->store->files[file].fd, &st))) {
        store_file_release(s->store, file);
        file = -EINVAL;
        /* Where nobody else can write, what was not touched is zero. */
        if (!ret->is_shared && !strncmp(map->path, "/anon_hugepage", 14))
            return;
    }
    if (file < 0) {
        ret->is_read = ret->is_shared || !is_zero_device(proc, pid, tid, map);
        return;
    }
    ret->kind = OF_FILE;
    ret->file = file;
    ret->size_of_file = st.st_size;
    ret->changed = st.st_mtim;
}

static void classify(struct snapshot *s, int proc, pid_t pid, pid_t tid, const struct look_map *map, uint64_t *left,
                     struct map *ret)
{
    *ret = (struct map){ .kind = OF_ANONYMOUS, .file = -1, .is_shared = map->perms[3] == 's' };
    if (!map->ino && !map->dev)
        classify_nameless(map, ret);
    else
        classify_file(s, proc, pid, tid, map, ret);
    if (!ret->is_read)
        return;
    if (map->end - map->start > READ_ONE_MAX || map->end - map->start > *left)
        *ret = (struct map){ .kind = OF_MISSING, .file = -1, .is_shared = ret->is_shared };
    else
        *left -= map->end - map->start;
}

int snapshot_take_maps(struct snapshot *s, int proc, pid_t pid, pid_t tid)
{
    struct look_maps maps;
    uint64_t left = READ_ALL_MAX;
    int error = look_maps(proc, pid, tid, &maps);

    if (error)
        return error == -ENOENT ? -ESRCH : error;
    s->maps = calloc(maps.n + 1, sizeof *s->maps);
    s->kinds = calloc(maps.n + 1, sizeof *s->kinds);
    if (!s->maps || !s->kinds)
        error = -ENOMEM;
    for (size_t i = 0; i < maps.n && !error; i++) {
        const struct look_map *m = &maps.maps[i];

        s->maps[i] = (struct snapshot_map){ m->start, m->end, m->offset, m->dev, m->ino, { 0 }, 1 };
        memcpy(s->maps[i].perms, m->perms, sizeof m->perms);
        classify(s, proc, pid, tid, m, &left, &s->kinds[i]);
        s->maps[i].is_complete = s->kinds[i].kind != OF_MISSING;
        s->n_maps++;
    }
    /* A task that has given up its memory has no mappings. */
    if (!error && !maps.n)
        error = -ESRCH;
    look_maps_release(&maps);
    return error;
}

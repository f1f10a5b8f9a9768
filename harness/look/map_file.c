/* map_file.c - the very file behind a mapping: found by its identity, for paths and what lies there are the
 * target's. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_SIZE 4096

/* On some file systems (overlayfs, btrfs) stat(2) and the mapping name different devices: then the contents decide,
 * of what the process cannot write to. */
static int is_same_text(int proc, pid_t pid, pid_t tid, const struct look_map *map, int fd)
{
    unsigned char file[SAMPLE_SIZE], memory[SAMPLE_SIZE];
    int mem, is_same = 0;
    ssize_t n;

    if (map->perms[0] != 'r' || map->perms[1] == 'w' || map->end - map->start < SAMPLE_SIZE)
        return 0;
    mem = look_open(proc, pid, tid, "mem", O_RDONLY);
    if (mem < 0)
        return 0;
    n = pread(fd, file, sizeof file, (off_t)map->offset);
    if (n > 0)
        is_same = pread(mem, memory, n, (off_t)map->start) == n && !memcmp(file, memory, n);
    close(mem);
    return is_same;
}

/* Whoever has a lease to write (F_SETLEASE) gets a signal when another opens the file, and dies of it as a rule. File
 * systems may name another device than stat(2): the number alone decides, at worst a file is not read. */
static int is_leased(int proc, ino_t ino)
{
    int fd = openat(proc, "locks", O_RDONLY | O_CLOEXEC), is_leased = 0;
    FILE *locks = fd < 0 ? NULL : fdopen(fd, "r");
    char line[256];

    if (!locks) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while (!is_leased && fgets(line, sizeof line, locks)) {
        unsigned long long number;

        is_leased = sscanf(line, "%*s LEASE %*s WRITE %*s %*[^:]:%*[^:]:%llu", &number) == 1 && number == ino;
    }
    fclose(locks);
    return is_leased;
}

/* O_PATH opens nothing: a device is not touched, a FIFO not waited for. What it is, is asked first. */
static int open_regular(int proc, const char *path, struct stat *ret)
{
    int at = openat(proc, path, O_PATH | O_CLOEXEC), fd;
    char link[64];

    if (at < 0)
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    if (fstat(at, ret))
        fd = -errno;
    else if (!S_ISREG(ret->st_mode))
        fd = -EACCES;
    else if (is_leased(proc, ret->st_ino))
        fd = -EBUSY;
    else if ((fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
        fd = -errno;
    close(at);
    return fd;
}

int look_map_open(int proc, pid_t pid, pid_t tid, const struct look_map *map)
{
    char path[PATH_MAX + 64];
    struct stat st;
    int fd;

    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    /* The kernel's own way, for the privileged: also to what is deleted, or in another mount namespace. */
    snprintf(path, sizeof path, "%d/map_files/%llx-%llx", (int)pid, (unsigned long long)map->start,
             (unsigned long long)map->end);
    fd = open_regular(proc, path, &st);
    if (fd >= 0)
        return fd;
    if (!map->ino || map->path[0] != '/' || strlen(map->path) >= PATH_MAX)
        return fd;
    snprintf(path, sizeof path, "%d/task/%d/root%s", (int)pid, (int)tid, map->path);
    fd = open_regular(proc, path, &st);
    if (fd < 0)
        return fd;
    if (map->ino == st.st_ino && (map->dev == st.st_dev || is_same_text(proc, pid, tid, map, fd)))
        return fd;
    close(fd);
    return -ESTALE;
}

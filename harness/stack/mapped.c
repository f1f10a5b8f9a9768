/* mapped.c - the file behind a mapping: opened by its identity, for paths and what lies there are the target's. */
#include "harness/stack/internal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_MAX  ((off_t)1 << 30)
#define HEAD_SIZE 512 /* of an ELF file: its header, most of its segments' */

ssize_t mapped_read(const struct stack_reader *r, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = { buffer, size }, remote = { (void *)(uintptr_t)address, size };

    return process_vm_readv(r->pid, &local, 1, &remote, 1, 0);
}

/* O_PATH opens nothing: a device is not touched, a FIFO not waited for. What it is, is asked first. */
static int open_regular(const char *path, struct stat *ret)
{
    int at = open(path, O_PATH | O_CLOEXEC), fd = -1;
    char link[64];

    if (at < 0)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    if (!fstat(at, ret) && S_ISREG(ret->st_mode) && ret->st_size <= FILE_MAX)
        fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    close(at);
    return fd;
}

/* On some file systems (overlayfs, btrfs) stat(2) and the mapping name different devices: then the contents decide. */
static int is_same(const struct stack_reader *r, const struct look_map *map, int fd, const struct stat *st)
{
    unsigned char file[HEAD_SIZE], memory[HEAD_SIZE];
    ssize_t n;

    if (map->dev == st->st_dev && map->ino == st->st_ino)
        return 1;
    if (map->offset)
        return 0;
    n = pread(fd, file, sizeof file, 0);
    return n > 0 && mapped_read(r, map->start, memory, n) == n && !memcmp(file, memory, n);
}

int mapped_open(const struct stack_reader *r, const struct look_map *map)
{
    char path[PATH_MAX + 64];
    struct stat st;
    int fd;

    /* The kernel's own way to the mapped file, deleted or in another mount namespace: for the privileged. */
    snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", (int)r->pid, (unsigned long long)map->start,
             (unsigned long long)map->end);
    fd = open_regular(path, &st);
    if (fd >= 0)
        return fd;
    /* The path is that of our own root, or of the process's. */
    for (int i = 0; i < 2; i++) {
        if (i)
            snprintf(path, sizeof path, "/proc/%d/root%s", (int)r->pid, map->path);
        else
            snprintf(path, sizeof path, "%s", map->path);
        fd = open_regular(path, &st);
        if (fd >= 0 && is_same(r, map, fd, &st))
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

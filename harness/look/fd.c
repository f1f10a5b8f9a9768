/* fd.c - /proc/PID/task/TID/fd and fdinfo: which descriptors a process holds, and which survive exec. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* O_CLOEXEC as fdinfo prints it, octal 02000000 on every architecture but alpha, parisc and sparc. */
#define FLAG_CLOEXEC ((uint32_t)O_CLOEXEC)

/* The value of `key` ("pos:\t") in the head of a fdinfo file. What a file's own driver adds comes after the head,
 * so that the first line of a key is the kernel's. */
static int find_value(const char *text, const char *key, unsigned base, uint64_t *ret)
{
    size_t length = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        const char *p = line + length;

        if (strncmp(line, key, length) != 0)
            continue;
        look_take_blanks(&p);
        return look_take_unsigned(&p, base, UINT64_MAX, ret) || *p != '\n' ? -EBADMSG : 0;
    }
    return -EBADMSG;
}

static int read_fdinfo(int info, const char *number, struct look_fd *fd)
{
    struct look_text text;
    uint64_t flags, mount = 0;
    int cut;
    /* The head is enough: the rest may be long (one line for each descriptor that an epoll instance watches). */
    int error = look_read_at(info, number, 1024, &cut, &text);

    if (error)
        return error;
    error = find_value(text.bytes, "pos:", 10, &fd->position);
    if (!error)
        error = find_value(text.bytes, "flags:", 8, &flags);
    if (!error)
        error = find_value(text.bytes, "mnt_id:", 10, &mount);
    free(text.bytes);
    if (error)
        return error;
    if (flags > UINT32_MAX || mount > INT_MAX)
        return -EBADMSG;
    fd->cloexec = (flags & FLAG_CLOEXEC) != 0;
    fd->flags = (uint32_t)flags & ~FLAG_CLOEXEC;
    fd->mount_id = (int)mount;
    return 0;
}

static int read_object(int dir, const char *number, struct look_fd *fd)
{
    struct statx object;

    /* AT_STATX_DONT_SYNC: a FUSE server that belongs to the target is not asked, and so cannot keep us waiting. */
    if (statx(dir, number, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &object))
        return -errno;
    fd->dev = makedev(object.stx_dev_major, object.stx_dev_minor);
    fd->ino = object.stx_ino;
    fd->mode = object.stx_mode;
    fd->owner_uid = object.stx_uid;
    fd->owner_gid = object.stx_gid;
    return 0;
}

static int read_name(int dir, const char *number, struct look_fd *fd)
{
    char name[PATH_MAX + 1];
    int error = look_read_link(dir, number, name, sizeof name);

    /* A path of more than a page: the kernel does not tell it, but everything else. */
    if (error == -ENAMETOOLONG)
        return 0;
    if (error)
        return error;
    fd->name = strdup(name);
    return fd->name ? 0 : -ENOMEM;
}

/* Only -ENOMEM fails; whatever else goes wrong is this descriptor's own error. */
static int read_descriptor(int dir, int info, int number, struct look_fd *ret)
{
    struct look_fd fd = { .fd = number };
    char name[16];
    int error;

    snprintf(name, sizeof name, "%d", number);
    error = read_fdinfo(info, name, &fd);
    if (!error)
        error = read_object(dir, name, &fd);
    if (!error)
        error = read_name(dir, name, &fd);
    if (error == -ENOMEM)
        return error;
    *ret = error ? (struct look_fd){ .fd = number, .error = -error } : fd;
    return 0;
}

int look_fds(int proc, pid_t pid, pid_t tid, struct look_fds *ret)
{
    struct look_fds list = { 0 };
    int *numbers = NULL, dir, info, list_dir, error = 0;
    size_t n = 0;

    dir = look_open(proc, pid, tid, "fd", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir;
    info = look_open(proc, pid, tid, "fdinfo", O_RDONLY | O_DIRECTORY);
    if (info < 0) {
        error = info;
        goto out_dir;
    }
    list_dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    error = list_dir < 0 ? -errno : look_read_numbers(list_dir, &numbers, &n);
    if (error)
        goto out_info;
    list.fds = calloc(n ? n : 1, sizeof *list.fds);
    if (!list.fds)
        error = -ENOMEM;
    for (; !error && list.n < n; list.n += !error)
        error = read_descriptor(dir, info, numbers[list.n], &list.fds[list.n]);
    if (error)
        look_fds_release(&list);
    else
        *ret = list;
    free(numbers);
out_info:
    close(info);
out_dir:
    close(dir);
    return error;
}

void look_fds_release(struct look_fds *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->fds[i].name);
    free(l->fds);
    *l = (struct look_fds){ 0 };
}

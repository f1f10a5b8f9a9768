/* fd_kind.c - what kind of object a descriptor names, from its type and the name that the kernel gives it. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int starts_with(const char *s, const char *head)
{
    return strncmp(s, head, strlen(head)) == 0;
}

/* "mnt:[4026531840]", as namespaces(7) has it. A path starts with a slash. */
static int is_namespace(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
    const char *p = name + length;
    uint64_t ino;

    return length && look_take_char(&p, ':') == 0 && look_take_char(&p, '[') == 0 &&
           look_take_unsigned(&p, 10, UINT64_MAX, &ino) == 0 && strcmp(p, "]") == 0;
}

/* "anon_inode:[eventfd]" and "anon_inode:bpf-map": the brackets carry no meaning. */
static const char *anonymous_kind(const char *name, char *buffer, size_t size)
{
    static const char *const known[] = {
        "eventfd",     "eventpoll", "signalfd", "timerfd",  "inotify",    "fanotify",  "pidfd",          "io_uring",
        "userfaultfd", "bpf-map",   "bpf-prog", "bpf_link", "perf_event", "fscontext", "seccomp notify",
    };
    size_t length = strlen(name);

    if (*name == '[' && name[length - 1] == ']')
        name++, length -= 2;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == length && memcmp(known[i], name, length) == 0)
            return known[i];
    if (length == 0 || size == 0)
        return "anonymous";
    snprintf(buffer, size, "%.*s", (int)(length < 64 ? length : 64), name);
    return buffer;
}

const char *look_fd_kind(const struct look_fd *fd, char *buffer, size_t size)
{
    const char *name = fd->name ? fd->name : "";

    switch (fd->mode & S_IFMT) {
    case S_IFDIR:
        return "directory";
    case S_IFCHR:
        return "char";
    case S_IFBLK:
        return "block";
    case S_IFIFO:
        return starts_with(name, "pipe:[") ? "pipe" : "fifo";
    case S_IFSOCK:
        return "socket";
    case S_IFLNK:
        return "symlink";
    }
    /* Anonymous inodes have no type, or that of a regular file: pidfds since Linux 6.9. */
    if (starts_with(name, "anon_inode:"))
        return anonymous_kind(name + strlen("anon_inode:"), buffer, size);
    if ((fd->mode & S_IFMT) != S_IFREG)
        return "anonymous";
    if (is_namespace(name))
        return "namespace";
    return starts_with(name, "/memfd:") ? "memfd" : "file";
}

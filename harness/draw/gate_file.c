/* gate_file.c - files as a worker sees them: /dev/urandom and /dev/random, by descriptors that do not exist. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#ifdef __x86_64__

#define FIRST_FD 700   /* below FD_SETSIZE, above what programs have */
#define MOST     16384 /* bytes of entropy in one call: fewer than were asked for is allowed */

static uint8_t *find_fd(struct gate_call *c, uint64_t fd)
{
    uint8_t *slot = (int)fd >= FIRST_FD && (int)fd < FIRST_FD + DRAW_FDS ? &c->run->fds[(int)fd - FIRST_FD] : NULL;

    return slot && *slot ? slot : NULL;
}

enum draw_fd gate_fd_kind(struct gate_call *c, uint64_t fd)
{
    const uint8_t *slot = find_fd(c, fd);

    return slot ? *slot : FD_CLOSED;
}

static int is_device(struct gate_call *c, uint64_t fd)
{
    return gate_fd_kind(c, fd) == FD_RANDOM || gate_fd_kind(c, fd) == FD_URANDOM;
}

/* stdio looks at them before it writes. */
static int is_standard(struct gate_call *c)
{
    return (uint32_t)c->stop->args[0] <= 2;
}

enum gate_act gate_fd_new(struct gate_call *c, enum draw_fd kind)
{
    for (int i = 0; i < DRAW_FDS; i++)
        if (!c->run->fds[i]) {
            c->run->fds[i] = (uint8_t)kind;
            return gate_answer(c, FIRST_FD + i);
        }
    return gate_answer(c, -EMFILE);
}

/* A descriptor that it had before. What it leads to is not known here. */
enum gate_act gate_fd_refuse(struct gate_call *c, const char *verb)
{
    return gate_refuse(c, "it wants to %s descriptor %d, which was open before: a copy has none", verb,
                       (int)c->stop->args[0]);
}

/* Of a path in the worker, its end included; -EFAULT, -ENAMETOOLONG. */
static int read_path(struct gate_call *c, uint64_t at, char *path, size_t size)
{
    size_t n = 0;

    while (n < size) {
        size_t part = 64 - (at + n) % 64; /* never over a page's end */
        const char *end;

        if (part > size - n)
            part = size - n;
        if (worker_read(c->run->w, at + n, path + n, part))
            return -EFAULT;
        end = memchr(path + n, '\0', part);
        if (end)
            return 0;
        n += part;
    }
    return -ENAMETOOLONG;
}

static enum draw_fd device_of(const char *path)
{
    return !strcmp(path, "/dev/urandom") ? FD_URANDOM : !strcmp(path, "/dev/random") ? FD_RANDOM : FD_CLOSED;
}

/* Letters as they are, the rest of what a hostile process may name as '?'. */
const char *gate_path_shown(char *path)
{
    for (char *p = path; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    path[80] = '\0';
    return path;
}

/* Configuration, mostly: generators know how to do without. What makes numbers, they do not. */
static enum gate_act no_file(struct gate_call *c, char *path)
{
    static const char *const harmless[] = { "/proc/sys/crypto/fips_enabled", "/proc/cpuinfo", "/proc/meminfo",
                                            "/proc/self/auxv", "/dev/null" };

    c->run->s->is_file_missing = 1;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (!strcmp(path, harmless[i]))
            return gate_answer(c, -ENOENT);
    if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6))
        return gate_refuse(c, "it wants to open %s, which a copy may not", gate_path_shown(path));
    return gate_answer(c, -ENOENT);
}

static enum gate_act open_path(struct gate_call *c, uint64_t at, uint64_t flags)
{
    char path[512];
    int r = read_path(c, at, path, sizeof path);
    enum draw_fd kind;

    if (r)
        return gate_answer(c, r);
    kind = device_of(path);
    if (kind == FD_CLOSED)
        return no_file(c, path);
    if (flags & O_DIRECTORY)
        return gate_answer(c, -ENOTDIR);
    return gate_fd_new(c, kind);
}

enum gate_act gate_open(struct gate_call *c)
{
    return open_path(c, c->stop->args[0], c->stop->args[1]);
}

enum gate_act gate_openat(struct gate_call *c)
{
    return open_path(c, c->stop->args[1], c->stop->args[2]);
}

static enum gate_act give_entropy(struct gate_call *c, uint64_t to, uint64_t size)
{
    uint8_t bytes[MOST];

    run_consulted(c->run, DRAW_ENTROPY);
    if (size > sizeof bytes)
        size = sizeof bytes;
    if (!size)
        return gate_answer(c, 0);
    if (run_entropy(c->run, bytes, size))
        return gate_refuse(c, "the kernel gave no entropy");
    return gate_give(c, to, bytes, size, (int64_t)size);
}

enum gate_act gate_getrandom(struct gate_call *c)
{
    return give_entropy(c, c->stop->args[0], c->stop->args[1]);
}

enum gate_act gate_read(struct gate_call *c)
{
    if (!is_device(c, c->stop->args[0]))
        return gate_fd_refuse(c, "read from");
    return give_entropy(c, c->stop->args[1], c->stop->args[2]);
}

enum gate_act gate_pread(struct gate_call *c)
{
    return gate_read(c);
}

enum gate_act gate_readv(struct gate_call *c)
{
    struct iovec v;

    if (!is_device(c, c->stop->args[0]))
        return gate_fd_refuse(c, "read from");
    if (!c->stop->args[2] || worker_read(c->run->w, c->stop->args[1], &v, sizeof v))
        return gate_answer(c, c->stop->args[2] ? -EFAULT : 0);
    return give_entropy(c, (uint64_t)(uintptr_t)v.iov_base, v.iov_len);
}

/* As if it were written: what it says to anybody it says in the original too. */
enum gate_act gate_write(struct gate_call *c)
{
    return gate_answer(c, c->stop->args[2] > INT32_MAX ? INT32_MAX : (int64_t)c->stop->args[2]);
}

enum gate_act gate_close(struct gate_call *c)
{
    uint8_t *slot = find_fd(c, c->stop->args[0]);

    if (slot)
        *slot = FD_CLOSED;
    return gate_answer(c, slot || (int)c->stop->args[0] < FIRST_FD ? 0 : -EBADF);
}

static struct stat device_stat(enum draw_fd kind)
{
    struct stat s;

    memset(&s, 0, sizeof s);
    s.st_mode = S_IFCHR | 0666;
    s.st_dev = 6;
    s.st_ino = kind == FD_RANDOM ? 8 : 9;
    s.st_rdev = makedev(1, kind == FD_RANDOM ? 8 : 9);
    s.st_nlink = 1;
    s.st_blksize = 4096;
    return s;
}

enum gate_act gate_fstat(struct gate_call *c)
{
    struct stat s;

    if (is_standard(c))
        return gate_answer(c, -EBADF);
    if (!is_device(c, c->stop->args[0]))
        return gate_fd_refuse(c, "look at");
    s = device_stat(gate_fd_kind(c, c->stop->args[0]));
    return gate_give(c, c->stop->args[1], &s, sizeof s, 0);
}

/* The device that the path names, or fd where it is empty; FD_CLOSED: the call has been dealt with. */
static enum draw_fd device_at(struct gate_call *c, uint64_t at, int has_fd, enum gate_act *ret)
{
    char path[512];
    int r = read_path(c, at, path, sizeof path);
    enum draw_fd kind;

    if (!r && !path[0] && has_fd) {
        if (is_device(c, c->stop->args[0]))
            return gate_fd_kind(c, c->stop->args[0]);
        *ret = is_standard(c) ? gate_answer(c, -EBADF) : gate_fd_refuse(c, "look at");
        return FD_CLOSED;
    }
    kind = r ? FD_CLOSED : device_of(path);
    if (kind == FD_CLOSED)
        *ret = r ? gate_answer(c, r) : no_file(c, path);
    return kind;
}

static enum gate_act give_stat(struct gate_call *c, uint64_t path, uint64_t to, int has_fd)
{
    enum gate_act act = GATE_REFUSE;
    enum draw_fd kind = device_at(c, path, has_fd, &act);
    struct stat s;

    if (kind == FD_CLOSED)
        return act;
    s = device_stat(kind);
    return gate_give(c, to, &s, sizeof s, 0);
}

enum gate_act gate_stat(struct gate_call *c)
{
    return give_stat(c, c->stop->args[0], c->stop->args[1], 0);
}

enum gate_act gate_statat(struct gate_call *c)
{
    return give_stat(c, c->stop->args[1], c->stop->args[2], 1);
}

enum gate_act gate_statx(struct gate_call *c)
{
    enum gate_act act = GATE_REFUSE;
    enum draw_fd kind = device_at(c, c->stop->args[1], 1, &act);
    struct statx s;

    if (kind == FD_CLOSED)
        return act;
    memset(&s, 0, sizeof s);
    s.stx_mask = STATX_BASIC_STATS;
    s.stx_mode = S_IFCHR | 0666;
    s.stx_nlink = 1;
    s.stx_rdev_major = 1;
    s.stx_rdev_minor = kind == FD_RANDOM ? 8 : 9;
    return gate_give(c, c->stop->args[4], &s, sizeof s, 0);
}

enum gate_act gate_access(struct gate_call *c)
{
    enum gate_act act = GATE_REFUSE;

    return device_at(c, c->stop->args[0], 0, &act) == FD_CLOSED ? act : gate_answer(c, 0);
}

enum gate_act gate_faccessat(struct gate_call *c)
{
    enum gate_act act = GATE_REFUSE;

    return device_at(c, c->stop->args[1], 0, &act) == FD_CLOSED ? act : gate_answer(c, 0);
}

enum gate_act gate_readlink(struct gate_call *c)
{
    c->run->s->is_file_missing = 1;
    return gate_answer(c, -ENOENT);
}

enum gate_act gate_readlinkat(struct gate_call *c)
{
    return gate_readlink(c);
}

enum gate_act gate_lseek(struct gate_call *c)
{
    if (is_standard(c))
        return gate_answer(c, -ESPIPE);
    return is_device(c, c->stop->args[0]) ? gate_answer(c, 0) : gate_fd_refuse(c, "seek in");
}

enum gate_act gate_fcntl(struct gate_call *c)
{
    /* libraries set it on what they opened long ago */
    if (c->stop->args[1] == F_SETFD)
        return gate_answer(c, 0);
    if (!find_fd(c, c->stop->args[0]))
        return gate_fd_refuse(c, "ask for flags of");
    if (c->stop->args[1] == F_DUPFD || c->stop->args[1] == F_DUPFD_CLOEXEC)
        return gate_fd_new(c, gate_fd_kind(c, c->stop->args[0]));
    return gate_answer(c, c->stop->args[1] == F_GETFD ? FD_CLOEXEC : c->stop->args[1] == F_GETFL ? O_RDONLY : 0);
}

enum gate_act gate_poll(struct gate_call *c)
{
    uint64_t n = c->stop->args[1], ready = 0;
    struct pollfd all[DRAW_FDS];

    if (!n)
        return gate_answer(c, 0);
    if (n > DRAW_FDS || worker_read(c->run->w, c->stop->args[0], all, n * sizeof *all))
        return gate_refuse(c, "it waits for descriptors that were open before: a copy has none");
    for (uint64_t i = 0; i < n; i++) {
        if (all[i].fd >= 0 && !is_device(c, (uint64_t)all[i].fd))
            return gate_refuse(c, "it waits for descriptor %d, which was open before: a copy has none", all[i].fd);
        all[i].revents = all[i].fd < 0 ? 0 : (short)(all[i].events & (POLLIN | POLLOUT));
        ready += all[i].revents != 0;
    }
    return gate_give(c, c->stop->args[0], all, n * sizeof *all, (int64_t)ready);
}

/* Its sets stay as they are: all are ready. */
enum gate_act gate_select(struct gate_call *c)
{
    int open = 0;

    for (int i = 0; i < DRAW_FDS; i++)
        open += c->run->fds[i] == FD_RANDOM || c->run->fds[i] == FD_URANDOM;
    if (!c->stop->args[0])
        return gate_answer(c, 0);
    return open ? gate_answer(c, open)
                : gate_refuse(c, "it waits for descriptors that were open before: a copy has none");
}

#endif

/* proc_fds.c - closes descriptors by the list in /proc/self/fd, for kernels and filters without close_range(2).
 * Async-signal-safe: getdents64(2) into a buffer of its own, because readdir(3) allocates and locks. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PASSES_MAX 100

/* A descriptor's number from its name; -1 for "." and ".." and whatever is not a number. */
static int name_number(const char *name)
{
    long number = 0;

    if (!*name)
        return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9')
            return -1;
        number = number * 10 + (*name - '0');
        if (number > INT_MAX)
            return -1;
    }
    return (int)number;
}

struct pass {
    const struct spc_keep *keep;
    int directory;
    bool only_look; /* close nothing */
    bool has_self;  /* the listing shows the descriptor it is read through */
    size_t n_closed;
};

static void pass_entry(struct pass *pass, const char *name)
{
    int fd = name_number(name);

    if (fd == pass->directory)
        pass->has_self = true;
    else if (fd > STDERR_FILENO && !pass->only_look && !spc_keep_has(pass->keep, fd)) {
        /* Never retried: Linux has released the number even on EINTR. EBADF: it was gone already. */
        if (close(fd) == 0 || errno != EBADF)
            pass->n_closed++;
    }
}

static int pass_run(struct pass *pass)
{
    _Alignas(struct dirent64) char buffer[2048];
    long n, at;

    if (lseek(pass->directory, 0, SEEK_SET) < 0)
        return -1;
    while ((n = syscall(SYS_getdents64, pass->directory, buffer, sizeof buffer)) > 0)
        for (at = 0; at < n;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);

            pass_entry(pass, entry->d_name);
            at += entry->d_reclen;
        }
    return n < 0 ? -1 : 0;
}

/* Looks first: a listing that is not procfs, or lacks the descriptor it is read through, is not ours to act upon. */
static int directory_check(int directory, const struct spc_keep *keep)
{
    struct pass look = { .keep = keep, .directory = directory, .only_look = true };
    struct statfs fs;

    if (fstatfs(directory, &fs) || pass_run(&look))
        return -1;
    if (fs.f_type != PROC_SUPER_MAGIC || !look.has_self) {
        errno = ENOENT;
        return -1;
    }
    return 0;
}

/* Again from the start until a pass finds nothing: the list changes under the reader. */
static int passes_run(int directory, const struct spc_keep *keep)
{
    int i;

    for (i = 0; i < PASSES_MAX; i++) {
        struct pass pass = { .keep = keep, .directory = directory };

        if (pass_run(&pass))
            return -1;
        if (pass.n_closed == 0)
            return 0;
    }
    errno = EBUSY; /* another thread opens faster than this one closes */
    return -1;
}

int spc_proc_fds_close(const struct spc_keep *keep)
{
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result, saved;

    if (directory < 0)
        return -1;
    result = directory_check(directory, keep);
    if (!result)
        result = passes_run(directory, keep);
    saved = errno;
    close(directory);
    errno = saved;
    return result;
}

/* sanitize_files.c - standard descriptors open, the others closed. Async-signal-safe. Must never walk up to a limit:
 * the limit may have been lowered below an open descriptor, or be a thousand million. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool spc_keep_has(const struct spc_keep *keep, int fd)
{
    size_t i;

    for (i = 0; i < keep->n; i++)
        if (keep->fds[i] == fd)
            return true;
    return keep->own[0] == fd || keep->own[1] == fd;
}

/* The smallest kept descriptor that is >= from; -1: none. Searched each time: sorting would need memory. */
static int keep_next(const struct spc_keep *keep, int from)
{
    int best = -1;
    size_t i;

    for (i = 0; i < keep->n + 2; i++) {
        int fd = i < keep->n ? keep->fds[i] : keep->own[i - keep->n];

        if (fd >= from && (best < 0 || fd < best))
            best = fd;
    }
    return best;
}

static int close_gap(unsigned first, unsigned last)
{
    return (int)syscall(SYS_close_range, first, last, 0u);
}

/* Closes the gaps between the kept descriptors, the last one up to the highest number there can be. */
static int close_gaps(const struct spc_keep *keep)
{
    unsigned first = STDERR_FILENO + 1;
    int kept;

    while ((kept = keep_next(keep, (int)first)) >= 0) {
        if ((unsigned)kept > first && close_gap(first, (unsigned)kept - 1))
            return -1;
        if (kept == INT_MAX)
            return 0;
        first = (unsigned)kept + 1;
    }
    return close_gap(first, UINT_MAX);
}

/* In a chroot "/dev/null" may be anything. */
static bool is_null_device(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* Not close-on-exec: these three are for the next program too. */
static int null_open(int wanted)
{
    int fd = open("/dev/null", O_RDWR | O_NOCTTY);

    if (fd < 0)
        return -1;
    if (fd == wanted && is_null_device(fd))
        return 0;
    close(fd);
    errno = fd == wanted ? ENODEV : EBUSY;
    return -1;
}

static int std_open(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && null_open(fd))
            return -1;
    return 0;
}

int spc_sanitize_files_keep(const struct spc_keep *keep)
{
    int error;

    if (std_open())
        return -1;
    if (close_gaps(keep) == 0)
        return 0;
    error = errno; /* ENOSYS: older than Linux 5.9; EPERM: a seccomp filter that does not know it */
    if (spc_proc_fds_close(keep) == 0)
        return 0;
    if (errno == ENOENT || errno == ENOTDIR)
        errno = error; /* there is no /proc: what is missing is close_range(2) */
    return -1;
}

int spc_sanitize_files_except(const int *keep, size_t n_keep)
{
    struct spc_keep list = { keep, n_keep, { -1, -1 } };

    if (n_keep > 0 && !keep) {
        errno = EINVAL;
        return -1;
    }
    return spc_sanitize_files_keep(&list);
}

int spc_sanitize_files(void)
{
    return spc_sanitize_files_except(NULL, 0);
}

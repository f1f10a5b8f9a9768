/* file.c - a recording as a file: its place, its head, and who has it locked. Nothing here follows a symbolic link. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int big_endian_at(const unsigned char *bytes)
{
    return (int)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
}

static int is_short(int fd, const unsigned char *head)
{
    int64_t page = head[16] << 8 | head[17], pages = (uint32_t)big_endian_at(head + 28);
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size < pages * (page == 1 ? 65536 : page);
}

/* The head is described in "Database File Format", section 1.3, of SQLite's documentation. */
int facts_read_head(int fd, struct facts_head *ret)
{
    unsigned char head[100];
    struct facts_head h = { .is_sqlite = 0 };
    ssize_t n;

    do
        n = pread(fd, head, sizeof head, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == sizeof head && memcmp(head, "SQLite format 3", 16) == 0) {
        h.is_sqlite = 1;
        h.is_wal = head[18] != 1 || head[19] != 1;
        h.is_short = is_short(fd, head);
        h.user_version = big_endian_at(head + 60);
        h.application_id = big_endian_at(head + 68);
    }
    *ret = h;
    return 0;
}

pid_t facts_locked_by(int fd, short type)
{
    /* SQLite's pending, reserved and shared bytes, at the first gigabyte ("File Locking And Concurrency"). */
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512 };

    if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
        return 0;
    return lock.l_pid > 0 ? lock.l_pid : 1;
}

char *facts_path_beside(const char *path, const char *suffix)
{
    char *beside;

    return asprintf(&beside, "%s%s", path, suffix) < 0 ? NULL : beside;
}

int facts_resolve(const char *path, char **ret)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder, *real, *joined;
    int error = 0;

    if (!*path)
        return -ENOENT;
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return -EISDIR;
    folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return -ENOMEM;
    real = realpath(folder, NULL);
    if (!real)
        error = -errno;
    else if (asprintf(&joined, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base) < 0)
        error = -ENOMEM;
    else if (strlen(joined) + sizeof "-journal" > PATH_MAX) {
        free(joined);
        error = -ENAMETOOLONG;
    } else
        *ret = joined;
    free(real);
    free(folder);
    return error;
}

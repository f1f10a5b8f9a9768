/* recover.c - folds in what a killed writer left beside its recording: a write-ahead log, or a rollback journal. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const beside[] = { "-wal", "-journal" };

static int exists(const char *path, const char *suffix)
{
    char *name = facts_path_beside(path, suffix);
    struct stat st;
    int found = name && lstat(name, &st) == 0;

    free(name);
    return found;
}

int facts_needs_recovery(const char *path, const struct facts_head *head)
{
    return head->is_wal || exists(path, "-wal") || exists(path, "-journal");
}

/* A rollback journal that ends in this names a super-journal, which SQLite deletes at the end of a rollback: a forged
 * one would make us delete a file of its choice. A recording is never written together with another database. */
static int has_super_journal(int fd, off_t size)
{
    static const unsigned char magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
    unsigned char end[8];

    return size > 8 + 512 && pread(fd, end, sizeof end, size - 8) == sizeof end && memcmp(end, magic, sizeof end) == 0;
}

/* 0: `name` is absent, or a plain file that SQLite may be shown. */
static int check_beside(const char *name, char *why, size_t size)
{
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    int error = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : facts_explain(why, size, -errno, "cannot open %s: %s", name, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        error = facts_explain(why, size, -EBADMSG, "%s is not a regular file; no recorder made it", name);
    else if (has_super_journal(fd, st.st_size))
        error = facts_explain(why, size, -EBADMSG, "%s names another journal; no recorder made it", name);
    close(fd);
    return error;
}

static int check_all_beside(const char *path, char *why, size_t size)
{
    int error = 0;

    for (size_t i = 0; i < 2 && !error; i++) {
        char *name = facts_path_beside(path, beside[i]);

        error = name ? check_beside(name, why, size) : -ENOMEM;
        free(name);
    }
    return error;
}

int facts_recover(const char *path, char *why, size_t size)
{
    sqlite3 *db = NULL;
    int code, error = check_all_beside(path, why, size);

    if (error)
        return error;
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
        return facts_explain(why, size, -errno, "cannot write %s: %s", path, strerror(errno));
    code = facts_connect(path, SQLITE_OPEN_READWRITE, &db);
    /* With EXCLUSIVE the log's index is made in memory, and no -shm file is needed. */
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        error = facts_explain(why, size, facts_errno(db, code),
                              "cannot fold in what its killed recorder left beside %s: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return error;
}

static int write_whole(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Copies one file; a file that is not there is not copied. */
static int copy_file(const char *from, const char *to)
{
    char buffer[16384];
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out, error = 0;

    if (in < 0)
        return errno == ENOENT ? 0 : -errno;
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) {
        error = -errno;
        goto close_in;
    }
    for (;;) {
        ssize_t n = read(in, buffer, sizeof buffer);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            error = n < 0 ? -errno : 0;
            break;
        }
        error = write_whole(out, buffer, (size_t)n);
        if (error)
            break;
    }
    if (close(out) && !error)
        error = -errno;
close_in:
    close(in);
    return error;
}

static int copy_all(const char *path, const char *copy)
{
    int error = copy_file(path, copy);

    for (size_t i = 0; i < 2 && !error; i++) {
        char *from = facts_path_beside(path, beside[i]), *to = facts_path_beside(copy, beside[i]);

        error = from && to ? copy_file(from, to) : -ENOMEM;
        free(from);
        free(to);
    }
    return error;
}

void facts_discard_copy(char *copy)
{
    char *slash;

    if (!copy)
        return;
    for (size_t i = 0; i < 2; i++) {
        char *name = facts_path_beside(copy, beside[i]);

        if (name)
            unlink(name);
        free(name);
    }
    unlink(copy);
    slash = strrchr(copy, '/');
    *slash = '\0';
    rmdir(copy);
    free(copy);
}

int facts_recover_copy(const char *path, char **ret, char *why, size_t size)
{
    const char *top = secure_getenv("TMPDIR");
    char *folder = NULL, *real = NULL, *copy = NULL;
    int error = check_all_beside(path, why, size);

    if (error)
        return error;
    if (asprintf(&folder, "%s/forkaudit-XXXXXX", top && *top ? top : "/tmp") < 0)
        return -ENOMEM;
    if (!mkdtemp(folder)) {
        error =
            facts_explain(why, size, -errno,
                          "its recorder was killed, and %s may not be written to fold in what it left; nor can a copy "
                          "be made in %s: %s; set TMPDIR to a folder with room",
                          path, folder, strerror(errno));
        goto out;
    }
    real = realpath(folder, NULL);
    if (!real || asprintf(&copy, "%s/copy", real) < 0) {
        copy = NULL;
        error = -ENOMEM;
        rmdir(folder);
        goto out;
    }
    error = copy_all(path, copy);
    if (error)
        facts_explain(why, size, error, "cannot copy %s to %s: %s; set TMPDIR to a folder with room", path, real,
                      strerror(-error));
    else
        error = facts_recover(copy, why, size);
    if (!error)
        *ret = copy;
    else
        facts_discard_copy(copy);
out:
    free(real);
    free(folder);
    return error;
}

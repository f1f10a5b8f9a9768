/* create.c - begins a new recording in place of an old one, and of nothing else. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the sentence for the user goes. */
struct reason {
    char *text;
    size_t size;
};
#define EXPLAIN(reason, error, ...) facts_explain((reason)->text, (reason)->size, error, __VA_ARGS__)

/* In a folder where anyone can rename files, the recording could be taken away or exchanged. */
static int check_folder(const char *path, const struct reason *why)
{
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
    struct stat st;
    int error = 0;

    if (!folder)
        return -ENOMEM;
    if (stat(*folder ? folder : "/", &st))
        error = EXPLAIN(why, -errno, "cannot look at the folder %s: %s", folder, strerror(errno));
    else if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
        error = EXPLAIN(why, -EPERM,
                        "the folder %s may be written to by everyone and is not sticky; choose another one, or "
                        "take the permission away with chmod o-w",
                        folder);
    free(folder);
    return error;
}

/* 0: `path` is a recording that may be replaced. */
static int check_old(int fd, const char *path, const struct reason *why)
{
    struct facts_head head;
    struct stat st;
    pid_t writer;
    int error;

    if (fstat(fd, &st))
        return EXPLAIN(why, -errno, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return EXPLAIN(why, -EEXIST, "%s exists and is not a regular file", path);
    if (!st.st_size) /* nothing to lose: a recorder killed before it wrote its first page leaves this */
        return 0;
    error = facts_read_head(fd, &head);
    if (error)
        return EXPLAIN(why, error, "cannot read %s: %s", path, strerror(-error));
    if (!head.is_sqlite || head.application_id != FACTS_APPLICATION_ID)
        return EXPLAIN(why, -EEXIST, "%s exists and is not a recording; it is left alone", path);
    writer = facts_locked_by(fd, F_WRLCK);
    if (writer)
        return EXPLAIN(why, -EBUSY, "%s is in use by process %d", path, (int)writer);
    return 0;
}

/* What SQLite keeps beside a recording would be taken for a part of the new one. `is_ours`: it belongs to a recording
 * that has just been removed. */
static int clear_beside(const char *path, int is_ours, const struct reason *why)
{
    static const char *const suffixes[] = { "-wal", "-journal", "-shm" };
    int error = 0;

    for (size_t i = 0; i < 3 && !error; i++) {
        char *beside = facts_path_beside(path, suffixes[i]);
        struct stat st;

        if (!beside)
            return -ENOMEM;
        if (is_ours && lstat(beside, &st) == 0 && S_ISREG(st.st_mode))
            unlink(beside);
        if (lstat(beside, &st) == 0)
            error = EXPLAIN(why, -EEXIST, "%s is in the way; remove it first", beside);
        free(beside);
    }
    return error;
}

static int remove_old(const char *path, const struct reason *why)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error;

    if (fd < 0 && errno == ENOENT)
        return clear_beside(path, 0, why);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO))
        return EXPLAIN(why, -EEXIST, "%s exists and is not a regular file", path);
    if (fd < 0)
        return EXPLAIN(why, -errno, "cannot open %s: %s", path, strerror(errno));
    error = check_old(fd, path, why);
    close(fd);
    if (error)
        return error;
    if (unlink(path))
        return EXPLAIN(why, -errno, "cannot replace %s: %s", path, strerror(errno));
    return clear_beside(path, 1, why);
}

static int create_file(const char *path, struct stat *ret_st, const struct reason *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = 0;

    if (fd < 0)
        return EXPLAIN(why, -errno, "cannot create %s: %s", path, strerror(errno));
    /* The umask may have taken more away. */
    if (fchmod(fd, 0600) || fstat(fd, ret_st))
        error = EXPLAIN(why, -errno, "cannot create %s: %s", path, strerror(errno));
    close(fd);
    return error;
}

/* The schema is written before the log is switched on: then the file alone is a recording, whatever becomes of its log.
 * EXCLUSIVE: the log's index stays in memory, and nobody's lock can hold the writer up. synchronous=OFF: rows are safe
 * from the death of the process, which is what matters here, and not from the loss of power. */
static int write_schema(sqlite3 *db)
{
    static const char before[] = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF; BEGIN";
    static const char after[] = "COMMIT; PRAGMA journal_mode=WAL";
    char ids[96];
    int code = sqlite3_exec(db, before, NULL, NULL, NULL);

    snprintf(ids, sizeof ids, "PRAGMA application_id=%d; PRAGMA user_version=%d", FACTS_APPLICATION_ID, FACTS_SCHEMA);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, ids, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, facts_sql, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, after, NULL, NULL, NULL);
    return code;
}

static int explain_sqlite(sqlite3 *db, int code, const char *path, const struct reason *why)
{
    int error = facts_errno(db, code);

    return EXPLAIN(why, error, "cannot write %s: %s", path,
                   error == -ENOSPC ? "no space left for it" : sqlite3_errmsg(db));
}

static int begin_recording(const char *path, const struct stat *made, struct facts **ret, const struct reason *why)
{
    sqlite3 *db = NULL;
    struct facts *f;
    struct stat now;
    int code = facts_connect(path, SQLITE_OPEN_READWRITE, &db);
    int error = 0;

    if (code == SQLITE_OK && (lstat(path, &now) || now.st_dev != made->st_dev || now.st_ino != made->st_ino))
        error = EXPLAIN(why, -EEXIST, "%s was exchanged while it was opened", path);
    else if (code == SQLITE_OK)
        code = write_schema(db);
    if (code != SQLITE_OK)
        error = explain_sqlite(db, code, path, why);
    if (error) {
        sqlite3_close(db);
        return error;
    }
    f = facts_make(db, path, 1);
    if (!f)
        return EXPLAIN(why, -ENOMEM, "out of memory");
    *ret = f;
    return 0;
}

int facts_create(const char *path, struct facts **ret, char *why, size_t why_size)
{
    const struct reason reason = { why, why_size };
    char *whole = NULL;
    struct stat made;
    int error = facts_resolve(path, &whole);

    if (error)
        return EXPLAIN(&reason, error == -EISDIR ? -EEXIST : error, "cannot create %s: %s", path, strerror(-error));
    error = check_folder(whole, &reason);
    if (!error)
        error = remove_old(whole, &reason);
    if (!error)
        error = create_file(whole, &made, &reason);
    if (error)
        goto out;
    error = begin_recording(whole, &made, ret, &reason);
    if (error && error != -EEXIST) {
        unlink(whole);
        clear_beside(whole, 1, &(struct reason){ NULL, 0 });
    }
out:
    free(whole);
    return error;
}

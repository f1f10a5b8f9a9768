/* open.c - opens a recording for reading, and refuses whatever is not one or has been tampered with. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the sentence for the user goes, and the name that the user knows the file by. */
struct request {
    const char *name;
    char *why;
    size_t size;
};
#define EXPLAIN(request, error, ...) facts_explain((request)->why, (request)->size, error, __VA_ARGS__)

static int check_head(const struct facts_head *head, const struct request *r)
{
    if (!head->is_sqlite || head->application_id != FACTS_APPLICATION_ID)
        return EXPLAIN(r, -EINVAL, "%s is not a recording of forkaudit", r->name);
    if (head->user_version > FACTS_SCHEMA)
        return EXPLAIN(r, -EPROTO,
                       "%s was made by a newer forkaudit (schema %d, this program knows %d); update forkaudit", r->name,
                       head->user_version, FACTS_SCHEMA);
    if (head->user_version > 0 && head->user_version < FACTS_SCHEMA)
        return EXPLAIN(r, -EPROTO,
                       "%s was made by an older forkaudit (schema %d, this program knows %d); record again, or read it "
                       "with the version that made it",
                       r->name, head->user_version, FACTS_SCHEMA);
    if (head->user_version != FACTS_SCHEMA)
        return EXPLAIN(r, -EBADMSG, "%s is damaged: there is no schema %d", r->name, head->user_version);
    return 0;
}

/* Looks at the file before SQLite does. A FIFO or a device is not waited for. */
static int examine(const char *path, struct facts_head *ret, const struct request *r)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    pid_t writer;
    int error = 0;

    if (fd < 0)
        return EXPLAIN(r, -errno, "cannot open %s: %s", r->name, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        error = EXPLAIN(r, -EINVAL, "%s is not a regular file, and so not a recording", r->name);
    if (!error && (error = facts_read_head(fd, ret)))
        EXPLAIN(r, error, "cannot read %s: %s", r->name, strerror(-error));
    if (!error)
        error = check_head(ret, r);
    writer = error ? 0 : facts_locked_by(fd, F_RDLCK);
    if (writer)
        error = EXPLAIN(r, -EBUSY, "%s is still being written by process %d; wait for its end", r->name, (int)writer);
    close(fd);
    return error;
}

/* quick_check reads every page once: damage shows here, and not half way through a report. */
static int check_pages(sqlite3 *db, const struct request *r)
{
    sqlite3_stmt *check = NULL;
    const char *answer = NULL;
    int error = 0;

    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW)
        answer = (const char *)sqlite3_column_text(check, 0);
    if (!answer || strcmp(answer, "ok") != 0)
        error = EXPLAIN(r, -EBADMSG,
                        "%s is damaged (%.200s); take another copy of it or record again (sqlite3's .recover may save "
                        "some of its rows)",
                        r->name, answer ? answer : sqlite3_errmsg(db));
    sqlite3_finalize(check);
    return error;
}

static int check_content(sqlite3 *db, const struct request *r)
{
    char detail[256] = "out of memory";
    int error = facts_check_schema(db, detail, sizeof detail);

    if (error)
        return EXPLAIN(r, error, "%s is damaged or was tampered with: %s; do not trust it, record again", r->name,
                       detail);
    return check_pages(db, r);
}

/* `path` is whole now. */
static int open_whole(const char *path, struct facts **ret, const struct request *r)
{
    sqlite3 *db = NULL;
    struct facts *f;
    int code = facts_connect(path, SQLITE_OPEN_READONLY, &db);
    int error;

    if (code != SQLITE_OK)
        error = EXPLAIN(r, facts_errno(db, code), "cannot open %s: %s", r->name, db ? sqlite3_errmsg(db) : "no memory");
    else
        error = check_content(db, r);
    if (error) {
        sqlite3_close(db);
        return error;
    }
    f = facts_make(db, r->name, 0);
    if (!f)
        return EXPLAIN(r, -ENOMEM, "out of memory");
    *ret = f;
    return 0;
}

/* Folds in what was left beside `path`; *ret_copy is a copy to read instead, when the file may not be written. */
static int make_whole(const char *path, struct facts_head *ret_head, char **ret_copy, const struct request *r)
{
    int error = facts_recover(path, r->why, r->size);

    if (error && error != -EBADMSG && error != -EBUSY && error != -ENOMEM)
        error = facts_recover_copy(path, ret_copy, r->why, r->size);
    /* The log may have brought another head. */
    return error ? error : examine(*ret_copy ? *ret_copy : path, ret_head, r);
}

int facts_open(const char *path, struct facts **ret, char *why, size_t why_size)
{
    const struct request r = { path, why, why_size };
    char *real = realpath(path, NULL), *copy = NULL;
    struct facts_head head;
    int error;

    if (!real)
        return EXPLAIN(&r, -errno, "cannot open %s: %s", path, strerror(errno));
    error = examine(real, &head, &r);
    if (!error && facts_needs_recovery(real, &head))
        error = make_whole(real, &head, &copy, &r);
    if (!error && head.is_short)
        error = EXPLAIN(&r, -EBADMSG, "%s is damaged: its end is missing; take another copy of it", path);
    if (!error)
        error = open_whole(copy ? copy : real, ret, &r);
    /* The connection keeps the copy's descriptor; its name is not needed any more. */
    facts_discard_copy(copy);
    free(real);
    return error;
}

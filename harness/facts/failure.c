/* failure.c - what went wrong with a recording, as an errno and as a sentence. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int facts_errno(sqlite3 *db, int code)
{
    /* SQLite keeps the errno of some failures only; of a failed COMMIT it is still where the system left it. */
    int left = errno, kept = db ? sqlite3_system_errno(db) : 0, system_error = kept ? kept : left;

    switch (code & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_CANTOPEN:
        return kept ? -kept : -EIO;
    }
    /* A quota or RLIMIT_FSIZE is a full disk to whoever writes. */
    if ((code & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG))
        return -ENOSPC;
    return -EIO;
}

int facts_fail(struct facts *f, int code, const char *doing)
{
    const char *said = sqlite3_errcode(f->db) == SQLITE_OK ? sqlite3_errstr(code) : sqlite3_errmsg(f->db);
    int error;

    if (f->error)
        return f->error;
    error = facts_errno(f->db, code);
    f->message = sqlite3_mprintf("cannot %s %s: %s", doing, f->path, error == -ENOSPC ? "no space left for it" : said);
    f->error = error == -ENOSPC ? error : -EIO;
    /* What was written before the failure is kept, if it still can be. */
    if (!sqlite3_get_autocommit(f->db) && sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
    return f->error;
}

const char *facts_error(const struct facts *f)
{
    if (!f->error)
        return NULL;
    return f->message ? f->message : "out of memory";
}

int facts_explain(char *why, size_t size, int error, const char *format, ...)
{
    va_list args;

    if (why && size) {
        va_start(args, format);
        vsnprintf(why, size, format, args);
        va_end(args);
    }
    return error;
}

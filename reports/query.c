/* query.c - reading rows of a recording, with errors as -errno. */
#include "reports/query.h"

#include <errno.h>

int query_error(sqlite3 *db)
{
    switch (sqlite3_errcode(db)) {
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return -EFBIG;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    default:
        return -EIO;
    }
}

int query_open(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return query_error(db);
    *ret = statement;
    return 0;
}

int query_next(sqlite3_stmt *statement)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return statement ? query_error(sqlite3_db_handle(statement)) : 0;
    }
}

int query_integer(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;
    int r;

    r = query_open(db, sql, &statement);
    if (r < 0)
        return r;
    r = query_next(statement);
    if (r > 0)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (r < 0)
        return r;
    *ret = value;
    return 0;
}

const void *query_bytes(sqlite3_stmt *statement, int column, size_t *ret_size)
{
    /* As a blob, so that a text is not cut at a NUL byte and a blob is not taken for text of the wrong encoding. */
    const void *bytes = sqlite3_column_blob(statement, column);

    *ret_size = bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0;
    return bytes;
}

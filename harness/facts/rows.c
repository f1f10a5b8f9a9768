/* rows.c - writes a row from a struct and a table of its columns, through a prepared statement that is kept. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <string.h>

static int run_sql(struct facts *f, const char *sql)
{
    int code;

    errno = 0; /* facts_errno() looks at it */
    code = sqlite3_exec(f->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : facts_fail(f, code, "write to");
}

int facts_begin(struct facts *f)
{
    if (f->error)
        return f->error;
    if (!f->is_writer)
        return -EROFS;
    errno = 0;
    return sqlite3_get_autocommit(f->db) ? run_sql(f, "BEGIN") : 0;
}

int facts_commit(struct facts *f)
{
    if (f->error)
        return f->error;
    if (!f->is_writer || sqlite3_get_autocommit(f->db))
        return 0;
    return run_sql(f, "COMMIT");
}

sqlite3_stmt *facts_statement(struct facts *f, const void *owner, const char *sql)
{
    struct facts_cached *place = f->cached;
    int code;

    while (place->owner && place->owner != owner)
        if (++place == f->cached + FACTS_N_CACHED) {
            f->error = -EIO;
            f->message = sqlite3_mprintf("cannot write to %s: more kinds of statements than FACTS_N_CACHED", f->path);
            return NULL;
        }
    if (place->owner)
        return place->statement;
    code = sql ? sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &place->statement, NULL) : SQLITE_NOMEM;
    if (code != SQLITE_OK) {
        facts_fail(f, code, "write to");
        return NULL;
    }
    place->owner = owner;
    return place->statement;
}

static const char *column_value(const struct facts_column *column)
{
    return column->value ? column->value : "?";
}

/* Owned by the caller (sqlite3_free). */
static char *write_sql(const struct facts_write *write)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);

    if (write->key) {
        sqlite3_str_appendf(sql, "UPDATE \"%w\" SET ", write->table);
        for (size_t i = 0; i < write->n; i++)
            sqlite3_str_appendf(sql, "%s\"%w\"=%s", i ? "," : "", write->columns[i].name,
                                column_value(&write->columns[i]));
        sqlite3_str_appendf(sql, " WHERE \"%w\"=?", write->key);
        return sqlite3_str_finish(sql);
    }
    sqlite3_str_appendf(sql, "INSERT%s INTO \"%w\" (", write->keep_old ? " OR IGNORE" : "", write->table);
    for (size_t i = 0; i < write->n; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i ? "," : "", write->columns[i].name);
    sqlite3_str_appendf(sql, ") VALUES (");
    for (size_t i = 0; i < write->n; i++)
        sqlite3_str_appendf(sql, "%s%s", i ? "," : "", column_value(&write->columns[i]));
    sqlite3_str_appendf(sql, ")");
    return sqlite3_str_finish(sql);
}

static int bind_one(sqlite3_stmt *statement, int index, const struct facts_column *column, const char *row)
{
    const void *bytes;
    int64_t number;
    size_t size;

    switch (column->kind) {
    case FACTS_INT:
        memcpy(&number, row + column->offset, sizeof number);
        return number == FACTS_NULL ? sqlite3_bind_null(statement, index)
                                    : sqlite3_bind_int64(statement, index, number);
    case FACTS_MASK:
        memcpy(&number, row + column->offset, sizeof number);
        return sqlite3_bind_int64(statement, index, number);
    case FACTS_TEXT:
        memcpy(&bytes, row + column->offset, sizeof bytes);
        return sqlite3_bind_text64(statement, index, bytes, bytes ? strlen(bytes) : 0, SQLITE_STATIC, SQLITE_UTF8);
    case FACTS_BLOB:
        memcpy(&bytes, row + column->offset, sizeof bytes);
        memcpy(&size, row + column->size_offset, sizeof size);
        if (bytes && size == 0)
            return sqlite3_bind_zeroblob(statement, index, 0);
        return sqlite3_bind_blob64(statement, index, bytes, size, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

int facts_bind(sqlite3_stmt *statement, const struct facts_column *columns, size_t n, const void *row)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < n && code == SQLITE_OK; i++)
        code = bind_one(statement, (int)i + 1, &columns[i], row);
    return code;
}

static sqlite3_stmt *write_statement(struct facts *f, const struct facts_write *write)
{
    sqlite3_stmt *statement;
    char *sql;

    for (size_t i = 0; i < FACTS_N_CACHED && f->cached[i].owner; i++)
        if (f->cached[i].owner == write)
            return f->cached[i].statement;
    sql = write_sql(write);
    statement = facts_statement(f, write, sql);
    sqlite3_free(sql);
    return statement;
}

int facts_write_row(struct facts *f, const struct facts_write *write, const void *row, int64_t key, int64_t *ret_id)
{
    sqlite3_stmt *statement;
    int error = facts_begin(f), code;

    if (error)
        return error;
    statement = write_statement(f, write);
    if (!statement)
        return f->error;
    code = facts_bind(statement, write->columns, write->n, row);
    if (code == SQLITE_OK && write->key)
        code = sqlite3_bind_int64(statement, (int)write->n + 1, key);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    /* Nothing borrowed stays bound. The reset keeps the error for facts_fail(), which can commit only after it. */
    sqlite3_clear_bindings(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE)
        error = facts_fail(f, code, "write to");
    if (!error && ret_id)
        *ret_id = sqlite3_last_insert_rowid(f->db);
    return error;
}

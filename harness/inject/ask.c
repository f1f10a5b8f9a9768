/* ask.c - queries on a recording. */
#include "harness/inject/internal.h"

sqlite3_stmt *ask(sqlite3 *db, const char *sql, size_t n, const int64_t *values)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        sqlite3_finalize(statement);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (values[i] == FACTS_NULL)
            sqlite3_bind_null(statement, (int)i + 1);
        else
            sqlite3_bind_int64(statement, (int)i + 1, values[i]);
    return statement;
}

int64_t ask_number(sqlite3 *db, const char *sql, size_t n, const int64_t *values)
{
    sqlite3_stmt *statement = ask(db, sql, n, values);
    int64_t value = FACTS_NULL;

    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        value = ask_integer(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

const char *ask_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

int64_t ask_integer(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? FACTS_NULL : sqlite3_column_int64(statement, column);
}

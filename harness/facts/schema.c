/* schema.c - whether a file has exactly the tables of facts.sql and nothing that runs or hides behind their names. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char list_schema[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type COLLATE BINARY, name COLLATE BINARY";

/* The text without comments and with single blanks. Comments may be reworded from one version to the next, definitions
 * may not. Our own text has no quotes, so that a text which comes out equal is also read alike by SQLite. */
static char *bare_text(const char *sql)
{
    char *bare = malloc(strlen(sql) + 1), *out = bare;

    if (!bare)
        return NULL;
    while (*sql) {
        if (sql[0] == '-' && sql[1] == '-')
            sql += strcspn(sql, "\n");
        else if (strchr(" \t\r\n", *sql)) {
            if (out > bare && out[-1] != ' ')
                *out++ = ' ';
            sql++;
        } else
            *out++ = *sql++;
    }
    *out = '\0';
    return bare;
}

/* 1 equal, 0 not, or -ENOMEM. A NUL byte inside a text makes it different from all of ours. */
static int is_column_equal(sqlite3_stmt *ours, sqlite3_stmt *theirs, int column)
{
    const char *a = (const char *)sqlite3_column_text(ours, column);
    const char *b = (const char *)sqlite3_column_text(theirs, column);
    char *bare_a, *bare_b;
    int equal;

    if (!a || !b)
        return !a && !b && sqlite3_column_type(theirs, column) == SQLITE_NULL;
    if (strlen(b) != (size_t)sqlite3_column_bytes(theirs, column))
        return 0;
    bare_a = bare_text(a);
    bare_b = bare_text(b);
    equal = bare_a && bare_b ? strcmp(bare_a, bare_b) == 0 : -ENOMEM;
    free(bare_a);
    free(bare_b);
    return equal;
}

static const char *object_name(sqlite3_stmt *statement)
{
    const char *name = (const char *)sqlite3_column_text(statement, 1);

    return name ? name : "?";
}

static int compare_schemas(sqlite3_stmt *ours, sqlite3_stmt *theirs, char *detail, size_t size)
{
    for (;;) {
        int a = sqlite3_step(ours), b = sqlite3_step(theirs);

        if (a == SQLITE_DONE && b == SQLITE_DONE)
            return 0;
        if (b != SQLITE_ROW && b != SQLITE_DONE)
            return facts_explain(detail, size, -EBADMSG, "its schema cannot be read");
        if (a == SQLITE_DONE)
            return facts_explain(detail, size, -EBADMSG, "it holds something that no recording holds");
        if (a != SQLITE_ROW)
            return -ENOMEM;
        if (b == SQLITE_DONE)
            return facts_explain(detail, size, -EBADMSG, "it lacks %s", object_name(ours));
        for (int column = 0; column < 4; column++) {
            int equal = is_column_equal(ours, theirs, column);

            if (equal < 0)
                return equal;
            /* Only our own name is shown: theirs may hold anything. */
            if (!equal)
                return facts_explain(detail, size, -EBADMSG, "where %s is due, it has something else",
                                     object_name(ours));
        }
    }
}

int facts_check_schema(sqlite3 *db, char *detail, size_t size)
{
    sqlite3_stmt *ours = NULL, *theirs = NULL;
    sqlite3 *model = NULL;
    int error;

    if (sqlite3_open_v2(":memory:", &model, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) != SQLITE_OK ||
        sqlite3_exec(model, facts_sql, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(model, list_schema, -1, &ours, NULL) != SQLITE_OK)
        error = facts_explain(detail, size, -ENOMEM, "out of memory");
    else if (sqlite3_prepare_v2(db, list_schema, -1, &theirs, NULL) != SQLITE_OK)
        error = facts_explain(detail, size, facts_errno(db, sqlite3_extended_errcode(db)),
                              "its schema cannot be read: %s", sqlite3_errmsg(db));
    else
        error = compare_schemas(ours, theirs, detail, size);
    sqlite3_finalize(theirs);
    sqlite3_finalize(ours);
    sqlite3_close(model);
    return error;
}

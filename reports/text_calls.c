/* text_calls.c - the system calls of interest, in their order, for verbose reports. */
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"

#define CALLS_MAX 1000

enum { NAME, DETAIL, RESULT, ERROR, A0, A1, A2, WHO };

/* How many arguments of a call say something; 3 for the others. */
static int count_arguments(const char *name)
{
    static const struct {
        const char *name;
        int n;
    } calls[] = { { "setuid", 1 },   { "setgid", 1 },   { "setfsuid", 1 },  { "setfsgid", 1 },
                  { "setreuid", 2 }, { "setregid", 2 }, { "setgroups", 2 }, { "prctl", 2 } };

    for (size_t i = 0; name && i < sizeof calls / sizeof calls[0]; i++)
        if (!strcmp(calls[i].name, name))
            return calls[i].n;
    return 3;
}

/* Ids are shown as the signed numbers they were given as: -1 keeps an id. */
static void write_arguments(struct page *p, sqlite3_stmt *row)
{
    int n = count_arguments((const char *)sqlite3_column_text(row, NAME));

    for (int i = 0; i < n; i++)
        page_format(p, "%s%lld", i ? ", " : "", (long long)sqlite3_column_int64(row, A0 + i));
}

static void write_call(struct page *p, sqlite3_stmt *row)
{
    long long result = sqlite3_column_int64(row, RESULT);
    int error = sqlite3_column_int(row, ERROR);
    const char *name = error ? strerrorname_np(error) : NULL;

    if (text_who(p, row, WHO))
        page_add(p, ": ");
    text_column(p, row, NAME);
    page_add(p, "(");
    if (sqlite3_column_type(row, DETAIL) != SQLITE_NULL)
        text_column(p, row, DETAIL);
    else
        write_arguments(p, row);
    page_add(p, ")");
    if (name)
        page_format(p, " failed: %s", name);
    else if (error)
        page_format(p, " failed: errno %d", error);
    else if (sqlite3_column_type(row, RESULT) == SQLITE_NULL)
        page_add(p, " did not return");
    else
        page_format(p, " = %lld", result);
    page_end(p, 2, 6);
}

int text_calls(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int64_t n = 0, total = 0;
    int r;

    r = query_integer(db, "SELECT count(*) FROM call", &total);
    if (r < 0 || total == 0)
        return r;
    r = query_open(db,
                   "SELECT c.name, c.detail, c.result, c.error, c.a0, c.a1, c.a2, p.pid, coalesce(i.path, b.path)"
                   " FROM call c LEFT JOIN process p ON p.id = c.process LEFT JOIN image i ON i.id = c.image"
                   " LEFT JOIN image b ON b.id = p.image ORDER BY c.seq",
                   &rows);
    if (r < 0)
        return r;
    page_heading(p, "Calls of interest");
    while (n < CALLS_MAX && (r = query_next(rows)) > 0) {
        write_call(p, rows);
        n++;
    }
    sqlite3_finalize(rows);
    if (r >= 0 && total > n) {
        page_format(p, "... and %lld more (table call of the recording)", (long long)(total - n));
        page_end(p, 2, 6);
    }
    return r < 0 ? r : 0;
}

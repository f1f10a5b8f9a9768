/* text_calls.c - the system calls of interest, in their order, for verbose reports. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_identity.h"

#define CALLS_MAX 1000

enum { NAME, DETAIL, A0, A1, A2, RESULT, ERROR, INJECTED, PLACE, WHO = PLACE + TEXT_PLACE_N };

/* How many arguments of a call say something; 3 for the others. */
static int count_arguments(const char *name)
{
    static const struct {
        const char *name;
        int n;
    } calls[] = { { "setuid", 1 },   { "setgid", 1 },   { "setfsuid", 1 },  { "setfsgid", 1 },
                  { "setreuid", 2 }, { "setregid", 2 }, { "setgroups", 0 }, /* a list: in the detail */
                  { "prctl", 2 } };

    for (size_t i = 0; name && i < sizeof calls / sizeof calls[0]; i++)
        if (!strcmp(calls[i].name, name))
            return calls[i].n;
    return 3;
}

/* capset's masks by names: 1, where the detail has them in the recorder's own form; else 0, and nothing is put. */
static int put_capset(struct page *p, const char *name, const char *detail)
{
    static const char *const sets[] = { "effective ", "permitted ", "inheritable " };
    const size_t n = sizeof sets / sizeof sets[0];
    uint64_t masks[3];

    if (!name || !detail || strcmp(name, "capset") != 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const char *digits = detail + strlen(sets[i]);

        if (strncmp(detail, sets[i], strlen(sets[i])) != 0 || strspn(digits, "0123456789abcdef") != 16 ||
            digits[16] != (i + 1 < n ? ' ' : '\0'))
            return 0;
        masks[i] = strtoull(digits, NULL, 16);
        detail = digits + 17;
    }
    for (size_t i = 0; i < n; i++) {
        page_format(p, "%s%s", i ? ", " : "", sets[i]);
        text_capabilities(p, masks[i]);
    }
    return 1;
}

void text_call(struct page *p, sqlite3_stmt *row, int column)
{
    const char *name = (const char *)sqlite3_column_text(row, column);
    int n = count_arguments(name);

    text_column(p, row, column);
    page_add(p, "(");
    if (put_capset(p, name, (const char *)sqlite3_column_text(row, column + 1)))
        ;
    else if (name && !strcmp(name, "getrandom") && sqlite3_column_type(row, column + 3) != SQLITE_NULL)
        page_format(p, "%lld bytes", (long long)sqlite3_column_int64(row, column + 3));
    else if (name && !strcmp(name, "setgroups") && sqlite3_column_type(row, column + 1) == SQLITE_NULL &&
             sqlite3_column_type(row, column + 2) != SQLITE_NULL &&
             sqlite3_column_int64(row, column + 2) == 0) /* 0 would be the group of that number */
        page_add(p, "none");
    else if (sqlite3_column_type(row, column + 1) != SQLITE_NULL)
        text_column(p, row, column + 1);
    else /* ids are shown as the signed numbers they were given as: -1 keeps an id */
        for (int i = 0; i < n && sqlite3_column_type(row, column + 2 + i) != SQLITE_NULL; i++)
            page_format(p, "%s%lld", i ? ", " : "", (long long)sqlite3_column_int64(row, column + 2 + i));
    page_add(p, ")");
}

void text_error(struct page *p, int64_t error)
{
    const char *name = error > 0 && error <= INT_MAX ? strerrorname_np((int)error) : NULL;

    if (name)
        page_add(p, name);
    else
        page_format(p, "errno %lld", (long long)error);
}

void text_result(struct page *p, sqlite3_stmt *row, int column)
{
    int64_t error = sqlite3_column_int64(row, column + 1);

    if (error) {
        page_add(p, "failed: ");
        text_error(p, error);
    } else if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        page_add(p, "did not return");
    } else {
        page_format(p, "= %lld", (long long)sqlite3_column_int64(row, column));
    }
    if (sqlite3_column_int(row, column + 2))
        page_add(p, " (injected)");
}

static void write_call(struct page *p, sqlite3_stmt *row)
{
    if (text_who(p, row, WHO))
        page_add(p, ": ");
    text_call(p, row, NAME);
    page_add(p, " ");
    text_result(p, row, RESULT);
    if (sqlite3_column_type(row, PLACE) != SQLITE_NULL) {
        page_style(p, PAGE_DIM);
        page_add(p, ", from ");
        text_place(p, row, PLACE);
        page_style(p, PAGE_PLAIN);
    }
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
                   "SELECT c.name, c.detail, c.a0, c.a1, c.a2, c.result, c.error, c.injected, " TEXT_PLACE_COLUMNS
                   ", p.pid, coalesce(i.path, b.path)"
                   " FROM call c LEFT JOIN process p ON p.id = c.process LEFT JOIN image i ON i.id = c.image"
                   " LEFT JOIN image b ON b.id = p.image" TEXT_PLACE_JOIN("c.stack") " ORDER BY c.seq",
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

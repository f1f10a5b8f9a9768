/* text_who.c - naming a process and a moment in the text report. */
#include "reports/text.h"

#include <string.h>

#include "reports/query.h"

#define NAME_MAX_SHOWN 64 /* of the name of a program */

void text_column(struct page *p, sqlite3_stmt *row, int column)
{
    size_t size;
    const void *bytes = query_bytes(row, column, &size);

    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        page_add(p, "?");
    else
        page_put(p, bytes, size);
}

void text_basename(struct page *p, const void *path, size_t size)
{
    const char *slash = path && size ? memrchr(path, '/', size) : NULL;

    if (slash && slash + 1 < (const char *)path + size) {
        size -= (size_t)(slash + 1 - (const char *)path);
        path = slash + 1;
    }
    if (size > 0)
        page_put_cut(p, path, size, NAME_MAX_SHOWN);
    else
        page_add(p, "?");
}

int text_who(struct page *p, sqlite3_stmt *row, int column)
{
    size_t size;
    const void *path;

    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return 0;
    path = query_bytes(row, column + 1, &size);
    text_basename(p, path, size);
    page_format(p, " (pid %lld)", (long long)sqlite3_column_int64(row, column));
    return 1;
}

int text_moment(struct page *p, sqlite3_stmt *row, int column)
{
    static const struct {
        const char *moment, *words;
        int detail; /* column that follows the words */
    } moments[] = {
        { "born", "when born", -1 },    { "exec", "at exec", -1 },      { "before-change", "before", 3 },
        { "after-change", "after", 3 }, { "settled", "settled in", 5 }, { "marker", "at marker", 4 },
        { "exit", "at exit", -1 },
    };
    const char *moment = (const char *)sqlite3_column_text(row, column + 2);

    if (!moment)
        return 0;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        if (strcmp(moment, moments[i].moment))
            continue;
        if (moments[i].detail < 0) {
            page_add(p, moments[i].words);
        } else if (sqlite3_column_type(row, column + moments[i].detail) == SQLITE_NULL) {
            page_add(p, moment);
        } else {
            page_add(p, moments[i].words);
            page_add(p, " ");
            text_column(p, row, column + moments[i].detail);
        }
        return 1;
    }
    text_column(p, row, column + 2);
    return 1;
}

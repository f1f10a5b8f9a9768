/* text_place.c - where a call was made from, in the text report. */
#include "reports/query.h"
#include "reports/text.h"

enum { DEPTH, SYMBOL, OBJECT, OFFSET, SOURCE, LINE };

#define SYMBOL_MAX 80 /* bytes of the name of a function that are shown */

void text_place(struct page *p, sqlite3_stmt *row, int column)
{
    size_t symbol_size, object_size, source_size;
    const void *symbol = query_bytes(row, column + SYMBOL, &symbol_size);
    const void *object = query_bytes(row, column + OBJECT, &object_size);
    const void *source = query_bytes(row, column + SOURCE, &source_size);

    if (symbol_size > 0) {
        page_put_cut(p, symbol, symbol_size, SYMBOL_MAX);
        page_add(p, " (");
    }
    text_basename(p, object, object_size);
    if (symbol_size > 0)
        page_add(p, ")");
    else if (sqlite3_column_type(row, column + OFFSET) != SQLITE_NULL)
        page_format(p, "+0x%llx", (unsigned long long)sqlite3_column_int64(row, column + OFFSET));
    if (source_size == 0)
        return;
    page_add(p, ", ");
    text_basename(p, source, source_size);
    if (sqlite3_column_type(row, column + LINE) != SQLITE_NULL)
        page_format(p, ":%lld", (long long)sqlite3_column_int64(row, column + LINE));
}

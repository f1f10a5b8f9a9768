/* ids.c - the ids format: one line "RESULT CHECK-ID" for each result that is not a pass, for programs that count. */
#include <errno.h>
#include <stdlib.h>

#include "harness/facts/facts.h"
#include "reports/escape.h"
#include "reports/formats.h"
#include "reports/query.h"
#include "reports/verdict.h"

/* One word: an id from a check file of the user may hold anything. */
static int write_word(sqlite3_stmt *rows, int column, FILE *out)
{
    size_t size;
    const void *bytes = query_bytes(rows, column, &size);
    char *word = escape_text(bytes, size, 256, 0);

    if (!word)
        return -ENOMEM;
    for (char *c = word; *c; c++)
        putc(*c == ' ' ? '_' : *c, out);
    free(word);
    return 0;
}

int ids_write(struct facts *f, const struct report_options *options, FILE *out)
{
    sqlite3_stmt *rows = NULL;
    struct verdict v;
    int r;

    (void)options;
    r = verdict_read(f, &v);
    if (r < 0)
        return r;
    r = query_open(facts_db(f), "SELECT result, check_id FROM finding WHERE result IS NOT 'pass' ORDER BY 1, 2, id",
                   &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        r = write_word(rows, 0, out);
        putc(' ', out);
        if (r == 0)
            r = write_word(rows, 1, out);
        putc('\n', out);
        if (r < 0)
            break;
    }
    sqlite3_finalize(rows);
    if (r < 0)
        return r;
    fputs(v.complete ? "complete\n" : "incomplete\n", out);
    return ferror(out) ? -EIO : 0;
}

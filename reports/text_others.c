/* text_others.c - the results that are no findings: unknown with the reason, accepted with the reason, and passed. */
#include "reports/text.h"

#include "reports/query.h"

#define LINES_MAX 8 /* lines of one kind without -v */

enum { CHECK, REASON, COUNT, SUBJECT, WHO };

/* One line a group: check, how many, why; the first subject stands for the others. */
static void write_group(struct page *p, sqlite3_stmt *row)
{
    int64_t n = sqlite3_column_int64(row, COUNT);

    page_style(p, PAGE_BOLD);
    text_column(p, row, CHECK);
    page_style(p, PAGE_PLAIN);
    if (n > 1)
        page_format(p, " (%lld results)", (long long)n);
    page_add(p, ": ");
    if (text_who(p, row, WHO))
        page_add(p, n > 1 ? " and others: " : ": ");
    text_column(p, row, SUBJECT);
    if (sqlite3_column_type(row, REASON) != SQLITE_NULL) {
        page_add(p, p->options->utf8 ? " \xe2\x80\x94 " : " - ");
        text_column(p, row, REASON);
    }
    page_end(p, 2, 6);
}

/* Shows the results of one kind; `sql` gives a row a group with the columns above, ?1 is the result's name. */
static int write_groups(struct page *p, sqlite3 *db, const char *sql, const char *result, const char *heading)
{
    sqlite3_stmt *rows = NULL;
    int64_t lines = 0, hidden = 0;
    int r;

    r = query_open(db, sql, &rows);
    if (r < 0)
        return r;
    sqlite3_bind_text(rows, 1, result, -1, SQLITE_STATIC);
    while ((r = query_next(rows)) > 0) {
        if (lines++ == 0)
            page_heading(p, heading);
        if (lines > LINES_MAX && p->options->verbose <= 0)
            hidden += sqlite3_column_int64(rows, COUNT);
        else
            write_group(p, rows);
    }
    sqlite3_finalize(rows);
    if (r == 0 && hidden > 0) {
        page_format(p, "... and %lld more (-v shows all)", (long long)hidden);
        page_end(p, 2, 6);
    }
    return r;
}

/* SQLite takes the other columns of a group with min() from the row that has the minimum. */
static const char grouped[] =
    "SELECT g.check_id, g.reason, g.n, f.subject, " TEXT_WHO_COLUMNS
    " FROM (SELECT check_id, reason, count(*) AS n, min(id) AS first FROM finding WHERE result = ?1"
    "   GROUP BY check_id, reason) g JOIN finding f ON f.id = g.first" TEXT_WHO_JOINS " ORDER BY g.check_id, g.first";
/* One gap may leave several checks without an answer: it is told once. */
static const char grouped_by_reason[] =
    "SELECT g.checks, g.reason, g.n, f.subject, " TEXT_WHO_COLUMNS
    " FROM (SELECT replace(group_concat(DISTINCT check_id), ',', ', ') AS checks, reason, count(*) AS n, min(id) AS "
    "first"
    "   FROM (SELECT * FROM finding WHERE result = ?1 ORDER BY check_id) GROUP BY reason) g"
    " JOIN finding f ON f.id = g.first" TEXT_WHO_JOINS " ORDER BY g.checks, g.first";
static const char single[] = "SELECT f.check_id, f.reason, 1, f.subject, " TEXT_WHO_COLUMNS
                             " FROM finding f" TEXT_WHO_JOINS " WHERE f.result = ?1 ORDER BY f.check_id, f.id";

int text_unknown(struct page *p, sqlite3 *db)
{
    return write_groups(p, db, p->options->verbose > 0 ? single : grouped_by_reason, "unknown",
                        "Unknown: what could not be seen, so that no answer is given");
}

int text_accepted(struct page *p, sqlite3 *db)
{
    return write_groups(p, db, p->options->verbose > 0 ? single : grouped, "accepted", "Accepted by design");
}

int text_passed(struct page *p, sqlite3 *db)
{
    return write_groups(p, db, single, "pass", "Passed");
}

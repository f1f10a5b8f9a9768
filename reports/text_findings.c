/* text_findings.c - what was found: each check once, with the processes it was found in, the reason and the remedy. */
#include "reports/text.h"

#include <ctype.h>
#include <string.h>

#include "reports/query.h"

#define ITEMS_MAX    5    /* different facts of one check that are shown without -v */
#define NAMES_MAX    4    /* processes that are named for one fact */
#define EVIDENCE_MAX 2048 /* bytes of evidence; checks give a sentence or two */

/* One row for each process of each fact: facts in the order in which they were found, and equal facts together. */
static const char items_sql[] =
    "SELECT n, nth, subject, evidence, strength, pid, path, moment, call_name, marker_name, waiting"
    " FROM (SELECT f.id, f.subject, f.evidence, f.strength, p.pid, coalesce(i.path, li.path, b.path) AS path, l.moment,"
    "   c.name AS call_name, m.name AS marker_name, l.waiting, min(f.id) OVER same AS first, count(*) OVER same AS n,"
    "   row_number() OVER (same ORDER BY f.id) AS nth"
    "   FROM finding f" TEXT_WHO_JOINS " WHERE f.result = 'found' AND f.check_id IS ?1 AND " VERDICT_RANK(
        "f.severity") " = ?2"
                      "   WINDOW same AS (PARTITION BY f.subject, f.evidence, f.strength, l.moment, c.name, m.name))"
                      " WHERE nth <= ?3 ORDER BY first, nth";
enum { N, NTH, SUBJECT, EVIDENCE, STRENGTH, WHO };

static void add_severity(struct page *p, int rank)
{
    char word[16];
    size_t i;

    for (i = 0; verdict_severity[rank][i] && i < sizeof word - 1; i++)
        word[i] = (char)toupper((unsigned char)verdict_severity[rank][i]);
    word[i] = '\0';
    page_style(p, page_severity_style(verdict_severity[rank]));
    page_format(p, "%-8s", word);
    page_style(p, PAGE_PLAIN);
}

/* The last row of a fact: what it is, now that the processes have been named. */
static void end_item(struct page *p, sqlite3_stmt *row, int64_t hidden)
{
    size_t size;
    const void *evidence;

    if (hidden > 0)
        page_format(p, " and %lld more%s", (long long)hidden, p->options->verbose > 0 ? "" : " (-v names them)");
    if (sqlite3_column_type(row, WHO) != SQLITE_NULL)
        page_add(p, ", ");
    if (text_moment(p, row, WHO))
        page_add(p, ": ");
    page_style(p, PAGE_BOLD);
    text_column(p, row, SUBJECT);
    page_style(p, PAGE_PLAIN);
    page_end(p, 2, 4);
    evidence = query_bytes(row, EVIDENCE, &size);
    if (size > 0)
        page_put_cut(p, evidence, size, EVIDENCE_MAX);
    page_style(p, PAGE_DIM);
    page_add(p, size > 0 ? " [" : "[");
    text_column(p, row, STRENGTH);
    page_add(p, "]");
    page_style(p, PAGE_PLAIN);
    page_end(p, 4, 4);
}

/* Shows facts from rows of items_sql; *ret_hidden is how many results were not shown. */
static int write_items(struct page *p, sqlite3_stmt *rows, int64_t names_max, int64_t *ret_hidden)
{
    int64_t items = 0, hidden = 0;
    int r;

    while ((r = query_next(rows)) > 0) {
        int64_t n = sqlite3_column_int64(rows, N), nth = sqlite3_column_int64(rows, NTH);
        int64_t shown = n < names_max ? n : names_max;

        if (nth == 1)
            items++;
        if (items > ITEMS_MAX && p->options->verbose <= 0) {
            hidden += nth == 1 ? n : 0;
            continue;
        }
        page_add(p, nth == 1 ? (p->options->utf8 ? "\xe2\x80\xa2 " : "- ") : ", ");
        text_who(p, rows, WHO);
        if (nth == shown)
            end_item(p, rows, n - shown);
    }
    *ret_hidden = hidden;
    return r;
}

static void write_reason(struct page *p, sqlite3_stmt *row, int column, const char *label)
{
    size_t size;
    const void *text = query_bytes(row, column, &size);

    if (size == 0)
        return;
    page_style(p, PAGE_DIM);
    page_format(p, "%-5s", label);
    page_style(p, PAGE_PLAIN);
    page_put_text(p, text, size);
    page_end(p, 2, 7);
}

enum { CHECK, RANK, TITLE, WHY, FIX, CWE, CERT, PROVEN };

static void write_see(struct page *p, sqlite3_stmt *row)
{
    size_t size;

    page_style(p, PAGE_DIM);
    page_format(p, "%-5s", "See");
    page_style(p, PAGE_PLAIN);
    for (int column = CWE; column <= CERT; column++) {
        const void *text = query_bytes(row, column, &size);

        if (size == 0)
            continue;
        page_put(p, text, size);
        page_add(p, ", ");
    }
    page_add(p, "forkaudit explain ");
    text_column(p, row, CHECK);
    page_end(p, 2, 7);
}

/* One check at one severity: `row` is of text_findings(), `items` of items_sql. */
static int write_check(struct page *p, sqlite3_stmt *row, sqlite3_stmt *items)
{
    int64_t hidden = 0, names_max = p->options->verbose > 0 ? 1000 : NAMES_MAX;
    int rank = sqlite3_column_int(row, RANK), r;

    page_end(p, 0, 0);
    add_severity(p, rank);
    page_add(p, "  ");
    if (sqlite3_column_int64(row, PROVEN) > 0) { /* the strongest thing that can be said: not left to the small print */
        page_style(p, page_severity_style(verdict_severity[rank]));
        page_add(p, sqlite3_column_int64(row, PROVEN) > 1 ? "proven" : "partly proven");
        page_style(p, PAGE_PLAIN);
        page_add(p, "  ");
    }
    page_style(p, PAGE_BOLD);
    text_column(p, row, CHECK);
    page_style(p, PAGE_PLAIN);
    if (sqlite3_column_type(row, TITLE) != SQLITE_NULL) {
        page_add(p, ": ");
        text_column(p, row, TITLE);
    }
    page_end(p, 0, 10);
    sqlite3_reset(items);
    sqlite3_bind_value(items, 1, sqlite3_column_value(row, CHECK));
    sqlite3_bind_int(items, 2, rank);
    sqlite3_bind_int64(items, 3, names_max);
    r = write_items(p, items, names_max, &hidden);
    if (r < 0)
        return r;
    if (hidden > 0) {
        page_format(p, "... and %lld more (-v shows all)", (long long)hidden);
        page_end(p, 2, 4);
    }
    write_reason(p, row, WHY, "Why");
    write_reason(p, row, FIX, "Fix");
    write_see(p, row);
    return 0;
}

int text_findings(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *checks = NULL, *items = NULL;
    int r;

    r = query_open(db,
                   "SELECT f.check_id, " VERDICT_RANK(
                       "f.severity") " AS rank, c.title, c.why, c.fix, c.cwe, c.cert,"
                                     " max(f.strength = 'proven') + min(f.strength = 'proven')"
                                     " FROM finding f LEFT JOIN temp.check_used c ON c.id = f.check_id"
                                     " WHERE f.result = 'found' GROUP BY 1, 2 ORDER BY 2, 1",
                   &checks);
    if (r == 0)
        r = query_open(db, items_sql, &items);
    while (r == 0 && (r = query_next(checks)) > 0)
        r = write_check(p, checks, items);
    sqlite3_finalize(items);
    sqlite3_finalize(checks);
    return r;
}

int text_findings_brief(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db,
                   "SELECT f.check_id, " VERDICT_RANK(
                       "f.severity") " AS rank, f.subject, " TEXT_WHO_COLUMNS " FROM finding f" TEXT_WHO_JOINS
                                     " WHERE f.result = 'found' ORDER BY rank, f.check_id, f.id",
                   &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        add_severity(p, sqlite3_column_int(rows, 1));
        page_add(p, "  ");
        text_column(p, rows, 0);
        page_add(p, "  ");
        if (text_who(p, rows, 3))
            page_add(p, ": ");
        text_column(p, rows, 2);
        page_end(p, 0, 10);
    }
    sqlite3_finalize(rows);
    return r;
}

/* text_inject.c - calls that were made to fail: where they come from, and what the program did next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_identity.h"
#include "reports/text_table.h"

#define ROWS_MAX         40 /* of the table without -v */
#define ROWS_MAX_VERBOSE 5000
#define STORIES_MAX      8 /* trials that are told below it without -v */
#define ROLE_MAX         40
#define EVIDENCE_MAX     1024
#define RANK_TOLD        3 /* of RANK below */

#define KEPT                                                                                                           \
    "(j.kept_uid IS NOT NULL OR j.kept_gid IS NOT NULL OR coalesce(j.kept_groups, '') <> ''"                           \
    " OR coalesce(j.kept_caps, 0) <> 0)"
/* How much a trial asks to be read: up to RANK_TOLD it is told below the table too. */
#define RANK                                                                                                           \
    "CASE WHEN " KEPT " THEN 0 WHEN j.outcome = 'crashed' THEN 1 WHEN j.outcome = 'hung' THEN 2"                       \
    " WHEN j.outcome = 'failed' THEN 3 WHEN j.outcome = 'carried-on' THEN 4 ELSE 5 END"

/* What a reader can tell apart: sites that differ only in who called the caller, or in sizes and addresses, are one place to him. */
#define ID_ARGUMENT(n) "CASE WHEN s.name GLOB 'set*id' THEN c." #n " END"
#define PLACED                                                                                                         \
    "s.role, s.name, s.detail, " ID_ARGUMENT(a0) ", " ID_ARGUMENT(a1) ", " ID_ARGUMENT(a2) ", pl.object, pl.offset"

/* clang-format off */
/* A place comes with all that it led to, the one first that asks most to be read. */
static const char trials_sql[] =
    "WITH trial AS (SELECT j.*, " RANK " AS rank, dense_rank() OVER (ORDER BY " PLACED ") AS place,"
    " s.role, s.name, s.detail, c.a0, c.a1, c.a2, s.stack FROM injection j LEFT JOIN site s ON s.id = j.site"
    " LEFT JOIN call c ON c.id = s.first_call" TEXT_PLACE_JOIN("s.stack") "),"
    " ranked AS (SELECT t.*, min(t.rank) OVER (PARTITION BY t.place) AS worst FROM trial t)"
    " SELECT dense_rank() OVER (ORDER BY r.worst, r.place, r.rank, r.outcome, CASE WHEN r.outcome IN ('ended', 'crashed')"
    " THEN r.status END, r.kept_uid, r.kept_gid, r.kept_groups, r.kept_caps, r.served, r.every) AS same, r.place,"
    " r.error, r.every, r.outcome, r.status, r.kept_uid, r.kept_gid, coalesce(r.kept_groups, ''), coalesce(r.kept_caps, 0),"
    " r.served, r.rank, r.evidence, r.recording, r.role, r.name, r.detail, r.a0, r.a1, r.a2, "
    TEXT_PLACE_COLUMNS " FROM ranked r" TEXT_PLACE_JOIN("r.stack") " ORDER BY same, r.error, r.id";
/* clang-format on */
enum {
    GROUP,
    SITE,
    ERROR,
    EVERY,
    OUTCOME,
    STATUS,
    KEPT_UID,
    KEPT_GID,
    KEPT_GROUPS,
    KEPT_CAPS,
    SERVED,
    RANKED,
    EVIDENCE,
    RECORDING,
    ROLE,
    CALL,
    PLACE = CALL + 5
};

/* The section in the making. */
struct section {
    struct page *page, scratch; /* scratch: of a cell */
    struct text_grid grid;
    int64_t site, error; /* of the row before */
    int has_site;
};

enum { CELL_ROLE, CELL_CALL, CELL_FROM, CELL_ERROR, CELL_OUTCOME, CELL_SERVED, N_CELLS };
static const char *const names[N_CELLS] = { "ROLE", "CALL", "FROM", "ERRNO", "OUTCOME", "SERVED" };

static int is_outcome(sqlite3_stmt *row, const char *word)
{
    const char *outcome = (const char *)sqlite3_column_text(row, OUTCOME);

    return outcome && !strcmp(outcome, word);
}

/* "uid 0, gid 0, groups 0 4, capabilities cap_setuid": what it went on with and has not at rest when nothing fails. */
static void put_kept(struct page *p, sqlite3_stmt *row)
{
    size_t size;
    const void *groups = query_bytes(row, KEPT_GROUPS, &size);
    const char *before = "";

    if (sqlite3_column_type(row, KEPT_UID) != SQLITE_NULL) {
        page_format(p, "uid %lld", (long long)sqlite3_column_int64(row, KEPT_UID));
        before = ", ";
    }
    if (sqlite3_column_type(row, KEPT_GID) != SQLITE_NULL) {
        page_format(p, "%sgid %lld", before, (long long)sqlite3_column_int64(row, KEPT_GID));
        before = ", ";
    }
    if (size > 0) {
        page_format(p, "%sgroups ", before);
        page_put_cut(p, groups, size, 80);
        before = ", ";
    }
    if (sqlite3_column_int64(row, KEPT_CAPS)) {
        page_format(p, "%scapabilities ", before);
        text_capabilities(p, (uint64_t)sqlite3_column_int64(row, KEPT_CAPS));
    }
}

static void put_status(struct page *p, sqlite3_stmt *row, const char *words)
{
    int status = sqlite3_column_int(row, STATUS);

    page_add(p, words);
    if (sqlite3_column_type(row, STATUS) == SQLITE_NULL)
        return;
    if (WIFEXITED(status))
        page_format(p, " with status %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status) && sigabbrev_np(WTERMSIG(status)))
        page_format(p, " by SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        page_format(p, ", wait status 0x%x", (unsigned)status);
}

static void put_outcome(struct page *p, sqlite3_stmt *row)
{
    int is_kept = sqlite3_column_int(row, RANKED) == 0;

    if (is_outcome(row, "ended"))
        put_status(p, row, "gave up");
    else if (is_outcome(row, "crashed"))
        put_status(p, row, "crashed");
    else if (is_outcome(row, "retried"))
        page_add(p, "tried again");
    else if (is_outcome(row, "carried-on"))
        page_add(p, is_kept ? "WENT ON" : "went on as before");
    else if (is_outcome(row, "hung"))
        page_add(p, "hung");
    else if (is_outcome(row, "not-reached"))
        page_add(p, "never reached");
    else if (is_outcome(row, "failed"))
        page_add(p, "could not be judged");
    else
        text_column(p, row, OUTCOME);
    if (!is_kept)
        return;
    page_add(p, " with privilege: ");
    put_kept(p, row);
}

static enum page_style outcome_style(sqlite3_stmt *row)
{
    int rank = sqlite3_column_int(row, RANKED);

    return rank <= 1 ? PAGE_RED : rank <= 3 ? PAGE_YELLOW : PAGE_PLAIN;
}

static void put_role(struct page *p, sqlite3_stmt *row)
{
    size_t size;
    const void *role = query_bytes(row, ROLE, &size);

    if (size > 0)
        page_put_cut(p, role, size, ROLE_MAX);
    else
        page_add(p, "?");
}

static void put_error(struct page *p, sqlite3_stmt *row)
{
    text_error(p, sqlite3_column_int64(row, ERROR));
    if (sqlite3_column_int(row, EVERY))
        page_add(p, " each time");
}

/* ---- the table: a row for each place and outcome, with all errors that led to it ---- */

static int set_cell(struct section *s, struct text_grid_row *line, int cell)
{
    line->cells[cell] = page_take(&s->scratch);
    return line->cells[cell] ? 0 : -ENOMEM;
}

static int begin_row(struct section *s, sqlite3_stmt *row)
{
    struct text_grid_row *line = text_grid_add(&s->grid);
    int64_t site = sqlite3_column_int64(row, SITE);
    int r = 0;

    if (!line)
        return -ENOMEM;
    line->style = outcome_style(row);
    s->error = 0;
    if (!s->has_site || s->site != site) { /* else it is the place of the row above */
        put_role(&s->scratch, row);
        r = set_cell(s, line, CELL_ROLE);
        text_call(&s->scratch, row, CALL);
        if (r == 0)
            r = set_cell(s, line, CELL_CALL);
        if (sqlite3_column_type(row, PLACE) != SQLITE_NULL)
            text_place(&s->scratch, row, PLACE);
        if (r == 0)
            r = set_cell(s, line, CELL_FROM);
    }
    s->has_site = 1;
    s->site = site;
    put_outcome(&s->scratch, row);
    if (r == 0)
        r = set_cell(s, line, CELL_OUTCOME);
    if (r == 0 && sqlite3_column_type(row, SERVED) != SQLITE_NULL) {
        page_add(&s->scratch, sqlite3_column_int(row, SERVED) ? "yes" : "no");
        r = set_cell(s, line, CELL_SERVED);
    }
    return r;
}

static int add_error(struct section *s, sqlite3_stmt *row)
{
    struct text_grid_row *line = &s->grid.rows[s->grid.n - 1];
    char *before = line->cells[CELL_ERROR];

    if (before && s->error == sqlite3_column_int64(row, ERROR))
        return 0;
    s->error = sqlite3_column_int64(row, ERROR);
    if (before) {
        page_add(&s->scratch, before);
        page_add(&s->scratch, " ");
    }
    put_error(&s->scratch, row);
    line->cells[CELL_ERROR] = NULL;
    free(before);
    return set_cell(s, line, CELL_ERROR);
}

static int write_table(struct section *s, sqlite3_stmt *rows)
{
    const size_t max = s->page->options->verbose > 0 ? ROWS_MAX_VERBOSE : ROWS_MAX;
    int64_t group = 0, hidden = 0;
    int r;

    while ((r = query_next(rows)) > 0) {
        int64_t of = sqlite3_column_int64(rows, GROUP);

        if (of != group && s->grid.n == max) {
            hidden++;
            continue;
        }
        r = of != group ? begin_row(s, rows) : 0;
        group = of;
        if (r == 0)
            r = add_error(s, rows);
        if (r < 0)
            return r;
    }
    if (r == 0)
        r = text_grid_write(&s->grid, s->page);
    if (r == 0 && hidden > 0) {
        page_format(s->page, "... and %lld more trial%s%s", (long long)hidden, hidden == 1 ? "" : "s",
                    s->page->options->verbose > 0 ? "" : " (-v shows them)");
        page_end(s->page, 2, 4);
    }
    return r;
}

/* ---- what the program did, for the trials in which it did not simply give up ---- */

static void write_story(struct page *p, sqlite3_stmt *row)
{
    size_t size;
    const void *evidence = query_bytes(row, EVIDENCE, &size);

    page_add(p, p->options->utf8 ? "\xe2\x80\xa2 " : "- ");
    page_style(p, outcome_style(row));
    put_outcome(p, row);
    page_style(p, PAGE_PLAIN);
    page_add(p, p->options->utf8 ? " \xe2\x80\x94 " : " - ");
    if (size > 0) { /* it names the call, the errno and the process */
        page_put_cut(p, evidence, size, EVIDENCE_MAX);
    } else {
        text_call(p, row, CALL);
        page_add(p, " ");
        put_error(p, row);
        page_add(p, " in ");
        put_role(p, row);
    }
    if (sqlite3_column_type(row, RECORDING) != SQLITE_NULL) {
        page_style(p, PAGE_DIM);
        page_add(p, " [");
        text_column(p, row, RECORDING);
        page_add(p, "]");
        page_style(p, PAGE_PLAIN);
    }
    page_end(p, 2, 4);
}

static int write_stories(struct page *p, sqlite3_stmt *rows)
{
    const int verbose = p->options->verbose > 0;
    int64_t n = 0, group = 0;
    int r;

    sqlite3_reset(rows);
    while ((r = query_next(rows)) > 0) {
        int64_t of = sqlite3_column_int64(rows, GROUP);

        if (!verbose && (sqlite3_column_int(rows, RANKED) > RANK_TOLD || of == group))
            continue;
        group = of;
        if (n++ < (verbose ? ROWS_MAX_VERBOSE : STORIES_MAX))
            write_story(p, rows);
    }
    n -= verbose ? ROWS_MAX_VERBOSE : STORIES_MAX;
    if (r == 0 && n > 0) {
        page_format(p, "... and %lld more%s", (long long)n, verbose ? "" : " (-v shows them)");
        page_end(p, 2, 4);
    }
    return r;
}

/* ---- the sum ---- */

static const char sum_sql[] =
    "SELECT count(*), count(DISTINCT j.site), (SELECT count(*) FROM site WHERE id NOT IN (SELECT site FROM injection)),"
    " coalesce(sum(" KEPT "), 0), coalesce(sum(j.outcome = 'ended' AND NOT " KEPT "), 0),"
    " coalesce(sum(j.outcome = 'retried' AND NOT " KEPT "), 0), coalesce(sum(j.outcome = 'carried-on' AND NOT " KEPT
    "), 0), coalesce(sum(j.outcome = 'crashed' AND NOT " KEPT "), 0),"
    " coalesce(sum(j.outcome = 'hung' AND NOT " KEPT "), 0), coalesce(sum(j.outcome = 'not-reached' AND NOT " KEPT
    "), 0), coalesce(sum(j.outcome = 'failed' AND NOT " KEPT "), 0) FROM injection j";

static int write_sum(struct page *p, sqlite3 *db)
{
    static const struct {
        const char *words;
        enum page_style style;
    } parts[] = { { "went on with privilege", PAGE_RED },
                  { "gave up", PAGE_PLAIN },
                  { "tried again", PAGE_PLAIN },
                  { "went on as before", PAGE_PLAIN },
                  { "crashed", PAGE_RED },
                  { "hung", PAGE_YELLOW },
                  { "never reached it", PAGE_YELLOW },
                  { "could not be judged", PAGE_YELLOW } };
    sqlite3_stmt *row = NULL;
    const char *before = ": ";
    int64_t trials, sites, untried;
    int r;

    r = query_open(db, sum_sql, &row);
    if (r == 0)
        r = query_next(row);
    if (r <= 0)
        goto out;
    trials = sqlite3_column_int64(row, 0), sites = sqlite3_column_int64(row, 1), untried = sqlite3_column_int64(row, 2);
    page_format(p, "%lld trial%s of %lld call%s", (long long)trials, trials == 1 ? "" : "s", (long long)sites,
                sites == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int64_t n = sqlite3_column_int64(row, 3 + (int)i);

        if (n == 0)
            continue;
        page_add(p, before);
        page_style(p, parts[i].style);
        page_format(p, "%lld %s", (long long)n, parts[i].words);
        page_style(p, PAGE_PLAIN);
        before = ", ";
    }
    if (untried > 0)
        page_format(p, "; %lld call%s not tried", (long long)untried, untried == 1 ? " was" : "s were");
    page_end(p, 2, 4);
    r = 0;
out:
    sqlite3_finalize(row);
    return r;
}

int text_injections(struct page *p, sqlite3 *db)
{
    struct section s = { .page = p, .grid = { .names = names, .n_columns = N_CELLS, .styled = CELL_OUTCOME } };
    sqlite3_stmt *rows = NULL;
    int64_t n = 0;
    int r;

    r = query_integer(db, "SELECT (SELECT count(*) FROM injection) + (SELECT count(*) FROM site)", &n);
    if (r < 0 || n == 0)
        return r;
    page_init(&s.scratch, NULL, p->options);
    page_heading(p, "Injected failures");
    r = query_integer(db, "SELECT count(*) FROM injection", &n);
    if (r == 0)
        r = query_open(db, trials_sql, &rows);
    if (r == 0 && n > 0)
        r = write_table(&s, rows);
    if (r == 0)
        r = write_sum(p, db);
    if (r == 0)
        r = write_stories(p, rows);
    sqlite3_finalize(rows);
    text_grid_release(&s.grid);
    page_finish(&s.scratch);
    return r;
}

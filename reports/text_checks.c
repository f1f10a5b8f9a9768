/* text_checks.c - which checks were used and which were not, and what would make the audit itself better. */
#include "reports/text.h"

#include <string.h>
#include <sys/wait.h>

#include "reports/query.h"

/* "label: a, b, c" from the first column of a query; nothing when it has no row. */
static int write_list(struct page *p, sqlite3 *db, const char *label, const char *sql)
{
    sqlite3_stmt *rows = NULL;
    int64_t n = 0;
    int r;

    r = query_open(db, sql, &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        if (n++ == 0) {
            page_style(p, PAGE_DIM);
            page_add(p, label);
            page_style(p, PAGE_PLAIN);
        }
        page_add(p, n == 1 ? " " : ", ");
        text_column(p, rows, 0);
    }
    sqlite3_finalize(rows);
    if (n > 0)
        page_end(p, 2, 6);
    return r;
}

static int write_failed(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db, "SELECT file, line, message FROM temp.check_failed ORDER BY file, line", &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        page_style(p, PAGE_RED);
        page_add(p, "Failed:");
        page_style(p, PAGE_PLAIN);
        page_add(p, " ");
        text_column(p, rows, 0);
        if (sqlite3_column_int64(rows, 1) > 0)
            page_format(p, ":%lld", (long long)sqlite3_column_int64(rows, 1));
        page_add(p, ": ");
        text_column(p, rows, 2);
        page_end(p, 2, 6);
    }
    sqlite3_finalize(rows);
    return r;
}

int text_checks(struct page *p, sqlite3 *db, const struct verdict *v)
{
    int64_t found = 0, passed = 0;
    int r;

    r = query_integer(db, "SELECT count(*) FROM " VERDICT_CHECKS " WHERE found > 0", &found);
    if (r == 0)
        r = query_integer(db,
                          "SELECT count(*) FROM " VERDICT_CHECKS
                          " WHERE found = 0 AND unknown = 0 AND accepted_n + passed > 0",
                          &passed);
    if (r < 0)
        return r;
    page_heading(p, "Checks");
    page_format(p, "%lld used: %lld found something, %lld passed, %lld did not apply", (long long)v->used,
                (long long)found, (long long)passed, (long long)v->not_applicable);
    if (v->used > found + passed + v->not_applicable)
        page_format(p, ", %lld without an answer", (long long)(v->used - found - passed - v->not_applicable));
    if (v->left_out > 0)
        page_format(p, "; %lld left out", (long long)v->left_out);
    if (v->failed > 0)
        page_format(p, "; %lld failed to run", (long long)v->failed);
    page_end(p, 2, 6);
    r = write_list(p, db, "Passed:",
                   "SELECT id FROM " VERDICT_CHECKS
                   " WHERE found = 0 AND unknown = 0 AND accepted_n + passed > 0 ORDER BY id");
    if (r == 0)
        r = write_list(p, db, "Did not apply:",
                       "SELECT id FROM " VERDICT_CHECKS " WHERE found + accepted_n + passed + unknown = 0 ORDER BY id");
    if (r == 0)
        r = write_list(p, db, "Left out as asked:", "SELECT id FROM temp.check_left_out ORDER BY id");
    if (r == 0)
        r = write_failed(p, db);
    return r;
}

/* A hint is a sentence that is shown when a query on the recording gives a number other than 0. */
struct hint {
    const char *sql, *words;
};
static const struct hint hints[] = {
    { "SELECT count(*) = 1 AND (SELECT until FROM audit) <> 'poke' FROM process",
      "Nothing forked, so there was nothing to hand on. If the program forks only when it has work, give it some: "
      "--until-settled --poke COMMAND." },
    { "SELECT count(*) = 1 AND (SELECT until FROM audit) = 'poke' FROM process",
      "Nothing forked, although the program was poked: either it serves without forking, or the --poke command does "
      "not "
      "reach what forks." },
    { "SELECT count(*) FROM audit WHERE poke_status IS NOT NULL AND poke_status <> 0",
      "The --poke command failed, so the program may not have done the work that was meant to be audited." },
    { "SELECT count(*) FROM audit WHERE no_new_privs = 1",
      "The recorder had to set no_new_privs, so set-user-ID programs did not gain privilege under audit. Record as "
      "root to see them as they are." },
    { "SELECT count(*) FROM audit WHERE ended IS NULL",
      "The recorder did not reach its end; what it saw until then is shown. Record again for a complete audit." },
    { "SELECT NOT EXISTS (SELECT 1 FROM draw) AND (SELECT generators FROM audit) = 0 AND (SELECT count(*) FROM "
      "process) > 1"
      " AND EXISTS (SELECT 1 FROM " VERDICT_CHECKS " WHERE id IN ('rng-overlap', 'rng-shared', 'rng-siblings'))",
      "No random bytes were handed over, so the program's own generators were not compared between processes. Record "
      "with "
      "--generators: it finds the generators of a program that nobody changed, and draws from them in copies. In a "
      "program that you can build, mark them with FORKAUDIT_DRAW (forkaudit.h). To judge the rest alone, leave them "
      "out: "
      "--without 'rng-*'." },
};

int text_hints(struct page *p, sqlite3 *db)
{
    int shown = 0, r = 0;

    for (size_t i = 0; i < sizeof hints / sizeof hints[0] && r == 0; i++) {
        int64_t applies = 0;

        r = query_integer(db, hints[i].sql, &applies);
        if (r < 0 || !applies)
            continue;
        if (shown++ == 0)
            page_heading(p, "About this audit");
        page_add(p, p->options->utf8 ? "\xe2\x80\xa2 " : "- ");
        page_add(p, hints[i].words);
        page_end(p, 2, 4);
    }
    return r;
}

/* text.h - the parts of the text report; text.c puts them together. Each part writes paragraphs to a page, returns 0 or
 * -errno of the database, and leaves errors of writing to the page. */
#ifndef FORKAUDIT_TEXT_H
#define FORKAUDIT_TEXT_H

#include <sqlite3.h>

#include "reports/page.h"
#include "reports/verdict.h"

/* ---- text_audit.c: the verdict line, and what was audited ---- */
int text_verdict(struct page *p, const struct verdict *v);
int text_audit(struct page *p, sqlite3 *db, const struct verdict *v);
/* A wait status in words: "exited with status 3", "was killed by SIGSEGV (core dumped)". */
void text_wait_status(struct page *p, int64_t status);

/* ---- text_findings.c: what was found ---- */
int text_findings(struct page *p, sqlite3 *db);
/* One line a finding, for quiet reports. */
int text_findings_brief(struct page *p, sqlite3 *db);

/* ---- text_others.c: results that are unknown, accepted or (verbose) passed ---- */
int text_unknown(struct page *p, sqlite3 *db);
int text_accepted(struct page *p, sqlite3 *db);
int text_passed(struct page *p, sqlite3 *db);

/* ---- text_inject.c: calls that were made to fail, and what came of it ---- */
int text_injections(struct page *p, sqlite3 *db);

/* ---- text_identity.c: processes that changed who they are, and what a copy could take back ---- */
int text_identity(struct page *p, sqlite3 *db);

/* ---- text_random.c: generators of random numbers, and whether they part after a fork ---- */
int text_random(struct page *p, sqlite3 *db);

/* ---- text_tree.c: the processes ---- */
int text_tree(struct page *p, sqlite3 *db);

/* ---- text_calls.c: the system calls of interest ---- */
int text_calls(struct page *p, sqlite3 *db);
/* "setresuid(-1, 0, -1)" from five columns: name, detail, a0, a1, a2. */
void text_call(struct page *p, sqlite3_stmt *row, int column);
/* "= 0", "failed: EPERM (injected)" from three columns: result, error, injected. */
void text_result(struct page *p, sqlite3_stmt *row, int column);
/* "EPERM" */
void text_error(struct page *p, int64_t error);

/* ---- text_place.c: where a call was made from ---- */
/* SQL: joins the frame of the stack `x` that says most: the innermost one that is not in libc or the loader. */
#define TEXT_PLACE_JOIN(x)                                                                                             \
    " LEFT JOIN frame pl ON pl.stack = " x " AND pl.depth = coalesce((SELECT min(o.depth) FROM frame o"                \
    " WHERE o.stack = " x " AND NOT (o.object GLOB '*/libc.so*' OR o.object GLOB '*/libc-[0-9]*.so'"                   \
    " OR o.object GLOB '*/ld-*.so*' OR o.object GLOB '*/libpthread*.so*' OR o.object GLOB '[[]*')), 0)"
/* Columns, to be selected together and in this order; the first is NULL where there is no frame. */
#define TEXT_PLACE_COLUMNS "pl.depth, pl.symbol, pl.object, pl.offset, pl.source, pl.line"
#define TEXT_PLACE_N       6
/* "drop_privileges (nginx), unix.c:123" or "nginx+0x5678". */
void text_place(struct page *p, sqlite3_stmt *row, int column);

/* ---- text_checks.c: which checks were used, and what would make the audit better ---- */
int text_checks(struct page *p, sqlite3 *db, const struct verdict *v);
int text_hints(struct page *p, sqlite3 *db);

/* ---- text_who.c: naming a process and a moment ---- */
/* SQL: joins to `f` (alias of a table with columns process and look) what text_who() and text_moment() need. */
#define TEXT_WHO_JOINS                                                                                                 \
    " LEFT JOIN process p ON p.id = f.process"                                                                         \
    " LEFT JOIN look l ON l.id = f.look"                                                                               \
    " LEFT JOIN image i ON i.id = l.image"                                                                             \
    " LEFT JOIN (SELECT process, path, max(seq) FROM image GROUP BY process) li ON li.process = p.id"                  \
    " LEFT JOIN image b ON b.id = p.image"                                                                             \
    " LEFT JOIN call c ON c.id = l.call"                                                                               \
    " LEFT JOIN marker m ON m.id = l.marker"
/* Columns, to be selected together and in this order. */
#define TEXT_WHO_COLUMNS "p.pid, coalesce(i.path, li.path, b.path), l.moment, c.name, m.name, l.waiting"
/* "nginx (pid 4243)"; nothing when the row names no process. */
int text_who(struct page *p, sqlite3_stmt *row, int column);
/* "after setuid", "at exec", "settled in accept4"; nothing when the row names no look. 1: something was written. */
int text_moment(struct page *p, sqlite3_stmt *row, int column);
/* The last part of a path. */
void text_basename(struct page *p, const void *path, size_t size);

/* Puts a column; "?" when it is NULL. */
void text_column(struct page *p, sqlite3_stmt *row, int column);

#endif

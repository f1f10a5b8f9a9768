/* engine.h - inside the judge: check files, the guard around their queries, and the SQL functions they may use. */
#ifndef FORKAUDIT_ENGINE_H
#define FORKAUDIT_ENGINE_H

#include "checks/judge.h"

#include <stddef.h>
#include <stdint.h>

struct sqlite3;

#define ENGINE_MAX_ROWS 100000    /* results of one check */
#define ENGINE_MAX_TEXT 4096      /* bytes kept of subject, evidence and reason */
#define ENGINE_MAX_FILE (1 << 20) /* bytes of a check file */

/* ---- errors.c: what went wrong with which check file ---- */
struct errors {
    struct judge_error *list;
    size_t n;
};
/* Adds one; 0 or -ENOMEM. `file` is copied. */
int errors_add(struct errors *e, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void errors_release(struct errors *e);

/* ---- head.c: a check file, parsed strictly ---- */
struct head {
    struct check check;
    int line;     /* of the first line of the query */
    char *memory; /* owns every string of `check` */
};
/* Parses `text`, read from `file` whose name gives the id. 0; -EBADMSG with one error added; -ENOMEM. */
int head_parse(const char *file, const char *text, struct head *ret, struct errors *errors);
void head_release(struct head *h);

/* ---- words.c: the lists of words that heads and rows are made of ---- */
int words_is_strength(const char *word);
int words_is_result(const char *word);
int words_is_source(const char *word);
/* "a, b or c" of the known words: which is 's'everity, 't' strength, 'r' result, 'n' needs. Static string. */
const char *words_list(char which);

/* ---- load.c: check files from outside ---- */
/* Reads a regular file of at most ENGINE_MAX_FILE bytes without NUL bytes. 0, -EBADMSG with one error added, -ENOMEM. */
int load_check(const char *path, struct head *ret, struct errors *errors);

/* ---- registry.c: the built-in checks ---- */
const struct head *registry_heads(size_t *ret_n);
const struct errors *registry_errors(void);
/* 1: an embedded file that makes views, and is no check. */
int registry_is_views(const char *path);

/* ---- guard.c: what a check's query may do, and for how long ---- */
struct guard {
    int strict;   /* 1: a check is being prepared or run: it may only read, and its steps are counted */
    int counting; /* 1: the engine works for itself, and its steps are counted too */
    uint64_t steps, max_steps;
    char reason[200]; /* why something was refused, "" when nothing was */
};
void guard_install(struct guard *g, struct sqlite3 *db);
void guard_remove(struct sqlite3 *db);
/* Counts work done in C for a check. 1: it is too much. */
int guard_spend(struct guard *g, uint64_t steps);

/* ---- functions.c, functions_rng.c: registered on the connection, and left there. 0 or -ENOMEM ---- */
int functions_register(struct sqlite3 *db);
/* `guard`, made by sqlite3_malloc, then belongs to the connection, also on failure: it goes when the functions are
 * replaced or the connection is closed. */
int functions_rng_register(struct sqlite3 *db, struct guard *guard);
/* Part of it: looks_random and repeated. `guard` stays the caller's. */
int functions_repeat_register(struct sqlite3 *db, struct guard *guard);

/* ---- run.c: one check ---- */
/* Runs it and leaves its rows in temp.finding. 0; -EBADMSG with one error added (passes are then taken back);
 * -errno when judging cannot go on. */
int run_check(struct sqlite3 *db, struct guard *g, const struct head *h, struct errors *errors);

#endif

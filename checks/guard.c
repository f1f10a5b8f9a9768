/* guard.c - the guard around a check's query: it may read the recording, call harmless functions, and must end. */
#include "checks/engine.h"

#include <sqlite3.h>
#include <stdio.h>
#include <strings.h>

#define GUARD_TICK 1000 /* virtual machine instructions between two calls of on_progress */

/* Functions that load code, touch files, or make two judgements of one recording differ. */
static const char *const forbidden[] = {
    "load_extension", "readfile",          "writefile",    "edit",          "fts3_tokenizer",
    "random",         "randomblob",        "current_time", "current_date",  "current_timestamp",
    "sqlite_log",     "last_insert_rowid", "changes",      "total_changes", NULL
};

/* What is left by judging itself: a check judges facts, not other checks. */
static const char *const hidden[] = { "finding", "check_used", "check_failed", "check_left_out", NULL };

static int is_among(const char *const *words, const char *word)
{
    for (; word && *words; words++)
        if (!strcasecmp(*words, word))
            return 1;
    return 0;
}

static int refuse(struct guard *g, const char *what, const char *name)
{
    snprintf(g->reason, sizeof g->reason, "%s%s%.80s: a check only reads facts", what, name ? " " : "",
             name ? name : "");
    return SQLITE_DENY;
}

static int on_action(void *context, int action, const char *a, const char *b, const char *database, const char *view)
{
    struct guard *g = context;

    (void)database, (void)view;
    if (!g->strict)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        return is_among(hidden, a) ? refuse(g, "it may not read table", a) : SQLITE_OK;
    case SQLITE_FUNCTION:
        return is_among(forbidden, b) ? refuse(g, "it may not call", b) : SQLITE_OK;
    case SQLITE_PRAGMA:
        return refuse(g, "it may not use PRAGMA", a);
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return refuse(g, "it may not attach or detach a database", NULL);
    default:
        return refuse(g, "it may not write or change anything", NULL);
    }
}

int guard_spend(struct guard *g, uint64_t steps)
{
    if (!g->strict && !g->counting)
        return 0;
    g->steps += steps;
    return g->steps > g->max_steps;
}

static int on_progress(void *context)
{
    return guard_spend(context, GUARD_TICK);
}

void guard_install(struct guard *g, struct sqlite3 *db)
{
    g->strict = g->counting = 0;
    sqlite3_set_authorizer(db, on_action, g);
    sqlite3_progress_handler(db, GUARD_TICK, on_progress, g);
}

void guard_remove(struct sqlite3 *db)
{
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_progress_handler(db, 0, NULL, NULL);
}

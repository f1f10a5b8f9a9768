/* evidence.c - what a process did after a failure, as one sentence. */
#include "harness/inject/internal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* More tells nobody anything. */
#define STEPS_MAX 6
#define STEP_SIZE 200

struct text {
    char *buffer;
    size_t size, at;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(t->buffer + t->at, t->size - t->at, format, arguments);
    va_end(arguments);
    t->at = n < 0 ? t->at : t->at + (size_t)n < t->size ? t->at + (size_t)n : t->size - 1;
}

static void add_ids(struct text *t, const char *what, const sqlite3_int64 ids[3])
{
    if (ids[0] == ids[1] && ids[1] == ids[2])
        add(t, "%s %lld", what, ids[0]);
    else
        add(t, "%s %lld/%lld/%lld", what, ids[0], ids[1], ids[2]);
}

/* "uid 0, gid 0, groups 0 4" of the thread that was looked at. */
static void add_identity(struct text *t, sqlite3 *db, int64_t look)
{
    static const char sql[] = "SELECT ruid, euid, suid, rgid, egid, sgid, groups FROM cred WHERE look = ?1 ORDER BY id";
    sqlite3_stmt *row = ASK(db, sql, look);

    if (row && sqlite3_step(row) == SQLITE_ROW) {
        sqlite3_int64 ids[6];

        for (int i = 0; i < 6; i++)
            ids[i] = sqlite3_column_int64(row, i);
        add_ids(t, "uid", ids);
        add_ids(t, ", gid", ids + 3);
        add(t, sqlite3_column_bytes(row, 6) ? ", groups %.100s" : ", no groups", ask_text(row, 6));
    }
    sqlite3_finalize(row);
}

/* ---- what it did, in order ---- */

enum step { STEP_CALL, STEP_EXEC, STEP_WAIT, STEP_MARKER, STEP_FORK };

/* Libc's own getrandom(2) for 8 bytes is left out: the program knows nothing of it. */
static const char steps_sql[] =
    "SELECT 0, seq, name, detail, a0, a1, a2, injected, error, id FROM call WHERE process = ?1 AND seq > ?2"
    "  AND name NOT IN ('fork', 'execve', 'execveat', 'madvise') AND NOT (name = 'getrandom' AND a1 = 8 AND a2 = 1)"
    " UNION ALL SELECT 1, seq, path, NULL, NULL, NULL, NULL, 0, 0, id FROM image WHERE process = ?1 AND seq > ?2"
    " UNION ALL SELECT 2, seq, waiting, NULL, NULL, NULL, NULL, 0, 0, id FROM look WHERE process = ?1 AND seq > ?2"
    "  AND moment = 'settled' AND waiting IS NOT NULL"
    " UNION ALL SELECT 3, seq, name, NULL, NULL, NULL, NULL, 0, 0, id FROM marker WHERE process = ?1 AND seq > ?2"
    " UNION ALL SELECT 4, seq, NULL, NULL, NULL, NULL, NULL, 0, 0, id FROM process WHERE parent = ?1 AND seq > ?2"
    " ORDER BY seq";

static void step_write(sqlite3 *db, sqlite3_stmt *row, char *buffer, size_t size)
{
    struct text t = { buffer, size, 0 };
    int64_t error = ask_integer(row, 8);
    char call[256];

    switch ((enum step)sqlite3_column_int(row, 0)) {
    case STEP_CALL:
        call_text(row, 2, call, sizeof call);
        add(&t, "called %s", call);
        if (sqlite3_column_int(row, 7))
            add(&t, ", which was made to fail again");
        else if (error > 0)
            add(&t, ", which failed with %s", error_name((int)error));
        break;
    case STEP_EXEC:
        add(&t, "executed %.150s", ask_text(row, 2));
        break;
    case STEP_WAIT:
        add(&t, "waited in %s as ", ask_text(row, 2));
        add_identity(&t, db, ask_integer(row, 9));
        break;
    case STEP_MARKER:
        add(&t, "reached its marker %.100s", ask_text(row, 2));
        break;
    case STEP_FORK:
        add(&t, "made a child process");
        break;
    }
}

/* Steps that follow one another and are equal are one, with a count. */
static void add_steps(struct text *t, sqlite3 *db, const struct hit *hit)
{
    sqlite3_stmt *row = ASK(db, steps_sql, hit->process, hit->seq);
    char last[STEP_SIZE] = "", step[STEP_SIZE];
    unsigned n = 0, same = 0;

    while (row && sqlite3_step(row) == SQLITE_ROW) {
        step_write(db, row, step, sizeof step);
        if (n && !strcmp(step, last)) {
            same += sqlite3_column_int(row, 0) != STEP_WAIT; /* the same rest, looked at again */
            continue;
        }
        if (same && n <= STEPS_MAX)
            add(t, " (%u times)", same + 1);
        same = 0;
        snprintf(last, sizeof last, "%s", step);
        if (n < STEPS_MAX)
            add(t, "%s%s", n ? ", " : "; then it ", step);
        n++;
    }
    if (same && n <= STEPS_MAX)
        add(t, " (%u times)", same + 1);
    if (n > STEPS_MAX)
        add(t, ", and %u steps more", n - STEPS_MAX);
    sqlite3_finalize(row);
}

/* ---- the end ---- */

static void add_status(struct text *t, int64_t status)
{
    const char *name;

    if (status == FACTS_NULL)
        add(t, "it lived to the end of the audit");
    else if (WIFEXITED((int)status))
        add(t, "it exited with status %d", WEXITSTATUS((int)status));
    else if ((name = sigabbrev_np(WTERMSIG((int)status))))
        add(t, "it was ended by SIG%s", name);
    else
        add(t, "it was ended by signal %d", WTERMSIG((int)status));
}

/* The first process below it that rests with another identity than it had been meant to is the one to name. */
static void add_kin(struct text *t, sqlite3 *db, const struct hit *hit)
{
    static const char sql[] =
        "WITH RECURSIVE kin (id, pid) AS (SELECT id, pid FROM process WHERE parent = ?1 AND seq > ?2"
        " UNION SELECT p.id, p.pid FROM process p JOIN kin ON p.parent = kin.id)"
        " SELECT k.id, k.pid, i.path FROM kin k JOIN image i ON i.process = k.id ORDER BY i.seq LIMIT 1";
    sqlite3_stmt *row = ASK(db, sql, hit->process, hit->seq);

    if (row && sqlite3_step(row) == SQLITE_ROW) {
        int64_t look = story_rest(db, ask_integer(row, 0), -1);

        add(t, "; a process below it (pid %lld) ran %.150s", (long long)ask_integer(row, 1), ask_text(row, 2));
        if (look != FACTS_NULL) {
            add(t, " as ");
            add_identity(t, db, look);
        }
    }
    sqlite3_finalize(row);
}

/* What it is now, for a reader who looks for what was kept. */
static void add_kept(struct text *t, const struct kept *k)
{
    const char *before = "; beyond what it has in the clean run it kept ";
    int n = __builtin_popcountll(k->caps); /* their names are in the row's mask */

    if (k->uid != FACTS_NULL) {
        add(t, "%suid %lld", before, (long long)k->uid);
        before = ", ";
    }
    if (k->gid != FACTS_NULL) {
        add(t, "%sgid %lld", before, (long long)k->gid);
        before = ", ";
    }
    if (k->groups) {
        add(t, "%sgroups %.200s", before, k->groups);
        before = ", ";
    }
    if (k->caps)
        add(t, "%s%d capabilit%s", before, n, n == 1 ? "y" : "ies");
}

static int is_random(const struct inject_trial *trial)
{
    return !strcmp(trial->name, "getrandom") ||
           (!strcmp(trial->name, "open") &&
            (!strcmp(trial->detail, "/dev/random") || !strcmp(trial->detail, "/dev/urandom")));
}

static void add_end(struct text *t, sqlite3 *db, const struct hit *hit, const struct inject_trial *trial,
                    const struct trial_end *end, const struct outcome *o)
{
    int is_on = !strcmp(o->name, "carried-on");

    if (!end->has_retried && is_on && is_random(trial))
        add(t, hit->tries.beside ? "; it had random bytes of another source of the kernel too"
                                 : "; it did not ask another source of the kernel for random bytes instead");
    add(t, "; ");
    add_status(t, hit->after.status);
    if (end->is_first_crashed && !hit->after.is_crashed) {
        add(t, "; the first process: ");
        add_status(t, end->first_status);
    }
    if (is_on)
        add_kin(t, db, hit);
    add_kept(t, &o->kept);
    if (end->too_many)
        add(t, "; it and its kin made more and more processes, until the audit ended them");
    else if (end->is_busy)
        add(t, "; the program never settled");
    else if (end->is_over)
        add(t, "; the program had not come to its end when the time was over");
    if (end->is_poke_late)
        add(t, "; the poke was not served in time");
    else if (end->served != FACTS_NULL)
        add(t, end->served ? "; the poke was served" : "; the poke was not served");
}

void evidence_write(sqlite3 *db, const struct hit *hit, const struct inject_trial *trial, const struct trial_end *end,
                    struct outcome *o)
{
    struct text t = { o->evidence, sizeof o->evidence, 0 };

    if (!hit->hits) {
        add(&t, "%s of %.100s was not called from this place in this run; the program: ", trial->name, trial->role);
        add_status(&t, end->first_status);
        return;
    }
    add(&t, "%s failed with %s in %.100s (pid %lld)", hit->text, error_name(trial->error), hit->role,
        (long long)hit->pid);
    if (hit->hits > 1)
        add(&t, ", and %lld more calls of the kind", (long long)hit->hits - 1);
    add_steps(&t, db, hit);
    add_end(&t, db, hit, trial, end, o);
}

/* recorded.c - what a recording says of one generator between the processes of one run. */
#include "targets/generators/recorded.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {
    "shared", "diverged", "weak", "one-generator", "refuses", "unseeded", "undecided"
};

static const char *word_find(const unsigned char *text)
{
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        if (!strcmp((const char *)text, words[i]))
            return words[i];
    return "-";
}

/* The rows of one generator: by its name or symbol, and those with the same state, of which one alone is compared. */
#define GENERATOR                                                                                                      \
    "(WITH meant AS (SELECT ifnull(state_of, name) AS state FROM generator WHERE symbol = ?1 OR"                       \
    " replace(name, ' ', '_') = ?1) SELECT id FROM generator WHERE ifnull(state_of, name) IN meant)"

static sqlite3_stmt *ask(sqlite3 *db, const char *sql, const char *generator, sqlite3_int64 a, sqlite3_int64 b)
{
    sqlite3_stmt *query = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL))
        return NULL;
    sqlite3_bind_text(query, 1, generator, -1, SQLITE_STATIC);
    sqlite3_bind_int64(query, 2, a);
    sqlite3_bind_int64(query, 3, b);
    return query;
}

static sqlite3_int64 ask_number(sqlite3 *db, const char *sql, const char *generator, sqlite3_int64 a, sqlite3_int64 b)
{
    sqlite3_stmt *query = ask(db, sql, generator, a, b);
    sqlite3_int64 got = query && sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;

    sqlite3_finalize(query);
    return got;
}

/* One verdict; `reason` may be NULL. */
static const char *ask_word(sqlite3 *db, const char *sql, const char *generator, sqlite3_int64 a, sqlite3_int64 b,
                            char *reason, size_t size)
{
    sqlite3_stmt *query = ask(db, sql, generator, a, b);
    const char *got = "-";

    if (query && sqlite3_step(query) == SQLITE_ROW) {
        got = word_find(sqlite3_column_text(query, 0));
        if (reason && sqlite3_column_text(query, 1))
            snprintf(reason, size, "%s", (const char *)sqlite3_column_text(query, 1));
    }
    sqlite3_finalize(query);
    return got;
}

/* Of the comparisons of one pair the worst counts: "shared" before all. */
#define WORST                                                                                                          \
    " ORDER BY CASE verdict WHEN 'shared' THEN 0 WHEN 'weak' THEN 1 WHEN 'one-generator' THEN 2 WHEN 'refuses' THEN 3" \
    " WHEN 'diverged' THEN 4 WHEN 'undecided' THEN 5 ELSE 6 END LIMIT 1"

/* The parent left the common stream: at its next draw it was in another state, or a seeding call or the kernel was seen
 * to do it. That its state is not found again at its end says nothing: it has drawn until then. */
static int has_left(sqlite3 *db, const char *generator, sqlite3_int64 child, sqlite3_int64 parent)
{
    return ask_number(
               db,
               "SELECT count(*) FROM comparison c JOIN snapshot s ON s.id = c.snapshot JOIN process p ON p.id = ?2"
               " WHERE c.kind = 'parent' AND c.process = ?3 AND c.other = ?2 AND c.verdict = 'diverged'"
               " AND c.generator IN " GENERATOR " AND (c.reason = 'reseed' OR s.moment = 'first-draw' OR EXISTS"
               " (SELECT 1 FROM generator_call k JOIN generator g ON g.name = k.generator WHERE k.kind = 'seed'"
               " AND k.process = ?3 AND k.seq > p.seq AND g.id IN " GENERATOR "))",
               generator, child, parent) > 0;
}

/* Only who stays on the common stream shares it: the child, or the parent, may have left. Whether the parent has may be
 * unknown. */
static const char *read_child(sqlite3 *db, const char *generator, sqlite3_int64 child, sqlite3_int64 parent,
                              struct recorded *ret, int is_first)
{
    const char *other,
        *own = ask_word(db,
                        "SELECT verdict, reason FROM comparison WHERE kind = 'fork' AND process = ?2 AND other = ?3"
                        " AND generator IN " GENERATOR WORST,
                        generator, child, parent, is_first ? ret->reason : NULL, sizeof ret->reason);

    /* A handler of the child's fork that runs after the newborn was looked at may have made another state. */
    if (is_first)
        ret->pid_repeats =
            ask_number(db,
                       "SELECT max(pid_repeats) FROM comparison c WHERE kind IN ('newborn', 'fork') AND process = ?2"
                       " AND other = ?3 AND generator IN " GENERATOR " AND NOT EXISTS (SELECT 1 FROM comparison f"
                       " WHERE f.kind = 'fork' AND f.process = ?2 AND f.generator = c.generator"
                       " AND f.verdict = 'diverged' AND f.reason = 'state' AND NOT f.pid_repeats)",
                       generator, child, parent) > 0;
    if (strcmp(own, "diverged") && strcmp(own, "-") && has_left(db, generator, child, parent))
        return "diverged";
    other = ask_word(db,
                     "SELECT verdict, reason FROM comparison WHERE kind = 'parent' AND process = ?3 AND other = ?2"
                     " AND generator IN " GENERATOR WORST,
                     generator, child, parent, NULL, 0);
    return !strcmp(own, "shared") && (!strcmp(other, "undecided") || !strcmp(other, "refuses")) ? "undecided" : own;
}

static const char *read_pair(sqlite3 *db, const char *generator, sqlite3_int64 a, sqlite3_int64 b, int is_sibling,
                             struct recorded *ret, int is_first)
{
    const char *word = is_sibling ? ask_word(db,
                                             "SELECT verdict, reason FROM comparison WHERE kind = 'sibling'"
                                             " AND ?2 IN (process, other) AND ?3 IN (process, other)"
                                             " AND generator IN " GENERATOR WORST,
                                             generator, a, b, NULL, 0)
                                  : read_child(db, generator, a, b, ret, is_first);

    if (strcmp(word, "-") && strcmp(word, "undecided"))
        return word;
    return ask_number(db,
                      "SELECT count(*) FROM token WHERE ?1 <> '' AND ?2 IN (process, other) AND ?3 IN (process, other)",
                      generator, a, b)
               ? "token"
               : word;
}

/* A pid that came again. The heir has the dead process's state when both forks handed it on, or when a check noticed
 * that it repeats that one. */
static const char *read_heir(sqlite3 *db, const char *generator, sqlite3_int64 heir, sqlite3_int64 between,
                             sqlite3_int64 dead, struct recorded *ret)
{
    const char *early = read_pair(db, generator, between, dead, 0, ret, 0);
    const char *late = read_pair(db, generator, heir, between, 0, ret, 1);

    if (ask_number(db,
                   "SELECT count(*) FROM finding f JOIN generator g ON f.subject = 'generator \"' || g.name || '\"'"
                   " WHERE f.result = 'found' AND f.process = ?2 AND f.check_id IN ('rng-pid-reuse', 'rng-shared',"
                   " 'rng-overlap', 'rng-siblings') AND g.id IN " GENERATOR " AND ?3",
                   generator, heir, dead) ||
        !strcmp(read_pair(db, generator, heir, dead, 0, ret, 0), "token"))
        return "pid-repeats";
    return strcmp(early, "shared") && !strcmp(late, "shared") ? early : late;
}

static void read_words(sqlite3 *db, const char *generator, const char *how, struct recorded *ret)
{
    static const char child_of[] =
        "SELECT id FROM process WHERE ?1 <> '' AND parent = ?2 ORDER BY id LIMIT 1 OFFSET ?3";
    sqlite3_int64 parent = ask_number(db, "SELECT min(id) FROM process", generator, 0, 0), child, sibling;

    ret->words[0] = ret->words[1] = ret->words[2] = "-";
    ret->has_token = ask_number(db, "SELECT count(*) FROM token WHERE ?1 <> ''", generator, 0, 0) > 0;
    ret->has_code =
        ask_number(db, "SELECT count(*) FROM generator WHERE source = 'code' AND ?1 <> ''", generator, 0, 0) > 0;
    ret->has_same_seed = ask_number(db,
                                    "SELECT count(*) FROM finding WHERE ?1 <> '' AND result = 'found'"
                                    " AND check_id = 'rng-same-seed'",
                                    generator, 0, 0) > 0;
    if (!strcmp(how, "newpid") || !strcmp(how, "pidreuse"))
        parent = ask_number(db, child_of, generator, parent, 0);
    child = ask_number(db, child_of, generator, parent, 0);
    sibling = ask_number(db, child_of, generator, parent, 1);
    if (!strcmp(how, "pidreuse")) {
        ret->words[0] = read_heir(db, generator, ask_number(db, child_of, generator, child, 0), child, parent, ret);
        return;
    }
    ret->words[0] = read_pair(db, generator, child, parent, 0, ret, 1);
    ret->words[1] = read_pair(db, generator, sibling, parent, 0, ret, 0);
    ret->words[2] = read_pair(db, generator, sibling, child, 1, ret, 0);
}

int recorded_read(const char *path, const char *generator, const char *how, struct recorded *ret)
{
    sqlite3 *db = NULL;
    int bad = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

    memset(ret, 0, sizeof *ret);
    if (!bad && !ask_number(db, "SELECT count(*) FROM audit WHERE generators = 1 AND ?1 <> ''", generator, 0, 0))
        bad = 1;
    if (bad)
        snprintf(ret->reason, sizeof ret->reason, "%s", sqlite3_errmsg(db));
    else if (ask_number(db, "SELECT ifnull(target_status, -1) FROM audit WHERE ?1 <> ''", generator, 0, 0) && ++bad)
        snprintf(ret->reason, sizeof ret->reason, "the program did not end well under audit");
    else
        read_words(db, generator, how, ret);
    sqlite3_close(db);
    return bad ? -1 : 0;
}

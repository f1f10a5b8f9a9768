/* text_outcomes.c - what came of drawing in copies: read into groups of processes that are told together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text_random.h"

#define GROUPS_MAX 10000 /* that are kept in memory */

/* clang-format off */
/* A child is judged by its first draw (else its end) against itself at birth, where both were taken; what it was
 * at birth says whose merit it is. Generators of one state count as one when it comes to who draws. `idle`: 0:
 * this process draws from it (of siblings: both do), 1: another one of the program, 2: nobody. */
static const char outcomes_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ", "
    TEXT_RANDOM_FAMILIES ","
    " drawn AS MATERIALIZED (SELECT DISTINCT c.process, i.program, coalesce(f.state, c.generator) AS state"
    "   FROM generator_call c LEFT JOIN family f ON f.name = c.generator LEFT JOIN prog i ON i.image = c.image"
    "   WHERE c.kind = 'draw'),"
    " used AS MATERIALIZED (SELECT DISTINCT program, state FROM drawn),"
    " pair AS (SELECT process, generator, max(iif(kind = 'newborn', id, NULL)) AS born,"
    "   max(iif(kind = 'fork', id, NULL)) AS forked, max(iif(kind = 'later', id, NULL)) AS later"
    "   FROM comparison WHERE kind IN ('newborn', 'fork', 'later') GROUP BY process, generator),"
    " parent AS MATERIALIZED (SELECT other AS process, generator, max(verdict = 'diverged') AS has_left FROM comparison"
    "   WHERE kind = 'parent' GROUP BY 1, 2),"
    " judged AS (SELECT 0 AS relation, coalesce(forked, later, born) AS id, iif(forked IS NULL, NULL, born) AS born,"
    "   iif(forked IS NULL, NULL, later) AS later FROM pair"
    "   UNION ALL SELECT iif(kind = 'sibling', 1, 2), min(id), NULL, NULL FROM comparison"
    "   WHERE kind NOT IN ('newborn', 'fork', 'later', 'parent') GROUP BY kind, process, generator, verdict),"
    " said AS (SELECT m.id, m.process, m.other, m.reason, m.partial, m.own, m.equal, m.shift, m.other_shift,"
    " j.relation,"
    "   a.has_left, i.program, f.state AS name,"
    "   g.purpose = 'cryptographic' AS is_secret, m.verdict, b.verdict AS born, l.verdict = 'diverged' AS is_late,"
    "   m.pid_repeats OR coalesce(b.pid_repeats, 0) AS repeats,"
    "   CASE WHEN d.state IS NOT NULL AND (j.relation <> 1 OR e.state IS NOT NULL) THEN 0"
    "     WHEN u.state IS NOT NULL THEN 1 ELSE 2 END AS idle"
    "   FROM judged j JOIN comparison m ON m.id = j.id LEFT JOIN comparison b ON b.id = j.born"
    "   LEFT JOIN comparison l ON l.id = j.later LEFT JOIN generator g ON g.id = m.generator"
    "   LEFT JOIN family f ON f.name = g.name LEFT JOIN snapshot s ON s.id = m.snapshot"
    "   LEFT JOIN prog i ON i.image = s.image"
    "   LEFT JOIN parent a ON a.process = m.process AND a.generator = m.generator AND j.relation = 0"
    "   LEFT JOIN drawn d ON d.process = m.process AND d.state = f.state AND d.program IS i.program"
    "   LEFT JOIN drawn e ON e.process = m.other AND e.state = f.state AND e.program IS i.program"
    "   LEFT JOIN used u ON u.state = f.state AND u.program IS i.program),"
    " ranked AS (SELECT *, CASE"
    "   WHEN verdict = 'shared' AND idle = 2 THEN 13 WHEN verdict = 'shared' AND idle = 1 THEN 3"
    "   WHEN verdict = 'shared' THEN relation WHEN verdict = 'weak' THEN 4 WHEN repeats THEN 5"
    "   WHEN verdict = 'refuses' THEN 6 WHEN verdict = 'undecided' THEN 7 WHEN verdict = 'unseeded' THEN 8"
    "   WHEN verdict = 'diverged' AND born = 'shared' THEN 9 WHEN verdict = 'diverged' THEN 10"
    "   WHEN verdict = 'one-generator' THEN 11 ELSE 12 END AS outcome FROM said)"
    " SELECT r.program, r.outcome, r.name, CASE WHEN r.outcome IN (0, 1, 2, 3, 5, 9, 11, 13) THEN NULL"
    "   WHEN r.outcome = 12 THEN r.verdict ELSE r.reason END AS why, coalesce(r.partial, 0), coalesce(r.is_late, 0),"
    "   r.outcome IN (0, 3) AND coalesce(r.has_left, 0), r.relation = 2, r.idle = 2, r.is_secret, p.pid, q.pid,"
    "   iif(length(r.own) > 0, r.id, 0), r.equal, r.shift, r.other_shift"
    " FROM ranked r LEFT JOIN process p ON p.id = r.process LEFT JOIN process q ON q.id = r.other"
    /* Siblings are news only where they share what both draw from. */
    " WHERE r.relation <> 1 OR r.verdict = 'shared' AND r.idle = 0"
    " ORDER BY 1, 2, 9, 4, 8, 10 DESC, 3, 7, 6, 5, r.process, r.id";
/* clang-format on */
enum {
    PROGRAM,
    OUTCOME,
    NAME,
    WHY,
    PARTIAL,
    LATE,
    LEFT,
    NOW,
    IDLE,
    SECRET,
    PID,
    OTHER,
    COMPARISON,
    EQUAL,
    SHIFT,
    OTHER_SHIFT
};

/* The columns by which rows are told together, of the row before. */
struct key {
    sqlite3_value *values[SECRET + 1];
};

static int is_same_value(sqlite3_value *a, sqlite3_value *b)
{
    int size;

    if (sqlite3_value_type(a) != sqlite3_value_type(b))
        return 0;
    size = sqlite3_value_bytes(a);
    return size == sqlite3_value_bytes(b) && (size == 0 || !memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), size));
}

static int key_is(const struct key *key, sqlite3_stmt *row)
{
    for (int i = 0; i <= SECRET; i++)
        if (!key->values[i] || !is_same_value(key->values[i], sqlite3_column_value(row, i)))
            return 0;
    return 1;
}

static void key_release(struct key *key)
{
    for (int i = 0; i <= SECRET; i++)
        sqlite3_value_free(key->values[i]);
    *key = (struct key){ { NULL } };
}

static int key_set(struct key *key, sqlite3_stmt *row)
{
    key_release(key);
    for (int i = 0; i <= SECRET; i++) {
        key->values[i] = sqlite3_value_dup(sqlite3_column_value(row, i));
        if (!key->values[i])
            return -ENOMEM;
    }
    return 0;
}

/* A column in printable text, owned by the caller; "" for NULL. */
static char *take_column(struct page *p, sqlite3_stmt *row, int column, size_t max)
{
    struct page scratch;
    size_t size;
    const void *bytes = query_bytes(row, column, &size);
    char *text;

    page_init(&scratch, NULL, p->options);
    page_put_cut(&scratch, bytes, size, max);
    text = page_take(&scratch);
    page_finish(&scratch);
    return text;
}

static int group_begin(struct page *p, struct text_random_groups *all, sqlite3_stmt *row)
{
    struct text_random_group *g;

    if (all->n == all->room) {
        struct text_random_group *more = reallocarray(all->groups, all->room * 2 + 16, sizeof *more);

        if (!more)
            return -ENOMEM;
        all->groups = more;
        all->room = all->room * 2 + 16;
    }
    g = &all->groups[all->n++];
    *g = (struct text_random_group){
        .program = sqlite3_column_int64(row, PROGRAM),
        .outcome = (enum text_outcome)sqlite3_column_int(row, OUTCOME),
        .name = take_column(p, row, NAME, TEXT_RANDOM_NAME_MAX),
        .reason = take_column(p, row, WHY, 256),
        .other = sqlite3_column_int64(row, OTHER),
        .is_cryptographic = sqlite3_column_int(row, SECRET),
        .is_partial = sqlite3_column_int(row, PARTIAL),
        .is_late = sqlite3_column_int(row, LATE),
        .has_parent_left = sqlite3_column_int(row, LEFT),
        .is_now = sqlite3_column_int(row, NOW),
        .is_idle = sqlite3_column_int(row, IDLE),
    };
    return g->name && g->reason ? 0 : -ENOMEM;
}

static void group_add(struct text_random_group *g, sqlite3_stmt *row)
{
    if (g->n_pids < TEXT_RANDOM_PIDS)
        g->pids[g->n_pids++] = sqlite3_column_int64(row, PID);
    if (!g->comparison && sqlite3_column_int64(row, COMPARISON)) {
        g->comparison = sqlite3_column_int64(row, COMPARISON);
        g->equal = sqlite3_column_int64(row, EQUAL);
        g->shift = sqlite3_column_int64(row, SHIFT);
        g->other_shift = sqlite3_column_int64(row, OTHER_SHIFT);
    }
    g->n++;
}

int text_outcomes_read(struct page *p, sqlite3 *db, struct text_random_groups *ret)
{
    struct key key = { { NULL } };
    sqlite3_stmt *rows = NULL;
    int is_full = 0, r;

    *ret = (struct text_random_groups){ NULL };
    r = query_open(db, outcomes_sql, &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        if (!key_is(&key, rows)) {
            is_full = ret->n == GROUPS_MAX;
            ret->hidden += is_full;
            r = key_set(&key, rows);
            if (r == 0 && !is_full)
                r = group_begin(p, ret, rows);
            if (r < 0)
                break;
        }
        if (!is_full)
            group_add(&ret->groups[ret->n - 1], rows);
    }
    sqlite3_finalize(rows);
    key_release(&key);
    return r;
}

void text_outcomes_release(struct text_random_groups *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->groups[i].name);
        free(g->groups[i].reason);
    }
    free(g->groups);
    *g = (struct text_random_groups){ NULL };
}

/* kept.c - what processes have at rest after a failure, beyond what the same processes have in the clean run. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Those that made the call at this place in the clean run, as they rested afterwards. */
static int clean_makers(sqlite3 *clean, const struct inject_trial *trial, struct population *ret)
{
    static const char sql[] =
        "SELECT c.process, c.seq, c.name, c.detail, c.a0, c.a1, c.a2 FROM site s JOIN call c ON c.name = s.name AND"
        " (c.id = s.first_call OR c.stack = s.stack AND s.role ="
        "  (SELECT role FROM temp.role r WHERE r.process = c.process AND r.image = c.image))"
        " WHERE s.id = ?1 ORDER BY c.seq";
    sqlite3_stmt *row = ASK(clean, sql, trial->site);
    int r = row ? 0 : -EIO;

    while (!r && sqlite3_step(row) == SQLITE_ROW) {
        int64_t look = FACTS_NULL;

        if (story_wish(row, 2) == trial->wish)
            look = story_rest(clean, ask_integer(row, 0), ask_integer(row, 1));
        r = look == FACTS_NULL ? 0 : population_add(ret, clean, look);
    }
    sqlite3_finalize(row);
    return r;
}

/* Every process of the clean run that rests in this role. */
static int clean_role(sqlite3 *clean, const char *role, struct population *ret)
{
    static const char sql[] = "SELECT l.image FROM look l WHERE l.id = ?1";
    sqlite3_stmt *row = ask(clean, "SELECT id FROM process", 0, NULL);
    int r = row ? 0 : -EIO;

    while (!r && sqlite3_step(row) == SQLITE_ROW) {
        int64_t process = ask_integer(row, 0), look = story_rest(clean, process, -1);
        char its[512];

        if (look == FACTS_NULL)
            continue;
        story_role(clean, process, ASK_NUMBER(clean, sql, look), its, sizeof its);
        if (!strcmp(its, role))
            r = population_add(ret, clean, look);
    }
    sqlite3_finalize(row);
    return r;
}

/* Takes over what one process has kept. */
static int kept_join(struct kept *all, struct kept *more)
{
    char *groups = NULL;

    if (more->uid != FACTS_NULL && (all->uid == FACTS_NULL || more->uid < all->uid))
        all->uid = more->uid;
    if (more->gid != FACTS_NULL && (all->gid == FACTS_NULL || more->gid < all->gid))
        all->gid = more->gid;
    all->caps |= more->caps;
    if (!more->groups || (all->groups && strlen(all->groups) >= strlen(more->groups))) {
        groups = more->groups; /* lists of the same origin: the longer one says all */
    } else {
        groups = all->groups;
        all->groups = more->groups;
    }
    more->groups = NULL;
    free(groups);
    return 0;
}

/* Compares one process at rest. `makers`: the process of the hit in the clean run. */
static int kept_one(sqlite3 *db, int64_t process, int64_t after, sqlite3 *clean, const struct population *makers,
                    const struct population *before, int is_maker, struct kept *all)
{
    /* One below that ended with an error, or was ended by the audit, before it had begun to work is not what serves. */
    static const char works[] =
        "SELECT count(*) FROM process p WHERE p.id = ?1 AND (p.ending = 'exited' AND p.status = 0 OR EXISTS (SELECT 1"
        " FROM look l WHERE l.process = p.id AND l.moment IN ('settled', 'marker', 'exec')))";
    int64_t look = story_rest(db, process, after);
    struct population now = { 0 }, then = { 0 };
    struct kept kept = { FACTS_NULL, FACTS_NULL, NULL, 0 };
    char role[512];
    int r;

    if (look == FACTS_NULL || (!is_maker && !ASK_NUMBER(db, works, process)))
        return 0;
    r = population_add(&now, db, look);
    if (!r && !is_maker) {
        story_role(db, process, ASK_NUMBER(db, "SELECT image FROM look WHERE id = ?1", look), role, sizeof role);
        r = clean_role(clean, role, &then);
    }
    if (!r && now.n && (then.n || makers->n))
        r = population_kept(&now, then.n ? &then : makers, before, &kept);
    if (!r)
        r = kept_join(all, &kept);
    population_release(&now);
    population_release(&then);
    return r;
}

/* Who the process was when the call failed. Never seen: as if it had had nothing, so that nothing is said to be kept. */
static int hit_before(sqlite3 *db, const struct hit *hit, struct population *ret)
{
    static const char sql[] =
        "SELECT l.id FROM look l JOIN cred c ON c.look = l.id WHERE l.process = ?1 AND l.seq <= ?2"
        " ORDER BY l.seq DESC LIMIT 1";
    sqlite3_stmt *row = ASK(db, sql, hit->process, hit->seq);
    int r = row ? 0 : -EIO;

    if (!r && sqlite3_step(row) == SQLITE_ROW)
        r = population_add(ret, db, ask_integer(row, 0));
    sqlite3_finalize(row);
    return r;
}

int kept_read(sqlite3 *db, const struct hit *hit, sqlite3 *clean, const struct inject_trial *trial, struct kept *ret)
{
    static const char kin[] = "WITH RECURSIVE kin (id) AS (SELECT id FROM process WHERE parent = ?1 AND seq > ?2"
                              " UNION SELECT p.id FROM process p JOIN kin ON p.parent = kin.id) SELECT id FROM kin";
    struct kept all = { FACTS_NULL, FACTS_NULL, NULL, 0 };
    struct population makers = { 0 }, before = { 0 };
    sqlite3_stmt *row = NULL;
    int r = clean_makers(clean, trial, &makers);

    if (!r)
        r = hit_before(db, hit, &before);
    if (!r)
        r = kept_one(db, hit->process, hit->seq, clean, &makers, &before, 1, &all);
    if (!r && !(row = ASK(db, kin, hit->process, hit->seq)))
        r = -EIO;
    while (!r && sqlite3_step(row) == SQLITE_ROW)
        r = kept_one(db, ask_integer(row, 0), -1, clean, &makers, &before, 0, &all);
    sqlite3_finalize(row);
    population_release(&makers);
    population_release(&before);
    if (r)
        free(all.groups);
    else
        *ret = all;
    return r;
}

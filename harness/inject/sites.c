/* sites.c - from which places a program makes calls that could fail, as its clean run showed it. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct site {
    char *role, *name, *detail, *key; /* owned; key: "" for a call that libc makes in every thread */
    int64_t a0;                       /* of such a call */
    enum observe_wish wish;
    int64_t stack, first_call, calls, threads, succeeded;
};
struct sites {
    struct site *sites;
    size_t n;
};

/* One row of the clean run's calls, as sites_sql gives them. */
struct row {
    int64_t call, process, image, stack, a0, a1, a2, threads;
    int has_failed;
    enum observe_wish wish;
    const char *name, *detail;
};

static const char sites_sql[] =
    "SELECT c.id, c.process, c.image, c.stack, c.a0, c.a1, c.a2,"
    " coalesce((SELECT l.threads FROM look l WHERE l.call = c.id AND l.moment = 'before-change'),"
    "  (SELECT l.threads FROM look l WHERE l.process = c.process AND l.seq < c.seq ORDER BY l.seq DESC LIMIT 1), 1),"
    " coalesce(c.error, 0) <> 0, c.name, c.detail, c.a0, c.a1, c.a2 FROM call c ORDER BY c.seq";

static int begins(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (!strncmp(word, *words, strlen(*words)))
            return 1;
    return 0;
}

/* The C library's own use of random bytes, which does without them by itself and which no program sees: malloc's key against double
 * frees, the letters of mkstemp(3). Told by its arguments and by who calls getrandom(3): libc, but none of its functions by which a
 * program gets random bytes. In a program that was linked statically only the caller's name tells. */
static int is_libc_own(sqlite3 *db, const struct row *row)
{
    static const char sql[] = "SELECT object, symbol FROM frame WHERE stack = ?1 AND"
                              " NOT (depth = 0 AND coalesce(symbol, '') GLOB '*getrandom*') ORDER BY depth LIMIT 1";
    static const char *const objects[] = { "libc.so", "libc-2", "ld-linux", NULL };
    static const char *const asked[] = { "getentropy", "arc4random", "__arc4random", NULL };
    static const char *const internal[] = { "ptmalloc_init", "tcache_key",  "random_bits",       "__libc_malloc",
                                            "__libc_calloc", "malloc",      "__gen_tempname",    "try_tempname_len",
                                            "gen_tempname",  "__libc_main", "__libc_early_init", NULL };
    sqlite3_stmt *statement;
    const char *path, *symbol;
    int own = 0;

    if (strcmp(row->name, "getrandom") || row->a1 != 8 || row->a2 != GRND_NONBLOCK)
        return 0;
    statement = ASK(db, sql, row->stack);
    if (statement && sqlite3_step(statement) == SQLITE_ROW) {
        path = ask_text(statement, 0);
        symbol = ask_text(statement, 1);
        path = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
        own = begins(path, objects) ? !begins(symbol, asked) : begins(symbol, internal);
    }
    sqlite3_finalize(statement);
    return own;
}

/* The dynamic loader's work before the program: none of its own code is on the stack. */
static int is_loader(sqlite3 *db, const struct row *row)
{
    static const char sql[] =
        "SELECT count(*) = 0 FROM frame WHERE stack = ?1 AND coalesce(object, '') NOT GLOB '*/ld-linux*'";

    return ASK_NUMBER(db, sql, row->stack) == 1;
}

/* 1: a call whose failure can be tried. */
static int row_counts(sqlite3 *db, const struct row *row)
{
    int error;

    return call_errors(row->name, row->detail, row->a2, &error, 1) && row->stack != FACTS_NULL && !is_loader(db, row) &&
           !is_libc_own(db, row);
}

static struct site *site_find(struct sites *s, const char *role, const char *key, const struct row *row)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->sites[i].name, row->name) && !strcmp(s->sites[i].role, role) && !strcmp(s->sites[i].key, key) &&
            s->sites[i].wish == row->wish && (key[0] || s->sites[i].a0 == row->a0))
            return &s->sites[i];
    return NULL;
}

static void site_release(struct site *s)
{
    free(s->role);
    free(s->name);
    free(s->detail);
    free(s->key);
}

static struct site *site_add(struct sites *s, const char *role, const char *key, const struct row *row)
{
    struct site *more = reallocarray(s->sites, s->n + 1, sizeof *more), *site;

    if (!more)
        return NULL;
    s->sites = more;
    site = &s->sites[s->n];
    *site = (struct site){ .role = strdup(role),
                           .name = strdup(row->name),
                           .detail = strdup(row->detail),
                           .key = strdup(key),
                           .a0 = row->a0,
                           .wish = row->wish,
                           .stack = row->stack,
                           .first_call = row->call };
    if (site->role && site->name && site->detail && site->key) {
        s->n++;
        return site;
    }
    site_release(site);
    return NULL;
}

static int sites_take(sqlite3 *db, struct sites *s, const struct row *row)
{
    char role[512], key[OBSERVE_KEY_SIZE] = "";
    struct site *site;
    int is_everywhere = row->threads > 1 && call_is_broadcast(row->name), r;

    if (!row_counts(db, row))
        return 0;
    story_role(db, row->process, row->image, role, sizeof role);
    r = is_everywhere ? 0 : story_key(db, row->stack, key, sizeof key);
    if (r)
        return r == -ENOENT ? 0 : r;
    site = site_find(s, role, key, row);
    if (!site && !(site = site_add(s, role, key, row)))
        return -ENOMEM;
    /* Libc makes the call of the thread that was asked last, after the signal handlers of the others have made theirs. */
    if (is_everywhere)
        site->stack = row->stack;
    site->calls++;
    site->succeeded += !row->has_failed;
    if (row->threads > site->threads)
        site->threads = row->threads;
    return 0;
}

static int sites_read(sqlite3 *db, struct sites *s)
{
    sqlite3_stmt *statement = ask(db, sites_sql, 0, NULL);
    int r = statement ? 0 : -EIO;

    while (!r && sqlite3_step(statement) == SQLITE_ROW) {
        const struct row row = { .call = ask_integer(statement, 0),
                                 .process = ask_integer(statement, 1),
                                 .image = ask_integer(statement, 2),
                                 .stack = ask_integer(statement, 3),
                                 .a0 = ask_integer(statement, 4),
                                 .a1 = ask_integer(statement, 5),
                                 .a2 = ask_integer(statement, 6),
                                 .threads = ask_integer(statement, 7),
                                 .has_failed = (int)ask_integer(statement, 8),
                                 .wish = story_wish(statement, 9),
                                 .name = ask_text(statement, 9),
                                 .detail = ask_text(statement, 10) };

        r = sites_take(db, s, &row);
    }
    sqlite3_finalize(statement);
    return r;
}

int sites_write(struct facts *f)
{
    struct sites s = { 0 };
    sqlite3 *db = facts_db(f);
    int r = story_begin(db);

    if (!r)
        r = sites_read(db, &s);
    story_end(db);
    for (size_t i = 0; !r && i < s.n; i++) {
        const struct site *site = &s.sites[i];
        const struct facts_site row = { site->role,   site->name,       site->detail[0] ? site->detail : NULL,
                                        site->stack,  site->first_call, site->calls,
                                        site->threads };

        /* A call that never succeeded cannot be made to fail: the clean run is that trial already. */
        if (site->succeeded)
            r = facts_add_site(f, &row, NULL);
    }
    for (size_t i = 0; i < s.n; i++)
        site_release(&s.sites[i]);
    free(s.sites);
    return r;
}

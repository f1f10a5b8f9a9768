/* plan.c - which trials to make: one for each place and each errno. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char plan_sql[] = "SELECT s.id, s.role, s.name, s.detail, s.stack, s.threads, c.a0, c.a2,"
                               " c.name, c.detail, c.a0, c.a1, c.a2"
                               " FROM site s JOIN call c ON c.id = s.first_call ORDER BY s.id";

static void trial_release_plan(struct inject_trial *t)
{
    free(t->role);
    free(t->name);
    free(t->key);
    free(t->detail);
}

/* Adds a trial for the site in the statement's row. */
static int plan_add(sqlite3 *db, struct inject_plan *plan, sqlite3_stmt *row, int error)
{
    struct inject_trial *more = reallocarray(plan->trials, plan->n + 1, sizeof *more), *t;
    char key[OBSERVE_KEY_SIZE] = "";
    int r;

    if (!more)
        return -ENOMEM;
    plan->trials = more;
    t = &more[plan->n];
    r = story_key(db, ask_integer(row, 4), key, sizeof key);
    if (r)
        return r == -ENOENT ? 0 : r;
    *t = (struct inject_trial){ .site = ask_integer(row, 0),
                                .role = strdup(ask_text(row, 1)),
                                .name = strdup(ask_text(row, 2)),
                                .detail = strdup(ask_text(row, 3)),
                                .key = strdup(key),
                                .a0 = ask_integer(row, 6),
                                .wish = story_wish(row, 8),
                                .error = error };
    plan->n++;
    if (!t->role || !t->name || !t->detail || !t->key)
        return -ENOMEM;
    t->is_threaded = ask_integer(row, 5) > 1 && call_is_broadcast(t->name);
    return 0;
}

static int plan_site(sqlite3 *db, const struct inject_options *options, struct inject_plan *plan, sqlite3_stmt *row)
{
    int errors[INJECT_ERRORS_MAX], r = 0;
    size_t n;

    if (!call_is_chosen(options->calls, ask_text(row, 2)))
        return 0;
    if (options->errors)
        n = errors_parse(options->errors, errors, COUNT(errors));
    else
        n = call_errors(ask_text(row, 2), ask_text(row, 3), ask_integer(row, 7), errors, COUNT(errors));
    for (size_t i = 0; !r && i < n; i++)
        r = plan_add(db, plan, row, errors[i]);
    return r;
}

int inject_plan(struct facts *f, const struct inject_options *options, struct inject_plan *ret)
{
    sqlite3 *db = facts_db(f);
    sqlite3_stmt *row = ask(db, plan_sql, 0, NULL);
    struct inject_plan plan = { 0 };
    int r = row ? 0 : -EIO;

    while (!r && sqlite3_step(row) == SQLITE_ROW)
        r = plan_site(db, options, &plan, row);
    sqlite3_finalize(row);
    if (r)
        inject_plan_release(&plan);
    else
        *ret = plan;
    return r;
}

void inject_plan_release(struct inject_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        trial_release_plan(&plan->trials[i]);
    free(plan->trials);
    *plan = (struct inject_plan){ 0 };
}

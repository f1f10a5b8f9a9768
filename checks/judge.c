/* judge.c - judges a recording: chooses the checks, runs each, adds what could not be seen, and counts. */
#include "checks/judge.h"
#include "checks/embedded.h"
#include "checks/engine.h"
#include "harness/facts/facts.h"

#include <errno.h>
#include <fnmatch.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 400000000u /* virtual machine instructions of one check: some seconds */
#define MAX_VALUE (16 << 20) /* bytes of one value that a query makes */

/* The same columns as in harness/facts/facts.sql. */
static const char tables[] =
    "drop table if exists temp.finding; drop table if exists temp.check_used;"
    "drop table if exists temp.check_failed; drop table if exists temp.check_left_out;"
    "create temp table finding (id integer primary key, check_id text not null, result text not null,"
    " severity text not null, strength text not null, process integer, look integer, subject text not null,"
    " evidence text not null, reason text);"
    "create index temp.finding_check on finding (check_id, result, process);"
    "create temp table check_used (id text, title text, severity text, strength text, cwe text, cert text, why text,"
    " accepted text, fix text, found integer, accepted_n integer, passed integer, unknown integer);"
    "create temp table check_failed (file text, line integer, message text);"
    "create temp table check_left_out (id text);";

struct judgement {
    struct sqlite3 *db;
    struct guard *guard;
    const struct head **used; /* ordered by id */
    size_t n_used;
    struct head *loaded; /* from options->files */
    size_t n_loaded;
    struct errors errors;
};

static int sql_run(struct judgement *j, const char *sql)
{
    int code = sqlite3_exec(j->db, sql, NULL, NULL, NULL) & 0xff;

    return code == SQLITE_NOMEM ? -ENOMEM : code == SQLITE_FULL ? -ENOSPC : code ? -EIO : 0;
}

/* Runs one statement with text parameters. */
static int sql_run_text(struct judgement *j, const char *sql, const char *const *texts, int n)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(j->db, sql, -1, &s, NULL);

    for (int i = 0; !code && i < n; i++)
        code = sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC);
    if (!code)
        code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : (code & 0xff) == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

/* ---- which checks ---- */

static int is_left_out(const char *id, const char *const *without)
{
    for (; without && *without; without++)
        if (!fnmatch(*without, id, 0))
            return 1;
    return 0;
}

static int is_taken(const struct judgement *j, const char *id)
{
    for (size_t i = 0; i < j->n_loaded; i++)
        if (!strcmp(j->loaded[i].check.id, id))
            return 1;
    return judge_check(id) != NULL;
}

static int files_load(struct judgement *j, const char *const *files)
{
    size_t n = 0;
    int r;

    while (files && files[n])
        n++;
    j->loaded = calloc(n + 1, sizeof *j->loaded);
    if (!j->loaded)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct head h;

        r = load_check(files[i], &h, &j->errors);
        if (r == -ENOMEM)
            return r;
        if (r)
            continue;
        if (is_taken(j, h.check.id)) {
            r = errors_add(&j->errors, files[i], 0, "there is a check '%s' already: rename the file", h.check.id);
            head_release(&h);
            if (r)
                return r;
            continue;
        }
        j->loaded[j->n_loaded++] = h;
    }
    return 0;
}

static int compare_used(const void *a, const void *b)
{
    return strcmp((*(const struct head *const *)a)->check.id, (*(const struct head *const *)b)->check.id);
}

static int checks_choose(struct judgement *j, const char *const *without)
{
    size_t n_built_in;
    const struct head *built_in = registry_heads(&n_built_in);
    int r = 0;

    j->used = calloc(n_built_in + j->n_loaded + 1, sizeof *j->used);
    if (!j->used)
        return -ENOMEM;
    for (size_t i = 0; !r && i < n_built_in + j->n_loaded; i++) {
        const struct head *h = i < n_built_in ? &built_in[i] : &j->loaded[i - n_built_in];

        if (is_left_out(h->check.id, without))
            r = sql_run_text(j, "insert into temp.check_left_out values (?)", &h->check.id, 1);
        else
            j->used[j->n_used++] = h;
    }
    qsort(j->used, j->n_used, sizeof *j->used, compare_used);
    return r;
}

/* ---- running them ---- */

/* What the check could not see. Gaps of one process with the same words count once, and a row that the check made
 * itself for the gap is not doubled; a hostile recording's dangling ids become NULL. Then nothing passes for a
 * process with a gap, and nothing at all where the whole audit has one. */
static int gaps_add(struct judgement *j, const struct check *c)
{
    const char *const texts[] = { c->id, c->severity, c->strength, c->needs };
    static const char add[] =
        "insert into temp.finding (check_id, result, severity, strength, process, look, subject, evidence, reason)"
        " select ?1, 'unknown', ?2, ?3, p.id, l.id, g.source || ' not seen',"
        "  substr(g.detail, 1, 1000) || ifnull(' (' || errno_name(nullif(g.error, 0)) || ')', ''),"
        "  substr(g.detail, 1, 1000)"
        " from (select process, min(look) as look, source, error, detail, min(id) as id from main.gap"
        "       where instr(' ' || ?4 || ' ', ' ' || source || ' ') > 0 group by process, detail) g"
        " left join main.process p on p.id = g.process left join main.look l on l.id = g.look"
        " where not exists (select 1 from temp.finding f where f.check_id = ?1 and f.result = 'unknown'"
        "  and f.process is p.id and f.reason = g.detail)"
        " order by g.id limit 100000";
    static const char take_back[] =
        "delete from temp.finding where check_id = ?1 and result = 'pass' and (exists (select 1 from main.gap g"
        " where instr(' ' || ?4 || ' ', ' ' || g.source || ' ') > 0 and g.process is null)"
        " or process in (select g.process from main.gap g where instr(' ' || ?4 || ' ', ' ' || g.source || ' ') > 0))";
    int r;

    if (!*c->needs)
        return 0;
    r = sql_run_text(j, add, texts, 4);
    return r ? r : sql_run_text(j, take_back, texts, 4);
}

/* The check's own row for the reports, with its counts. */
static int used_add(struct judgement *j, const struct check *c)
{
    const char *const texts[] = { c->id,   c->title, c->severity, c->strength, c->cwe,
                                  c->cert, c->why,   c->accepted, c->fix };

    return sql_run_text(j,
                        "insert into temp.check_used select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                        " ifnull(sum(result = 'found'), 0), ifnull(sum(result = 'accepted'), 0),"
                        " ifnull(sum(result = 'pass'), 0), ifnull(sum(result = 'unknown'), 0)"
                        " from temp.finding where check_id = ?1",
                        texts, 9);
}

static int checks_run(struct judgement *j)
{
    for (size_t i = 0; i < j->n_used; i++) {
        const struct check *c = &j->used[i]->check;
        int r = run_check(j->db, j->guard, j->used[i], &j->errors);

        if (r && r != -EBADMSG)
            return r;
        r = gaps_add(j, c);
        if (r)
            return r;
        r = used_add(j, c);
        if (r)
            return r;
    }
    return 0;
}

/* Statement by statement: each may take as many steps as a check. */
static int views_run(struct judgement *j, const char *sql)
{
    sqlite3_stmt *s;
    int code = SQLITE_OK;

    for (const char *tail = sql; !code && *sql; sql = tail) {
        j->guard->steps = 0;
        code = sqlite3_prepare_v2(j->db, sql, -1, &s, &tail);
        if (code || !s)
            continue; /* nothing but a comment is left */
        while (sqlite3_step(s) == SQLITE_ROW)
            ;
        code = sqlite3_finalize(s);
    }
    return code;
}

/* The built-in views, and what is wrong with built-in checks (never, in a tested build). */
static int views_make(struct judgement *j)
{
    const struct errors *bad = registry_errors();
    const struct embedded_file *file = embedded_checks;
    int r = 0;

    for (size_t i = 0; !r && i < bad->n; i++)
        r = errors_add(&j->errors, bad->list[i].file, bad->list[i].line, "%s", bad->list[i].message);
    j->guard->counting = 1;
    for (; !r && file->path; file++)
        if (registry_is_views(file->path) && views_run(j, file->text))
            r = errors_add(&j->errors, file->path, 0, "SQL: %s%s", sqlite3_errmsg(j->db),
                           j->guard->steps > j->guard->max_steps ? " (too costly for this recording)" : "");
    j->guard->counting = 0;
    return r;
}

/* ---- the result ---- */

static int failed_store(struct judgement *j)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(j->db, "insert into temp.check_failed values (?, nullif(?, 0), ?)", -1, &s, NULL);

    for (size_t i = 0; !code && i < j->errors.n; i++) {
        const struct judge_error *e = &j->errors.list[i];

        sqlite3_bind_text(s, 1, e->file, -1, SQLITE_STATIC);
        sqlite3_bind_int(s, 2, e->line);
        sqlite3_bind_text(s, 3, e->message, -1, SQLITE_STATIC);
        code = sqlite3_step(s) == SQLITE_DONE ? 0 : SQLITE_ERROR;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return code ? -EIO : 0;
}

static void row_count(struct judge_result *r, const char *result, const char *severity, unsigned n)
{
    int s = judge_severity(severity);

    if (!strcmp(result, "found") && s >= 0)
        r->found[s] += n;
    else if (!strcmp(result, "accepted"))
        r->accepted += n;
    else if (!strcmp(result, "pass"))
        r->passed += n;
    else if (!strcmp(result, "unknown"))
        r->unknown += n;
}

static int rows_count(struct judgement *j, struct judge_result *ret)
{
    static const char count[] = "select result, severity, count(*) from temp.finding group by 1, 2";
    static const char complete[] = "select count(*) = 1 and max(complete) = 1 from main.audit";
    sqlite3_stmt *s = NULL;
    int code;

    if (sqlite3_prepare_v2(j->db, count, -1, &s, NULL))
        return -EIO;
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        row_count(ret, (const char *)sqlite3_column_text(s, 0), (const char *)sqlite3_column_text(s, 1),
                  (unsigned)sqlite3_column_int(s, 2));
    sqlite3_finalize(s);
    if (code != SQLITE_DONE || sqlite3_prepare_v2(j->db, complete, -1, &s, NULL))
        return -EIO;
    ret->complete = sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0) && !ret->unknown && !j->errors.n;
    sqlite3_finalize(s);
    return 0;
}

static int judge_guarded(struct judgement *j, const struct judge_options *o, struct judge_result *ret)
{
    int r = sql_run(j, tables);

    if (!r)
        r = views_make(j);
    if (!r)
        r = files_load(j, o ? o->files : NULL);
    if (!r)
        r = checks_choose(j, o ? o->without : NULL);
    if (!r)
        r = checks_run(j);
    if (!r)
        r = failed_store(j);
    return r ? r : rows_count(j, ret);
}

/* The guard lives as long as the functions that count for it: on the connection, so that reports may use the views. */
static struct guard *guard_make(struct sqlite3 *db)
{
    struct guard *g = sqlite3_malloc(sizeof *g);

    if (!g)
        return NULL;
    *g = (struct guard){ .max_steps = MAX_STEPS };
    return functions_rng_register(db, g) || functions_register(db) ? NULL : g;
}

static void judgement_release(struct judgement *j)
{
    for (size_t i = 0; i < j->n_loaded; i++)
        head_release(&j->loaded[i]);
    free(j->loaded);
    free(j->used);
    errors_release(&j->errors);
}

int judge_run(struct facts *f, const struct judge_options *options, struct judge_result *ret)
{
    struct judgement j = { .db = facts_db(f) };
    struct judge_result result = { .complete = 0 };
    int length, r;

    j.guard = guard_make(j.db);
    if (!j.guard)
        return -ENOMEM;
    if (options && options->max_steps)
        j.guard->max_steps = options->max_steps;
    length = sqlite3_limit(j.db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
    guard_install(j.guard, j.db);
    r = sql_run(&j, "savepoint judging");
    if (!r) {
        r = judge_guarded(&j, options, &result);
        if (r)
            sql_run(&j, "rollback to judging");
        if (sql_run(&j, "release judging") && !r)
            r = -EIO;
    }
    guard_remove(j.db);
    sqlite3_limit(j.db, SQLITE_LIMIT_LENGTH, length);
    if (!r) {
        result.errors = j.errors.list;
        result.n_errors = j.errors.n;
        j.errors = (struct errors){ 0 };
        *ret = result;
    }
    judgement_release(&j);
    return r;
}

int judge_store(struct facts *f)
{
    static const char store[] = "delete from main.finding; insert into main.finding (id, check_id, result, severity,"
                                " strength, process, look, subject, evidence, reason) select id, check_id, result,"
                                " severity, strength, process, look, subject, evidence, reason from temp.finding";
    struct judgement j = { .db = facts_db(f) };
    int r = sql_run(&j, "savepoint storing");

    if (r)
        return r;
    r = sql_run(&j, store);
    if (r)
        sql_run(&j, "rollback to storing");
    if (sql_run(&j, "release storing") && !r)
        r = -EIO;
    return r ? r : facts_commit(f);
}

void judge_release(struct judge_result *r)
{
    struct errors e = { r->errors, r->n_errors };

    errors_release(&e);
    *r = (struct judge_result){ 0 };
}

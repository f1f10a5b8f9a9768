/* json.c - the json format, documented in json.md. Every object and string is made by SQLite's JSON functions, a row
 * at a time (so that no single value grows with the recording); only the brackets between them are written here. */
#include "harness/facts/facts.h"

#include <errno.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/formats.h"
#include "reports/json_parts.h"
#include "reports/json_text.h"
#include "reports/query.h"
#include "reports/verdict.h"

#define T(x)    JSON_TEXT(x)
#define N(x)    JSON_INT(x)
#define MASK(x) JSON_MASK(x)
#define BOOL(x) JSON_TRUTH(x)

/* The rows, with their members as they stand in the report. */
/* clang-format off */
static const char audit_sql[] =
    "SELECT json_object('tool', " T("tool") ", 'mode', " T("mode") ", 'command', json(args_json(command)),"
    " 'until', " T("until") ", 'poke', " T("poke") ", 'poke_status', " N("poke_status") ","
    " 'host', " T("host") ", 'kernel', " T("kernel") ", 'machine', " T("machine") ", 'tracer_uid', " N("tracer_uid") ","
    " 'no_new_privs', " BOOL("no_new_privs") ", 'id_maps', " T("id_maps") ","
    " 'generators', " BOOL("generators") ", 'reuse_pid', " BOOL("reuse_pid") ","
    " 'began', " N("began") ", 'ended', " N("ended") ","
    " 'complete', " BOOL("complete") ", 'why', " T("why") ", 'target_status', " N("target_status") ")"
    " FROM audit WHERE id = 1";

static const char verdict_sql[] =
    "SELECT json_object('result', iif(?1 > 0, 'findings', 'nothing-found'), 'complete', json(iif(?2, 'true', 'false')),"
    " 'found', json_object('critical', ?3, 'high', ?4, 'medium', ?5, 'low', ?6, 'info', ?7), 'accepted', ?8,"
    " 'passed', ?9, 'unknown', ?10, 'checks_used', ?11, 'checks_not_applicable', ?12,"
    " 'checks_failed', ?13, 'checks_left_out', ?14)";

static const char checks_sql[] =
    "SELECT json_object('id', " T("id") ", 'title', " T("title") ", 'severity', " T("severity") ","
    " 'strength', " T("strength") ", 'cwe', " T("cwe") ", 'cert', " T("cert") ", 'why', " T("why") ","
    " 'accepts', " T("accepted") ", 'fix', " T("fix") ", 'found', " N("found") ", 'accepted', " N("accepted_n") ","
    " 'passed', " N("passed") ", 'unknown', " N("unknown") ")"
    " FROM temp.check_used ORDER BY id";

static const char failed_sql[] =
    "SELECT json_object('file', " T("file") ", 'line', " N("line") ", 'message', " T("message") ")"
    " FROM temp.check_failed ORDER BY file, line";

static const char left_out_sql[] = "SELECT " T("id") " FROM temp.check_left_out ORDER BY id";

static const char findings_sql[] =
    "SELECT json_object('check', " T("f.check_id") ", 'result', " T("f.result") ", 'severity', " T("f.severity") ","
    " 'strength', " T("f.strength") ", 'process', " N("f.process") ", 'pid', " N("p.pid") ", 'look', " N("f.look") ","
    " 'moment', " T("l.moment") ", 'call', " T("c.name") ", 'marker', " T("m.name") ","
    " 'subject', " T("f.subject") ", 'evidence', " T("f.evidence") ", 'reason', " T("f.reason") ")"
    " FROM finding f LEFT JOIN process p ON p.id = f.process LEFT JOIN look l ON l.id = f.look"
    " LEFT JOIN call c ON c.id = l.call LEFT JOIN marker m ON m.id = l.marker ORDER BY f.id";

static const char gaps_sql[] =
    "SELECT json_object('process', " N("process") ", 'look', " N("look") ", 'seq', " N("seq") ","
    " 'source', " T("source") ", 'error', " N("error") ", 'detail', " T("detail") ")"
    " FROM gap ORDER BY id";

static const char processes_sql[] =
    "SELECT json_object('id', " N("id") ", 'parent', " N("parent") ", 'pid', " N("pid") ", 'ns_pid', " N("ns_pid") ","
    " 'seq', " N("seq") ", 'at', " N("at") ", 'start_time', " N("start_time") ", 'born', " T("born") ","
    " 'clone_flags', " MASK("clone_flags") ", 'parent_threads', " N("parent_threads") ", 'image', " N("image") ","
    " 'end_at', " N("end_at") ", 'ending', " T("ending") ", 'status', " N("status") "), id"
    " FROM process ORDER BY id";

static const char images_sql[] =
    "SELECT json_object('id', " N("id") ", 'seq', " N("seq") ", 'path', " T("path") ", 'args', json(args_json(args)),"
    " 'build_id', " T("build_id") ", 'secure', " BOOL("secure") ", 'markers', " N("markers") "), process"
    " FROM image ORDER BY process, seq, id";

static const char looks_sql[] =
    "SELECT json_object('id', " N("l.id") ", 'seq', " N("l.seq") ", 'at', " N("l.at") ", 'tid', " N("l.tid") ","
    " 'moment', " T("l.moment") ", 'call', " T("c.name") ", 'marker', " T("m.name") ", 'image', " N("l.image") ","
    " 'threads', " N("l.threads") ", 'fds', " N("t.size") ", 'cwd', " T("l.cwd") ", 'root', " T("l.root") ","
    " 'waiting', " T("l.waiting") "), l.id"
    " FROM look l LEFT JOIN call c ON c.id = l.call LEFT JOIN marker m ON m.id = l.marker"
    " LEFT JOIN fd_table t ON t.id = l.fd_table WHERE l.process = ?1 ORDER BY l.seq, l.id";

static const char creds_sql[] =
    "SELECT json_object('tid', " N("tid") ", 'ruid', " N("ruid") ", 'euid', " N("euid") ", 'suid', " N("suid") ","
    " 'fsuid', " N("fsuid") ", 'rgid', " N("rgid") ", 'egid', " N("egid") ", 'sgid', " N("sgid") ","
    " 'fsgid', " N("fsgid") ", 'groups', " T("groups") ", 'cap_inh', " MASK("cap_inh") ","
    " 'cap_prm', " MASK("cap_prm") ", 'cap_eff', " MASK("cap_eff") ", 'cap_bnd', " MASK("cap_bnd") ","
    " 'cap_amb', " MASK("cap_amb") ","
    " 'no_new_privs', " BOOL("no_new_privs") ", 'seccomp', " N("seccomp") ", 'user_ns', " N("user_ns") ","
    " 'securebits', " N("securebits") ", 'dumpable', " N("dumpable") ")"
    " FROM cred WHERE look = ?1 ORDER BY id";
/* clang-format on */

int json_write_value(sqlite3_stmt *row, int open, FILE *out)
{
    size_t size;
    const char *json = query_bytes(row, 0, &size);

    if (!json || size < 2)
        return fputs("null", out) < 0 ? -EIO : 0;
    return escape_json(json, size - (open ? 1 : 0), out);
}

int json_write_array(sqlite3_stmt *rows, int64_t key, FILE *out)
{
    const char *before = "\n";
    int r;

    sqlite3_reset(rows);
    if (sqlite3_bind_parameter_count(rows) > 0)
        sqlite3_bind_int64(rows, 1, key);
    fputs("[", out);
    while ((r = query_next(rows)) > 0) {
        fputs(before, out);
        before = ",\n";
        r = json_write_value(rows, 0, out);
        if (r < 0)
            break;
    }
    fputs("]", out);
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

static int write_list(sqlite3 *db, const char *sql, FILE *out)
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db, sql, &rows);
    if (r < 0)
        return r;
    r = json_write_array(rows, 0, out);
    sqlite3_finalize(rows);
    return r;
}

static int write_looks(sqlite3_stmt *looks, sqlite3_stmt *creds, int64_t process, FILE *out)
{
    const char *before = "\n";
    int r;

    sqlite3_reset(looks);
    sqlite3_bind_int64(looks, 1, process);
    fputs("[", out);
    while ((r = query_next(looks)) > 0) {
        fputs(before, out);
        before = ",\n";
        r = json_write_value(looks, 1, out);
        fputs(",\"credentials\":", out);
        if (r == 0)
            r = json_write_array(creds, sqlite3_column_int64(looks, 1), out);
        fputs("}", out);
        if (r < 0)
            break;
    }
    fputs("]", out);
    return r;
}

/* All programs, ascending by process, of which those of one process after the other are written: asked for by process
 * they would be searched for in the whole table (image has no such index). */
struct images {
    sqlite3_stmt *rows;
    int state; /* of the last query_next(): 1 a row waits */
};

static int write_images(struct images *images, int64_t process, FILE *out)
{
    const char *before = "\n";
    int r = 0;

    while (images->state > 0 && sqlite3_column_int64(images->rows, 1) < process)
        images->state = query_next(images->rows);
    fputs("[", out);
    while (r == 0 && images->state > 0 && sqlite3_column_int64(images->rows, 1) == process) {
        fputs(before, out);
        before = ",\n";
        r = json_write_value(images->rows, 0, out);
        images->state = query_next(images->rows);
    }
    fputs("]", out);
    return r < 0 ? r : images->state < 0 ? images->state : 0;
}

static int write_processes(sqlite3 *db, FILE *out)
{
    enum { PROCESSES, IMAGES, LOOKS, CREDS, N_QUERIES };
    const char *const sql[N_QUERIES] = { processes_sql, images_sql, looks_sql, creds_sql };
    sqlite3_stmt *queries[N_QUERIES] = { NULL };
    struct images images = { NULL, 0 };
    struct json_identity identity;
    const char *before = "\n";
    int r;

    r = json_identity_open(db, &identity);
    for (int i = 0; i < N_QUERIES && r == 0; i++)
        r = query_open(db, sql[i], &queries[i]);
    if (r == 0) {
        images.rows = queries[IMAGES];
        images.state = r = query_next(images.rows);
    }
    fputs("[", out);
    while (r >= 0 && (r = query_next(queries[PROCESSES])) > 0) {
        int64_t id = sqlite3_column_int64(queries[PROCESSES], 1);

        fputs(before, out);
        before = ",\n";
        r = json_write_value(queries[PROCESSES], 1, out);
        fputs(",\"images\":", out);
        if (r == 0)
            r = write_images(&images, id, out);
        fputs(",\"looks\":", out);
        if (r == 0)
            r = write_looks(queries[LOOKS], queries[CREDS], id, out);
        fputs(",\"identity\":", out);
        if (r == 0)
            r = json_identity_write(&identity, id, out);
        fputs("}", out);
    }
    fputs("]", out);
    json_identity_release(&identity);
    for (int i = 0; i < N_QUERIES; i++)
        sqlite3_finalize(queries[i]);
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

static int write_one(sqlite3_stmt *row, FILE *out)
{
    int r = query_next(row);

    if (r > 0)
        r = json_write_value(row, 0, out);
    else if (r == 0)
        fputs("null", out);
    return r;
}

static int write_audit(sqlite3 *db, FILE *out)
{
    sqlite3_stmt *row = NULL;
    int r = query_open(db, audit_sql, &row);

    if (r == 0)
        r = write_one(row, out);
    sqlite3_finalize(row);
    return r;
}

static int write_verdict(struct facts *f, FILE *out)
{
    sqlite3_stmt *row = NULL;
    struct verdict v;
    int r;

    r = verdict_read(f, &v);
    if (r < 0)
        return r;
    r = query_open(facts_db(f), verdict_sql, &row);
    if (r < 0)
        return r;
    const int64_t values[] = { v.all_found, v.complete,       v.found[0], v.found[1], v.found[2],
                               v.found[3],  v.found[4],       v.accepted, v.passed,   v.unknown,
                               v.used,      v.not_applicable, v.failed,   v.left_out };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        sqlite3_bind_int64(row, (int)i + 1, values[i]);
    r = write_one(row, out);
    sqlite3_finalize(row);
    return r;
}

int json_write(struct facts *f, const struct report_options *options, FILE *out)
{
    const struct {
        const char *name, *sql;
    } lists[] = {
        { "checks", checks_sql },
        { "checks_failed", failed_sql },
        { "checks_left_out", left_out_sql },
        { "findings", findings_sql },
        { "gaps", gaps_sql },
    };
    sqlite3 *db = facts_db(f);
    struct json_text *text = NULL;
    int r;

    (void)options;
    r = json_text_register(db, &text);
    if (r < 0)
        return r;
    fputs("{\"schema\":\"forkaudit-report\",\n\"version\":\"1.2.0\",\n\"audit\":", out);
    r = write_audit(db, out);
    fputs(",\n\"verdict\":", out);
    if (r == 0)
        r = write_verdict(f, out);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && r == 0; i++) {
        fprintf(out, ",\n\"%s\":", lists[i].name);
        r = write_list(db, lists[i].sql, out);
    }
    if (r == 0)
        r = json_inject_write(db, out);
    if (r == 0)
        r = json_random_write(db, out);
    fputs(",\n\"processes\":", out);
    if (r == 0)
        r = write_processes(db, out);
    fputs("}\n", out);
    json_text_release(db, text);
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

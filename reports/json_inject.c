/* json_inject.c - the members `proofs`, `sites` and `injections` of the json format: what copies and trials showed. */
#include <errno.h>

#include "reports/json_parts.h"
#include "reports/query.h"

/* clang-format off */
static const char proofs_sql[] =
    "SELECT json_object('process', " JSON_INT("f.process") ", 'pid', " JSON_INT("p.pid") ", 'look', "
    JSON_INT("f.look") ","
    " 'tid', " JSON_INT("f.tid") ", 'seq', " JSON_INT("f.seq") ", 'at', " JSON_INT("f.at") ","
    " 'kind', " JSON_TEXT("f.kind") ", 'wanted', " JSON_TEXT("f.wanted") ", 'outcome', " JSON_TEXT("f.outcome") ","
    " 'call', " JSON_TEXT("f.call") ", 'error', " JSON_INT("f.error") ", 'detail', " JSON_TEXT("f.detail") ")"
    " FROM proof f LEFT JOIN process p ON p.id = f.process ORDER BY f.id";

static const char sites_sql[] =
    "SELECT json_object('id', " JSON_INT("s.id") ", 'role', " JSON_TEXT("s.role") ", 'call', " JSON_TEXT("s.name") ","
    " 'detail', " JSON_TEXT("s.detail") ", 'args', json(iif(c.id IS NULL, 'null', json_array(" JSON_INT("c.a0") ","
    " " JSON_INT("c.a1") ", " JSON_INT("c.a2") "))), 'calls', " JSON_INT("s.calls") ", 'threads', "
    JSON_INT("s.threads") "), s.stack"
    " FROM site s LEFT JOIN call c ON c.id = s.first_call ORDER BY s.id";

static const char frames_sql[] =
    "SELECT json_object('object', " JSON_TEXT("object") ", 'offset', " JSON_INT("offset") ", 'symbol', "
    JSON_TEXT("symbol") ","
    " 'symbol_offset', " JSON_INT("symbol_offset") ", 'source', " JSON_TEXT("source") ", 'line', " JSON_INT("line") ")"
    " FROM frame WHERE stack = ?1 ORDER BY depth";

static const char injections_sql[] =
    "SELECT json_object('site', " JSON_INT("j.site") ", 'role', " JSON_TEXT("s.role") ", 'call', "
    JSON_TEXT("s.name") ","
    " 'error', " JSON_INT("j.error") ", 'every', " JSON_TRUTH("j.every") ", 'hits', " JSON_INT("j.hits") ","
    " 'outcome', " JSON_TEXT("j.outcome") ", 'status', " JSON_INT("j.status") ", 'kept_uid', "
    JSON_INT("j.kept_uid") ","
    " 'kept_gid', " JSON_INT("j.kept_gid") ", 'kept_groups', " JSON_TEXT("j.kept_groups") ","
    " 'kept_caps', " JSON_MASK("j.kept_caps") ", 'served', " JSON_TRUTH("j.served") ","
    " 'evidence', " JSON_TEXT("j.evidence") ", 'recording', " JSON_TEXT("j.recording") ")"
    " FROM injection j LEFT JOIN site s ON s.id = j.site ORDER BY j.id";
/* clang-format on */

static int write_list(sqlite3 *db, const char *name, const char *sql, FILE *out)
{
    sqlite3_stmt *rows = NULL;
    int r = query_open(db, sql, &rows);

    fprintf(out, ",\n\"%s\":", name);
    if (r == 0)
        r = json_write_array(rows, 0, out);
    sqlite3_finalize(rows);
    return r;
}

static int write_sites(sqlite3 *db, FILE *out)
{
    sqlite3_stmt *sites = NULL, *frames = NULL;
    const char *before = "\n";
    int r;

    r = query_open(db, sites_sql, &sites);
    if (r == 0)
        r = query_open(db, frames_sql, &frames);
    fputs(",\n\"sites\":[", out);
    while (r == 0 && (r = query_next(sites)) > 0) {
        fputs(before, out);
        before = ",\n";
        r = json_write_value(sites, 1, out);
        fputs(",\"frames\":", out);
        if (r == 0 && sqlite3_column_type(sites, 1) == SQLITE_NULL)
            fputs("null", out);
        else if (r == 0)
            r = json_write_array(frames, sqlite3_column_int64(sites, 1), out);
        fputs("}", out);
    }
    fputs("]", out);
    sqlite3_finalize(frames);
    sqlite3_finalize(sites);
    return r;
}

int json_inject_write(sqlite3 *db, FILE *out)
{
    int r = write_list(db, "proofs", proofs_sql, out);

    if (r == 0)
        r = write_sites(db, out);
    if (r == 0)
        r = write_list(db, "injections", injections_sql, out);
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

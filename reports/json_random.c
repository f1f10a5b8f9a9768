/* json_random.c - the members of the json format about random numbers, from generators to tokens. */
#include <errno.h>

#include "reports/json_parts.h"
#include "reports/query.h"

#define HEX(x) "iif(" x " IS NULL, NULL, lower(hex(" x ")))"

/* clang-format off */
static const char generators_sql[] =
    "SELECT json_object('id', " JSON_INT("id") ", 'name', " JSON_TEXT("name") ", 'source', " JSON_TEXT("source") ","
    " 'symbol', " JSON_TEXT("symbol") ", 'object', " JSON_TEXT("object") ", 'offset', " JSON_INT("offset") ","
    " 'purpose', " JSON_TEXT("purpose") ", 'guard', " JSON_TEXT("guard") ", 'state_of', " JSON_TEXT("state_of") ")"
    " FROM generator ORDER BY id";

static const char present_sql[] =
    "SELECT json_object('process', " JSON_INT("process") ", 'image', " JSON_INT("image") ","
    " 'generator', " JSON_INT("generator") ") FROM generator_present ORDER BY process, image, generator";

static const char calls_sql[] =
    "SELECT json_object('process', " JSON_INT("c.process") ", 'pid', " JSON_INT("p.pid") ", 'image', "
    JSON_INT("c.image") ", 'tid', " JSON_INT("c.tid") ", 'seq', " JSON_INT("c.seq") ", 'at', " JSON_INT("c.at") ","
    " 'kind', " JSON_TEXT("c.kind") ", 'generator', " JSON_TEXT("c.generator") ", 'symbol', " JSON_TEXT("c.symbol") ","
    " 'context', " JSON_MASK("c.context") ", 'seed', " HEX("c.seed") ", 'seed_is', " JSON_TEXT("c.seed_is") ","
    " 'is_added', " JSON_TRUTH("c.is_added") ", 'place', json(iif(pl.stack IS NULL, 'null', json_object("
    "'object', " JSON_TEXT("pl.object") ", 'offset', " JSON_INT("pl.offset") ", 'symbol', " JSON_TEXT("pl.symbol")
    "))))"
    " FROM generator_call c LEFT JOIN process p ON p.id = c.process LEFT JOIN frame pl ON pl.stack = c.stack AND"
    " pl.depth ="
    " (SELECT min(depth) FROM frame WHERE stack = c.stack) ORDER BY c.id";

static const char snapshots_sql[] =
    "SELECT json_object('id', " JSON_INT("id") ", 'process', " JSON_INT("process") ", 'tid', " JSON_INT("tid") ","
    " 'seq', " JSON_INT("seq") ", 'at', " JSON_INT("at") ", 'image', " JSON_INT("image") ", 'moment', "
    JSON_TEXT("moment") ","
    " 'threads', " JSON_INT("threads") ", 'bytes', " JSON_INT("bytes") ", 'held', " JSON_INT("held") ")"
    " FROM snapshot ORDER BY id";

static const char comparisons_sql[] =
    "SELECT json_object('id', " JSON_INT("m.id") ", 'kind', " JSON_TEXT("m.kind") ", 'generator', "
    JSON_INT("m.generator") ","
    " 'name', " JSON_TEXT("g.name") ", 'process', " JSON_INT("m.process") ", 'pid', " JSON_INT("p.pid") ","
    " 'other', " JSON_INT("m.other") ", 'other_pid', " JSON_INT("q.pid") ", 'snapshot', " JSON_INT("m.snapshot") ","
    " 'other_snapshot', " JSON_INT("m.other_snapshot") ", 'verdict', " JSON_TEXT("m.verdict") ", 'reason', "
    JSON_TEXT("m.reason") ", 'value_size', " JSON_INT("m.value_size") ", 'shift', " JSON_INT("m.shift") ","
    " 'other_shift', " JSON_INT("m.other_shift") ", 'equal', " JSON_INT("m.equal") ", 'partial', "
    JSON_TRUTH("m.partial") ","
    " 'pid_repeats', " JSON_TRUTH("m.pid_repeats") ", 'values', " HEX("m.own") ", 'other_values', "
    HEX("m.other_values") ")"
    " FROM comparison m LEFT JOIN generator g ON g.id = m.generator LEFT JOIN process p ON p.id = m.process"
    " LEFT JOIN process q ON q.id = m.other ORDER BY m.id";

static const char draws_sql[] =
    "SELECT json_object('process', " JSON_INT("process") ", 'tid', " JSON_INT("tid") ", 'marker', "
    JSON_INT("marker") ","
    " 'seq', " JSON_INT("seq") ", 'generator', " JSON_TEXT("generator") ", 'offset', " JSON_INT("offset") ","
    " 'bytes', " HEX("bytes") ") FROM draw ORDER BY id";

static const char tokens_sql[] =
    "SELECT json_object('process', " JSON_INT("t.process") ", 'pid', " JSON_INT("p.pid") ", 'other', "
    JSON_INT("t.other") ","
    " 'other_pid', " JSON_INT("q.pid") ", 'seq', " JSON_INT("t.seq") ", 'other_seq', " JSON_INT("t.other_seq") ","
    " 'bytes', " HEX("t.bytes") ") FROM token t LEFT JOIN process p ON p.id = t.process"
    " LEFT JOIN process q ON q.id = t.other ORDER BY t.id";
/* clang-format on */

int json_random_write(sqlite3 *db, FILE *out)
{
    static const struct {
        const char *name, *sql;
    } lists[] = {
        { "generators", generators_sql }, { "generators_present", present_sql }, { "generator_calls", calls_sql },
        { "snapshots", snapshots_sql },   { "comparisons", comparisons_sql },    { "draws", draws_sql },
        { "tokens", tokens_sql },
    };
    int r = 0;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && r == 0; i++) {
        sqlite3_stmt *rows = NULL;

        fprintf(out, ",\n\"%s\":", lists[i].name);
        r = query_open(db, lists[i].sql, &rows);
        if (r == 0)
            r = json_write_array(rows, 0, out);
        sqlite3_finalize(rows);
    }
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

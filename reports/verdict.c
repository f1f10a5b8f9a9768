/* verdict.c - what a judged recording comes to, in numbers. */
#include "reports/verdict.h"

#include <string.h>

#include "harness/facts/facts.h"
#include "reports/query.h"

const char *const verdict_severity[VERDICT_SEVERITIES] = { "critical", "high", "medium", "low", "info" };

static int count_findings(sqlite3 *db, struct verdict *v)
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db, "SELECT result, " VERDICT_RANK("severity") ", count(*) FROM finding GROUP BY 1, 2", &rows);
    if (r < 0)
        return r;
    while ((r = query_next(rows)) > 0) {
        const char *result = (const char *)sqlite3_column_text(rows, 0);
        int rank = sqlite3_column_int(rows, 1);
        int64_t n = sqlite3_column_int64(rows, 2);

        if (result && !strcmp(result, "found"))
            v->found[rank] += n, v->all_found += n;
        else if (result && !strcmp(result, "accepted"))
            v->accepted += n;
        else if (result && !strcmp(result, "pass"))
            v->passed += n;
        else /* a result that is no known word is not taken for good */
            v->unknown += n;
    }
    sqlite3_finalize(rows);
    return r;
}

int verdict_read(struct facts *f, struct verdict *ret)
{
    sqlite3 *db = facts_db(f);
    struct verdict v = { 0 };
    int64_t ended;
    const struct {
        const char *sql;
        int64_t *value;
    } counts[] = {
        { "SELECT count(*) FROM " VERDICT_CHECKS, &v.used },
        { "SELECT count(*) FROM " VERDICT_CHECKS " WHERE found + accepted_n + passed + unknown = 0",
          &v.not_applicable },
        { "SELECT count(*) FROM temp.check_failed", &v.failed },
        { "SELECT count(*) FROM temp.check_left_out", &v.left_out },
        { "SELECT count(*) FROM process", &v.processes },
        { "SELECT count(*) FROM image", &v.programs },
        { "SELECT count(*) FROM audit WHERE complete = 1", &ended },
    };
    int r;

    r = count_findings(db, &v);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && r == 0; i++)
        r = query_integer(db, counts[i].sql, counts[i].value);
    if (r < 0)
        return r;
    v.audit_complete = ended > 0;
    v.complete = v.audit_complete && v.unknown == 0 && v.failed == 0;
    *ret = v;
    return 0;
}

/* text_handed.c - random bytes that processes handed over, side by side, and tokens that two of them wrote. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text_random.h"

#define STREAM_MAX     256 /* bytes of a stream that are read */
#define GENERATORS_MAX 8   /* without -v */
#define TOKENS_MAX     4
#define TOKEN_SHOWN    64

/* ---- FORKAUDIT_DRAW ---- */

/* The pair that is shown: a child and its parent from the fork on, the first that drew both; else the first two
 * children of one process. One in which the first draws are equal goes before. */
static const char handed_sql[] =
    "WITH total AS MATERIALIZED (SELECT generator, count(DISTINCT process) AS processes, count(*) AS draws,"
    "   sum(length(bytes)) AS bytes, min(id) AS first FROM draw WHERE marker IS NOT NULL GROUP BY generator),"
    " own AS MATERIALIZED (SELECT generator, process, min(seq) AS seq, bytes FROM draw WHERE marker IS NOT NULL GROUP "
    "BY 1, 2),"
    " after AS MATERIALIZED (SELECT d.generator, p.id AS process, d.process AS parent, min(d.seq) AS seq, d.bytes FROM "
    "process p"
    "   JOIN draw d ON d.process = p.parent AND d.seq > p.seq AND d.marker IS NOT NULL GROUP BY 1, 2),"
    " pair AS (SELECT o.generator, a.parent AS left, o.process AS right, a.seq AS since, 0 AS siblings, a.bytes = "
    "o.bytes AS same"
    "   FROM own o JOIN after a ON a.generator = o.generator AND a.process = o.process"
    "   UNION ALL SELECT o.generator, min(o.process), max(o.process), 0, 1, min(o.bytes) = max(o.bytes) FROM own o"
    "   JOIN process p ON p.id = o.process WHERE p.parent IS NOT NULL"
    "   GROUP BY o.generator, p.parent, o.bytes HAVING count(*) > 1),"
    " best AS (SELECT generator, left, right, since, siblings, min((1 - same) * 2 + siblings) FROM pair GROUP BY "
    "generator)"
    " SELECT t.generator, t.processes, t.draws, t.bytes, b.left, b.right, b.since, b.siblings, l.pid, r.pid FROM total "
    "t"
    " LEFT JOIN best b ON b.generator = t.generator LEFT JOIN process l ON l.id = b.left LEFT JOIN process r ON r.id = "
    "b.right"
    " ORDER BY t.first";
enum { GENERATOR, PROCESSES, DRAWS, BYTES, LEFT, RIGHT, SINCE, SIBLINGS, LEFT_PID, RIGHT_PID };

static const char stream_sql[] = "SELECT bytes FROM draw WHERE process = ?1 AND generator IS ?2 AND seq > ?3 AND "
                                 "marker IS NOT NULL ORDER BY seq, id";

/* The first bytes that a process drew after `since`. 0 or -errno. */
static int read_stream(sqlite3 *db, sqlite3_stmt *row, int process, int64_t since, unsigned char *ret, size_t *ret_size)
{
    sqlite3_stmt *rows = NULL;
    size_t used = 0, size;
    int r;

    r = query_open(db, stream_sql, &rows);
    if (r < 0)
        return r;
    sqlite3_bind_value(rows, 1, sqlite3_column_value(row, process));
    sqlite3_bind_value(rows, 2, sqlite3_column_value(row, GENERATOR));
    sqlite3_bind_int64(rows, 3, since);
    while (used < STREAM_MAX && (r = query_next(rows)) > 0) {
        const void *bytes = query_bytes(rows, 0, &size);

        if (size > STREAM_MAX - used)
            size = STREAM_MAX - used;
        if (size > 0)
            memcpy(ret + used, bytes, size);
        used += size;
    }
    sqlite3_finalize(rows);
    *ret_size = used;
    return r < 0 ? r : 0;
}

/* The streams of the pair, where they are equal somewhere (-v: in any case). */
static int write_pair(struct page *p, sqlite3 *db, sqlite3_stmt *row, int *pictures)
{
    unsigned char left[STREAM_MAX], right[STREAM_MAX];
    struct text_streams s = { .left = left, .right = right, .value_size = 8 };
    const int is_siblings = sqlite3_column_int(row, SIBLINGS);
    int is_equal = 0, r;

    if (sqlite3_column_type(row, LEFT) == SQLITE_NULL)
        return 0;
    r = read_stream(db, row, LEFT, sqlite3_column_int64(row, SINCE) - 1, left, &s.left_size);
    if (r == 0)
        r = read_stream(db, row, RIGHT, -1, right, &s.right_size);
    if (r < 0)
        return r;
    while (s.left_shift + 8 <= s.left_size && s.left_shift + 8 <= s.right_size && !is_equal) {
        is_equal = !memcmp(left + s.left_shift, right + s.left_shift, 8);
        s.left_shift += is_equal ? 0 : 8;
    }
    s.left_shift = s.right_shift = is_equal ? s.left_shift / 8 : 0;
    if ((!is_equal && p->options->verbose <= 0) || (*pictures)-- <= 0)
        return 0;
    snprintf(s.left_name, sizeof s.left_name, "%s %lld", is_siblings ? "PID" : "PARENT",
             (long long)sqlite3_column_int64(row, LEFT_PID));
    snprintf(s.right_name, sizeof s.right_name, "%s %lld", is_siblings ? "PID" : "CHILD",
             (long long)sqlite3_column_int64(row, RIGHT_PID));
    return text_streams_write(p, &s);
}

int text_handed_write(struct page *p, sqlite3 *db, int *pictures)
{
    sqlite3_stmt *rows = NULL;
    int64_t n = 0, hidden = 0;
    int r;

    r = query_open(db, handed_sql, &rows);
    while (r == 0 && (r = query_next(rows)) > 0) {
        size_t size;
        const void *name = query_bytes(rows, GENERATOR, &size);
        int64_t processes = sqlite3_column_int64(rows, PROCESSES);

        r = 0;
        if (++n > GENERATORS_MAX && p->options->verbose <= 0) {
            hidden++;
            continue;
        }
        page_style(p, PAGE_DIM);
        page_add(p, "Handed over by the program:");
        page_style(p, PAGE_PLAIN);
        page_add(p, " ");
        page_put_cut(p, name, size, TEXT_RANDOM_NAME_MAX);
        page_format(p, ", %lld bytes by %lld process%s", (long long)sqlite3_column_int64(rows, BYTES),
                    (long long)processes, processes == 1 ? "" : "es");
        page_end(p, 0, 4);
        r = write_pair(p, db, rows, pictures);
    }
    sqlite3_finalize(rows);
    if (r == 0 && hidden > 0) {
        page_format(p, "... and %lld more (-v shows all)", (long long)hidden);
        page_end(p, 0, 4);
    }
    return r;
}

/* ---- tokens ---- */

static const char tokens_sql[] =
    "SELECT t.bytes, count(*), min(p.pid), min(q.pid) FROM token t LEFT JOIN process p ON p.id = t.process"
    " LEFT JOIN process q ON q.id = t.other GROUP BY t.bytes ORDER BY min(t.id)";

int text_tokens_write(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int64_t n = 0, hidden = 0;
    int r;

    r = query_open(db, tokens_sql, &rows);
    while (r == 0 && (r = query_next(rows)) > 0) {
        size_t size;
        const void *bytes = query_bytes(rows, 0, &size);
        int64_t others = sqlite3_column_int64(rows, 1) - 1;

        r = 0;
        if (++n > TOKENS_MAX && p->options->verbose <= 0) {
            hidden++;
            continue;
        }
        page_style(p, PAGE_RED);
        page_add(p, "WRITTEN BY TWO PROCESSES:");
        page_style(p, PAGE_PLAIN);
        page_add(p, " \"");
        page_put_cut(p, bytes, size, TOKEN_SHOWN);
        page_format(p, "\" by pid %lld and pid %lld", (long long)sqlite3_column_int64(rows, 3),
                    (long long)sqlite3_column_int64(rows, 2));
        if (others > 0)
            page_format(p, ", and by %lld more pair%s", (long long)others, others == 1 ? "" : "s");
        page_end(p, 0, 4);
    }
    sqlite3_finalize(rows);
    if (r == 0 && hidden > 0) {
        page_format(p, "... and %lld more (-v shows all)", (long long)hidden);
        page_end(p, 0, 4);
    }
    return r;
}

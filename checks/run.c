/* run.c - runs one check: prepares its query under the guard, validates every row, and stores it in temp.finding. */
#include "checks/engine.h"

#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <strings.h>

enum {
    COLUMN_RESULT,
    COLUMN_PROCESS,
    COLUMN_LOOK,
    COLUMN_SUBJECT,
    COLUMN_EVIDENCE,
    N_REQUIRED,
    COLUMN_REASON = N_REQUIRED,
    COLUMN_SEVERITY,
    COLUMN_STRENGTH,
    N_COLUMN
};
static const char *const columns[N_COLUMN] = { "result",   "process", "look",     "subject",
                                               "evidence", "reason",  "severity", "strength" };

struct run {
    struct sqlite3 *db;
    struct guard *guard;
    const struct head *head;
    struct errors *errors;
    sqlite3_stmt *query, *insert, *has_process, *has_look;
    int at[N_COLUMN]; /* column number in the query, -1: absent */
    unsigned rows;
};

#define REFUSE(r, line, ...) (errors_add((r)->errors, (r)->head->check.file, line, __VA_ARGS__) ? -ENOMEM : -EBADMSG)

static int line_of(const struct head *h, const char *at)
{
    int line = h->line;

    for (const char *p = h->check.sql; p < at && *p; p++)
        line += *p == '\n';
    return line;
}

/* What lies before the next token of SQL: blanks and comments, and semicolons if `ends`. */
static const char *skip_blanks(const char *p, int ends)
{
    for (;;) {
        const char *from = p;

        while (isspace((unsigned char)*p) || (ends && *p == ';'))
            p++;
        if (p[0] == '-' && p[1] == '-')
            p += strcspn(p, "\n");
        if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");

            p = end ? end + 2 : p + strlen(p);
        }
        if (p == from)
            return p;
    }
}

/* The message of what SQLite refused, with the line in the file. */
static int refuse_sql(struct run *r, int code)
{
    int offset = sqlite3_error_offset(r->db);
    int line = line_of(r->head, offset > 0 ? r->head->check.sql + offset : skip_blanks(r->head->check.sql, 0));

    if ((code & 0xff) == SQLITE_NOMEM)
        return -ENOMEM;
    if (r->guard->steps > r->guard->max_steps)
        return REFUSE(r, line_of(r->head, skip_blanks(r->head->check.sql, 0)),
                      "stopped after %llu steps: the query has no end, or is too costly for this recording (is a "
                      "recursive part without a limit, or a join without a condition?)",
                      (unsigned long long)r->guard->max_steps);
    if (r->guard->reason[0])
        return REFUSE(r, line, "%s", r->guard->reason);
    return REFUSE(r, line, "SQL: %s", sqlite3_errmsg(r->db));
}

/* The column numbers by name. */
static int columns_find(struct run *r)
{
    int n = sqlite3_column_count(r->query), line = line_of(r->head, skip_blanks(r->head->check.sql, 0));

    for (int k = 0; k < N_COLUMN; k++)
        r->at[k] = -1;
    for (int i = 0; i < n; i++) {
        const char *name = sqlite3_column_name(r->query, i);
        int k = 0;

        if (!name)
            return -ENOMEM;
        while (k < N_COLUMN && strcasecmp(columns[k], name))
            k++;
        if (k == N_COLUMN)
            return REFUSE(r, line,
                          "unknown column '%.60s': a check selects result, process, look, subject, evidence, and if it "
                          "likes reason, severity, strength",
                          name);
        if (r->at[k] >= 0)
            return REFUSE(r, line, "column '%s' is selected twice", columns[k]);
        r->at[k] = i;
    }
    for (int k = 0; k < N_REQUIRED; k++)
        if (r->at[k] < 0)
            return REFUSE(r, line, "column '%s' is missing: write \"... as %s\"", columns[k], columns[k]);
    return 0;
}

static int query_prepare(struct run *r)
{
    const char *sql = r->head->check.sql, *start = skip_blanks(sql, 0), *tail = NULL;
    size_t word = strspn(start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    int code;

    if (!((word == 6 && !strncasecmp(start, "select", 6)) || (word == 4 && !strncasecmp(start, "with", 4))))
        return REFUSE(r, line_of(r->head, start), "a check is one SELECT (or WITH ... SELECT), not '%.*s'",
                      word > 30 ? 30 : (int)word, start);
    r->guard->reason[0] = '\0';
    r->guard->steps = 0;
    r->guard->strict = 1;
    code = sqlite3_prepare_v3(r->db, sql, -1, 0, &r->query, &tail);
    r->guard->strict = 0;
    if (code)
        return refuse_sql(r, code);
    if (!sqlite3_stmt_readonly(r->query) || sqlite3_stmt_isexplain(r->query))
        return REFUSE(r, line_of(r->head, start), "it may not write or change anything: a check only reads facts");
    tail = skip_blanks(tail, 1);
    if (*tail)
        return REFUSE(r, line_of(r->head, tail), "a check is one statement: remove what follows its end");
    if (sqlite3_bind_parameter_count(r->query))
        return REFUSE(r, line_of(r->head, start), "parameters (?, :name) have no value in a check");
    return columns_find(r);
}

/* Binds a text of the query, cut to ENGINE_MAX_TEXT bytes at the border of a character; NUL bytes become blanks,
 * so that no reader takes one for the end. */
static int text_bind(struct run *r, int parameter, int column)
{
    char text[ENGINE_MAX_TEXT];
    const unsigned char *from;
    size_t size;

    if (column < 0 || sqlite3_column_type(r->query, column) == SQLITE_NULL)
        return sqlite3_bind_null(r->insert, parameter);
    from = sqlite3_column_text(r->query, column);
    if (!from)
        return SQLITE_NOMEM;
    size = (size_t)sqlite3_column_bytes(r->query, column);
    if (size > sizeof text - 3) {
        size = sizeof text - 3;
        for (int i = 0; i < 3 && size && (from[size] & 0xc0) == 0x80; i++)
            size--;
        memcpy(text, from, size);
        memcpy(text + size, "...", 3);
        size += 3;
    } else {
        memcpy(text, from, size);
    }
    for (size_t i = 0; i < size; i++)
        if (!text[i])
            text[i] = ' ';
    return sqlite3_bind_text(r->insert, parameter, text, (int)size, SQLITE_TRANSIENT);
}

/* 1: the column is NULL or the id of a row that `has` finds. */
static int reference_is_good(struct run *r, int column, sqlite3_stmt *has)
{
    int good;

    if (sqlite3_column_type(r->query, column) == SQLITE_NULL)
        return 1;
    if (sqlite3_column_type(r->query, column) != SQLITE_INTEGER)
        return 0;
    sqlite3_bind_int64(has, 1, sqlite3_column_int64(r->query, column));
    good = sqlite3_step(has) == SQLITE_ROW;
    sqlite3_reset(has);
    return good;
}

/* The word in an optional column, or what the head says. */
static const char *word_or(struct run *r, int column, const char *otherwise)
{
    if (r->at[column] < 0 || sqlite3_column_type(r->query, r->at[column]) == SQLITE_NULL)
        return otherwise;
    return (const char *)sqlite3_column_text(r->query, r->at[column]);
}

static int row_check(struct run *r, const char *result, const char *severity, const char *strength)
{
    int line = line_of(r->head, skip_blanks(r->head->check.sql, 0));
    const int must[] = { COLUMN_SUBJECT, COLUMN_EVIDENCE };

    if (!result || !severity || !strength)
        return result ? -ENOMEM : REFUSE(r, line, "row %u: result is NULL: %s", r->rows, words_list('r'));
    if (!words_is_result(result))
        return REFUSE(r, line, "row %u: unknown result '%.40s': %s", r->rows, result, words_list('r'));
    if (judge_severity(severity) < 0)
        return REFUSE(r, line, "row %u: unknown severity '%.40s': %s", r->rows, severity, words_list('s'));
    if (!words_is_strength(strength))
        return REFUSE(r, line, "row %u: unknown strength '%.40s': %s", r->rows, strength, words_list('t'));
    if (!reference_is_good(r, r->at[COLUMN_PROCESS], r->has_process))
        return REFUSE(r, line, "row %u: process is not the id of a row of table process", r->rows);
    if (!reference_is_good(r, r->at[COLUMN_LOOK], r->has_look))
        return REFUSE(r, line, "row %u: look is not the id of a row of table look", r->rows);
    for (int i = 0; i < 2; i++)
        if (sqlite3_column_type(r->query, r->at[must[i]]) == SQLITE_NULL)
            return REFUSE(r, line, "row %u: %s is NULL (a NULL in a || b makes all of it NULL: use ifnull)", r->rows,
                          columns[must[i]]);
    if ((!strcmp(result, "accepted") || !strcmp(result, "unknown")) && !word_or(r, COLUMN_REASON, NULL))
        return REFUSE(r, line, "row %u: '%s' must say why in column reason", r->rows, result);
    return 0;
}

static int row_store(struct run *r)
{
    const char *result = (const char *)sqlite3_column_text(r->query, r->at[COLUMN_RESULT]);
    const char *severity = word_or(r, COLUMN_SEVERITY, r->head->check.severity);
    const char *strength = word_or(r, COLUMN_STRENGTH, r->head->check.strength);
    int code;

    r->rows++;
    if (r->rows > ENGINE_MAX_ROWS)
        return REFUSE(r, line_of(r->head, skip_blanks(r->head->check.sql, 0)),
                      "stopped after %d rows: a check gives one row per result", ENGINE_MAX_ROWS);
    code = row_check(r, result, severity, strength);
    if (code)
        return code;
    code = sqlite3_bind_text(r->insert, 1, r->head->check.id, -1, SQLITE_STATIC);
    code = code ? code : sqlite3_bind_text(r->insert, 2, result, -1, SQLITE_TRANSIENT);
    code = code ? code : sqlite3_bind_text(r->insert, 3, severity, -1, SQLITE_TRANSIENT);
    code = code ? code : sqlite3_bind_text(r->insert, 4, strength, -1, SQLITE_TRANSIENT);
    code = code ? code : sqlite3_bind_value(r->insert, 5, sqlite3_column_value(r->query, r->at[COLUMN_PROCESS]));
    code = code ? code : sqlite3_bind_value(r->insert, 6, sqlite3_column_value(r->query, r->at[COLUMN_LOOK]));
    code = code ? code : text_bind(r, 7, r->at[COLUMN_SUBJECT]);
    code = code ? code : text_bind(r, 8, r->at[COLUMN_EVIDENCE]);
    code = code ? code : text_bind(r, 9, r->at[COLUMN_REASON]);
    code = code ? code : sqlite3_step(r->insert);
    sqlite3_reset(r->insert);
    return code == SQLITE_DONE ? 0 : (code & 0xff) == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

static int rows_store(struct run *r)
{
    for (;;) {
        int code, error;

        r->guard->strict = 1;
        code = sqlite3_step(r->query);
        r->guard->strict = 0;
        if (code == SQLITE_DONE)
            return 0;
        if (code != SQLITE_ROW)
            return refuse_sql(r, code);
        error = row_store(r);
        if (error)
            return error;
    }
}

static int statements_prepare(struct run *r)
{
    static const char insert[] =
        "insert into temp.finding (check_id, result, severity, strength, process, look, subject, evidence, reason)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)";

    if (sqlite3_prepare_v2(r->db, insert, -1, &r->insert, NULL) ||
        sqlite3_prepare_v2(r->db, "select 1 from main.process where id = ?", -1, &r->has_process, NULL) ||
        sqlite3_prepare_v2(r->db, "select 1 from main.look where id = ?", -1, &r->has_look, NULL))
        return -EIO;
    return 0;
}

/* A check that stopped half way keeps what it found, but passes nothing. */
static int passes_remove(struct run *r)
{
    sqlite3_stmt *s = NULL;
    int code;

    if (sqlite3_prepare_v2(r->db, "delete from temp.finding where check_id = ? and result = 'pass'", -1, &s, NULL))
        return -EIO;
    sqlite3_bind_text(s, 1, r->head->check.id, -1, SQLITE_STATIC);
    code = sqlite3_step(s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : -EIO;
}

int run_check(struct sqlite3 *db, struct guard *g, const struct head *h, struct errors *errors)
{
    struct run r = { .db = db, .guard = g, .head = h, .errors = errors };
    int error;

    error = statements_prepare(&r);
    if (!error)
        error = query_prepare(&r);
    if (!error)
        error = rows_store(&r);
    sqlite3_finalize(r.query);
    sqlite3_finalize(r.insert);
    sqlite3_finalize(r.has_process);
    sqlite3_finalize(r.has_look);
    if (error == -EBADMSG && passes_remove(&r))
        return -EIO;
    return error;
}

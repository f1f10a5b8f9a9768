/* json_identity.c - the member `identity` of a process: its credentials as steps in time, each with what it changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json_parts.h"
#include "reports/query.h"

/* clang-format off */
static const char step_sql[] =
    "SELECT json_object('seq', " JSON_INT("?1") ", 'at', " JSON_INT("?2") ", 'tid', " JSON_INT("?3") ","
    " 'look', " JSON_INT("?4") ", 'step', " JSON_TEXT("?5") ","
    " 'call', json(iif(?6 IS NULL, 'null', json_object('name', " JSON_TEXT("?6") ", 'detail', " JSON_TEXT("?7") ","
    " 'args', json_array(" JSON_INT("?8") ", " JSON_INT("?9") ", " JSON_INT("?10") "),"
    " 'result', " JSON_INT("?11") ", 'error', " JSON_INT("?12") ", 'injected', " JSON_TRUTH("?13") "))),"
    " 'changes', json(?14))";
static const char *const change_sql[N_JSON_CHANGE] = {
    [JSON_CHANGE_NUMBER] = "SELECT json_set(?1, '$.' || ?2, json_array(" JSON_INT("?3") ", " JSON_INT("?4") "))",
    [JSON_CHANGE_MASK] = "SELECT json_set(?1, '$.' || ?2, json_array(" JSON_MASK("?3") ", " JSON_MASK("?4") "))",
    [JSON_CHANGE_TRUTH] = "SELECT json_set(?1, '$.' || ?2, json_array(" JSON_TRUTH("?3") ", " JSON_TRUTH("?4") "))",
    [JSON_CHANGE_TEXT] = "SELECT json_set(?1, '$.' || ?2, json_array(" JSON_TEXT("?3") ", " JSON_TEXT("?4") "))",
};
/* clang-format on */
enum { STEP = 5, CALL, CHANGES = 14 }; /* parameters of step_sql */
enum { SO_FAR = 1, NAME, BEFORE, NOW };

int json_identity_open(sqlite3 *db, struct json_identity *ret)
{
    int r;

    *ret = (struct json_identity){ .step = NULL };
    r = identity_open(db, &ret->reader);
    if (r == 0)
        r = query_open(db, step_sql, &ret->step);
    for (int i = 0; i < N_JSON_CHANGE && r == 0; i++)
        r = query_open(db, change_sql[i], &ret->change[i]);
    return r;
}

void json_identity_release(struct json_identity *j)
{
    identity_close(&j->reader);
    sqlite3_finalize(j->step);
    for (int i = 0; i < N_JSON_CHANGE; i++)
        sqlite3_finalize(j->change[i]);
    *j = (struct json_identity){ .step = NULL };
}

/* Replaces *json by what the statement, whose other parameters are bound, makes of it. 0 or -errno. */
static int apply(sqlite3_stmt *change, const char *column, char **json)
{
    size_t size;
    const char *text;
    char *more = NULL;
    int r;

    sqlite3_bind_text(change, SO_FAR, *json, -1, SQLITE_STATIC);
    sqlite3_bind_text(change, NAME, column, -1, SQLITE_STATIC);
    r = query_next(change);
    if (r > 0) {
        text = query_bytes(change, 0, &size);
        more = text ? strndup(text, size) : NULL;
        r = more ? 0 : -ENOMEM;
    }
    sqlite3_reset(change);
    sqlite3_clear_bindings(change);
    if (r < 0)
        return r;
    free(*json);
    *json = more;
    return 0;
}

/* The object of changed columns, as in credentials, each with an array of before and after; owned by the caller. */
static int make_changes(struct json_identity *j, const struct identity_step *step, char **ret)
{
    const struct identity *before = step->before, *now = step->now;
    char *json = strdup("{}");
    int r = json ? 0 : -ENOMEM;

    for (int c = 0; c < N_IDENTITY_COLUMN && r == 0; c++) {
        enum json_change form = JSON_CHANGE_NUMBER;

        if (!identity_differs(before, now, (enum identity_column)c))
            continue;
        if (c >= IDENTITY_CAP_INH && c <= IDENTITY_CAP_AMB)
            form = JSON_CHANGE_MASK;
        else if (c == IDENTITY_NO_NEW_PRIVS)
            form = JSON_CHANGE_TRUTH;
        sqlite3_bind_int64(j->change[form], BEFORE, before->values[c]);
        sqlite3_bind_int64(j->change[form], NOW, now->values[c]);
        r = apply(j->change[form], identity_column[c], &json);
    }
    if (r == 0 && identity_groups_differ(before, now)) {
        sqlite3_stmt *change = j->change[JSON_CHANGE_TEXT];

        sqlite3_bind_blob(change, BEFORE, before->groups, (int)before->groups_size, SQLITE_STATIC);
        sqlite3_bind_blob(change, NOW, now->groups, (int)now->groups_size, SQLITE_STATIC);
        r = apply(change, "groups", &json);
    }
    if (r < 0) {
        free(json);
        return r;
    }
    *ret = json;
    return 0;
}

static int write_step(struct json_identity *j, const struct identity_step *step, FILE *out)
{
    char *changes = NULL;
    int r = 0;

    if (step->has_state && !step->is_first)
        r = make_changes(j, step, &changes);
    if (r < 0)
        return r;
    sqlite3_bind_value(j->step, 1, sqlite3_column_value(step->row, IDENTITY_SEQ));
    sqlite3_bind_value(j->step, 2, sqlite3_column_value(step->row, IDENTITY_AT));
    sqlite3_bind_value(j->step, 3, sqlite3_column_value(step->row, IDENTITY_TID));
    sqlite3_bind_value(j->step, 4, sqlite3_column_value(step->row, IDENTITY_LOOK));
    sqlite3_bind_value(j->step, STEP, sqlite3_column_value(step->row, IDENTITY_STEP));
    if (step->kind == IDENTITY_CALL) {
        sqlite3_bind_text(j->step, STEP, "call", -1, SQLITE_STATIC);
        for (int c = IDENTITY_NAME; c <= IDENTITY_INJECTED; c++)
            sqlite3_bind_value(j->step, CALL + c - IDENTITY_NAME, sqlite3_column_value(step->row, c));
    }
    sqlite3_bind_text(j->step, CHANGES, changes ? changes : "null", -1, SQLITE_STATIC);
    r = query_next(j->step);
    if (r > 0)
        r = json_write_value(j->step, 0, out);
    sqlite3_reset(j->step);
    sqlite3_clear_bindings(j->step);
    free(changes);
    return r;
}

int json_identity_write(struct json_identity *j, int64_t process, FILE *out)
{
    const char *before = "\n";
    struct identity_step step;
    int r;

    fputs("[", out);
    identity_start(&j->reader, process);
    while ((r = identity_next(&j->reader, &step)) > 0) {
        /* Looks that found nothing new are told in `looks`, copies in `proofs`. */
        if (step.kind == IDENTITY_COPY ||
            (step.kind == IDENTITY_SEEN && !step.is_first && !identity_changed(step.before, step.now)))
            continue;
        fputs(before, out);
        before = ",\n";
        r = write_step(j, &step, out);
        if (r < 0)
            break;
    }
    fputs("]", out);
    return r < 0 ? r : ferror(out) ? -EIO : 0;
}

/* json_text.c - SQL functions that turn bytes of any kind into JSON, quoted by SQLite's own JSON functions. */
#include "reports/json_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/query.h"

struct json_text {
    sqlite3_stmt *quote;  /* one string */
    sqlite3_stmt *object; /* text, bytes that are shown, number of all bytes */
};

static int is_utf8(const char *s, size_t size)
{
    uint32_t code;

    for (size_t n; size > 0; s += n, size -= n) {
        n = escape_decode(s, size, &code);
        if (n == 0)
            return 0;
    }
    return 1;
}

/* A copy in which each byte that is no UTF-8 is U+FFFD; owned by the caller. */
static char *make_utf8(const char *s, size_t size, size_t *ret_size)
{
    char *text = malloc(size * 3 + 1);
    size_t used = 0, n;
    uint32_t code;

    if (!text)
        return NULL;
    for (; size > 0; s += n, size -= n) {
        n = escape_decode(s, size, &code);
        if (n > 0) {
            memcpy(text + used, s, n);
            used += n;
            continue;
        }
        memcpy(text + used, "\xef\xbf\xbd", 3);
        used += 3;
        n = 1;
    }
    *ret_size = used;
    return text;
}

/* Appends the result of a statement whose parameters are bound. SQLITE_OK or an error code. */
static int append_result(sqlite3_stmt *statement, sqlite3_str *out)
{
    int r = sqlite3_step(statement);

    if (r == SQLITE_ROW)
        sqlite3_str_append(out, (const char *)sqlite3_column_text(statement, 0), sqlite3_column_bytes(statement, 0));
    /* reset gives the error of the step, if there was one */
    r = sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return r;
}

/* Appends one value as JSON. SQLITE_OK or an error code. */
static int append_value(struct json_text *t, const char *s, size_t size, sqlite3_str *out)
{
    size_t shown = size > JSON_TEXT_MAX ? JSON_TEXT_MAX : size, text_size;
    char *text;

    if (shown == size && is_utf8(s, size)) {
        sqlite3_bind_text(t->quote, 1, size ? s : "", (int)size, SQLITE_STATIC);
        return append_result(t->quote, out);
    }
    text = make_utf8(s, shown, &text_size);
    if (!text)
        return SQLITE_NOMEM;
    sqlite3_bind_text(t->object, 1, text, (int)text_size, free);
    sqlite3_bind_blob(t->object, 2, s, (int)shown, SQLITE_STATIC);
    sqlite3_bind_int64(t->object, 3, (sqlite3_int64)size);
    return append_result(t->object, out);
}

static void give(sqlite3_context *context, sqlite3_str *out, int error)
{
    int size = sqlite3_str_length(out);

    if (error == SQLITE_OK)
        error = sqlite3_str_errcode(out);
    if (error != SQLITE_OK) {
        sqlite3_free(sqlite3_str_finish(out));
        sqlite3_result_error_code(context, error);
        return;
    }
    sqlite3_result_text(context, sqlite3_str_finish(out), size, sqlite3_free);
}

static void text_json(sqlite3_context *context, int n, sqlite3_value **values)
{
    sqlite3_str *out;
    const char *bytes;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) {
        sqlite3_result_text(context, "null", 4, SQLITE_STATIC);
        return;
    }
    out = sqlite3_str_new(sqlite3_context_db_handle(context));
    bytes = sqlite3_value_blob(values[0]);
    give(context, out, append_value(sqlite3_user_data(context), bytes, (size_t)sqlite3_value_bytes(values[0]), out));
}

static void args_json(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct json_text *t = sqlite3_user_data(context);
    sqlite3_str *out;
    const char *bytes;
    size_t size;
    int error = SQLITE_OK;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) {
        sqlite3_result_text(context, "null", 4, SQLITE_STATIC);
        return;
    }
    out = sqlite3_str_new(sqlite3_context_db_handle(context));
    bytes = sqlite3_value_blob(values[0]);
    size = (size_t)sqlite3_value_bytes(values[0]);
    if (size > JSON_TEXT_MAX)
        size = JSON_TEXT_MAX;
    sqlite3_str_appendchar(out, 1, '[');
    for (size_t i = 0; i < size && error == SQLITE_OK;) {
        size_t length = strnlen(bytes + i, size - i);

        if (i > 0)
            sqlite3_str_appendchar(out, 1, ',');
        error = append_value(t, bytes + i, length, out);
        i += length + 1;
    }
    sqlite3_str_appendchar(out, 1, ']');
    give(context, out, error);
}

int json_text_register(sqlite3 *db, struct json_text **ret)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    struct json_text *t = calloc(1, sizeof *t);
    int r;

    if (!t)
        return -ENOMEM;
    r = query_open(db, "SELECT json_quote(?1)", &t->quote);
    if (r == 0)
        r = query_open(db, "SELECT json_object('text', ?1, 'hex', lower(hex(?2)), 'bytes', ?3)", &t->object);
    if (r == 0 && (sqlite3_create_function(db, "text_json", 1, flags, t, text_json, NULL, NULL) != SQLITE_OK ||
                   sqlite3_create_function(db, "args_json", 1, flags, t, args_json, NULL, NULL) != SQLITE_OK))
        r = query_error(db);
    if (r < 0) {
        json_text_release(db, t);
        return r;
    }
    *ret = t;
    return 0;
}

void json_text_release(sqlite3 *db, struct json_text *t)
{
    if (!t)
        return;
    sqlite3_create_function(db, "text_json", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    sqlite3_create_function(db, "args_json", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    sqlite3_finalize(t->quote);
    sqlite3_finalize(t->object);
    free(t);
}

/* functions_repeat.c - SQL functions over many random streams: repeated, looks_random. */
#include "checks/engine.h"
#include "checks/repeat.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static void fn_looks_random(sqlite3_context *c, int n, sqlite3_value **v)
{
    const unsigned char *bytes = sqlite3_value_blob(v[0]);
    size_t size = (size_t)sqlite3_value_bytes(v[0]);

    (void)n;
    if (guard_spend(sqlite3_user_data(c), size))
        sqlite3_result_error_code(c, SQLITE_INTERRUPT);
    else
        sqlite3_result_int(c, bytes && repeat_looks_random(bytes, size));
}

/* The streams of one group, in the order of their rows. */
struct group {
    struct repeat_stream *streams; /* each owns its bytes */
    size_t n, room;
    int is_narrow;
};

static int group_add(struct group *g, int64_t id, const void *bytes, size_t size)
{
    unsigned char *copy;

    if (g->n == g->room) {
        size_t room = 2 * g->room + 16;
        struct repeat_stream *more = realloc(g->streams, room * sizeof *more);

        if (!more)
            return -ENOMEM;
        g->streams = more;
        g->room = room;
    }
    copy = malloc(size + 1);
    if (!copy)
        return -ENOMEM;
    if (size)
        memcpy(copy, bytes, size);
    g->streams[g->n++] = (struct repeat_stream){ id, copy, size };
    return 0;
}

static void repeated_step(sqlite3_context *c, int n, sqlite3_value **v)
{
    struct group *g = sqlite3_aggregate_context(c, sizeof *g);
    const void *bytes = sqlite3_value_blob(v[1]);

    (void)n;
    if (!g || group_add(g, sqlite3_value_int64(v[0]), bytes, bytes ? (size_t)sqlite3_value_bytes(v[1]) : 0))
        sqlite3_result_error_nomem(c);
    else if (sqlite3_value_int(v[2]))
        g->is_narrow = 1;
}

static int compare_ids(const void *a, const void *b)
{
    const struct repeat_stream *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int spend(void *context, uint64_t steps)
{
    return guard_spend(context, steps);
}

/* "[[7,3],[9,3],[9,7]]" */
static void pairs_result(sqlite3_context *c, const struct repeat_pair *pairs, size_t n)
{
    sqlite3_str *text = sqlite3_str_new(sqlite3_context_db_handle(c));
    int size;
    char *result;

    sqlite3_str_append(text, "[", 1);
    for (size_t i = 0; i < n; i++)
        sqlite3_str_appendf(text, "%s[%lld,%lld]", i ? "," : "", (long long)pairs[i].id, (long long)pairs[i].other);
    sqlite3_str_append(text, "]", 1);
    if (sqlite3_str_errcode(text)) {
        sqlite3_free(sqlite3_str_finish(text));
        sqlite3_result_error_nomem(c);
        return;
    }
    size = sqlite3_str_length(text);
    result = sqlite3_str_finish(text);
    sqlite3_result_text(c, result, size, sqlite3_free);
}

static void repeated_final(sqlite3_context *c)
{
    struct group *g = sqlite3_aggregate_context(c, 0);
    const struct repeat_budget budget = { spend, sqlite3_user_data(c) };
    struct repeat_pair *pairs = NULL;
    size_t n = 0;
    int r;

    if (!g || !g->n) {
        sqlite3_result_text(c, "[]", 2, SQLITE_STATIC);
        return;
    }
    qsort(g->streams, g->n, sizeof *g->streams, compare_ids);
    r = repeat_find(g->streams, g->n, g->is_narrow, &budget, &pairs, &n);
    if (r == -EINTR)
        sqlite3_result_error_code(c, SQLITE_INTERRUPT);
    else if (r)
        sqlite3_result_error_nomem(c);
    else
        pairs_result(c, pairs, n);
    free(pairs);
    for (size_t i = 0; i < g->n; i++)
        free((void *)(uintptr_t)g->streams[i].bytes);
    free(g->streams);
}

int functions_repeat_register(struct sqlite3 *db, struct guard *guard)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

    if (sqlite3_create_function_v2(db, "looks_random", 1, flags, guard, fn_looks_random, NULL, NULL, NULL) ||
        sqlite3_create_function_v2(db, "repeated", 3, flags, guard, NULL, repeated_step, repeated_final, NULL))
        return -ENOMEM;
    return 0;
}

/* functions_rng.c - SQL functions over random streams: overlap, overlap_at_a, overlap_at_b, prefix_equal, concat_blob. */
#include "checks/engine.h"
#include "checks/overlap.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Both arguments as bytes. 0: one is NULL or the check has used up its steps, and the result is set. */
static int streams_get(sqlite3_context *c, sqlite3_value **v, const unsigned char **ret_bytes, size_t *ret_sizes)
{
    if (sqlite3_value_type(v[0]) == SQLITE_NULL || sqlite3_value_type(v[1]) == SQLITE_NULL)
        return 0;
    for (int i = 0; i < 2; i++) {
        ret_bytes[i] = sqlite3_value_blob(v[i]);
        ret_sizes[i] = (size_t)sqlite3_value_bytes(v[i]);
        if (!ret_bytes[i] && ret_sizes[i]) {
            sqlite3_result_error_nomem(c);
            return 0;
        }
    }
    if (guard_spend(sqlite3_user_data(c), ret_sizes[0] + ret_sizes[1])) {
        sqlite3_result_error_code(c, SQLITE_INTERRUPT);
        return 0;
    }
    return 1;
}

/* Which of the three numbers: 'l'ength, offset in 'a', offset in 'b'. */
static void overlap_result(sqlite3_context *c, sqlite3_value **v, char which)
{
    const unsigned char *bytes[2];
    struct overlap o;
    size_t sizes[2];

    if (!streams_get(c, v, bytes, sizes))
        return;
    if (overlap_find(bytes[0], sizes[0], bytes[1], sizes[1], &o))
        sqlite3_result_error_nomem(c);
    else if (which == 'l')
        sqlite3_result_int64(c, (sqlite3_int64)o.length);
    else if (o.length)
        sqlite3_result_int64(c, (sqlite3_int64)(which == 'a' ? o.at_a : o.at_b));
}

static void fn_overlap(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    overlap_result(c, v, 'l');
}

static void fn_overlap_at_a(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    overlap_result(c, v, 'a');
}

static void fn_overlap_at_b(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    overlap_result(c, v, 'b');
}

static void fn_prefix_equal(sqlite3_context *c, int n, sqlite3_value **v)
{
    const unsigned char *bytes[2];
    size_t sizes[2];

    (void)n;
    if (streams_get(c, v, bytes, sizes))
        sqlite3_result_int64(c, (sqlite3_int64)overlap_prefix(bytes[0], sizes[0], bytes[1], sizes[1]));
}

struct stream {
    unsigned char *bytes;
    size_t size, room;
};

static int stream_add(struct stream *s, const void *bytes, size_t size)
{
    if (size > OVERLAP_MAX - s->size)
        size = OVERLAP_MAX - s->size;
    if (s->size + size > s->room) {
        size_t room = 2 * (s->size + size);
        unsigned char *more = realloc(s->bytes, room);

        if (!more)
            return -ENOMEM;
        s->bytes = more;
        s->room = room;
    }
    if (size)
        memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
    return 0;
}

static void concat_step(sqlite3_context *c, int n, sqlite3_value **v)
{
    struct stream *s = sqlite3_aggregate_context(c, sizeof *s);
    const void *bytes;

    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL)
        return;
    bytes = sqlite3_value_blob(v[0]);
    if (!s || stream_add(s, bytes, bytes ? (size_t)sqlite3_value_bytes(v[0]) : 0))
        sqlite3_result_error_nomem(c);
}

static void concat_final(sqlite3_context *c)
{
    struct stream *s = sqlite3_aggregate_context(c, 0);

    if (s && s->size)
        sqlite3_result_blob64(c, s->bytes, s->size, SQLITE_TRANSIENT);
    else
        sqlite3_result_zeroblob(c, 0);
    if (s)
        free(s->bytes);
}

int functions_rng_register(struct sqlite3 *db, struct guard *guard)
{
    static const struct {
        const char *name;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } scalars[] = { { "overlap", fn_overlap },
                    { "overlap_at_a", fn_overlap_at_a },
                    { "overlap_at_b", fn_overlap_at_b },
                    { "prefix_equal", fn_prefix_equal } };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (sqlite3_create_function_v2(db, scalars[i].name, 2, flags, guard, scalars[i].call, NULL, NULL, NULL))
            goto fail;
    if (functions_repeat_register(db, guard))
        goto fail;
    /* This one owns the guard, and frees it also when it could not be made. */
    if (sqlite3_create_function_v2(db, "concat_blob", 1, flags, guard, NULL, concat_step, concat_final, sqlite3_free))
        return -ENOMEM;
    return 0;
fail:
    sqlite3_free(guard);
    return -ENOMEM;
}

/* add_random.c - the rows about generators of random numbers. */
#include "harness/facts/internal.h"

#define INT(member)        FACTS_COLUMN_INT(ROW, member)
#define TEXT(member)       FACTS_COLUMN_TEXT(ROW, member)
#define BLOB(member, size) FACTS_COLUMN_BLOB(ROW, member, size)
#define COUNT(array)       (sizeof(array) / sizeof *(array))
#define INSERT(table_name, columns)                                                                                    \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns)                                                   \
    }

/* The id of an equal row. 1: found, 0: there is none, or a negative errno. */
static int generator_stored(struct facts *f, const struct facts_generator *row, int64_t *ret_id)
{
    static const char sql[] = "SELECT id FROM generator WHERE name=?1 AND source=?2 AND object=?3 AND offset=?4";
#define ROW facts_generator
    static const struct facts_column columns[] = { TEXT(name), TEXT(source), TEXT(object), INT(offset) };
#undef ROW
    sqlite3_stmt *select;
    int r = facts_begin(f), code;

    if (r)
        return r;
    select = facts_statement(f, sql, sql);
    if (!select)
        return f->error;
    code = facts_bind(select, columns, COUNT(columns), row);
    if (code == SQLITE_OK)
        code = sqlite3_step(select);
    if (code == SQLITE_ROW)
        *ret_id = sqlite3_column_int64(select, 0);
    sqlite3_clear_bindings(select);
    sqlite3_reset(select);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : facts_fail(f, code, "read");
}

int facts_add_generator(struct facts *f, const struct facts_generator *row, int64_t *ret_id)
{
#define ROW facts_generator
    static const struct facts_column columns[] = {
        TEXT(name), TEXT(source), TEXT(symbol), TEXT(object), INT(offset), TEXT(purpose), TEXT(guard), TEXT(state_of),
    };
#undef ROW
    static const struct facts_write write = INSERT("generator", columns);
    int64_t id = 0;
    int r = generator_stored(f, row, &id);

    if (!r)
        return facts_write_row(f, &write, row, 0, ret_id);
    if (r > 0 && ret_id)
        *ret_id = id;
    return r < 0 ? r : 0;
}

struct present_row {
    int64_t process, image, generator;
};

int facts_add_generator_present(struct facts *f, int64_t process, int64_t image, int64_t generator)
{
#define ROW present_row
    static const struct facts_column columns[] = { INT(process), INT(image), INT(generator) };
#undef ROW
    static const struct facts_write write = {
        .table = "generator_present", .columns = columns, .n = COUNT(columns), .keep_old = 1
    };
    const struct present_row row = { process, image, generator };

    return facts_write_row(f, &write, &row, 0, NULL);
}

int facts_add_generator_call(struct facts *f, const struct facts_generator_call *row, int64_t *ret_id)
{
#define ROW facts_generator_call
    static const struct facts_column columns[] = {
        INT(process),  INT(image),      INT(tid),     INT(seq),     INT(at),
        TEXT(kind),    TEXT(generator), TEXT(symbol), INT(context), BLOB(seed, seed_size),
        TEXT(seed_is), INT(is_added),   INT(stack),
    };
#undef ROW
    static const struct facts_write write = INSERT("generator_call", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_snapshot(struct facts *f, const struct facts_snapshot *row, int64_t *ret_id)
{
#define ROW facts_snapshot
    static const struct facts_column columns[] = {
        INT(process), INT(tid), INT(seq), INT(at), INT(image), TEXT(moment), INT(threads), INT(bytes), INT(held),
    };
#undef ROW
    static const struct facts_write write = INSERT("snapshot", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_comparison(struct facts *f, const struct facts_comparison *row, int64_t *ret_id)
{
#define ROW facts_comparison
    static const struct facts_column columns[] = {
        TEXT(kind),      INT(generator),      INT(process),        INT(other),
        INT(snapshot),   INT(other_snapshot), TEXT(verdict),       TEXT(reason),
        INT(value_size), INT(shift),          INT(other_shift),    INT(equal),
        INT(partial),    INT(pid_repeats),    BLOB(own, own_size), BLOB(other_values, other_size),
    };
#undef ROW
    static const struct facts_write write = INSERT("comparison", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_token(struct facts *f, const struct facts_token *row)
{
#define ROW facts_token
    static const struct facts_column columns[] = {
        INT(process), INT(other), INT(seq), INT(other_seq), BLOB(bytes, size),
    };
#undef ROW
    static const struct facts_write write = INSERT("token", columns);

    return facts_write_row(f, &write, row, 0, NULL);
}

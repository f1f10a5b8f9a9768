/* stored_once.c - tables that are written once and then pointed at: found by hash, told equal row by row. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INT(member)  FACTS_COLUMN_INT(ROW, member)
#define TEXT(member) FACTS_COLUMN_TEXT(ROW, member)

/* One kind of stored table. In `rows`, the id of the table is the key of each row and not among its columns. */
struct stored {
    const char *find;   /* ids of the tables of a hash */
    const char *create; /* makes a table of a hash (?1) and a number of rows (?2) */
    const char *read;   /* the columns of the rows of a table, in the order they were given */
    const char *add;    /* adds a row: its columns, then the table's id */
    const struct facts_column *columns;
    size_t n_columns, row_size;
};

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;

    /* FNV-1a, 64 bits. It only has to spread: equality is decided by comparing the rows. */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Every value is preceded by its kind or ended by a NUL, so that no two tables serialise alike. */
static uint64_t hash_rows(const struct stored *kind, const char *rows, size_t n)
{
    uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), &n, sizeof n);

    for (size_t row = 0; row < n; row++, rows += kind->row_size)
        for (size_t c = 0; c < kind->n_columns; c++) {
            const char *text;

            if (kind->columns[c].kind == FACTS_INT) {
                hash = hash_bytes(hash, rows + kind->columns[c].offset, sizeof(int64_t));
                continue;
            }
            memcpy(&text, rows + kind->columns[c].offset, sizeof text);
            hash = hash_bytes(hash, text ? "t" : "0", 1);
            if (text)
                hash = hash_bytes(hash, text, strlen(text) + 1);
        }
    return hash;
}

static int is_value_equal(sqlite3_stmt *statement, int index, const struct facts_column *column, const char *row)
{
    int is_null = sqlite3_column_type(statement, index) == SQLITE_NULL;
    const char *text;
    int64_t number;

    if (column->kind == FACTS_INT) {
        memcpy(&number, row + column->offset, sizeof number);
        return is_null ? number == FACTS_NULL : number == sqlite3_column_int64(statement, index);
    }
    memcpy(&text, row + column->offset, sizeof text);
    if (is_null || !text)
        return is_null && !text;
    return strcmp(text, (const char *)sqlite3_column_text(statement, index)) == 0;
}

/* 1: table `id` holds exactly these rows; 0: not; or an error. */
static int is_table_equal(struct facts *f, const struct stored *kind, int64_t id, const char *rows, size_t n)
{
    sqlite3_stmt *read = facts_statement(f, kind->read, kind->read);
    size_t row = 0;
    int code = SQLITE_DONE, equal = 1;

    if (!read)
        return f->error;
    sqlite3_bind_int64(read, 1, id);
    while (equal && (code = sqlite3_step(read)) == SQLITE_ROW) {
        equal = row < n;
        for (size_t c = 0; equal && c < kind->n_columns; c++)
            equal = is_value_equal(read, (int)c, &kind->columns[c], rows + row * kind->row_size);
        row++;
    }
    sqlite3_reset(read);
    if (equal && code != SQLITE_DONE)
        equal = facts_fail(f, code, "read back from");
    return equal == 1 ? row == n : equal;
}

/* 1: *ret_id is a table equal to these rows; 0: there is none; or an error. */
static int find_table(struct facts *f, const struct stored *kind, int64_t hash, const char *rows, size_t n,
                      int64_t *ret_id)
{
    sqlite3_stmt *find = facts_statement(f, kind->find, kind->find);
    int found = 0, code = SQLITE_DONE;

    if (!find)
        return f->error;
    sqlite3_bind_int64(find, 1, hash);
    while (!found && (code = sqlite3_step(find)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(find, 0);

        found = is_table_equal(f, kind, id, rows, n);
        if (found == 1)
            *ret_id = id;
    }
    sqlite3_reset(find);
    if (!found && code != SQLITE_DONE)
        found = facts_fail(f, code, "read back from");
    return found;
}

/* A step that gives no row. */
static int run(struct facts *f, sqlite3_stmt *statement, int code)
{
    int error = 0;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    sqlite3_clear_bindings(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE)
        error = facts_fail(f, code, "write to");
    return error;
}

static int create_table(struct facts *f, const struct stored *kind, int64_t hash, const char *rows, size_t n,
                        int64_t *ret_id)
{
    sqlite3_stmt *create = facts_statement(f, kind->create, kind->create);
    sqlite3_stmt *add = create ? facts_statement(f, kind->add, kind->add) : NULL;
    int64_t id;
    int error;

    if (!add)
        return f->error;
    sqlite3_bind_int64(create, 1, hash);
    if (sqlite3_bind_parameter_count(create) > 1)
        sqlite3_bind_int64(create, 2, (int64_t)n);
    error = run(f, create, SQLITE_OK);
    id = sqlite3_last_insert_rowid(f->db);
    for (size_t i = 0; i < n && !error; i++) {
        int code = facts_bind(add, kind->columns, kind->n_columns, rows + i * kind->row_size);

        if (code == SQLITE_OK)
            code = sqlite3_bind_int64(add, (int)kind->n_columns + 1, id);
        error = run(f, add, code);
    }
    if (!error)
        *ret_id = id;
    return error;
}

static int add_table(struct facts *f, const struct stored *kind, const void *rows, size_t n, int64_t *ret_id)
{
    int64_t hash, id = 0;
    int found, error = facts_begin(f);

    if (error)
        return error;
    hash = (int64_t)hash_rows(kind, rows, n);
    found = find_table(f, kind, hash, rows, n, &id);
    if (found < 0)
        return found;
    if (!found)
        error = create_table(f, kind, hash, rows, n, &id);
    if (!error && ret_id)
        *ret_id = id;
    return error;
}

int facts_add_fd_table(struct facts *f, const struct facts_fd *rows, size_t n, int64_t *ret_id)
{
#define ROW facts_fd
    static const struct facts_column columns[] = { INT(fd), INT(description), INT(cloexec) };
#undef ROW
    static const struct stored kind = {
        "SELECT id FROM fd_table WHERE hash=?1",
        "INSERT INTO fd_table (hash, size) VALUES (?1,?2)",
        "SELECT fd, description, cloexec FROM fd WHERE fd_table=?1 ORDER BY fd",
        "INSERT INTO fd (fd, description, cloexec, fd_table) VALUES (?,?,?,?)",
        columns,
        COUNT(columns),
        sizeof *rows,
    };

    return add_table(f, &kind, rows, n, ret_id);
}

int facts_add_map_table(struct facts *f, const struct facts_mapping *rows, size_t n, int64_t *ret_id)
{
#define ROW facts_mapping
    static const struct facts_column columns[] = {
        INT(start), INT(size), TEXT(perms), INT(offset), INT(dev), INT(ino), TEXT(path),
    };
#undef ROW
    static const struct stored kind = {
        "SELECT id FROM map_table WHERE hash=?1",
        "INSERT INTO map_table (hash) VALUES (?1)",
        "SELECT start, size, perms, offset, dev, ino, path FROM mapping WHERE map_table=?1 ORDER BY rowid",
        "INSERT INTO mapping (start, size, perms, offset, dev, ino, path, map_table) VALUES (?,?,?,?,?,?,?,?)",
        columns,
        COUNT(columns),
        sizeof *rows,
    };

    return add_table(f, &kind, rows, n, ret_id);
}

int facts_add_limit_table(struct facts *f, const struct facts_limit *rows, size_t n, int64_t *ret_id)
{
#define ROW facts_limit
    static const struct facts_column columns[] = { TEXT(name), INT(soft), INT(hard) };
#undef ROW
    static const struct stored kind = {
        "SELECT id FROM limit_table WHERE hash=?1",
        "INSERT INTO limit_table (hash) VALUES (?1)",
        "SELECT name, soft, hard FROM resource_limit WHERE limit_table=?1 ORDER BY rowid",
        "INSERT INTO resource_limit (name, soft, hard, limit_table) VALUES (?,?,?,?)",
        columns,
        COUNT(columns),
        sizeof *rows,
    };

    return add_table(f, &kind, rows, n, ret_id);
}

int facts_add_environ_table(struct facts *f, const struct facts_environ *rows, size_t n, int64_t *ret_id)
{
#define ROW facts_environ
    static const struct facts_column columns[] = { TEXT(name), TEXT(value) };
#undef ROW
    static const struct stored kind = {
        "SELECT id FROM environ_table WHERE hash=?1",
        "INSERT INTO environ_table (hash) VALUES (?1)",
        "SELECT name, value FROM environ WHERE environ_table=?1 ORDER BY rowid",
        "INSERT INTO environ (name, value, environ_table) VALUES (?,?,?)",
        columns,
        COUNT(columns),
        sizeof *rows,
    };

    return add_table(f, &kind, rows, n, ret_id);
}

int facts_add_stack(struct facts *f, const struct facts_frame *rows, size_t n, int64_t *ret_id)
{
#define ROW deep_frame
    struct deep_frame {
        int64_t depth, offset, symbol_offset, line;
        const char *object, *symbol, *source;
    };
    static const struct facts_column columns[] = {
        INT(depth), TEXT(object), INT(offset), TEXT(symbol), INT(symbol_offset), TEXT(source), INT(line),
    };
#undef ROW
    static const struct stored kind = {
        "SELECT id FROM stack WHERE hash=?1",
        "INSERT INTO stack (hash) VALUES (?1)",
        "SELECT depth, object, offset, symbol, symbol_offset, source, line FROM frame WHERE stack=?1 ORDER BY depth",
        "INSERT INTO frame (depth, object, offset, symbol, symbol_offset, source, line, stack) VALUES "
        "(?,?,?,?,?,?,?,?)",
        columns,
        COUNT(columns),
        sizeof(struct deep_frame),
    };
    struct deep_frame *deep = calloc(n ? n : 1, sizeof *deep);
    int r;

    if (!deep)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        deep[i] = (struct deep_frame){ (int64_t)i,     rows[i].offset, rows[i].symbol_offset, rows[i].line,
                                       rows[i].object, rows[i].symbol, rows[i].source };
    r = add_table(f, &kind, deep, n, ret_id);
    free(deep);
    return r;
}

/* internal.h - what the files of harness/facts share and nobody else sees. */
#ifndef FORKAUDIT_FACTS_INTERNAL_H
#define FORKAUDIT_FACTS_INTERNAL_H

#include "harness/facts/facts.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define FACTS_VALUE_MAX (16 << 20) /* bytes of one value */
#define FACTS_N_CACHED  64         /* prepared statements kept; there are fewer (rows.c finds out) */

/* ---- rows.c: statements made from tables of columns ---- */

enum facts_column_kind {
    FACTS_INT,  /* int64_t; FACTS_NULL is NULL */
    FACTS_MASK, /* uint64_t; every value is one, FACTS_NULL too: signal 64 alone */
    FACTS_TEXT, /* const char *; NULL is NULL */
    FACTS_BLOB, /* const void * and size_t */
};

/* A column and the member of a row's struct that holds it. */
struct facts_column {
    const char *name;
    enum facts_column_kind kind;
    size_t offset;
    size_t size_offset; /* FACTS_BLOB: the member that holds its size */
    const char *value;  /* SQL instead of "?", in which the value is the one "?"; NULL: "?" */
};

/* One way to write a row: INSERT, or with `key` an UPDATE of the row whose `key` is given. */
struct facts_write {
    const char *table;
    const struct facts_column *columns;
    size_t n;
    const char *key;
    int keep_old; /* INSERT OR IGNORE */
};

struct facts_cached {
    const void *owner;
    sqlite3_stmt *statement;
};

struct facts {
    sqlite3 *db;
    char *path;
    int is_writer;
    int error; /* the first failure, as -errno; 0: none */
    char *message;
    int64_t seq;
    struct facts_cached cached[FACTS_N_CACHED];
};

#define FACTS_COLUMN_INT(type, member)                                                                                 \
    {                                                                                                                  \
#member, FACTS_INT, offsetof(struct type, member), 0, NULL                                                     \
    }
#define FACTS_COLUMN_TEXT(type, member)                                                                                \
    {                                                                                                                  \
#member, FACTS_TEXT, offsetof(struct type, member), 0, NULL                                                    \
    }
#define FACTS_COLUMN_BLOB(type, member, size)                                                                          \
    {                                                                                                                  \
#member, FACTS_BLOB, offsetof(struct type, member), offsetof(struct type, size), NULL                          \
    }

/* Writes `row`; `key` is used when the write has a key. */
int facts_write_row(struct facts *f, const struct facts_write *write, const void *row, int64_t key, int64_t *ret_id);
/* The statement of `owner`, prepared from `sql` the first time. NULL: failed, and the recording is broken. */
sqlite3_stmt *facts_statement(struct facts *f, const void *owner, const char *sql);
/* Binds columns 1...n of `row`; an SQLite code. */
int facts_bind(sqlite3_stmt *statement, const struct facts_column *columns, size_t n, const void *row);
/* Opens the transaction that facts_commit() ends. Says -EROFS for a recording that is read, or the first error. */
int facts_begin(struct facts *f);

/* ---- failure.c ---- */

/* Makes the recording broken after SQLite gave `code`; the first failure counts. Returns the error to give back. */
int facts_fail(struct facts *f, int code, const char *doing);
/* -errno of an SQLite failure of `db`. */
int facts_errno(sqlite3 *db, int code);
/* Writes a sentence for the user into `why`, if there is one, and returns `error`. */
__attribute__((format(printf, 4, 5))) int facts_explain(char *why, size_t size, int error, const char *format, ...);

/* ---- file.c: the file as a file ---- */

struct facts_head {
    int is_sqlite, application_id, user_version;
    int is_wal;   /* the file says that it has a write-ahead log */
    int is_short; /* the file is shorter than it says */
};
/* Reads the head of an SQLite file (its first 100 bytes). 0 or -errno; a file that is too short is no SQLite file. */
int facts_read_head(int fd, struct facts_head *ret);
/* The process whose SQLite lock would stand against one of `type` (F_RDLCK: only a writer's; F_WRLCK: any), 0: none. */
pid_t facts_locked_by(int fd, short type);
/* Text of a path beside the recording: "PATH-wal". NULL: no memory. */
char *facts_path_beside(const char *path, const char *suffix);
/* realpath(3) of the folder of `path`, and the last part of it joined. *ret is owned by the caller. */
int facts_resolve(const char *path, char **ret);

/* ---- schema.c ---- */

/* 0: exactly the schema that facts.sql makes; -EBADMSG: not, and `detail` names the first difference. */
int facts_check_schema(sqlite3 *db, char *detail, size_t size);

/* ---- connection.c ---- */

/* Opens an SQLite connection that trusts nothing in the file. `flags` of sqlite3_open_v2. An SQLite code; *ret is set
 * whenever there is something to close. */
int facts_connect(const char *path, int flags, sqlite3 **ret);
/* A struct facts around it. Takes `db` over in any case; NULL: no memory. */
struct facts *facts_make(sqlite3 *db, const char *path, int is_writer);

/* ---- recover.c ---- */

/* Folds what a killed writer left beside `path` into it. */
int facts_recover(const char *path, char *why, size_t size);
/* The same in a private copy, whose path is *ret (owned by the caller; facts_discard_copy ends it). */
int facts_recover_copy(const char *path, char **ret, char *why, size_t size);
void facts_discard_copy(char *path);
/* 1: something is left beside it, or the file itself says so; 0: it is whole. */
int facts_needs_recovery(const char *path, const struct facts_head *head);

#endif

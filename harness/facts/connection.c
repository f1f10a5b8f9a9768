/* connection.c - the SQLite connection of a recording: opened so that nothing in the file is trusted, and closed. */
#include "harness/facts/internal.h"

#include <stdlib.h>
#include <string.h>

int facts_connect(const char *path, int flags, sqlite3 **ret)
{
    /* SQLite opens its files with O_CLOEXEC, and never as descriptor 0, 1 or 2. */
    int code = sqlite3_open_v2(path, ret, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3 *db = *ret;

    if (code != SQLITE_OK)
        return code;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, FACTS_VALUE_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    return sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

struct facts *facts_make(sqlite3 *db, const char *path, int is_writer)
{
    struct facts *f = calloc(1, sizeof *f);

    if (f)
        f->path = strdup(path);
    if (!f || !f->path) {
        free(f);
        sqlite3_close_v2(db);
        return NULL;
    }
    f->db = db;
    f->is_writer = is_writer;
    return f;
}

/* Leaves one file: folds the write-ahead log in and takes the note of it out of the file's head. */
static void fold_log(struct facts *f)
{
    int code = sqlite3_exec(f->db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);

    if (code != SQLITE_OK)
        facts_fail(f, code, "finish");
}

int facts_close(struct facts *f)
{
    int error;

    if (!f)
        return 0;
    facts_commit(f);
    for (size_t i = 0; i < FACTS_N_CACHED && f->cached[i].owner; i++)
        sqlite3_finalize(f->cached[i].statement);
    if (f->is_writer)
        fold_log(f);
    if (sqlite3_close(f->db) != SQLITE_OK) {
        /* Somebody else's statement is still open: the connection ends with it. */
        sqlite3_close_v2(f->db);
    }
    error = f->error;
    sqlite3_free(f->message);
    free(f->path);
    free(f);
    return error;
}

struct sqlite3 *facts_db(struct facts *f)
{
    return f->db;
}

int64_t facts_next_seq(struct facts *f)
{
    return ++f->seq;
}

/* query.h - reading rows of a recording: the few calls of SQLite that every report needs, with errors as -errno. */
#ifndef FORKAUDIT_QUERY_H
#define FORKAUDIT_QUERY_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* -errno for the error that `db` had last. */
int query_error(sqlite3 *db);
/* Prepares one statement; ended by sqlite3_finalize(). 0 or -errno. */
int query_open(sqlite3 *db, const char *sql, sqlite3_stmt **ret);
/* Steps: 1 there is a row, 0 there is none left (or the statement is NULL), -errno. */
int query_next(sqlite3_stmt *statement);
/* First column of the first row as an integer; 0 when there is no row or it is NULL. 0 or -errno. */
int query_integer(sqlite3 *db, const char *sql, int64_t *ret);
/* Bytes of a column, whatever its type, valid until the next step; NULL and 0 for NULL. */
const void *query_bytes(sqlite3_stmt *statement, int column, size_t *ret_size);

#endif

/* json_parts.h - what the files of the json format share. */
#ifndef FORKAUDIT_JSON_PARTS_H
#define FORKAUDIT_JSON_PARTS_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/identity.h"

/* SQL. Values of a recording may have any type and any bytes, whatever their columns declare. */
#define JSON_TEXT(x)  "json(text_json(" x "))"
#define JSON_INT(x)   "CAST(" x " AS INTEGER)"
#define JSON_MASK(x)  "iif(" x " IS NULL, NULL, printf('0x%016x', CAST(" x " AS INTEGER)))"
#define JSON_TRUTH(x) "json(iif(" x " IS NULL, 'null', iif(" x ", 'true', 'false')))"

/* ---- json.c ---- */
/* Writes the JSON text in column 0. open: an object is left open at its end, so that members can follow. 0 or
 * -errno. */
int json_write_value(sqlite3_stmt *row, int open, FILE *out);
/* Writes "[row, row, ...]", one row a line; ?1 is `key` where the statement has one. 0 or -errno. */
int json_write_array(sqlite3_stmt *rows, int64_t key, FILE *out);

/* ---- json_identity.c: the member `identity` of a process ---- */
enum json_change { JSON_CHANGE_NUMBER, JSON_CHANGE_MASK, JSON_CHANGE_TRUTH, JSON_CHANGE_TEXT, N_JSON_CHANGE };
struct json_identity {
    struct identity_reader reader;
    sqlite3_stmt *step, *change[N_JSON_CHANGE];
};
/* 0 or -errno. The caller releases it in any case. */
int json_identity_open(sqlite3 *db, struct json_identity *ret);
void json_identity_release(struct json_identity *j);
int json_identity_write(struct json_identity *j, int64_t process, FILE *out);

/* ---- json_inject.c: the members `proofs`, `sites` and `injections`, each after a comma ---- */
int json_inject_write(sqlite3 *db, FILE *out);

/* ---- json_random.c: the members from `generators` to `tokens`, each after a comma ---- */
int json_random_write(sqlite3 *db, FILE *out);

#endif

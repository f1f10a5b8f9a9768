/* json_text.h - SQL functions that turn bytes of any kind into JSON: text_json(x) and args_json(x). */
#ifndef FORKAUDIT_JSON_TEXT_H
#define FORKAUDIT_JSON_TEXT_H

#include <sqlite3.h>

/* A value of at most so many bytes is shown whole. */
#define JSON_TEXT_MAX (256 * 1024)

struct json_text;

/* Registers on `db`, until json_text_release():
 *   text_json(x)  JSON text: null, or a string where x is UTF-8 and not longer than JSON_TEXT_MAX, else
 *                 {"text": UTF-8 with U+FFFD for each stray byte, "hex": the bytes, "bytes": how many there are in all}
 *   args_json(x)  the NUL-ended strings in x as an array of such values; null for NULL
 * 0 or -errno. */
int json_text_register(sqlite3 *db, struct json_text **ret);
void json_text_release(sqlite3 *db, struct json_text *t);

#endif

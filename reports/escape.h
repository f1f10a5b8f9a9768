/* escape.h - the one place where bytes that a target controls are made harmless for a reader's terminal.
 *
 * Everything a report shows that did not come from forkaudit's own source goes through here. Nothing is lost: what
 * is not shown as it is, is shown as `\xNN` per byte, and a backslash as `\\`, so that two different names never look
 * the same.
 */
#ifndef FORKAUDIT_ESCAPE_H
#define FORKAUDIT_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length in bytes of the valid UTF-8 sequence that `bytes` begins with, and its code point; 0 when there is none (RFC
 * 3629: no overlong form, no surrogate, nothing above U+10FFFF). *ret_code is untouched then. */
size_t escape_decode(const void *bytes, size_t size, uint32_t *ret_code);
/* 1: the code point must not reach a terminal: control characters, C1, marks that reorder or hide text,
 * noncharacters. */
int escape_is_unsafe(uint32_t code);

/* A printable copy, ended by a NUL, owned by the caller; NULL without memory. utf8 0: ASCII only. When `size` is
 * above `max` (0: no bound), only the first `max` bytes are shown, followed by "...(SIZE bytes)". */
char *escape_text(const void *bytes, size_t size, size_t max, int utf8);

/* Writes a valid JSON text with unsafe characters replaced by \uNNNN. (JSON has characters beyond ASCII only inside
 * strings, where this is the same text.) 0 or -EIO. */
int escape_json(const char *json, size_t size, FILE *out);

#endif

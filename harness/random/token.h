/* token.h - the same random-looking bytes in what two processes write: the one trace of a generator that nobody can find or call. */
#ifndef FORKAUDIT_RANDOM_TOKEN_H
#define FORKAUDIT_RANDOM_TOKEN_H

#include <stddef.h>
#include <stdint.h>

struct observe;
struct subject;
struct trace_event;

#define TOKEN_MAX        64  /* bytes of one that are compared */
#define TOKEN_BINARY_MAX 256 /* a longer binary write is a file or a stream, and not a value */

/* ---- token_find.c ---- */
struct token_sink {
    void (*take)(void *context, const unsigned char *bytes, size_t n); /* n at most TOKEN_MAX */
    void *context;
};
/* Gives every such piece of `data`: hexadecimal and decimal numbers of 56 bits and more, UUIDs, base64, two numbers of 8 to 16 digits in a
 * row, the random of a TLS hello, a short binary write. */
void token_find(const void *data, size_t size, const struct token_sink *sink);

/* ---- token.c: who wrote which, and who read it. 0, or the negative errno of a recording that broke. ---- */
struct tokens;
struct tokens *tokens_new(void); /* NULL: no memory */
void tokens_free(struct tokens *t);
int token_written(struct observe *o, struct subject *s, uint64_t address, const void *data, size_t size);
/* What came in from somewhere else is not drawn here: such tokens say nothing. */
int token_was_read(struct observe *o, const void *data, size_t size);

/* ---- data.c: the calls that read and write ---- */
struct data_reads;
struct data_reads *data_reads_new(void); /* NULL: no memory; ended by free(3) */
/* At a CALL event. 1: it is one of these, 0: another call, or negative. */
int data_call(struct observe *o, struct subject *s, const struct trace_event *e);

#endif

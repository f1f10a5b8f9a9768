/* families.h - the families of generators, each in its file family_*.c. */
#ifndef FORKAUDIT_GENERATOR_FAMILIES_H
#define FORKAUDIT_GENERATOR_FAMILIES_H

#include "harness/generator/generator.h"

extern const struct generator_family family_bsd, family_libc, family_musl, family_openssl, family_gcrypt, family_gnutls,
    family_nss, family_sodium, family_mbedtls, family_uuid, family_apr, family_glib, family_sqlite, family_postgres,
    family_redis, family_perl, family_python, family_ruby, family_php;

/* ---- script.c: what the interpreters' scripts share ---- */
/* Copies `text` to where `c` may write; *ret is its address there. */
int script_text(struct generator_caller *c, const char *text, uint64_t *ret);
/* A word that the functions called may write to; script_word_read gives what they wrote. */
uint64_t script_word(const struct generator_caller *c);
int script_word_read(struct generator_caller *c, uint64_t *ret);
/* Reads n values of 8 bytes that lie there, `size` bytes in all. -ENOTSUP: none, -EIO: not as many as were asked for. */
int script_values(struct generator_caller *c, uint64_t address, uint64_t size, unsigned n, uint64_t *ret);
/* The same of values of 4 bytes: an interpreter's twister gives 32 bits at a time. */
int script_words(struct generator_caller *c, uint64_t address, uint64_t size, unsigned n, uint64_t *ret);

#define FAMILY_N(array) (sizeof(array) / sizeof *(array))

#endif

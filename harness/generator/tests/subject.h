/* subject.h - small programs made at test time, in which generators are looked for. */
#ifndef FORKAUDIT_GENERATOR_TESTS_SUBJECT_H
#define FORKAUDIT_GENERATOR_TESTS_SUBJECT_H

#include "harness/generator/generator.h"

#include <sys/types.h>

/* Compiles `source` to a file `name` below test_directory(). Its path (static, until the next call), or NULL: the
 * running test is then skipped. compiler: NULL for cc. */
const char *subject_build(const char *compiler, const char *name, const char *source, const char *flags);
/* Runs a tool of binutils or the like. 0, or -1: the running test is then skipped. */
int subject_tool(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Starts a program, and waits until it has written a byte to its standard output. -1: it did not. */
pid_t subject_start(const char *path);
void subject_end(pid_t pid);
/* /proc, opened once. */
int subject_proc(void);
/* Both fail the test where they fail. */
struct generator_cache *subject_cache(void);
void subject_add_own(struct generator_cache *c, const char *text);
/* generator_find() in that process; a failure fails the test and ends it. */
void subject_find(struct generator_cache *c, pid_t pid, struct generator_list *ret);
/* NULL: not listed. object: the end of its path, or NULL. */
const struct generator *subject_has(const struct generator_list *l, const char *name, const char *object);
const struct generator_seeding *subject_has_seeder(const struct generator_list *l, const char *symbol);
int subject_is_under_valgrind(void);

/* A program that has the generators of libc, says that it runs, and waits. */
extern const char subject_source[];

#endif

/* judging.h - an audit with generators of a play (plays_judge.h), and what its comparisons say. */
#ifndef FORKAUDIT_RANDOM_JUDGING_H
#define FORKAUDIT_RANDOM_JUDGING_H

#include "harness/observe/tests/audit.h"

#define RAND "libc rand"

/* 0: not on this machine, or not under valgrind; the test is skipped. */
int judging_is_possible(void);
/* This program, as the first argument of judging_begin(); static. */
char *judging_self(const char *play);
/* Options of an audit of the play. own: as observe_options.own_generators. */
void judging_begin(struct audit *a, char *self, const char *const own[]);
/* Makes it: it must be complete, and the play end as planned. */
void judging_finish(struct audit *a);
/* All of that. */
void judging_run(struct audit *a, const char *play);
/* Comparisons of that kind and verdict of the generator that is called so, or draws from its state. */
int64_t judging_count(const struct audit *a, const char *kind, const char *verdict, const char *generator);
int64_t judging_count_all(const struct audit *a, const char *kind, const char *generator);
/* Gaps of generators whose text has that in it. */
int64_t judging_gaps(const struct audit *a, const char *like);

#endif

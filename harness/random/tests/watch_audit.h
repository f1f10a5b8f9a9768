/* watch_audit.h - one audit of a play with --generators, and its words against the recording. */
#ifndef FORKAUDIT_RANDOM_WATCH_AUDIT_H
#define FORKAUDIT_RANDOM_WATCH_AUDIT_H

#include "harness/observe/tests/audit.h"

/* Options for the suite's own play of that name; nothing is drawn from copies. */
void watch_setup(struct audit *a, const char *name);
/* Runs it. 1: it did all that it wanted, 0: it is not possible here, which is said, and the audit released. */
int watch_play(struct audit *a, const char *name);
/* How many words of the play were not recorded as drawn by its process from that generator; -1: it said none.
 * *ret_n: said. */
int watch_words_wrong(const struct audit *a, unsigned *ret_n);
/* The file of its words. */
const char *watch_words(void);

#endif

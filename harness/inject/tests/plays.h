/* plays.h - small programs that meet failing calls in different ways: `test_trials --play NAME [ARGUMENT]`. */
#ifndef FORKAUDIT_INJECT_TESTS_PLAYS_H
#define FORKAUDIT_INJECT_TESTS_PLAYS_H

/* Exit status; 99 when there is no such play. */
int play(const char *name, const char *argument);

#endif

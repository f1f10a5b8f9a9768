/* plays.h - places from which the suite, acting as its own target, stops itself: `test_stack --play NAME`. */
#ifndef FORKAUDIT_STACK_PLAYS_H
#define FORKAUDIT_STACK_PLAYS_H

/* Runs the play, which raises SIGSTOP where it is to be looked at. 99: there is no such play. */
int play(const char *name);

#endif

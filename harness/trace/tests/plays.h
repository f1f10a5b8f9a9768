/* plays.h - small behaviours that a suite acts out as its own traced program: `test_X --play NAME`. */
#ifndef FORKAUDIT_TRACE_PLAYS_H
#define FORKAUDIT_TRACE_PLAYS_H

#include <sys/types.h>

/* Runs the play; returns its exit status, 99 when there is no such play. */
int play(const char *name);
int play_hostile(const char *name);
int play_fail(const char *name); /* and those of play() */

/* waitpid(2) for any kind of child: its wait status, or -1. */
int play_wait_status(pid_t pid);

#define PLAY_CHILDREN 300 /* of the plays that make many */

#endif

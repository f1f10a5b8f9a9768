/* plays.h - small behaviours that test_trace acts out as its own traced program: `test_trace --play NAME`. */
#ifndef FORKAUDIT_TRACE_PLAYS_H
#define FORKAUDIT_TRACE_PLAYS_H

/* Runs the play; returns its exit status, 99 when there is no such play. */
int play(const char *name);

#endif

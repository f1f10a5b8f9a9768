/* plays_fault.h - programs that make calls which can be made to fail: `test_fault --play NAME`. */
#ifndef FORKAUDIT_OBSERVE_PLAYS_FAULT_H
#define FORKAUDIT_OBSERVE_PLAYS_FAULT_H

/* Runs the play; its exit status tells which calls failed. 99: there is no such play. */
int play_fault(const char *name);

#endif

/* plays_prove.h - programs that change who they are, in steps, and then wait in read(2). */
#ifndef FORKAUDIT_PROVE_PLAYS_H
#define FORKAUDIT_PROVE_PLAYS_H

#include "harness/trace/tests/stage.h"

/* For stage_play(). At each step board->ready grows, and the play waits until values[VALUE_SEEN] is as large; the last
 * one is told by values[VALUE_LAST]. Where the kernel did not let it become who it wanted, result is the errno. */
int play_prove(const char *name, struct board *b, int in);

enum value { VALUE_SEEN, VALUE_LAST, VALUE_DUMPABLE, VALUE_SECUREBITS, VALUE_PID };

#define WORKER 60001 /* uid and gid that they become */

#endif

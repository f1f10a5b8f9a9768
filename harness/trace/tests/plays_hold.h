/* plays_hold.h - programs that wait in every way there is, and see whether anybody has had a hand on them meanwhile. */
#ifndef FORKAUDIT_TRACE_PLAYS_HOLD_H
#define FORKAUDIT_TRACE_PLAYS_HOLD_H

#include "harness/trace/tests/stage.h"

/* How the suite ends a wait. */
enum wait_end {
    END_BYTE,    /* a byte into the pipe */
    END_TIME,    /* nothing: it ends by its time, board->ms */
    END_SIGNAL,  /* SIGUSR1 */
    END_SIGNAL2, /* SIGUSR2, which is blocked */
    END_CONNECT, /* to the socket named below */
    END_FUTEX,   /* wakes board->values[0] */
    END_SEM,     /* raises the semaphore values[0] */
    END_MSG,     /* a message to the queue values[0] */
    END_UNLOCK,  /* gives back the locks on the board's file */
    END_FILE,    /* makes the file values[0] in the folder */
    END_GO,      /* board->values[0] becomes 1 */
};
#define WAIT_SOCKET "forkaudit-hold-%d" /* abstract; the play's pid */

struct wait_play {
    const char *name;
    long nr; /* the call it is to be seen in; -1: none */
    enum wait_end end;
    int takes_time;                       /* board->ms is the time of the wait */
    int has_own_signal;                   /* no second signal can be sent to it */
    long (*run)(struct board *b, int in); /* result, or -errno */
};
/* The next after the one with this index; NULL: no more. */
const struct wait_play *wait_plays(size_t at);
/* For stage_play(): every play that is declared in this file. */
int play_hold(const char *name, struct board *b, int in);

/* plays_whole.c: everything that a process could notice. */
int play_whole(struct board *b, int in);            /* hears SIGCHLD by a handler */
int play_whole_blocked(struct board *b, int in);    /* by a signalfd */
int play_whole_dead_child(struct board *b, int in); /* has not yet heard of the end of a child */
int play_whole_live_child(struct board *b, int in);
int play_whole_ignores(struct board *b, int in);
int play_registers(struct board *b, int in);

/* plays_odd.c: programs that make copies hard. */
int play_odd(const char *name, struct board *b, int in);
/* plays_copy.c: programs of which copies are made. */
int play_copy(const char *name, struct board *b, int in); /* 99: there is no such play */
/* Places of the functions of the play "functions" in board->values, and of its locked mutex. */
enum function {
    FUNCTION_SUM,
    FUNCTION_LOCK,
    FUNCTION_CRASH,
    FUNCTION_FORK,
    FUNCTION_THREAD,
    FUNCTION_LOOP,
    FUNCTION_EXIT,
    FUNCTION_MUTEX
};
/* What the play "server" answers to a byte. */
#define SERVER_ANSWER(byte) ((unsigned char)((byte) ^ 0x5a))

/* What must not change; taken before and after. */
struct surroundings;
struct surroundings *surroundings_take(void);
void surroundings_forget_children(struct surroundings *s); /* what they have used */
/* 0, or 1 with a complaint; frees both. */
int surroundings_compare(struct board *b, struct surroundings *before, struct surroundings *after,
                         int with_descriptors);

#endif

/* stage.h - a play on a stage: a traced program that a suite holds, copies and lets go, and a board in shared memory by
 * which the two talk without a call that a tracer would see.
 *
 * A suite that uses it begins its main() with stage_play(). Nothing here sleeps for a fixed time; all waiting is
 * bounded.
 */
#ifndef FORKAUDIT_TRACE_STAGE_H
#define FORKAUDIT_TRACE_STAGE_H

#include "harness/trace/hold.h"

#include <stdatomic.h>

struct board {
    atomic_int ready;   /* set by the play: how far it has come */
    atomic_int done;    /* the call under test has returned */
    atomic_int go;      /* set by the suite: go on */
    atomic_int handled; /* how often a handler of the play ran */
    atomic_int steps;   /* counted by whoever wants to be watched */
    uint64_t vdso;
    long ms;      /* for how long a play is to wait */
    int restarts; /* 1: handlers are set with SA_RESTART */
    long result, values[8];
    char folder[4096]; /* of the suite, for files */
    char complaint[512];
};

struct stage {
    struct trace *t;
    struct board *board;
    int board_fd;
    int in; /* write end of the pipe that the play reads */
    const char *name;
    const char *path; /* another program than the suite itself; it gets the same arguments */
    pid_t pid;
    pid_t born, born_tid; /* the last process that was born */
    unsigned counts[N_TRACE_EVENT];
    int has_ended, status; /* of the play */
    pid_t other;           /* an untraced child of ours that ended */
    int other_status;
    struct trace_event at; /* with stops_at: the event at which it stands, not resumed */
    int stops_at;          /* enum trace_event_kind + 1; 0: nowhere */
};

/* ---- for the suite ---- */
/* The board alone, for what must stand on it before the play begins. 0 or -1. */
int stage_prepare(struct stage *s);
/* Starts `--play name`. Fatal for the test when it does not start. */
void stage_open(struct stage *s, const char *name);
/* One event, or 1 ms without one. */
void stage_step(struct stage *s);
/* Goes on until the board's `what` is at least `value`, or the play has ended (0). 1: it is. */
int stage_until(struct stage *s, atomic_int *what, int value);
/* Goes on until the thread sleeps in this call, or in what the kernel makes of it. 1: it does, 0: the play is done with
 * it. */
int stage_until_waiting(struct stage *s, pid_t tid, long nr);
/* Where a 64-bit program has its vDSO, for trace_hold() at its first exec. */
uint64_t stage_vdso(pid_t pid);
/* Holds the thread; tries again while something of its own comes first. 0 or a negative errno. */
int stage_hold(struct stage *s, pid_t tid, const struct trace_event *event, struct trace_hold *ret);
/* Makes n copies in one hold, lets each make a call, and asserts that all went well. */
void stage_copies(struct stage *s, struct trace_hold *h, unsigned flags, int n);
/* Hold, n copies, let go. */
void stage_round(struct stage *s, pid_t tid, unsigned flags, int n);
/* Lets the play go, follows it to its end, and asserts that it complained of nothing and that nobody is left. */
void stage_close(struct stage *s);
/* The same without any assertion on how the play ended: s->status says it. */
void stage_end(struct stage *s);
/* Of a stage that was only prepared. */
void stage_release(struct stage *s);
void stage_write(struct stage *s, size_t n);
/* State letter of the thread in /proc, '?' when it is gone. */
char stage_state(pid_t pid, pid_t tid, long *ret_call);
/* The numbers of a line of /proc/PID/status; how many there are. */
int stage_status(pid_t pid, const char *name, unsigned long ret[4]);
/* A failure of the running test with a text made at run time. */
void stage_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- for the play ---- */
/* With `--play NAME` runs it and gives its exit status; else -1. `in` is the end of a pipe into which the suite writes.
 * */
int stage_play(int (*run)(const char *name, struct board *b, int in), int argc, char **argv);
/* Says that the play stands where it wants to be, and waits for the suite without a sleep's end. */
void board_wait_go(struct board *b);
/* The first complaint stays. Gives 1. */
int board_complain(struct board *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* log.h - trace a program to its end, and what that brought. */
#ifndef FORKAUDIT_TRACE_LOG_H
#define FORKAUDIT_TRACE_LOG_H

#include "harness/trace/trace.h"

/* What a whole run brought. */
struct log {
    unsigned counts[N_TRACE_EVENT];
    int status;          /* of the first process */
    pid_t first, former; /* former: of the last exec */
    const char *born;    /* of the last birth */
    unsigned last_exits;
    struct trace_call calls[64], returns[64];
    char call_names[64][32], return_names[64][32]; /* the trace's own end with it */
    unsigned n_calls, n_returns;
};

/* Runs a program to its end. 0, or where and why the launch failed. */
int log_program(char *const argv[], struct log *log, enum trace_stage *ret_stage);
/* The suite itself with --play NAME; asserts that every tracee came to its end. */
void log_play(const char *name, struct log *log);
unsigned log_calls(const struct log *log, const char *name);

#endif

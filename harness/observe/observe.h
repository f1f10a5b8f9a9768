/* observe.h - join tracing, looking and the recording: run a program, follow it, write down what was seen. No opinion.
 *
 * The whole of one audit in launch mode. The recording must be open and empty (facts_create()); observe_run() writes every
 * row of it but `finding`. It returns when no process of the audit is left.
 */
#ifndef FORKAUDIT_OBSERVE_H
#define FORKAUDIT_OBSERVE_H

#include "harness/trace/trace.h"

#include <stdint.h>

struct facts;

enum observe_until {
    OBSERVE_UNTIL_EXIT,    /* until the program and everything below it has ended */
    OBSERVE_UNTIL_SETTLED, /* until it has settled, then it is ended */
    OBSERVE_UNTIL_POKE,    /* until it has settled, the poke has run and it has settled again; then it is ended */
    OBSERVE_UNTIL_TIME,    /* for a time, then it is ended */
    N_OBSERVE_UNTIL
};

/* What goes on, for a progress line. */
enum observe_news {
    OBSERVE_NEWS_STARTED,
    OBSERVE_NEWS_SETTLED,
    OBSERVE_NEWS_POKE_STARTED,
    OBSERVE_NEWS_POKE_ENDED,
    OBSERVE_NEWS_ENDING,      /* the target is asked to end (SIGTERM) */
    OBSERVE_NEWS_KILLING,     /* it did not; SIGKILL */
    OBSERVE_NEWS_LEADER_GONE, /* the program itself has ended, processes of it remain */
    OBSERVE_NEWS_RECORD_LOST, /* the recording cannot be written any more; the target goes on unharmed */
    N_OBSERVE_NEWS
};

struct observe_options {
    struct trace_launch launch;
    enum observe_until until;
    const char *poke;       /* shell command; NULL: none */
    int64_t poke_timeout;   /* ms; -1: none */
    int64_t settle_timeout; /* ms to wait for the program to settle; then a gap says so and the audit goes on */
    int64_t time;        /* OBSERVE_UNTIL_TIME: ms. With another `until`: the longest the audit may take, 0: no limit */
    int64_t end_timeout; /* ms from SIGTERM to SIGKILL */
    const char *tool;    /* version, for the audit row */
    void (*news)(void *context, enum observe_news news, unsigned processes);
    void *context;
};

struct observe_result {
    enum trace_stage stage; /* when the launch failed */
    int complete;
    int interrupted;       /* the signal that ended the audit, or 0 */
    int target_status;     /* wait status of the program */
    int has_target_status; /* it ended by itself */
    unsigned processes;    /* that were seen */
    int record_error;      /* the recording broke: its negative errno, else 0 */
};

/* 0: the audit was made (ret->complete says whether to its planned end). Negative errno: the program could not be launched
 * (ret->stage says where) and the recording holds the attempt. */
int observe_run(struct facts *f, const struct observe_options *options, struct observe_result *ret);

#endif

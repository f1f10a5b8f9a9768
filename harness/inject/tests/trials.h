/* trials.h - the clean run and the trials of one play, and questions on their recording. */
#ifndef FORKAUDIT_INJECT_TESTS_TRIALS_H
#define FORKAUDIT_INJECT_TESTS_TRIALS_H

#include "harness/inject/inject.h"

struct trials {
    struct inject_options options;
    struct observe_result learnt;
    struct inject_plan plan;
    struct facts *f;
    int r; /* of inject_run() */
};

/* The suite itself as its own program: the play, until it has settled. `argument` may be NULL. */
void trials_init(struct trials *t, const char *play, const char *argument, const char *calls);
/* The clean run, which must succeed. */
void trials_learn(struct trials *t);
/* Plan and trials. */
void trials_run(struct trials *t);
/* All of the above: one play, the calls that are to fail in it. All must succeed, and the recording stays open. */
void trials_of(struct trials *t, const char *play, const char *argument, const char *calls);
/* First column of the first row; -1 when there is no row or it is NULL. */
int64_t trials_ask(const struct trials *t, const char *sql);
/* Closes; nothing may be left of the trials: no child, no file in the temporary directory. */
void trials_release(struct trials *t);

#endif

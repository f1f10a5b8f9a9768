/* inject.h - run a program again and again, each time with one kind of call failing, and say what it did next.
 *
 * inject_learn(): one clean run into the main recording, which gets a row `site` for each place from which a call is made that could
 * fail. inject_plan(): one trial for each (site, errno). inject_run(): each trial is a run of its own with its own recording, made by
 * a process of its own, several at once where they can be kept apart; what came of it is a row `injection` in the main recording.
 */
#ifndef FORKAUDIT_INJECT_H
#define FORKAUDIT_INJECT_H

#include "harness/facts/facts.h"
#include "harness/observe/observe.h"

struct inject_options {
    struct observe_options observe; /* of the clean run; the trials take it over */
    const char *calls;              /* "setuid,setgroups": only these; NULL: all that are known */
    const char *errors;             /* "EPERM,EAGAIN": these for every call; NULL: those usual for the call (calls.c) */
    int every;                      /* --repeat */
    unsigned jobs;                  /* trials at once; 0: one, or as many as processors with private_directories */
    const char *const
        *private_directories; /* NULL-ended: absolute; each run sees its own copy-on-write view of them; NULL: none */
    const char *recording;    /* path of the main recording, for inject_check_apart(); NULL: not checked */
    const char *recordings;   /* directory for the trials' recordings; NULL: not kept */
    int (*judge)(void *context,
                 struct facts *trial); /* called in the trial's process when its recording is complete, to store
                                                       * findings in it (only where recordings are kept); NULL: none */
    void (*progress)(void *context, unsigned done, unsigned of, int64_t seconds_left);
    void *context;
};

struct inject_trial;
struct inject_plan {
    struct inject_trial *trials; /* owned */
    size_t n;
};

/* A word of options->calls or options->errors that is not known, for the message: -EINVAL, *ret_word points into the options' text (it
 * ends before a comma or the end), *ret_known are the known words, NULL-ended. 0: all are known. */
int inject_check_words(const struct inject_options *options, const char **ret_word, const char *const **ret_known);
/* 1: the runs get a network, IPC objects and a view of the files of their own; 0: they do not. Several jobs or private directories
 * ask for it. -EPERM or another errno: it was asked for and cannot be had, `why` says what to do. */
int inject_check_apart(const struct inject_options *options, char *why, size_t size);

/* As observe_run(), with options->observe.learn. Where the runs are kept apart the calling process is moved into namespaces of its
 * own for the rest of its life. */
int inject_learn(struct facts *f, const struct inject_options *options, struct observe_result *ret);
int inject_plan(struct facts *f, const struct inject_options *options, struct inject_plan *ret);
/* 0, or a negative errno when the main recording broke or no trial could be made at all. A trial that fails by itself is a row and a
 * gap. -EINTR: ended by SIGINT, SIGTERM, SIGHUP or SIGQUIT; what was learnt until then is recorded, as incomplete. */
int inject_run(struct facts *f, const struct inject_options *options, const struct inject_plan *plan);
void inject_plan_release(struct inject_plan *plan);

#endif

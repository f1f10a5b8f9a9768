/* internal.h - what the files of harness/prove share. */
#ifndef FORKAUDIT_PROVE_INTERNAL_H
#define FORKAUDIT_PROVE_INTERNAL_H

#include "harness/prove/prove.h"

#define PROVE_GROUPS 64 /* supplementary groups kept of a history */
#define PROVE_COPIES 64 /* made for one question: each success or death uses one up */

#define PROVE_HUNG 2 /* calls that may hang before no more are tried */

struct prove_history {
    uint32_t uids[PROVE_IDS], gids[PROVE_IDS], groups[PROVE_GROUPS];
    size_t n_uids, n_gids, n_groups;
    uint64_t caps; /* permitted or effective */
};

/* What is asked, of whom, with which copies. */
struct question {
    struct trace_hold *of;
    struct trace_hold copy;
    int has_copy, copies_made;
    int64_t result;        /* of the last call */
    int is_same_namespace; /* its user namespace is ours */
    int stands_in;         /* no copy can be made: a stand-in answers */
    int hung;              /* calls that did not come back */
    int copy_error;        /* why there is none; 0: there can be */
    int has_no_map;        /* that is because its ids cannot be translated */
    unsigned flags;        /* of trace_copy() */
    int proc;
    pid_t pid;
    const struct look_status *now;
    struct look_id_map uid_map, gid_map;
    struct prove_results *results;
};

/* What came of one call in the copy. */
enum attempt {
    ATTEMPT_DONE,     /* it returned without an error */
    ATTEMPT_REFUSED,  /* with one */
    ATTEMPT_KILLED,   /* a seccomp filter of its own killed the copy for it (SIGSYS) */
    ATTEMPT_LOST,     /* the copy died of another signal: that says nothing of the call */
    ATTEMPT_HUNG,     /* it did not return in time */
    ATTEMPT_NO_COPY,  /* no copy could be made: q->copy_error */
    ATTEMPT_ORIGINAL, /* the original is gone */
};

/* stand_in.c: a process with the credentials of q->now in q->copy. 0 or a negative errno. */
int stand_in_copy(struct question *q);

/* copies.c */
/* Makes a copy where there is none. 0 or a negative errno (also in q->copy_error). */
int question_copy(struct question *q);
/* Ends the copy, so that the next attempt gets a fresh one. -ESRCH: the original is gone. */
int question_copy_end(struct question *q);
/* One call in the copy; *ret_error is the errno, or the signal that killed it. */
enum attempt question_call(struct question *q, const char *name, const uint64_t args[6], int *ret_error);
/* What is no answer: the row becomes 'hung' or 'not-made', with the reason. 1: it was of that kind, 0: not. */
int result_no_answer(struct question *q, enum attempt attempt, int error, const char *call, struct prove_result *row);
/* Why there is no copy, for a reader. */
const char *question_why(const struct question *q);
/* Who the copy is now. 0 or a negative errno. */
int question_look(struct question *q, struct look_status *ret);

/* results.c */
/* A new row, to be filled in. NULL: no memory. */
struct prove_result *results_add(struct prove_results *r, const char *kind, const char *outcome);
/* printf(3) behind what is there, cut where it is full, with ", " between when there is something. */
void result_add(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "cap_setuid,cap_chown"; "cap_N" for one without a name. */
void result_caps(char *text, size_t size, uint64_t caps);
/* "uid 33 33 33 33, gid 33 33 33 33, permitted 0" */
void result_who(char *text, size_t size, const struct look_status *who);

/* ids.c, caps.c, map.c: one kind of question each. 0, -ENOMEM, or -ESRCH (the original is gone). */
int regain_id(struct question *q, int is_gid, uint32_t id, int *ret_regained);
int regain_groups(struct question *q, const uint32_t *groups, size_t n);
int regain_caps(struct question *q, uint64_t caps);
int regain_by_map(struct question *q, uint32_t uid);

/* caps.c: what it is permitted takes effect by a capset of its own. May that give it this capability, and does it. */
int caps_may_raise(const struct question *q, unsigned cap);
enum attempt caps_raise(struct question *q, int *ret_error);

/* An id as the program itself must name it. 0, or -ENOENT: it does not exist in its user namespace. */
int id_inside(const struct look_id_map *map, uint32_t id, uint32_t *ret);

#endif

/* stage.h - a real parent and its real child, which both have a generator: snapshots, and what they really draw. */
#ifndef FORKAUDIT_DRAW_STAGE_H
#define FORKAUDIT_DRAW_STAGE_H

#include "harness/draw/internal.h"
#include "harness/testing.h"

#define STAGE_PARENT 128 /* values that the parent really draws, from the fork on */
#define STAGE_CHILD  16  /* and the child, at last */

/* What the two processes do. */
struct play {
    const char *shape; /* of the generator */
    const void *address;
    enum generator_purpose purpose;
    const void *context;
    void (*begin)(void);            /* before the fork; may be NULL, as the others */
    void (*in_child)(void);         /* behind it */
    void (*before_last)(void);      /* behind the snapshots, before what they really draw */
    unsigned before, child, parent; /* values drawn before the fork, and by each behind it and before the snapshots */
    int is_bare_clone;              /* clone(2), which no handler of pthread_atfork(3) sees */
    int draws_nothing;              /* its generator cannot be called for real */
    const char *script_symbol;      /* unused where NULL */
};

/* Shared with the two processes: what they really drew. */
struct truth {
    uint8_t parent[STAGE_PARENT * 64], child[STAGE_CHILD * 64];
    unsigned n_parent, n_child;
    char board[4096]; /* for whatever a play wants to share */
};

struct stage {
    int proc;
    struct snapshot_store *store;
    struct generator_kind kind;
    struct generator g;
    pid_t pid, child_pid;
    struct truth *truth;
    struct snapshot *born, *child, *parent;
    struct draw_state *born_state, *child_state, *parent_state;
    struct draw_result result;
    int has_begun;
};
/* 1: both stood at their places, and have ended; 0: skipped. */
int stage_open(struct stage *s, const struct play *play);
void stage_close(struct stage *s);
extern struct truth *stage_truth; /* in the processes of a play */

/* Who is compared: the newborn shown its own pid, the same shown its parent's, the child later, the parent later. */
enum who { NEWBORN, FOSSIL, CHILD, PARENT };
/* Compares, and sees that the verdict is this one; reason: a part of it, NULL: whatever. */
#define STAGE_EXPECT(s, own, other, verdict, reason) stage_expect(s, own, other, verdict, reason, __LINE__)
void stage_expect(struct stage *s, enum who own, enum who other, enum draw_verdict verdict, const char *reason,
                  int line);
struct draw_side stage_side(const struct stage *s, enum who who);
/* 1: the child really drew values that the parent really drew. */
int stage_repeats(const struct stage *s);
void stage_fail(int line, const char *format, ...) __attribute__((format(printf, 2, 3)));
int is_under_valgrind(void);

#endif

/* judge.h - what the files judge*.c share: states to draw from, one comparison, which generators are compared. */
#ifndef FORKAUDIT_RANDOM_JUDGE_H
#define FORKAUDIT_RANDOM_JUDGE_H

#include "harness/random/internal.h"

/* ---- judge_state.c: rebuilt states, kept for as long as the next comparisons are likely to want them ---- */
/* Owned by o->random->states. -ENOMEM. */
int judge_state(struct random *random, struct snapshot *snapshot, struct draw_state **ret);
void judge_states_free(struct random *random);

/* ---- judge_pair.c ---- */
/* One side of a comparison. */
struct judge_side {
    int64_t process, id;       /* rows of the tables process and snapshot */
    struct snapshot *snapshot; /* NULL: there is none */
    pid_t pid, ppid, tid;      /* as it is shown */
};
/* Draws, compares, and writes the row. *ret: the verdict; N_DRAW_VERDICT when it was not compared: one side has no
 * snapshot or not that code, or what may be spent on the life is spent (a gap says so). */
int judge_pair(struct observe *o, struct random_life *life, const char *kind, const struct random_generator *g,
               const struct judge_side *own, const struct judge_side *other, enum draw_verdict *ret);
/* A row without a drawing: undecided, for that reason. */
int judge_undecided(struct observe *o, const char *kind, const struct random_generator *g, const struct judge_side *own,
                    const struct judge_side *other, const char *reason);

/* ---- judge_pick.c: generators by the state that they draw from ---- */
/* 1: the two draw from one state. */
int pick_is_same(const struct random_generator *a, const struct random_generator *b);
/* One for each state, in `ret` (room for n_generators): how many. What was called comes first, then what is
 * cryptographic. */
size_t pick_generators(struct random_life *life, struct random_generator **ret);
/* 1: the life was seen to draw from that state. */
int pick_is_called(const struct random_life *life, const struct random_generator *g);
/* That one of the life with the same state: at the same address, if there is one; NULL: none. */
struct random_generator *pick_same(const struct random_life *life, const struct random_generator *g);
/* The state at the life's first draw from it since its birth, else at its end; ret->snapshot is NULL
 * where neither was taken. is_first: 1: it is that of a first draw. */
void pick_own(const struct random_life *life, const struct random_generator *g, struct judge_side *ret,
              int *ret_is_first);
/* The parent's state at its first draw after the child `nth` was born where that is known, else at its end. 0: it is at its end, but it
 * may have drawn since the birth, and nobody looked. */
int pick_parent(const struct random_life *parent, const struct random_generator *g, unsigned nth,
                struct judge_side *ret);

#endif

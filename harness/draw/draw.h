/* draw.h - draws from a generator in rebuilt copies of two processes, and says whether their streams part, and by what.
 *
 * Nothing is seen outside: a worker's system calls are answered by us (process ids as the original has them, time, kernel
 * entropy, /dev/urandom by a descriptor that does not exist), harmless ones are let through (its own memory), the rest fails.
 * Knows no facts. Functions return 0 or a negative errno.
 */
#ifndef FORKAUDIT_DRAW_H
#define FORKAUDIT_DRAW_H

#include "harness/generator/generator.h"
#include "harness/snapshot/snapshot.h"

/* A snapshot that is drawn from: rebuilt when it is first needed; streams are kept, so that comparing one state with many costs
 * its draws once. */
struct draw_state;
int draw_state_new(struct snapshot *s, struct draw_state **ret); /* takes a reference */
void draw_state_free(struct draw_state *d);                      /* NULL is allowed */

struct draw_side {
    struct draw_state *state;
    pid_t pid, ppid, tid; /* what getpid(2) and its kin say, as the process sees itself */
};

enum draw_verdict {
    DRAW_SHARED,        /* proven: equal values with real entropy and time */
    DRAW_DIVERGED,      /* proven: the states differ, or kernel entropy comes before the first value */
    DRAW_WEAK,          /* one state: only pid, clock, TSC or RDRAND part the streams */
    DRAW_ONE_GENERATOR, /* its state is in memory that the processes share: each value is given once */
    DRAW_REFUSES,       /* the own side gives an error or aborts: no values, so none that are equal */
    DRAW_UNSEEDED,      /* equal, and the values that everybody gets who never seeded it */
    DRAW_UNDECIDED,     /* reason says why */
    DRAW_ABSENT,        /* no verdict: one side has no such thing (an interpreter that never began) */
    N_DRAW_VERDICT
};
/* "shared" "diverged" "weak" "one-generator" "refuses" "unseeded" "undecided" "absent" */
const char *draw_verdict_name(enum draw_verdict verdict);

#define DRAW_KEPT 256 /* bytes of a stream that are given back */
struct draw_result {
    enum draw_verdict verdict;
    char reason
        [256]; /* diverged: "state" or "reseed"; weak: of "pid clock tsc rdrand"; undecided, refuses: a sentence */
    unsigned value_size;             /* bytes of a value */
    unsigned n_own, n_other;         /* values that were drawn and compared on each side */
    unsigned shift_own, shift_other; /* shared: index of the first equal value */
    unsigned equal;                  /* shared: values in a row that are equal there */
    int is_partial;                  /* shared: they part again behind it */
    int would_repeat_with_pid;       /* diverged or weak: but with the other's pid the values are the other's */
    int is_own_reseeded;             /* own side asks the kernel for entropy before its first value */
    uint8_t own[DRAW_KEPT], other[DRAW_KEPT]; /* the first values, with real entropy and time */
    unsigned own_size, other_size;
    unsigned runs; /* workers that were made for it */
    int64_t ns;
};
/* own: the process that is judged, other: what it is compared with: its newborn self shown the parent's pid, a sibling, ... The two may be
 * one state shown two pids. g: found in own; at the same address in other (fork copies). Negative only without memory. */
int draw_compare(const struct generator *g, const struct draw_side *own, const struct draw_side *other,
                 struct draw_result *ret);

#endif

/* prove.h - what can be shown only by trying: in a disposable copy of a process, which nobody misses.
 *
 * Knows no rows: results are structs; the caller writes them down. No opinion either: "regained" is a fact.
 */
#ifndef FORKAUDIT_PROVE_H
#define FORKAUDIT_PROVE_H

#include "harness/look/look.h"
#include "harness/trace/hold.h"

/* Ids, groups and capabilities that a process has had in its life (its own memory, so its ancestors' before the fork
 * too). */
struct prove_history;
struct prove_history *
prove_history_copy(const struct prove_history *from); /* NULL from: an empty one. NULL: no memory */
void prove_history_free(struct prove_history *h);
/* Adds what a credential shows. 0 or -ENOMEM. At most PROVE_IDS ids of each kind are kept, the first ones. */
#define PROVE_IDS 16
int prove_history_add(struct prove_history *h, const struct look_status *status);
/* 1: it has had something that `now` has not in effect: there is something to take back. */
int prove_has_lost(const struct prove_history *h, const struct look_status *now);

struct prove_result {
    const char *kind, *outcome; /* of the table proof in facts.sql */
    char wanted[1024], call[512], detail[512];
    int error;
};
struct prove_results {
    struct prove_result *rows; /* owned */
    size_t n;
    int securebits, dumpable; /* as the copy said; -1: not known */
};

/* Tries every way back to what the held thread has lost, in copies of it. 0 also when no copy could be made: the row
 * then says 'not-made'. Negative: the original is gone (-ESRCH) or there is no memory. The caller releases the results
 * in any case. */
int prove_regain(struct trace_hold *of, int proc, pid_t pid, const struct prove_history *h,
                 const struct look_status *now, struct prove_results *ret);
void prove_results_release(struct prove_results *r);

#endif

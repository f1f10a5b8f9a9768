/* internal.h - what the files of harness/random share. */
#ifndef FORKAUDIT_RANDOM_INTERNAL_H
#define FORKAUDIT_RANDOM_INTERNAL_H

#include "harness/draw/draw.h"
#include "harness/generator/generator.h"
#include "harness/observe/internal.h"
#include "harness/random/random.h"
#include "harness/random/reuse.h"
#include "harness/random/token.h"
#include "harness/snapshot/snapshot.h"

#define RANDOM_CALLS  16 /* recorded of one generator or seeding function in one process and image */
#define RANDOM_VALUES 64 /* values recorded as seen of one generator in one process and image */
#define RANDOM_NEXTS  8  /* of them for one generator: of children born later nothing can be told by draws */
#define RANDOM_FIRSTS 24 /* snapshots at first draws in one process and image */
/* Bytes of all snapshots together: when three quarters are used, what has ended is judged at once. */
#define RANDOM_STORE (1 << 30)

/* A process's memory at a draw, after it had made so many children. */
struct random_next {
    struct snapshot *snapshot;
    int64_t id;
    unsigned children;
};

/* A generator that a process has, and what is known of it there. */
struct random_generator {
    struct generator g;     /* its context is that of the first call seen */
    int64_t id;             /* of the table generator */
    unsigned calls;         /* seen in this process and image since its birth or exec */
    int first_tried;        /* keep_first() has done its work for `first` */
    struct snapshot *first; /* at the first of them, only in a process that was forked; NULL: none */
    int64_t first_id;
    struct random_next nexts[RANDOM_NEXTS]; /* at its first draw after each time that it had forked itself */
    unsigned n_nexts;
    unsigned next_tried; /* its children of which there is a snapshot, when that was tried last */
    int wants_parent;    /* judge.c: its stream is its parent's: is it still the parent's own? */
    int64_t drawn;       /* watch_hit.c: bytes that its calls have given */
};

/* What must be known of a process until it is judged; owned by the subject, then by the list of those to be judged.
 * References are counted: siblings and children are compared with it. */
struct random_life {
    unsigned references;
    int64_t process, image, parent; /* row ids; parent: 0 for none */
    struct random_life *of;         /* the life it was forked from; NULL: launched, or a new image since */
    pid_t pid, ppid, tid, parent_tid, parent_pid, parent_ppid; /* as seen in its own pid namespace */
    int is_same_memory;                                        /* vfork, CLONE_VM: nothing to compare */
    struct snapshot *born, *end;                               /* NULL: not taken */
    int64_t born_id, end_id;
    struct random_generator *generators; /* owned, as is `code` */
    size_t n_generators;
    unsigned nth; /* among the children of one life, from 0 */
    unsigned children;
    unsigned taken;                               /* children of which there is a snapshot */
    unsigned executed;                            /* of these: that executed another program before they had drawn */
    unsigned left_out;                            /* children of which there is none: more than --generator-children */
    int is_left_out;                              /* it is such a child */
    int is_over;                                  /* it has ended: neither draws nor children come */
    int has_executed;                             /* its end was an exec */
    int is_judged;                                /* all but what waits for others is written */
    int64_t judged_ns;                            /* spent on it, with what waited */
    unsigned pairs;                               /* compared for it */
    int is_spent;                                 /* more may not be spent on it, and that is recorded */
    unsigned gaps;                                /* of keep.c: those that were recorded */
    struct snapshot *latest;                      /* its memory as it was seen last, base of the next snapshot */
    struct random_life *previous, *oldest;        /* siblings: the one before it, and the first; until compared */
    struct random_life *first_child, *last_child; /* that have a snapshot; until it is over */
    unsigned wanted, followed;                    /* how many of these links lead to it, how many `of` */
    struct random_life *next;                     /* to be judged */
};

/* watch.c */
struct random_watch; /* breakpoints of one process (shared by those that share its memory) */

struct random_subject { /* subject.random */
    struct random_watch *watch;
    struct random_life *life;
};
struct random { /* observe.random */
    struct generator_cache *cache;
    struct snapshot_store *store;
    struct random_life *ended, *last; /* over, to be judged: first and last of the list */
    struct random_life *waiting;      /* judged, but that their parents or siblings live on */
    struct random_watch *recent[8];   /* born.c: of processes that have ended: a newborn may be heard of later */
    unsigned n_recent;
    uint64_t stacks[512];        /* watch_hit.c: calls whose stack is recorded, by hash */
    struct judge_states *states; /* judge_state.c: while lives are judged */
    unsigned spent;              /* lives that took all the time that may be spent on one */
    int is_last, is_broken_off;  /* judge_ended(): no process lives any more; and we were asked to end */
    uint64_t own_found;          /* of options->own_generators: bit N: the Nth was found somewhere */
    struct tokens *tokens;       /* token.c */
    struct data_reads *reads;    /* data.c */
    struct reuse *reuse;         /* reuse.c; NULL: pids are as they come */
};

/* watch.c: the bytes of ours in the process's memory, markers too. *ret is owned by the caller (free). */
int watch_patches(const struct observe *o, const struct subject *s, struct snapshot_patch **ret, size_t *ret_n);

/* ---- keep.c: of the life in s->random ---- */
extern uint64_t keep_room; /* RANDOM_STORE; for tests: less */
/* Takes the snapshot `moment` of a stopped process and writes its row. *ret and *ret_id are left alone where it could
 * not be taken: a gap says why. base: NULL: what was seen last of it, of a newborn what was seen last of its parent. */
int keep_take(struct observe *o, struct subject *s, pid_t tid, const char *moment, const struct snapshot *base,
              struct snapshot **ret, int64_t *ret_id);
/* Its memory at birth, before its first instruction, to life->born. Nothing for a life that was not forked (of is
 * NULL), and for more children than --generator-children. */
int keep_born(struct observe *o, struct subject *s, pid_t tid);
/* At each draw from `g` that is seen, before the function runs: takes what is wanted for g->first and g->next. */
int keep_first(struct observe *o, struct subject *s, pid_t tid, struct random_generator *g);
/* 1: keep_first() has still something to take at a draw from it: its breakpoint must be there. */
int keep_wants(const struct random_life *life, const struct random_generator *g);
/* moment: 'exec', 'exit' or 'end': the last that will be seen of this life, to life->end, where it will be compared
 * with anything. An exit after an 'end' replaces nothing. */
int keep_end(struct observe *o, struct subject *s, pid_t tid, const char *moment);

/* The life is over: whether it counts among its parent's children. */
void keep_executed(struct random_life *life);

/* ---- life.c ---- */
/* A new life with one reference, the caller's. of: the life that it was forked from, whose generators it has, none
 * called yet; NULL: none (launched, or after an exec). The pids are the caller's to fill. NULL: no memory. */
struct random_life *life_new(struct random_life *of);
/* 0 or -ENOMEM. One that is there already (id) is left as it is. */
int life_add_generator(struct random_life *life, const struct generator *g, int64_t id);
struct random_life *life_reference(struct random_life *life); /* NULL is allowed, as below */
void life_release(struct random_life *life);
/* Of the links previous, oldest, first_child and last_child: what life_reference() gives, and the end of one. */
struct random_life *life_link(struct random_life *life);
void life_unlink(struct random_life **link);
/* Its parent is not needed any more. */
void life_leave(struct random_life *life);
/* Lets the snapshots go that a life that is judged is not compared by any more. */
void life_trim(struct random_life *life);
/* It is over: the caller's reference goes to the list of those to be judged. */
void life_end(struct observe *o, struct random_life *life);
/* What waits in the lists is given up. */
void life_forget_all(struct observe *o);

/* ---- judge.c ---- */
/* Judges all lives that are over. is_last: none lives any more, what waited for others is compared too. Leaves no
 * process and no rebuilt state behind. */
int judge_ended(struct observe *o, int is_last);
/* Compares the life, which is over, with whom it is to be compared; what must wait for others is left to
 * judge_ended(). */
int judge_life(struct observe *o, struct random_life *life);

#endif

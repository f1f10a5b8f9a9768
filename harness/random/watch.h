/* watch.h - breakpoints in the text of audited processes: what the files watch*.c, seed.c and value.c share.
 *
 * A breakpoint is one byte of ours (int3) that is taken out when it is hit, and put in again when the function
 * that it stands on has returned, until enough was seen. While it is out another thread may run through: that
 * loses a record, and nothing else. What a process notices: its text differs where it reads it itself; a SIGTRAP
 * disposition of its own is reset where it is ignored or blocked at a hit (sigaction(2)). A process that escapes
 * from the tracer would die of such a byte: none is known to be able to (trace.h, TRACE_EVENT_ESCAPED, says what
 * it takes); when we die all die (PTRACE_O_EXITKILL).
 */
#ifndef FORKAUDIT_RANDOM_WATCH_H
#define FORKAUDIT_RANDOM_WATCH_H

#include "harness/random/internal.h"

#define WATCH_INT3 0xcc

/* An address at which a breakpoint of ours is or was. */
struct watch_spot {
    uint64_t address;
    uint8_t byte; /* what is there without us */
    unsigned is_planted : 1;
    unsigned is_marker : 1;   /* a breakpoint of marker.c is there already: neither put in nor taken out */
    unsigned is_entry : 1;    /* of the program: its libraries are there when it is reached */
    unsigned is_function : 1; /* draws or seeds */
    unsigned is_ending : 1;   /* takes a generator down: what it was until then is its end */
};

/* A call that has been seen to begin. */
struct watch_wait {
    pid_t tid;
    uint64_t function, back, sp; /* back: where it returns to, with this stack pointer */
    int generator;               /* of the life's: its value is read; -1: it only ends */
    int is_seeding;
    uint64_t out, size; /* its buffer, and how many bytes it was asked for */
};

struct watch_seeding {
    struct generator_seeding s;
    unsigned calls;
};

struct watch_range {
    uint64_t start, end;
    int is_code; /* 0: may be read only */
};

struct random_watch {
    unsigned references; /* processes that share the memory, and the list of those seen last */
    struct watch_spot *spots;
    size_t n_spots;
    struct watch_wait *waits;
    size_t n_waits;
    struct watch_seeding *seedings;
    size_t n_seedings;
    struct watch_range *ranges; /* private mappings of files that may not be written */
    size_t n_ranges;
    uint64_t fingerprint;    /* of those that may be executed: where a breakpoint may be */
    unsigned has_gap : 1;    /* that a breakpoint could not be set is recorded */
    unsigned is_foreign : 1; /* somebody else's breakpoint is recorded */
};

/* ---- watch.c ---- */
struct random_watch *watch_new(void); /* one reference; NULL: no memory */
struct random_watch *watch_reference(struct random_watch *w);
void watch_release(struct random_watch *w); /* NULL is allowed. Touches no process */
struct watch_spot *watch_find(const struct random_watch *w, uint64_t address);
/* 1: somebody's call returns there. */
int watch_is_awaited(const struct random_watch *w, uint64_t address);
/* Reads where code is mapped. 1: it differs from what was seen before, 0: as before, or a negative errno. */
int watch_see_code(struct random_watch *w, int proc, pid_t pid, pid_t tid);
int watch_is_code(const struct random_watch *w, uint64_t address);
/* 1: what is there came from a file, and the program cannot write it. */
int watch_is_constant(const struct random_watch *w, uint64_t address);
/* The spot of that address, new or old; not planted when it is new. It is valid until the next one is made.
 * -EEXIST: a breakpoint of somebody else is there, -EFAULT: no place for one, -E2BIG: too many, -ENOMEM. */
int watch_spot(struct random_watch *w, const struct subject *s, pid_t tid, uint64_t address, struct watch_spot **ret);
/* Puts the breakpoint in: 0 also where it is already; -EILSEQ: something else is there than when it was first seen. */
int watch_plant(struct watch_spot *spot, pid_t tid);
void watch_lift(struct watch_spot *spot, pid_t tid);
/* What a newborn has, whose memory is a copy of one that `of` watches: nothing was called yet, and of the calls
 * that are waited for only those are left that its one thread is in (parent_tid in the parent). is_broken:
 * everything is taken out. */
int watch_copy(const struct random_watch *of, pid_t tid, pid_t parent_tid, int is_broken, struct random_watch **ret);

/* ---- watch_find.c ---- */
/* Looks for the generators in the process, and watches them. Gaps say what could not be. */
int find_generators(struct observe *o, struct subject *s, pid_t tid);
/* One that is known already. */
int find_one(struct observe *o, struct subject *s, pid_t tid, const struct generator *g);
/* As find_generators() for a newborn whose mappings are not those that its parent had when it was last looked at;
 * what is found is its parent's too, where that has the same mappings. */
int find_again(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e);
/* Its generators are present, as those of its parent. */
int find_inherited(struct observe *o, const struct subject *child);

/* ---- watch_hit.c ---- */
/* As random_trap(). */
int hit_handle(struct observe *o, struct subject *s, const struct trace_event *e);
/* Sets the breakpoint of a function again, if more calls of it are to be seen in `s`. */
void hit_arm(struct subject *s, pid_t tid, struct watch_spot *spot);
/* The same for all of them. */
void hit_arm_all(struct subject *s, pid_t tid);

/* ---- value.c: how a function was called, and what it gave ---- */
#define VALUE_BYTES_MAX (RANDOM_VALUES * 64)
/* How the thread at a function's first instruction calls it. */
struct value_call {
    uint64_t args[6], sp, back;
};
int value_read_call(pid_t tid, struct value_call *ret);
/* 1: it is this one's shape: its numbers are those that are passed. */
int value_is_shape(const struct generator_shape *shape, const struct value_call *call);
/* The pointer that is passed as its context. 1: *ret is filled, and nothing else tells it; 2: it is told by a
 * symbol too; 0: it takes none. */
int value_context(const struct generator_shape *shape, const struct value_call *call, uint64_t *ret);
/* Where it is to write, and how much. */
void value_expect(const struct generator_shape *shape, const struct value_call *call, uint64_t *ret_out,
                  uint64_t *ret_size);
/* At its return. How many bytes it gave: *ret_drawn, of which *ret_size (at most `room`) are in `buffer`; both 0
 * where it refused. -EFAULT: they could not be read. */
int value_take(pid_t tid, const struct generator_shape *shape, uint64_t out, uint64_t size, void *buffer, size_t room,
               uint64_t *ret_drawn, size_t *ret_size);

/* ---- seed.c ---- */
#define SEED_MAX 64 /* bytes that are kept of one */
struct seed {
    uint8_t bytes[SEED_MAX]; /* of a number: little endian */
    size_t size;
    int is_number, is_text; /* is_text: it lies in memory that the program cannot write, or is part of its code */
};
/* Who seeds, as it sees itself, and when (CLOCK_REALTIME, ns). */
struct seed_seen {
    pid_t pid, ppid, tid;
    int64_t now;
};
/* 'time', 'pid', 'time and pid', 'constant' of generator_call.seed_is; NULL: not recognised. */
const char *seed_recognise(const struct seed *seed, const struct seed_seen *seen);
/* What a seeding function that is called so was given. 0, or a negative errno: it cannot be read. */
int seed_read(const struct random_watch *w, pid_t tid, const struct generator_seeder *seeder,
              const struct value_call *call, struct seed *ret);

#endif

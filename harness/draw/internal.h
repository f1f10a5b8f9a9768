/* internal.h - what the files of harness/draw share. */
#ifndef FORKAUDIT_DRAW_INTERNAL_H
#define FORKAUDIT_DRAW_INTERNAL_H

#include "harness/draw/draw.h"

#define DRAW_NEVER UINT32_MAX

/* What can part two streams of one state. */
enum draw_source {
    DRAW_ENTROPY, /* the kernel's: getrandom(2), /dev/urandom, /dev/random */
    DRAW_PID,
    DRAW_CLOCK,
    DRAW_TSC,
    DRAW_RDRAND, /* RDSEED too */
    N_DRAW_SOURCE
};

/* What a run is shown. Compared as bytes: made by mode_of() only. */
struct draw_mode {
    pid_t pid, ppid, tid;
    uint8_t is_neutral;             /* 1: constants instead of entropy, clock, TSC and RDRAND; 0: the real ones */
    uint8_t variant[N_DRAW_SOURCE]; /* neutral: which of two constants */
    uint8_t nth;                    /* equal runs that were made anew have another number */
    uint8_t is_short;               /* a few values: whether a source parts streams of one state is seen at once */
};

enum draw_end {
    DRAW_DONE,     /* all values that were asked for */
    DRAW_ERROR,    /* the generator said that it failed */
    DRAW_ABORTED,  /* it ended its process */
    DRAW_CRASHED,  /* a signal */
    DRAW_HUNG,     /* it runs on, or makes calls without end */
    DRAW_REFUSED,  /* it needs something that is not given to it, or that is not there yet: values behind
                   * would prove nothing */
    DRAW_NOTHING,  /* this process has no such generator: nothing that a script could draw from */
    DRAW_NO_WORKER /* none could be made */
};

/* What a generator gave in one run. */
struct draw_stream {
    uint8_t *values; /* owned; n of value_size bytes */
    unsigned n, value_size;
    int is_bytes;  /* a stream of bytes, which may be shifted by less than a value */
    unsigned bits; /* of a value that are random: those of its shape that are ever seen to change */
    int is_random; /* 0: constant, counting, or too few values to say so */
    enum draw_end end;
    char why[200];                 /* a sentence, unless it is DRAW_DONE */
    uint32_t first[N_DRAW_SOURCE]; /* values that were finished when it was first asked for; DRAW_NEVER. Faithful runs
                                    * tell it of entropy and pid alone */
    int is_lock_broken;            /* it waited for a lock whose holder does not exist in the copy */
    int is_file_missing;           /* it wanted to open a file, and was told that there is none */
    int is_denied; /* a system call failed: by our answer, which may not be what the original would get */
    int has_written_shared;
    size_t n_pages;            /* of memory that is shared, as the run left it; only where they were asked for */
    struct shared_page *pages; /* owned */
};
void stream_free(struct draw_stream *s); /* NULL is allowed */
int stream_is_bytes(const struct generator *g);
/* Fills bits and is_random. */
int stream_measure(struct draw_stream *s, const struct generator *g);

/* ---- overlap.c ---- */
struct draw_overlap {
    unsigned own, other; /* index of the first equal value */
    unsigned equal;      /* in a row */
    int is_partial;      /* both go on, and differ */
};
/* The first equal values that chance does not explain, beginning at most at max_own and max_other. 1: there are. */
int stream_overlap(const struct draw_stream *own, const struct draw_stream *other, unsigned max_own, unsigned max_other,
                   struct draw_overlap *ret);

/* ---- stub.c: code of ours in a worker, that calls a function again and again ---- */
enum stub_store { STUB_NOTHING, STUB_32, STUB_64, STUB_DOUBLE };
enum stub_check { STUB_ANY, STUB_EXPECT, STUB_POSITIVE };
/* As the code reads it. */
struct stub_block {
    uint64_t function, args[6];
    uint64_t count, done;
    uint64_t result;      /* of the last call */
    uint64_t to, to_step; /* where the next value is stored, and what is added to it */
    uint64_t slot;        /* address of the argument that to_step is added to */
    uint32_t store, check;
    int32_t expect, unused;
};
struct stub_room {
    uint64_t code, end, block, values, scratch, stack; /* end: of the code's int3; stack: its upper end */
};
#define STUB_VALUES  65536
#define STUB_SCRATCH 65536
#define STUB_STACK   (256 * 1024) /* at least */
/* -ENOSPC: the worker's room is too small. */
int stub_layout(const struct worker *w, struct stub_room *ret);
int stub_install(struct worker *w, const struct stub_room *room);
/* Fills everything but what is the same for all: how g is called for n values. */
void stub_for(const struct generator *g, const struct stub_room *room, uint64_t context, unsigned n,
              struct stub_block *ret);
/* Writes the block, and sets the registers to the code. stack: 0 for that of the room. */
int stub_start(struct worker *w, const struct stub_room *room, const struct stub_block *block, uint64_t stack);

/* ---- vdso.c, instruction.c: time and hardware entropy that is read without a system call ---- */
struct draw_patch {
    uint64_t address;
    uint8_t bytes[8];
    unsigned size;
    int is_clock; /* for neutral runs only: the real time needs nobody's answer */
};
struct draw_patches {
    struct draw_patch *patches; /* owned */
    size_t n;
};
void patches_free(struct draw_patches *p);
int patches_add(struct draw_patches *p, uint64_t address, const void *bytes, size_t size);
/* Functions of the vDSO made real system calls. */
int vdso_patches(const struct snapshot *s, struct draw_patches *ret);
/* RDRAND and RDSEED made illegal instructions, in the file of `address` and those that are known for it. */
int rdrand_patches(const struct snapshot *s, uint64_t address, struct draw_patches *ret);

/* ---- run.c: one worker, from its making to its end ---- */
#define DRAW_CALLS  20000 /* system calls, and instructions that are answered, in one run */
#define DRAW_MS     3000  /* without one of them */
#define DRAW_ALL_MS 30000 /* a run, on a machine that is busy */
#define DRAW_FDS    16

struct draw_run {
    struct worker *w;
    const struct snapshot *snapshot;
    const struct draw_mode *mode;
    struct draw_stream *s;
    struct stub_room room;
    const struct draw_patches *rdrand;
    const struct draw_stream *pages; /* whose shared memory it begins with; NULL: that of the snapshot */
    int wants_pages;                 /* shared memory is kept, where it has written to it */
    uint32_t most, finished;         /* values: wanted, and there when they were last counted */
    int is_script;                   /* how many values are finished is not known */
    unsigned stops;
    int64_t ends_at;          /* ns of the monotonic clock */
    uint64_t entropy, chip;   /* neutral: states of what is given */
    int64_t ticked;           /* ns, neutral: how far its clock has gone on */
    uint32_t asked_at, asks;  /* of clock and TSC without a value between them */
    uint32_t fresh_at, fresh; /* values that entropy was asked for: the last, and how many */
    unsigned n_locks;         /* that were broken */
    uint64_t mapped;          /* bytes */
    uint8_t fds[DRAW_FDS];    /* descriptors that it believes to have: enum draw_fd */
};
/* The source was asked for. */
void run_consulted(struct draw_run *run, enum draw_source source);
/* Real bytes, or those of the neutral run. */
int run_entropy(struct draw_run *run, uint8_t *buffer, size_t size);
/* Neutral: the TSC, and ns since 1970. Each ask counts. */
uint64_t run_tsc(struct draw_run *run);
int64_t run_clock(struct draw_run *run);
uint64_t run_chip(struct draw_run *run);
/* Ends the run: 1. */
__attribute__((format(printf, 3, 4))) int run_end(struct draw_run *run, enum draw_end end, const char *format, ...);
/* Runs until the code of ours has come to its end: 0, 1 when the run has ended otherwise. */
int run_on(struct draw_run *run);
/* Makes a stream of n values. Negative only without memory; -EFBIG: more shared memory than is kept. */
int run_stream(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned n,
               const struct draw_stream *pages, int wants_pages, struct draw_stream *ret);
/* instruction.c: a signal that an instruction of ours gave. 1: answered, 0: it is the program's own, or negative. */
int instruction_answer(struct draw_run *run, const struct worker_stop *stop);

/* ---- call.c ---- */
/* A script's values, in a run that was prepared. */
int call_script(struct draw_run *run, const struct generator *g, const struct user_regs_struct *registers, unsigned n);

/* ---- gate*.c: what is done with a system call ---- */
enum gate_act {
    GATE_ANSWER,
    GATE_ALLOW,
    GATE_REFUSE, /* the run has ended: see run_end() */
};
struct gate_call {
    struct draw_run *run;
    const struct worker_stop *stop;
    int64_t answer;
};
typedef enum gate_act gate_function(struct gate_call *c);
/* 0, 1: the run has ended, or negative: the worker is gone. */
int gate_pass(struct draw_run *run, const struct worker_stop *stop);
enum gate_act gate_answer(struct gate_call *c, int64_t answer);
/* Writes to the process, and answers 0; -EFAULT where it cannot. */
enum gate_act gate_give(struct gate_call *c, uint64_t address, const void *bytes, size_t size, int64_t answer);
__attribute__((format(printf, 2, 3))) enum gate_act gate_refuse(struct gate_call *c, const char *format, ...);
/* Descriptors that a worker believes to have; none of them exists. */
enum draw_fd { FD_CLOSED, FD_RANDOM, FD_URANDOM, FD_SOCKET, FD_INTERFACES };
enum draw_fd gate_fd_kind(struct gate_call *c, uint64_t fd);
enum gate_act gate_fd_new(struct gate_call *c, enum draw_fd kind);
/* A descriptor that it had before. What it leads to is not known here. */
enum gate_act gate_fd_refuse(struct gate_call *c, const char *verb);
/* What a hostile process may name, as it can be shown; changed in place, at least 81 bytes. */
const char *gate_path_shown(char *path);
gate_function gate_clock_gettime, gate_gettimeofday, gate_time, gate_times, gate_rusage, gate_clock_getres,
    gate_sysinfo, gate_getcpu, gate_sleep, gate_clock_sleep;
gate_function gate_open, gate_openat, gate_read, gate_pread, gate_readv, gate_write, gate_close, gate_fstat,
    gate_statat, gate_stat, gate_statx, gate_lseek, gate_fcntl, gate_ioctl, gate_poll, gate_select, gate_getrandom,
    gate_access, gate_faccessat, gate_readlink, gate_readlinkat;
gate_function gate_socket, gate_connect;
gate_function gate_brk, gate_mmap, gate_mremap, gate_madvise, gate_futex;

/* ---- state.c ---- */
/* The stream of that run, made if it is not known yet; owned by d. */
int state_stream(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned *runs,
                 const struct draw_stream **ret);
const struct snapshot *state_snapshot(const struct draw_state *d);
/* A worker; of a neutral run: its clocks patched. -EIO: `why` says why not. */
int state_worker(struct draw_state *d, int is_neutral, struct worker *ret, char *why, size_t why_size);
/* What is to be patched for neutral runs of a generator at this address; owned by d. */
int state_rdrand(struct draw_state *d, uint64_t address, const struct draw_patches **ret);
unsigned state_window(const struct generator *g, const struct draw_mode *mode); /* values that are drawn */

/* ---- shared.c: memory that processes share ---- */
/* Keeps the pages that differ from those of the snapshot. -EFBIG: too much to be looked through. */
int shared_take(const struct worker *w, const struct snapshot *s, struct draw_stream *ret);
int shared_put(struct worker *w, const struct draw_stream *from);
/* Whether the values come from there: with that memory as one run left it, the next gives others. 1, 0, or -EFBIG. */
int shared_drives(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned *runs);

/* ---- decide.c, neutral.c ---- */
struct decision {
    const struct generator *g;
    const struct draw_side *own, *other;
    const struct draw_stream *faithful_own, *faithful_other;
    struct draw_result *ret;
};
struct draw_mode mode_of(const struct draw_side *shown, int is_neutral);
/* 1, with the verdict. */
__attribute__((format(printf, 3, 4))) int decide(struct decision *d, enum draw_verdict verdict, const char *format,
                                                 ...);
/* 1: the values come from memory that processes share (decided), 0: not, negative: no memory. */
int decide_one_generator(struct decision *d);
/* No equal values with real entropy and time: what parts them? 1: decided, or negative. */
int decide_neutral(struct decision *d);

#endif

/* internal.h - what the files of harness/observe share. */
#ifndef FORKAUDIT_OBSERVE_INTERNAL_H
#define FORKAUDIT_OBSERVE_INTERNAL_H

#include "harness/facts/facts.h"
#include "harness/look/look.h"
#include "harness/observe/observe.h"

#include <time.h>

#define OBSERVE_NAME_MAX   128   /* marker and generator names, with their end */
#define OBSERVE_DRAW_MAX   4096  /* bytes read of one draw */
#define OBSERVE_STREAM_MAX 65536 /* bytes recorded of one generator in one process */
#define OBSERVE_ARGS_MAX   65536

/* A forkaudit marker in a program file. */
struct probe {
    uint64_t address; /* in the running process */
    char kind[16];    /* "moment", "self", "draw", "generator" */
    char args[96];    /* "8@%rdi -4@$5", as the ELF note has it */
};
struct probes {
    unsigned references;
    size_t n;
    struct probe probes[];
};

struct table_entry {
    int fd;
    int cloexec;
    struct description *description;
};

/* The descriptor table of a process, as it was seen last. */
struct table {
    struct table_entry *entries; /* ascending */
    size_t n;
};

struct stream {
    char generator[OBSERVE_NAME_MAX];
    int64_t size;
};

/* What the settling of a process is judged by: see settle.c. */
struct stillness {
    uint64_t fingerprint;
    unsigned samples; /* in a row with this fingerprint and everything waiting */
};

struct open_call {
    pid_t tid;
    int64_t id;
    int changes_credentials;
    struct open_call *next;
};

/* One living process. */
struct subject {
    pid_t pid;
    int64_t id, image, parent;
    pid_t parent_pid, ns_pid; /* ns_pid: as it sees itself */
    int64_t born_seq;         /* 0: launched */
    char *path;               /* of the image, for exec of a failed readlink too; owned */
    struct table table;
    struct probes *probes;
    struct stream *streams;
    size_t n_streams;
    struct open_call *calls;
    int is_fresh;                /* something happened since it was last seen settled: birth, exec, credential change */
    int fds_unseen;              /* its descriptors were not looked at since birth or exec */
    unsigned forks;              /* since its exec: of its role */
    struct stack_reader *stacks; /* of `forkaudit inject`, NULL until one is needed */
    int has_stack_gap;           /* that its stacks cannot be read is recorded */
    uint64_t proved[8];          /* what it was when copies of it were tried (copy.c) */
    unsigned n_proved;
    unsigned copies_busy;          /* how often in a row it was too busy for a copy */
    struct prove_history *history; /* the ids, groups and capabilities that it has had; owned */
    int is_foreign_abi;            /* not the tracer's own word size: system call numbers cannot be read from outside */
    struct stillness stillness;
    struct random_subject
        *random;          /* NULL: generators are not asked for, or nothing is known yet; owned (random_forget) */
    struct subject *next; /* in the list of living ones */
};

/* A known open file description. */
struct description {
    int64_t id;
    uint64_t dev, ino;
    uint32_t flags;
    int is_socket, is_listening, is_named;
    unsigned references; /* entries of tables that name it: with the last one it is forgotten */
    struct {
        int64_t process;
        pid_t pid;
        int fd;
    } holders[4]; /* where it was seen last */
    unsigned next_holder;
    struct description *next; /* same bucket */
};

#define DESCRIPTION_BUCKETS 4096

/* The threads of one process whose calls are made to fail, each once. */
struct fault_round {
    int64_t process; /* 0: not chosen yet */
    int64_t argument;
    int has_argument;
    pid_t *tids; /* 0: has failed; owned */
    size_t n;
};

enum observe_phase {
    PHASE_RUNNING,  /* until exit or time */
    PHASE_SETTLING, /* waiting for the first settling */
    PHASE_POKING,
    PHASE_RESETTLING,
    PHASE_ENDING, /* SIGTERM was sent */
    PHASE_KILLING,
};

struct observe {
    struct facts *f;
    struct trace *t;
    int proc; /* /proc */
    const struct observe_options *options;
    struct observe_result *result;
    struct subject *subjects;
    unsigned n_subjects;
    void *by_pid; /* tsearch tree of subjects */
    struct description *descriptions[DESCRIPTION_BUCKETS];
    int64_t began; /* CLOCK_MONOTONIC ns */
    pid_t first_pid;
    int first_exec_seen, first_gone;
    enum observe_phase phase;
    int64_t phase_deadline; /* ms of observe_now(), -1: none */
    pid_t poke_pid;
    int poke_status, poke_ended, poke_timed_out;
    int poke_has_left;            /* processes of its group live on: they end with the audit */
    int has_lent_terminal;        /* its foreground is the program's */
    int has_given_up;             /* what is left does not die of SIGKILL */
    unsigned still_samples;       /* of the whole tree */
    int kcmp_error, has_kcmp_gap; /* kcmp(2) is refused, and that is recorded */
    int sample_ms;                /* pause before the next sample */
    uint32_t *uids;               /* effective uids seen */
    size_t n_uids;
    int64_t commit_at;     /* ms of observe_now() */
    unsigned births;       /* with those that were lost */
    int64_t copies_until;  /* ms of observe_now(): no copy is begun later; 0: no such bound */
    unsigned copies_timed; /* how many processes kept their copies waiting until a time was over */
    struct random *random; /* NULL: generators are not asked for */
    struct fault_round round;
    int fail_with;    /* of the CALL at hand: errno to give instead of making it, 0: it is made */
    int is_unwatched; /* of the CALL at hand: its return is of no interest */
    char why[256];
    int is_complete;
};

/* clock_gettime(2) in nanoseconds. */
int64_t observe_clock(clockid_t clock);
/* Milliseconds and nanoseconds since the audit began. */
int64_t observe_now_ms(const struct observe *o);
int64_t observe_now_ns(const struct observe *o);
void observe_tell(struct observe *o, enum observe_news news);

/* subject.c */
struct subject *subject_find(const struct observe *o, pid_t pid);
struct subject *subject_add(struct observe *o, pid_t pid, int64_t id); /* NULL: no memory */
void subject_remove(struct observe *o, struct subject *s);
void subjects_free(struct observe *o);
/* The child starts with what the parent has: image, path, probes. 0 or -ENOMEM. */
int subject_inherit(struct subject *child, const struct subject *parent);
int subject_push_call(struct subject *s, pid_t tid, int64_t id, int changes_credentials);
/* Takes the open call of that thread out. 1: found, 0: there was none. */
int subject_pop_call(struct subject *s, pid_t tid, struct open_call *ret);
struct stream *subject_stream(struct subject *s, const char *generator); /* NULL: no memory or too many */

/* identity.c: which open file description each descriptor of `s` is. Writes new description rows; leaves s->table and
 * the parent's table up to date. born_from: the parent when the table is that of a newborn, else NULL. */
int identity_resolve(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct look_fds *fds,
                     struct subject *born_from, const char *moment);
void table_release(struct observe *o, struct table *table);

/* record.c: look at a process and write the rows. */
enum record_views {
    RECORD_CRED = 1,    /* of the stopped thread */
    RECORD_THREADS = 2, /* of every other thread too, where it differs */
    RECORD_FD = 4,
    RECORD_SIGNAL = 8,
    RECORD_MAPPING = 16,
    RECORD_LIMIT = 32,
    RECORD_ENVIRON = 64,
    RECORD_TERMINAL = 128,
    RECORD_PLACE = 256, /* cwd and root */
    RECORD_ALL = 511,
};
struct record_look {
    const char *moment;
    unsigned views;
    int64_t call, marker; /* or FACTS_NULL */
    const char *waiting;  /* or NULL */
    struct subject *born_from;
};
/* Writes the look and its rows; *ret_look may be NULL. What could not be seen becomes gaps. */
int record_look(struct observe *o, struct subject *s, pid_t tid, const struct record_look *look, int64_t *ret_look);
/* A gap, unless the process is gone while the audit is ending anyway. */
int record_gap(struct observe *o, const struct subject *s, int64_t look, const char *source, int error,
               const char *what);

/* record_fd.c, record_cred.c: one view each, as record.c calls them. They fill columns of `row`. */
int record_fds(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct record_look *how,
               struct facts_look *row);
int record_creds(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct record_look *how,
                 const struct look_status *status);

/* image.c: a successful exec: the image row, its probes set. */
int image_record(struct observe *o, struct subject *s, pid_t tid);

/* probe.c: markers in a program file. */
/* Reads the notes of the ELF file behind `fd`; addresses are moved by `bias`. *ret (refcounted, NULL when there is none) and *ret_build_id
 * (hex, empty when there is none; at least 129 bytes). -ENOEXEC when it is not ELF. ret_wide: 1 for a 64-bit program. */
int probes_read(int fd, uint64_t entry, struct probes **ret, char *ret_build_id, size_t build_id_size, int *ret_wide);
void probes_release(struct probes *p);
const struct probe *probes_find(const struct probes *p, uint64_t address);
/* Value of the nth argument (from 0) of a probe the task has just hit. 0, -EINVAL when its form is not known. */
int probe_argument(const struct probe *p, unsigned nth, pid_t tid, uint64_t *ret);

/* marker.c: a breakpoint was hit. 1: it was a marker, 0: it was not ours, negative: -errno. */
int marker_record(struct observe *o, struct subject *s, const struct trace_event *e);

/* call.c */
/* 1: a call that may change credentials. */
int call_changes_credentials(const struct trace_call *call);
/* 1: it has installed a seccomp filter. */
int call_installs_filter(const struct trace_call *call);
/* Decodes arguments for a reader; "" when there is nothing to say. */
void call_detail(pid_t tid, const struct trace_call *call, char *buffer, size_t size);
/* Arguments as the table wants them: ids sign-extended, unused ones NULL. */
void call_args(const struct trace_call *call, int64_t ret[6]);

/* event.c */
int event_handle(struct observe *o, const struct trace_event *event);
/* Keeps only the list of the living up to date, for when nothing can be recorded any more: our breakpoints are still in the
 * programs. Harmless after an event_handle() that failed half way. */
void event_track(struct observe *o, const struct trace_event *event);

/* settle.c */
/* 1: a signal or a deadline waits to be heard: what goes through all processes breaks off, and goes on afterwards. */
int settle_is_over(struct observe *o);
/* One sample of every process. Looks at those that have become still. 1: the whole tree is settled. */
int settle_sample(struct observe *o);
/* 1: some process waits for its settled look. */
int settle_is_wanted(const struct observe *o);
/* A settled look of every process now. */
int settle_look_all(struct observe *o);
/* Something moved: start counting anew. */
void settle_disturb(struct observe *o);

/* fault.c: `forkaudit inject`: sites, their stacks, and the calls that are made to fail. */
int fault_is_on(const struct observe *o);
/* A call is about to be made: completes its row (name, detail, stack, injected). 1: it is to be recorded, and fails
 * with *ret_error (0: it is made); 0: it is of no interest; or a negative errno. */
int fault_call(struct observe *o, struct subject *s, const struct trace_event *e, struct facts_call *row, char *detail,
               size_t size, int *ret_error);
void fault_release(struct observe *o);
/* Role of a process: its program's file name, and a '>' for each fork since that exec. */
void fault_role(const struct subject *s, char *buffer, size_t size);
/* The stack of a stopped thread as rows; *ret_stack FACTS_NULL (with a gap) where it cannot be read. `key`,
 * FAULT_KEY_SIZE bytes, gets what tells the place in every run: the innermost frames as 'libc.so.6+0xd1234
 * nginx+0x5678'. */
#define FAULT_KEY_SIZE OBSERVE_KEY_SIZE
int fault_stack(struct observe *o, struct subject *s, pid_t tid, char *key, int64_t *ret_stack);
/* Is this call one that is to fail now? The errno (positive), or 0. Counts it. */
int fault_wanted(struct observe *o, struct subject *s, const struct trace_event *e, const char *key,
                 const char *detail);

/* subject.c: what copies of it were tried as. */
/* What it has been belongs to its history. 0 or -ENOMEM. */
int subject_note_identity(struct subject *s, const struct look_status *status);
int subject_has_proved(const struct subject *s, uint64_t key);
void subject_set_proved(struct subject *s, uint64_t key);

/* copy.c: proof by disposable copy at a look (prove/prove.h). `e` is the event at which the process is stopped, NULL: it runs. */
int copy_prove(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct trace_event *e);

/* phase.c: 0, or a negative errno when the recording broke. */
void phase_enter(struct observe *o, enum observe_phase phase, int64_t timeout_ms);
/* How and why the audit ended; the first reason given counts. */
void phase_why(struct observe *o, int complete, const char *why);
/* The program is gone; those it left behind when it was asked to end are asked too. */
void phase_ask_rest(struct observe *o);
int phase_settled(struct observe *o);
int phase_poke_ended(struct observe *o, int status);
int phase_deadline_over(struct observe *o);
int phase_time_over(struct observe *o);
/* More processes than are allowed: everything is killed. */
void phase_too_many(struct observe *o);
/* We were asked to end: pass it on, and report what there is. */
void phase_signal(struct observe *o, int signal);

/* foreground.c */
/* The terminal is ours again: the program has ended, or is stopped. */
void foreground_take(struct observe *o);
void foreground_lend(struct observe *o);
/* Job control: when the program is stopped from the keyboard, so are we, as its shell expects; and we wake it again. */
void foreground_stopped(struct observe *o, const struct trace_event *e);

/* envelope.c */
int envelope_begin(struct observe *o);
int envelope_first(struct observe *o);
int envelope_end(struct observe *o);

/* poke.c */
int poke_start(struct observe *o);
void poke_kill(struct observe *o);

/* account.c */
int account_note(struct observe *o, uint32_t uid);
int account_record(struct observe *o);

#endif

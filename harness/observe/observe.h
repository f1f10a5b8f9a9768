/* observe.h - join tracing, looking and the recording: run a program, follow it, write down what was seen. No opinion.
 *
 * The whole of one audit in launch mode. The recording must be open and empty (facts_create()); observe_run() writes every
 * row of it but `finding`. It returns when no process of the audit is left.
 */
#ifndef FORKAUDIT_OBSERVE_H
#define FORKAUDIT_OBSERVE_H

#include "harness/trace/trace.h"

#include <stddef.h>
#include <stdint.h>

struct facts;

enum observe_until {
    OBSERVE_UNTIL_EXIT,    /* until the program and everything below it has ended */
    OBSERVE_UNTIL_SETTLED, /* until it has settled, then it is ended */
    OBSERVE_UNTIL_POKE,    /* until it has settled, the poke has run and it has settled again; then it is ended */
    OBSERVE_UNTIL_TIME,    /* for a time, then it is ended */
    N_OBSERVE_UNTIL
};

/* What goes on, for a progress line. */
enum observe_news {
    OBSERVE_NEWS_STARTED,
    OBSERVE_NEWS_SETTLED,
    OBSERVE_NEWS_POKE_STARTED,
    OBSERVE_NEWS_POKE_ENDED,
    OBSERVE_NEWS_ENDING,      /* the target is asked to end (SIGTERM) */
    OBSERVE_NEWS_KILLING,     /* it did not; SIGKILL */
    OBSERVE_NEWS_LEADER_GONE, /* the program itself has ended, processes of it remain */
    OBSERVE_NEWS_DRAWING,     /* all have ended; random numbers are drawn in copies. `processes`: left to do */
    OBSERVE_NEWS_RECORD_LOST, /* the recording cannot be written any more; the target goes on unharmed */
    N_OBSERVE_NEWS
};

/* Whose identity a call asks for, from its row: one place may make a process root's here and a user's there (cron's jobs do so), and
 * to fail the one is not to fail the other. WISH_ROOT: an id or a group of it is 0; WISH_ANY: the call asks for no id. */
enum observe_wish { WISH_ANY, WISH_ROOT, WISH_OTHER, N_WISH };
enum observe_wish observe_wish(const char *name, const int64_t args[3], const char *detail);

/* Which calls are made to fail in this run. Names are those of the table call ('fork' for all that make a process,
 * 'open' for the whole family), roles those of the table site. A call matches by all of role, name and key. With
 * is_threaded, and while its process has several threads: by role, name and first argument, in every thread, for
 * libc's set*id functions make the call in each thread and abort when they do not all end alike. */
struct observe_fault {
    const char *role, *name, *key; /* key: observe_site_key() of the site's stack; NULL: any place */
    enum observe_wish wish;        /* only calls that ask for this; WISH_ANY: all */
    int is_threaded;  /* the site was seen in a process with several threads (look.threads of its before-change) */
    int has_argument; /* with is_threaded; 0: the first call that matches sets it */
    int64_t argument; /* call.a0 */
    int error;        /* errno to give */
    int every;        /* 1: each call; 0: only the first one in the run (with is_threaded: the first of each thread that
                       * its process had then) */
};

/* What tells a place in every run of the same files: its innermost frames, to the fourth that is not libc's, as 'libc.so.6+0xd1234
 * nginx+0x5678' (file names without folders; '?' for a frame without file; frames that do not fit are left out).
 * `size` is at least OBSERVE_KEY_SIZE. 0, or -EINVAL: no frame, or too small. */
#define OBSERVE_KEY_SIZE 1024
struct facts_frame;
int observe_site_key(const struct facts_frame *frames, size_t n, char *buffer, size_t size);

struct observe_options {
    struct trace_launch launch;
    enum observe_until until;
    const char *poke;       /* shell command; NULL: none */
    int64_t poke_timeout;   /* ms; -1: none */
    int64_t settle_timeout; /* ms to wait for the program to settle; then a gap says so and the audit goes on */
    int64_t time;        /* OBSERVE_UNTIL_TIME: ms. With another `until`: the longest the audit may take, 0: no limit */
    int64_t end_timeout; /* ms from SIGTERM to SIGKILL */
    int no_copies;       /* 1: make no disposable copies */
    int generators;      /* 1: find, watch and draw from the generators of all processes */
    const char *const *own_generators; /* 'SYMBOL=SHAPE' of the user's own, NULL-ended; NULL: none */
    unsigned generator_children;       /* so many children of one process are drawn from; 0: all */
    uint64_t generator_memory;         /* bytes of private memory above which a process is not drawn from */
    int reuse_pid;                     /* 1: give the pids of dead processes to later ones */
    unsigned max_processes;            /* more processes than this in one run end the audit, incomplete; 0: no limit */
    int learn; /* 1: record the calls that could be made to fail too, and all calls with their stacks and source lines */
    const struct observe_fault *fault; /* make calls fail, record as with learn but without source lines; NULL: none */
    const char *id_maps;               /* for the audit row; NULL: none */
    const char *tool;                  /* version, for the audit row */
    void (*news)(void *context, enum observe_news news, unsigned processes);
    void *context;
};

struct observe_result {
    enum trace_stage stage; /* when the launch failed */
    char why[256];          /* then: a sentence, or "" */
    int complete;
    int interrupted;       /* the signal that ended the audit, or 0 */
    int target_status;     /* wait status of the program */
    int has_target_status; /* it ended by itself */
    unsigned processes;    /* that were seen */
    int record_error;      /* the recording broke: its negative errno, else 0 */
    unsigned faults;       /* calls that were made to fail */
    int too_many;          /* max_processes was exceeded */
};

/* 0: the audit was made (ret->complete says whether to its planned end). Negative errno: the program could not be launched
 * (ret->stage says where) and the recording holds the attempt. */
int observe_run(struct facts *f, const struct observe_options *options, struct observe_result *ret);

#endif

/* internal.h - what the files of harness/trace share and nobody else sees. */
#ifndef FORKAUDIT_TRACE_INTERNAL_H
#define FORKAUDIT_TRACE_INTERNAL_H

#include "harness/trace/trace.h"

#include <linux/filter.h>
#include <signal.h>

enum tracee_state {
    TRACEE_AWAITED, /* its maker's event came, its first stop has not */
    TRACEE_EARLY,   /* its first stop came, its maker's event has not; it is held stopped */
    TRACEE_RUNNING,
};

struct tracee {
    pid_t tid, pid;
    enum tracee_state state;
    unsigned in_call : 1;   /* resumed to the return of a call */
    unsigned dying : 1;     /* its exit event has come */
    unsigned in_clone3 : 1; /* its return tells whether the child is followed */
    unsigned has_birth : 1; /* the maker's event of that clone3 has come */
    unsigned has_saved_argument : 1;
    unsigned has_saved_flags : 1;
    uint64_t saved_argument; /* clone3 with a cleaned copy of its arguments: the original address, to put back */
    uint64_t clone_flags;    /* of that clone3, as they were before the call */
    int64_t early_since;     /* EARLY: clock_ms() of its first stop */
    int early_signal;        /* EARLY: of its first stop */
    struct trace_call call;
    /* of the newborn, while AWAITED: the maker's event, and the maker held stopped */
    struct trace_event birth;
};

struct trace {
    void *tracees; /* tsearch(3) tree by tid */
    size_t n;
    pid_t first;         /* the launched process */
    int first_exec_seen; /* until then its calls are the launcher's own */
    int signal_fd;
    sigset_t old_mask;
    int no_new_privs;
    struct sigaction old_child; /* of SIGCHLD */
    size_t n_early;
    int maker_may_be_dead; /* a task has died since the last look for newborns that nobody reported */
    int is_killing;        /* whoever is still born is killed too */
    int has_processors;    /* more than one: looking longer takes nothing from the target */
    int may_spin;          /* an event has come since the last wait */
    int sweep;             /* 1: waitpid may have more for us without a new SIGCHLD */
    unsigned n_calls;      /* of trace_next() */
    struct trace_name {
        uint32_t arch;
        long nr;
        char *name;
    } * names; /* of the calls that were seen: bounded by the tables of libseccomp */
    size_t n_names;
};

#define TRACE_TAG 0x464b /* SECCOMP_RET_DATA of our own stops: "FK" */

/* tracees.c */
struct tracee *tracee_find(const struct trace *t, pid_t tid);
struct tracee *tracee_add(struct trace *t, pid_t tid, pid_t pid, enum tracee_state state); /* NULL: no memory */
void tracee_remove(struct trace *t, struct tracee *tracee);
void tracees_each(const struct trace *t, void (*visit)(struct tracee *, void *), void *context);
void tracees_free(struct trace *t);

/* next.c */
int64_t clock_ms(void);

/* stops.c */
int tracee_continue(struct tracee *tracee, int signal);
/* It waits for its maker's event no more. */
void tracee_wake_early(struct trace *t, struct tracee *tracee);
/* A thread group's leader has the group's number: no file of /proc is needed to tell a thread from a process. */
int tracee_is_leader(pid_t tid);
void event_init(struct trace_event *event, enum trace_event_kind kind, const struct tracee *tracee);
int handle_exec(struct trace *t, struct tracee *tracee, struct trace_event *ret);
/* One report of waitpid(2). 1: *ret is filled, 0: it told nothing, or a negative errno. */
int handle_report(struct trace *t, pid_t tid, int status, struct trace_event *ret);

/* filter.c: the program that makes calls of interest stop; *ret_code is owned by the caller (free). */
int filter_build(struct sock_filter **ret_code, unsigned short *ret_n);

/* call.c */
/* Reads the call at a seccomp stop into tracee->call; *ret_tag is the SECCOMP_RET_DATA. */
int call_enter(struct trace *t, struct tracee *tracee, unsigned *ret_tag);
/* Reads its result at the exit stop. */
int call_return(struct tracee *tracee);
/* Makes the call that is about to run fail with ENOSYS, as it does without a tracer. */
int call_refuse(pid_t tid);
/* A clone or clone3 about to run is made to stay traced (CLONE_UNTRACED taken out). What was changed is put back at its
 * return by call_put_back(). 0 or a negative errno. */
int call_keep_traced(struct tracee *tracee);
int call_put_back(struct tracee *tracee);
/* Flags of the clone that the task is in. 0, or -ENOSYS. Those of a clone3 must be read before it runs (tracee->clone_flags):
 * afterwards the program may have written over them. */
int call_clone_flags(pid_t tid, uint64_t *ret_flags);
void call_names_free(struct trace *t);

/* launch_child.c: the child's side of trace_launch(); only async-signal-safe calls. */
struct launch_child {
    const struct trace_launch *launch;
    const struct sock_fprog *filter;
    int no_new_privs;
    int go;    /* read end: one byte when the tracer has seized us, end of file when it died */
    int error; /* write end: struct launch_error on failure; closed by exec */
    sigset_t mask;
    struct sigaction child_action; /* of SIGCHLD */
};
struct launch_error {
    int stage, error;
};
__attribute__((noreturn)) void launch_child_run(const struct launch_child *child);

#endif

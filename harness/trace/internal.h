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
    unsigned is_stopped : 1;     /* by job control */
    unsigned is_interrupted : 1; /* a stop that a hold asked for did not come in time: it still will */
    uint64_t saved_argument;     /* clone3 with a cleaned copy of its arguments: the original address, to put back */
    uint64_t clone_flags;        /* of that clone3, as they were before the call */
    int64_t early_since;         /* EARLY: clock_ms() of its first stop */
    int early_signal;            /* EARLY: of its first stop */
    struct trace_call call;
    /* of the newborn, while AWAITED: the maker's event, and the maker held stopped */
    struct trace_event birth;
};

/* Reports of others that holds leave for trace_next(). A hold makes one at most, and is refused when there is no room for it. */
#define HOLD_KEPT 64

struct trace {
    void *tracees; /* tsearch(3) tree by tid */
    size_t n;
    pid_t first;         /* the launched process */
    int first_exec_seen; /* until then its calls are the launcher's own */
    int signal_fd;
    sigset_t old_mask;
    int no_new_privs;
    unsigned stop_more;         /* of enum trace_more */
    struct sigaction old_child; /* of SIGCHLD */
    size_t n_early;
    int maker_may_be_dead; /* a task has died since the last look for newborns that nobody reported, or not long before */
    int64_t died_at;       /* clock_ms() of the last death */
    int is_killing;        /* whoever is still born is killed too */
    int has_processors;    /* more than one: looking longer takes nothing from the target */
    int may_spin;          /* an event has come since the last wait */
    int sweep;             /* 1: waitpid may have more for us without a new SIGCHLD */
    unsigned n_calls;      /* of trace_next() */
    int own_signal;        /* one that asks us to end, taken from signal_fd during a hold; 0: none */
    struct {
        pid_t tid;
        int status;
    } kept[HOLD_KEPT]; /* reports of tracees that came during holds, in their order */
    size_t n_kept;
    struct {
        uint64_t pc, sp;
        int64_t until; /* clock_ms(); 0: none */
    } lost_copy;       /* may have been made by one that was killed in the call */
    struct trace_name {
        uint32_t arch;
        long nr;
        char *name;
    } * names; /* of the calls that were seen: bounded by the tables of libseccomp */
    size_t n_names;
};

/* ptrace(2) options of every tracee. */
#define TRACE_OPTIONS                                                                                                  \
    (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |        \
     PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

/* Calls that make a process or thread are events. */
#define SHOWS_FORKS (TRACE_MORE_INJECT | TRACE_MORE_FORKS)

#define TRACE_TAG 0x464b /* SECCOMP_RET_DATA of our own stops: "FK" */

/* tracees.c */
struct tracee *tracee_find(const struct trace *t, pid_t tid);
struct tracee *tracee_add(struct trace *t, pid_t tid, pid_t pid, enum tracee_state state); /* NULL: no memory */
void tracee_remove(struct trace *t, struct tracee *tracee);
void tracees_each(const struct trace *t, void (*visit)(struct tracee *, void *), void *context);
void tracees_free(struct trace *t);

/* next.c */
int64_t clock_ms(void);

/* hold_wait.c */
/* Waits for a report of this one task, at most timeout_ms. 0, -ETIMEDOUT, or -ESRCH (it is no child any more). */
int hold_wait(struct trace *t, pid_t tid, int timeout_ms, int *ret_status);
/* The same for a copy, whose death is left to be taken by hold_reap(): the original would be told of it. */
struct trace_hold;
int hold_wait_copy(const struct trace_hold *copy, int timeout_ms, int *ret_status);
/* The same for one that is alive: -ESRCH also when nothing will come because it is dead. */
int hold_wait_original(struct trace *t, pid_t tid, int timeout_ms, int *ret_status);
/* 1: a held thread was killed meanwhile, and stands at its exit, of which trace_next() must tell: it is kept. */
int hold_has_died(struct trace *t, pid_t tid);
/* A report that is not the hold's: trace_next() begins with it. Until then the task is not ours to let run. */
void hold_keep(struct trace *t, pid_t tid, int status);
int hold_is_kept(const struct trace *t, pid_t tid);
/* Takes the oldest of them. 1: there was one. */
int hold_take(struct trace *t, pid_t *ret_tid, int *ret_status);
/* Lets a task that is to die run to its end, and takes its report. 0: gone. */
int hold_reap(struct trace *t, pid_t tid, int timeout_ms);
/* Resumes a held thread or copy by this ptrace(2) request, and waits for what comes of it. 0, -ETIMEDOUT (a copy), or -ESRCH: the
 * original was killed. */
int hold_run(const struct trace_hold *h, int request, int *ret_status);
/* 1: the signal waits to be delivered. is_shared: in the queue of the process, 0: of the thread. */
int hold_has_pending(pid_t tid, int is_shared, int signal);
int hold_pending(pid_t tid, int is_shared, int signal, siginfo_t *ret);

/* hold.c: a stop that came too late for the hold that asked for it: a call that it broke off begins again. */
void hold_wave_through(pid_t tid);

/* hold.c: address of an instruction that makes a system call: the one before or at pc, or one of the vDSO's. 0: none. */
uint64_t hold_gate(pid_t tid, uint64_t pc, int is_32, uint64_t vdso);

/* copy.c: the copy that the trace's lost_copy describes, should this unknown task be it, is ended. 1: it was. */
int copy_find_lost(struct trace *t, pid_t tid);
/* 1: it may still come: not now. */
int copy_may_be_lost(struct trace *t);
/* hold_call.c: where a copy begins: behind the gate, with that stack pointer, every signal blocked. */
int hold_begins_at(pid_t tid, uint64_t pc, uint64_t sp);
void hold_beginning(const struct trace_hold *h, uint64_t *ret_pc, uint64_t *ret_sp);

/* ptrace(2) options of a copy. */
#define HOLD_COPY_OPTIONS (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
/* hold_call.c: trace_inject(); *ret_born, if not NULL, gets the pid of the child that a clone made. */
int hold_call(struct trace_hold *h, const char *name, const uint64_t args[6], pid_t *ret_born, int64_t *ret);

/* stops.c */
int tracee_continue(struct tracee *tracee, int signal);
/* It waits for its maker's event no more. */
void tracee_wake_early(struct trace *t, struct tracee *tracee);
/* A thread group's leader has the group's number: no file of /proc is needed to tell a thread from a process. */
int tracee_is_leader(pid_t tid);
/* The clone or clone3 in tracee->call is about to run: whoever it makes stays traced. */
void clone_begin(struct tracee *tracee);
void event_init(struct trace_event *event, enum trace_event_kind kind, const struct tracee *tracee);
int handle_exec(struct trace *t, struct tracee *tracee, struct trace_event *ret);
/* One report of waitpid(2). 1: *ret is filled, 0: it told nothing, or a negative errno. */
int handle_report(struct trace *t, pid_t tid, int status, struct trace_event *ret);

/* filter.c: the program that makes calls of interest stop; *ret_code is owned by the caller (free). */
int filter_build(unsigned stop_more, struct sock_filter **ret_code, unsigned short *ret_n);

/* call.c */
/* Reads the call at a seccomp stop into tracee->call; *ret_tag is the SECCOMP_RET_DATA. */
int call_enter(struct trace *t, struct tracee *tracee, unsigned *ret_tag);
/* Reads its result at the exit stop. */
int call_return(struct tracee *tracee);
/* Makes the call that is about to run fail with `error`: the kernel skips it. */
int call_fail(pid_t tid, int error);
int call_refuse(pid_t tid); /* with ENOSYS, as it does without a tracer */
/* 1: fork, vfork, clone or clone3. */
int call_makes_task(const struct trace_call *call);
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

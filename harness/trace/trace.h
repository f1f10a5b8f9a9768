/* trace.h - follow a program and everything it forks: ptrace(2) events and a seccomp filter. Knows no facts.
 *
 * Life: trace_launch(); then, until TRACE_EVENT_NONE_LEFT, trace_next() and, for an event whose task is stopped,
 * trace_resume(). Between the two the task stands still and may be looked at. A stop that tells nothing (signal
 * delivery, group-stop, a new thread) is handled here and never shown. One trace per process: it owns the signal mask
 * of the calling thread and waits for every child of the process. Functions return 0 or a negative errno; -ESRCH from
 * any of them means that the task died in between, which is no error: its end comes as an event.
 *
 * The tracees are killed by the kernel when the tracer dies (PTRACE_O_EXITKILL).
 */
#ifndef FORKAUDIT_TRACE_H
#define FORKAUDIT_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trace;

/* What a launch may ask to be stopped at, beside the calls that always are (filter.c). */
enum trace_more {
    TRACE_MORE_INJECT = 1, /* the calls whose failure `forkaudit inject` tries */
    TRACE_MORE_FORKS = 2,  /* fork, vfork, clone, clone3. With these two they come as CALL events, and have no RETURN */
    TRACE_MORE_DATA = 4,   /* what reads and writes: read, recvfrom, write, sendmsg ... */
};

struct trace_launch {
    const char *path;  /* program file, already searched for: execve(2) takes it as it is */
    char *const *argv; /* its arguments, NULL-ended */
    char *const *envp; /* its environment, NULL-ended */
    int switch_user;   /* 1: take the ids below before exec */
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t n_groups;
    unsigned stop_more; /* of enum trace_more */
    int terminal;       /* descriptor of the controlling terminal whose foreground the program takes; -1: none */
};

/* Where a launch failed. */
enum trace_stage {
    TRACE_STAGE_SETUP, /* pipes, signals, memory */
    TRACE_STAGE_FORK,
    TRACE_STAGE_SEIZE,  /* ptrace refused */
    TRACE_STAGE_FILTER, /* seccomp refused */
    TRACE_STAGE_USER,   /* the ids could not be taken */
    TRACE_STAGE_EXEC,   /* the program could not be executed */
    N_TRACE_STAGE
};

/* Starts the program, seized and filtered, and returns when it is about to run or has failed. On success *ret is the caller's,
 * *ret_pid its process; the first event is its TRACE_EVENT_EXEC. On failure no process is left, *ret_stage says where
 * and the negative errno why. The program inherits nothing from the tracer: signal mask and dispositions are those the
 * caller had, every descriptor of ours is close-on-exec. It runs in a process group of its own, as from a shell. */
int trace_launch(const struct trace_launch *launch, struct trace **ret, pid_t *ret_pid, enum trace_stage *ret_stage);
/* Kills what is left, waits for it, restores the signal mask. NULL is allowed. */
void trace_free(struct trace *t);
/* 1: the filter could only be installed with no_new_privs. */
int trace_has_no_new_privs(const struct trace *t);

enum trace_event_kind {
    /* no task is stopped for these: do not resume */
    TRACE_EVENT_TIMEOUT,   /* nothing came within the time */
    TRACE_EVENT_SIGNAL,    /* the tracer itself was sent `signal` (SIGINT, SIGTERM, SIGHUP, SIGQUIT) */
    TRACE_EVENT_CHILD,     /* a child of the tracer that is not traced ended: pid, status */
    TRACE_EVENT_STOPPED,   /* the whole thread group `pid` was stopped by job control: signal */
    TRACE_EVENT_END,       /* process `pid` is gone: status */
    TRACE_EVENT_LOST,      /* a child `pid` of `parent` died before it could be looked at */
    TRACE_EVENT_ESCAPED,   /* `parent` has a child that is not traced: the maker's threads outwitted us */
    TRACE_EVENT_NONE_LEFT, /* no tracee remains */
    /* the task `tid` of process `pid` is stopped until trace_resume() */
    TRACE_EVENT_BORN,   /* a new process, no instruction of its own run; the thread `parent_tid` of process `parent`
                            * that made it is stopped too, and is resumed with it. parent 0: it was killed before it
                            * could be asked, and the newborn is nobody's */
    TRACE_EVENT_EXEC,   /* a successful exec; the new image has run no instruction; former_tid made the call */
    TRACE_EVENT_CALL,   /* about to make a call of interest: call (no result) */
    TRACE_EVENT_RETURN, /* it returned: call with result; only after trace_resume(TRACE_TO_RETURN) */
    TRACE_EVENT_TRAP,   /* a breakpoint instruction was run; pc is behind it */
    TRACE_EVENT_EXIT, /* the thread is about to die, its memory and descriptors still there; is_last: no other lives */
    N_TRACE_EVENT
};

struct trace_call {
    const char *name, *abi; /* owned by the trace, valid until trace_free() */
    long nr;
    uint64_t args[6];
    int64_t result; /* RETURN: -1 on error */
    int error;      /* RETURN: errno, else 0 */
};

struct trace_event {
    enum trace_event_kind kind;
    pid_t tid, pid;
    pid_t parent, parent_tid, former_tid;
    const char *born; /* BORN: "fork", "vfork", "clone" */
    int has_flags;    /* BORN: clone flags are known */
    uint64_t flags;
    struct trace_call call;
    uint64_t pc;
    int status, signal, is_last;
};

/* Waits at most timeout_ms milliseconds (-1: for ever) for the next event. 0 with *ret filled, or a negative errno. */
int trace_next(struct trace *t, int timeout_ms, struct trace_event *ret);

enum trace_resume {
    TRACE_ON = 0,
    TRACE_TO_RETURN = 1, /* CALL: stop again when the call returns */
    TRACE_DELIVER = 2,   /* TRAP: it was not ours, deliver the SIGTRAP */
};
int trace_resume(struct trace *t, const struct trace_event *event, enum trace_resume how);

/* Instead of trace_resume() at a CALL: the kernel never sees the call, the program gets -1 with this errno (positive). No
 * RETURN comes. -ENOSYS on a machine where that is not known. */
int trace_fail(struct trace *t, const struct trace_event *event, int error);

/* Live threads of the process, as far as events have told. */
unsigned trace_threads(const struct trace *t, pid_t pid);
/* 1: job control has stopped the thread. /proc shows that as the stop of a tracee, like one whose event is still to come. */
int trace_is_stopped(const struct trace *t, pid_t tid);
/* 1: a signal that asks us to end has come, of which trace_next() will tell: whatever takes long should stop. */
int trace_is_asked(struct trace *t);
/* Kills every tracee with SIGKILL. Their ends still come as events. */
void trace_kill(struct trace *t);

/* ---- a stopped task's memory and registers ---- */

/* Reads up to `size` bytes; returns how many (0 at an unmapped page) or a negative errno. */
ssize_t trace_read(pid_t tid, uint64_t address, void *buffer, size_t size);
/* Reads a C string of at most size-1 bytes, always ended; returns its length, or a negative errno. */
ssize_t trace_read_string(pid_t tid, uint64_t address, char *buffer, size_t size);
/* Replaces one byte of text or data; *ret_old, if not NULL, gets the old one. */
int trace_write_byte(pid_t tid, uint64_t address, uint8_t byte, uint8_t *ret_old);
/* The same, but only where the byte is `is`: -EILSEQ else, with nothing written. */
int trace_swap_byte(pid_t tid, uint64_t address, uint8_t is, uint8_t byte);
/* The general registers in the numbering of DWARF for this machine (x86-64: rax rdx rcx rbx rsi rdi rbp rsp r8..r15),
 * n of them. -ENOSYS on a machine or for a program (32-bit) whose registers are not known here. */
#define TRACE_REGISTERS 16
int trace_registers(pid_t tid, uint64_t ret[TRACE_REGISTERS], uint64_t *ret_pc);
/* Where it goes on: at a breakpoint's TRACE_EVENT_TRAP, from its own first byte. Only of a 64-bit program: -ENOSYS. */
int trace_set_pc(pid_t tid, uint64_t pc);
/* What a function that gives a double has returned (x86-64: the lower half of xmm0). -ENOSYS as above. */
int trace_returned_double(pid_t tid, uint64_t *ret_bits);

#endif

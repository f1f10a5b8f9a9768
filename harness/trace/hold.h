/* hold.h - stop a traced thread outside its own course, let it make system calls for us, and let it go as if nothing
 * had been; and the disposable copies that are made so.
 *
 * Only between two trace_next(), and one thread at a time. While a hold lasts nothing else is waited for: what other
 * tracees do is reported later. Everything here gives -ESRCH when the thread was killed meanwhile; its end then comes
 * as an event.
 *
 * What the original can notice of a hold (measured, see the tests): nothing of its registers, memory, signal mask,
 * pending signals, descriptors, children, or the result of the call it waits in. But for these:
 *  - A relative timeout of a call that the kernel restarts from the beginning (epoll_wait, semtimedop, SO_RCVTIMEO:
 *    signal(7), "Interruption of system calls") begins anew: it may last up to one timeout longer per hold. nanosleep,
 *    poll, select and futex keep their end.
 *  - A signal that comes meanwhile, and that is blocked only by the mask given to sigsuspend, ppoll, pselect or
 *    epoll_pwait, is heard at once.
 *  - A call that has a part of what it waits for already gives that part, as it does when a signal comes: recv with
 *    MSG_WAITALL, recvmmsg, io_getevents for several, io_uring_enter that submits and waits.
 *  - In a process with several threads what its children have used (getrusage(2)) grows by its copies, and a thread
 *    that waits with __WALL or __WCLONE for any child can meet one.
 *  - A child that job control stops in the moment in which a copy ends may not be told by SIGCHLD; wait(2) tells it.
 */
#ifndef FORKAUDIT_TRACE_HOLD_H
#define FORKAUDIT_TRACE_HOLD_H

#include "harness/trace/trace.h"

#define TRACE_SAVED_SIZE 256

struct trace_hold {
    struct trace *t;
    pid_t tid;
    int is_32;        /* an i386 program: other numbers, another gate */
    int is_copy;      /* 1: nobody's original, nothing is put back */
    int is_stand_in;  /* 1: a process of our own */
    int no_filters;   /* the program's own seccomp filters are suspended while it is held */
    int has_moved;    /* a call was made: registers are not its own */
    int was_stopped;  /* a SIGSTOP came meanwhile and was held back */
    int reap_by_wait; /* copy: a zombie that the original must be made to wait for */
    int has_no_stack; /* what its stack pointer points at cannot be written: nothing can be borrowed there */
    int was_asked;    /* has_no_stack is known */
    pid_t seen_pid;   /* copy: its pid as the original sees it */
    uint64_t gate;    /* address of a system call instruction in its memory */
    uint64_t mask;    /* its signal mask, to put back */
    _Alignas(16) unsigned char saved[TRACE_SAVED_SIZE]; /* its registers, to put back */
    int timeout_ms;                                     /* bound of each call */
};

/* Brings the thread to a stop in user mode at which nothing of its own is under way, all signals held back. event: the
 * one at which it is stopped (EXEC, TRAP or RETURN from trace_next(), not yet resumed), or NULL: it runs or sleeps.
 * vdso: where its vDSO is mapped (AT_SYSINFO_EHDR), 0: not known; a system call instruction is looked for there. 0 with
 * *ret filled; or
 *   -ETIMEDOUT  it does not stop within timeout_ms (waits for a vfork child, or uninterruptibly)
 *   -EAGAIN     something of its own came first, which is kept for trace_next(), or is under way (a newborn that has
 *               not come yet, a restartable sequence): try later
 *   -EBUSY      it is stopped by job control (SIGSTOP): it stays so
 *   -ENOEXEC    no system call instruction was found in its memory
 *   -ENOSYS     not possible on this machine
 * On an error the thread is as it was; but where something is kept for trace_next(), trace_resume() of the event does
 * nothing. */
int trace_hold(struct trace *t, pid_t tid, const struct trace_event *event, uint64_t vdso, int timeout_ms,
               struct trace_hold *ret);
/* Puts everything back. After a hold with an event the thread stays stopped, and trace_resume() lets it go as if there
 * had been no hold; otherwise it runs on. */
int trace_let_go(struct trace_hold *h, const struct trace_event *event);

/* Makes one system call in the held thread or copy. name as in the tables of x86-64 ("setresuid"; the 32-bit id forms
 * are taken by themselves for an i386 program). *ret is the raw result: -errno on failure. 0, or
 *   -ETIMEDOUT it does not come back (a copy is to be ended then)
 *   -ECHILD    a copy died of it; *ret is the signal (SIGSYS: a seccomp filter killed it)
 *   -ENOSYS    no such call here */
int trace_inject(struct trace_hold *h, const char *name, const uint64_t args[6], int64_t *ret);
/* Calls a function of the program in a copy, with the C calling convention of x86-64, up to 6 integer arguments. Only
 * in a copy: it may do anything. *ret is rax. 0, -ETIMEDOUT (bound: it waits for a lock whose owner is not there, or
 * loops), -ECHILD (it died; *ret is the signal), -ENOSYS (32-bit, or another machine). */
int trace_call_function(struct trace_hold *copy, uint64_t function, const uint64_t args[6], int timeout_ms,
                        uint64_t *ret);

/* Writes into a copy's memory. 0 or a negative errno. */
int trace_write(struct trace_hold *copy, uint64_t address, const void *bytes, size_t size);
/* A place in a copy below its stack where `size` bytes (at most 1 KiB) may be written. */
uint64_t trace_scratch(const struct trace_hold *copy, size_t size);

enum trace_copy_flags {
    /* One descriptor table and file system context with the original: for copies that only try credentials. Nothing is
     * closed at its end, so no flush and no lock is lost. */
    TRACE_COPY_SHARES_FILES = 1,
    TRACE_COPY_SANDBOXED = 2, /* the program has seccomp filters of its own */
};
/* Makes a fork-like copy of the held thread. It has all signals blocked, and is stopped. Its own seccomp filters are in
 * force in it, and only they. 0 with *ret; or -EACCES (a seccomp filter of the program refuses or would kill, and may
 * not be suspended), -EAGAIN (RLIMIT_NPROC, pids.max), or the errno of clone(2). */
int trace_copy(struct trace_hold *of, unsigned flags, struct trace_hold *ret);
/* A process of our own in place of a copy, where none can be made: become(context) is called in it, between fork and
 * its first stop (async-signal-safe calls only), and makes it what it is to be: 0, or an errno (positive), which is
 * given back negative. Ended by trace_stand_in_end(). */
int trace_stand_in(struct trace *t, int (*become)(const void *), const void *context, int timeout_ms,
                   struct trace_hold *ret);
int trace_stand_in_end(struct trace_hold *h);
/* Kills the copy and takes every trace of it away: no zombie, no SIGCHLD, no wait(2) ever tells of it. */
int trace_copy_end(struct trace_hold *of, struct trace_hold *copy);

#endif

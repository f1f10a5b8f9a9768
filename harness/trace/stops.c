/* stops.c - what one report of waitpid(2) means, and the stops that tell nothing handled on the spot. The rules are those of
 * ptrace(2), "Stopped states". */
#include "harness/trace/internal.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SI_KERNEL_TRAP 0x80 /* si_code of int3: SI_KERNEL (sigaction(2)) */

int tracee_continue(struct tracee *tracee, int signal)
{
    int request = tracee->in_call ? PTRACE_SYSCALL : PTRACE_CONT;

    return ptrace(request, tracee->tid, NULL, (void *)(long)signal) ? -errno : 0;
}

void event_init(struct trace_event *event, enum trace_event_kind kind, const struct tracee *tracee)
{
    memset(event, 0, sizeof *event);
    event->kind = kind;
    if (tracee) {
        event->tid = tracee->tid;
        event->pid = tracee->pid;
    }
}

int tracee_is_leader(pid_t tid)
{
    return !syscall(SYS_tgkill, tid, tid, 0) || errno == EPERM;
}

/* The maker's event came. 1: *ret is filled (the child was there before), 0: wait for the child's first stop. */
static int handle_birth(struct trace *t, struct tracee *maker, const char *born, struct trace_event *ret)
{
    struct trace_event birth;
    struct tracee *child;
    unsigned long tid;
    pid_t pid;

    if (ptrace(PTRACE_GETEVENTMSG, maker->tid, NULL, &tid)) {
        tracee_continue(maker, 0);
        return 0;
    }
    event_init(&birth, TRACE_EVENT_BORN, NULL);
    birth.born = born;
    birth.parent = maker->pid;
    birth.parent_tid = maker->tid;
    birth.has_flags = !call_clone_flags(maker->tid, &birth.flags);
    pid = tracee_is_leader(tid) && !(birth.has_flags && birth.flags & CLONE_THREAD) ? (pid_t)tid : maker->pid;
    birth.tid = tid;
    birth.pid = pid;
    child = tracee_find(t, tid);
    if (child && child->state == TRACEE_EARLY) {
        child->pid = pid;
        child->state = TRACEE_RUNNING;
        if (pid == (pid_t)tid) {
            *ret = birth;
            return 1;
        }
        tracee_continue(child, 0);
        tracee_continue(maker, 0);
        return 0;
    }
    if (child) { /* adopted already: this event was late */
        tracee_continue(maker, 0);
        return 0;
    }
    child = tracee_add(t, tid, pid, TRACEE_AWAITED);
    if (!child) {
        tracee_continue(maker, 0);
        return -ENOMEM;
    }
    child->birth = birth;
    if (pid != (pid_t)tid) /* a thread: nobody looks at it, its maker need not wait */
        tracee_continue(maker, 0);
    return 0;
}

/* PTRACE_EVENT_STOP: a first stop, or job control. */
static int handle_event_stop(struct trace *t, struct tracee *tracee, int signal, struct trace_event *ret)
{
    if (tracee->state == TRACEE_AWAITED) {
        tracee->state = TRACEE_RUNNING;
        if (tracee->pid == tracee->tid) {
            *ret = tracee->birth;
            return 1;
        }
        tracee_continue(tracee, 0);
        return 0;
    }
    if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
        /* Group-stop: it stays stopped, and its parent sees the same as without us. */
        ptrace(PTRACE_LISTEN, tracee->tid, NULL, NULL);
        if (tracee->tid != tracee->pid)
            return 0;
        event_init(ret, TRACE_EVENT_STOPPED, tracee);
        ret->signal = signal;
        return 1;
    }
    (void)t;
    tracee_continue(tracee, 0);
    return 0;
}

int handle_exec(struct trace *t, struct tracee *tracee, struct trace_event *ret)
{
    unsigned long former = tracee->tid;

    ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &former);
    /* The calling thread took the leader's number; nobody reports its own number's end (ptrace(2), "execve(2) under ptrace"). */
    if ((pid_t)former != tracee->tid) {
        struct tracee *gone = tracee_find(t, former);

        if (gone)
            tracee_remove(t, gone);
    }
    tracee->in_call = 0;
    tracee->has_saved_argument = 0;
    tracee->dying = 0;
    event_init(ret, TRACE_EVENT_EXEC, tracee);
    ret->former_tid = former;
    return 1;
}

static int handle_seccomp(struct trace *t, struct tracee *tracee, struct trace_event *ret)
{
    unsigned tag;
    int r = call_enter(t, tracee, &tag);

    if (r || tag != TRACE_TAG) {
        /* A filter of the program's own asks for a tracer that it does not have: the call fails with ENOSYS (seccomp(2)). */
        if (!r)
            call_refuse(tracee->tid);
        tracee_continue(tracee, 0);
        return 0;
    }
    if (!strncmp(tracee->call.name, "clone", 5)) {
        r = call_keep_traced(tracee);
        tracee->has_saved_argument = tracee->in_call = r == 1;
        tracee_continue(tracee, 0);
        return 0;
    }
    event_init(ret, TRACE_EVENT_CALL, tracee);
    ret->call = tracee->call;
    return 1;
}

static int handle_return(struct tracee *tracee, struct trace_event *ret)
{
    tracee->in_call = 0;
    if (tracee->has_saved_argument) {
        tracee->has_saved_argument = 0;
        call_put_back(tracee);
        tracee_continue(tracee, 0);
        return 0;
    }
    if (call_return(tracee)) {
        tracee_continue(tracee, 0);
        return 0;
    }
    event_init(ret, TRACE_EVENT_RETURN, tracee);
    ret->call = tracee->call;
    return 1;
}

static int handle_signal(struct tracee *tracee, int signal, struct trace_event *ret)
{
    siginfo_t info;
    uint64_t registers[TRACE_REGISTERS], pc;

    if (signal == SIGTRAP && !ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info) && info.si_code == SI_KERNEL_TRAP &&
        !trace_registers(tracee->tid, registers, &pc)) {
        event_init(ret, TRACE_EVENT_TRAP, tracee);
        ret->pc = pc;
        return 1;
    }
    tracee_continue(tracee, signal);
    return 0;
}

struct survivors {
    pid_t pid;
    unsigned n;
};

static void count_thread(struct tracee *tracee, void *context)
{
    struct survivors *survivors = context;

    survivors->n += tracee->pid == survivors->pid && !tracee->dying;
}

unsigned trace_threads(const struct trace *t, pid_t pid)
{
    struct survivors survivors = { pid, 0 };

    tracees_each(t, count_thread, &survivors);
    return survivors.n;
}

static int handle_stop(struct trace *t, struct tracee *tracee, int status, struct trace_event *ret)
{
    int signal = WSTOPSIG(status);

    switch (status >> 16) {
    case PTRACE_EVENT_FORK:
        return handle_birth(t, tracee, "fork", ret);
    case PTRACE_EVENT_VFORK:
        return handle_birth(t, tracee, "vfork", ret);
    case PTRACE_EVENT_CLONE:
        return handle_birth(t, tracee, "clone", ret);
    case PTRACE_EVENT_EXEC:
        return handle_exec(t, tracee, ret);
    case PTRACE_EVENT_SECCOMP:
        return handle_seccomp(t, tracee, ret);
    case PTRACE_EVENT_STOP:
        return handle_event_stop(t, tracee, signal, ret);
    case PTRACE_EVENT_EXIT:
        tracee->dying = 1;
        event_init(ret, TRACE_EVENT_EXIT, tracee);
        ret->is_last = !trace_threads(t, tracee->pid);
        return 1;
    case 0:
        if (signal == (SIGTRAP | 0x80))
            return handle_return(tracee, ret);
        return handle_signal(tracee, signal, ret);
    default:
        tracee_continue(tracee, 0);
        return 0;
    }
}

static int handle_end(struct trace *t, struct tracee *tracee, int status, struct trace_event *ret)
{
    struct tracee copy = *tracee;

    tracee_remove(t, tracee);
    if (copy.state == TRACEE_AWAITED && copy.pid == copy.tid) {
        struct tracee *maker = tracee_find(t, copy.birth.parent_tid);

        if (maker)
            tracee_continue(maker, 0);
        *ret = copy.birth;
        ret->kind = TRACE_EVENT_LOST;
        ret->status = status;
        return 1;
    }
    t->maker_may_be_dead = 1;
    if (copy.pid != copy.tid)
        return 0;
    event_init(ret, TRACE_EVENT_END, &copy);
    ret->status = status;
    return 1;
}

int handle_report(struct trace *t, pid_t tid, int status, struct trace_event *ret)
{
    struct tracee *tracee = tracee_find(t, tid);

    if (!WIFSTOPPED(status)) {
        if (tracee)
            return handle_end(t, tracee, status, ret);
        event_init(ret, TRACE_EVENT_CHILD, NULL);
        ret->pid = tid;
        ret->status = status;
        return 1;
    }
    if (!tracee) /* a newborn ahead of its maker's event: hold it until we know whose it is */
        return tracee_add(t, tid, tid, TRACEE_EARLY) ? 0 : -ENOMEM;
    return handle_stop(t, tracee, status, ret);
}

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

static int is_job_control(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* A newborn that is killed at once may have been reported to us, and forgotten, before its maker's event. */
static int is_still_ours(pid_t tid)
{
    siginfo_t info;

    return !waitid(P_PID, tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) || errno != ECHILD;
}

/* What the maker's event tells. 1: a child that can still be followed, 0: it is dead and gone. */
static int birth_read(struct tracee *maker, const char *born, pid_t tid, struct trace_event *ret)
{
    int is_ours = is_still_ours(tid), is_thread;

    event_init(ret, TRACE_EVENT_BORN, NULL);
    ret->born = born;
    ret->parent = maker->pid;
    ret->parent_tid = maker->tid;
    ret->flags = maker->clone_flags;
    ret->has_flags = maker->in_clone3 || !call_clone_flags(maker->tid, &ret->flags);
    ret->tid = tid;
    /* While it lives the kernel is asked; what the program says of its flags may be a lie. */
    is_thread = is_ours ? !tracee_is_leader(tid) : !strcmp(born, "clone") && ret->flags & CLONE_THREAD;
    ret->pid = is_thread ? maker->pid : tid;
    return is_ours;
}

void tracee_wake_early(struct trace *t, struct tracee *tracee)
{
    t->n_early -= tracee->state == TRACEE_EARLY;
    tracee->state = TRACEE_RUNNING;
}

/* In a group that job control has stopped a new thread's first stop is that stop. */
static void thread_begin(struct tracee *tracee, int signal)
{
    tracee->is_stopped = is_job_control(signal);
    if (tracee->is_stopped)
        ptrace(PTRACE_LISTEN, tracee->tid, NULL, NULL);
    else
        tracee_continue(tracee, 0);
}

/* The maker's event came. 1: *ret is filled (the child was there before), 0: wait for the child's first stop. */
static int handle_birth(struct trace *t, struct tracee *maker, const char *born, struct trace_event *ret)
{
    struct trace_event birth;
    struct tracee *child;
    unsigned long tid;
    int is_ours, r = 0;

    maker->has_birth = 1;
    if (ptrace(PTRACE_GETEVENTMSG, maker->tid, NULL, &tid))
        goto go_on;
    is_ours = birth_read(maker, born, tid, &birth);
    child = tracee_find(t, tid);
    if (child && child->state == TRACEE_EARLY) {
        child->pid = birth.pid;
        tracee_wake_early(t, child);
        if (birth.pid == birth.tid) {
            *ret = birth;
            return 1;
        }
        thread_begin(child, child->early_signal);
        goto go_on;
    }
    if (child) /* adopted already: this event was late */
        goto go_on;
    if (!is_ours) {
        if (birth.pid != birth.tid)
            goto go_on;
        *ret = birth;
        ret->kind = TRACE_EVENT_LOST;
        r = 1;
        goto go_on;
    }
    child = tracee_add(t, tid, birth.pid, TRACEE_AWAITED);
    r = -ENOMEM;
    if (!child)
        goto go_on;
    child->birth = birth;
    if (birth.pid == birth.tid) /* of a thread's beginning nobody looks at anything: its maker need not wait */
        return 0;
    r = 0;
go_on:
    tracee_continue(maker, 0);
    return r;
}

/* PTRACE_EVENT_STOP: a first stop, or job control. */
static int handle_event_stop(struct tracee *tracee, int signal, struct trace_event *ret)
{
    if (tracee->state == TRACEE_AWAITED) {
        tracee->state = TRACEE_RUNNING;
        if (tracee->pid == tracee->tid) {
            *ret = tracee->birth;
            return 1;
        }
        thread_begin(tracee, signal);
        return 0;
    }
    tracee->is_stopped = is_job_control(signal);
    if (tracee->is_stopped) {
        /* Group-stop: it stays stopped, and its parent sees the same as without us. */
        ptrace(PTRACE_LISTEN, tracee->tid, NULL, NULL);
        if (tracee->tid != tracee->pid)
            return 0;
        event_init(ret, TRACE_EVENT_STOPPED, tracee);
        ret->signal = signal;
        return 1;
    }
    if (tracee->is_interrupted)
        hold_wave_through(tracee->tid);
    tracee->is_interrupted = 0;
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
    tracee->in_call = tracee->in_clone3 = 0;
    tracee->has_saved_argument = tracee->has_saved_flags = 0;
    tracee->dying = 0;
    event_init(ret, TRACE_EVENT_EXEC, tracee);
    ret->former_tid = former;
    return 1;
}

void clone_begin(struct tracee *tracee)
{
    tracee->in_call = tracee->in_clone3 = !strcmp(tracee->call.name, "clone3");
    tracee->has_birth = 0;
    tracee->clone_flags = 0;
    call_keep_traced(tracee);
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
    if (!(t->stop_more & SHOWS_FORKS) && !strncmp(tracee->call.name, "clone", 5)) {
        clone_begin(tracee);
        tracee_continue(tracee, 0);
        return 0;
    }
    event_init(ret, TRACE_EVENT_CALL, tracee);
    ret->call = tracee->call;
    return 1;
}

/* clone3 is back. 1: it made a child of which we were not told. */
static int handle_clone3_return(struct tracee *tracee, struct trace_event *ret)
{
    int escaped;

    tracee->in_clone3 = 0;
    call_put_back(tracee);
    escaped = !call_return(tracee) && tracee->call.result > 0 && !tracee->has_birth;
    tracee_continue(tracee, 0);
    if (!escaped)
        return 0;
    event_init(ret, TRACE_EVENT_ESCAPED, NULL);
    ret->parent = tracee->pid;
    ret->parent_tid = tracee->tid;
    ret->pid = (pid_t)tracee->call.result;
    return 1;
}

static int handle_return(struct tracee *tracee, struct trace_event *ret)
{
    tracee->in_call = 0;
    if (tracee->in_clone3)
        return handle_clone3_return(tracee, ret);
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

int trace_is_stopped(const struct trace *t, pid_t tid)
{
    const struct tracee *tracee = tracee_find(t, tid);

    return tracee && tracee->is_stopped;
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
        return handle_event_stop(tracee, signal, ret);
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

    t->n_early -= tracee->state == TRACEE_EARLY;
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
    t->died_at = clock_ms();
    if (copy.pid != copy.tid)
        return 0;
    event_init(ret, TRACE_EVENT_END, &copy);
    ret->status = status;
    return 1;
}

int handle_report(struct trace *t, pid_t tid, int status, struct trace_event *ret)
{
    struct tracee *tracee = tracee_find(t, tid);

    if (tracee && tracee->state == TRACEE_EARLY && WIFSTOPPED(status)) /* held, and killed meanwhile: its exit stop */
        return 0;
    if (!WIFSTOPPED(status)) {
        if (tracee)
            return handle_end(t, tracee, status, ret);
        event_init(ret, TRACE_EVENT_CHILD, NULL);
        ret->pid = tid;
        ret->status = status;
        return 1;
    }
    if (!tracee) { /* a newborn ahead of its maker's event: hold it until we know whose it is */
        if (copy_find_lost(t, tid))
            return 0;
        tracee = tracee_add(t, tid, tid, TRACEE_EARLY);
        if (!tracee)
            return -ENOMEM;
        t->n_early++;
        tracee->early_since = clock_ms();
        tracee->early_signal = WSTOPSIG(status);
        return 0;
    }
    return handle_stop(t, tracee, status, ret);
}

/* launch.c - start a program seized and filtered, or say where it failed. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* seccomp(2): a filter without no_new_privs needs CAP_SYS_ADMIN in the user namespace. */
static int launch_may_filter(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data))
        return 0;
    return !!(data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN));
}

/* The signals that ask us to end, but for those the caller had ignored (nohup), and SIGCHLD. All go to one signalfd. */
static int launch_take_signals(struct trace *t)
{
    static const int asks[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct sigaction action, plain = { .sa_handler = SIG_DFL };
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        if (!sigaction(asks[i], NULL, &action) && action.sa_handler != SIG_IGN)
            sigaddset(&mask, asks[i]);
    t->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (t->signal_fd < 0)
        return -errno;
    if (sigprocmask(SIG_BLOCK, &mask, &t->old_mask)) {
        int r = -errno;

        close(t->signal_fd);
        return r;
    }
    /* A starter that ignores SIGCHLD would leave us deaf: stops of tracees would not be signalled (sigaction(2)). */
    sigaction(SIGCHLD, &plain, &t->old_child);
    return 0;
}

static void launch_give_back_signals(struct trace *t)
{
    sigaction(SIGCHLD, &t->old_child, NULL);
    sigprocmask(SIG_SETMASK, &t->old_mask, NULL);
    close(t->signal_fd);
}

/* As a job-control shell does (credentials of a terminal: tcsetpgrp(3)); without a terminal it only parts the groups. */
static void launch_give_terminal(pid_t pid, int terminal)
{
    sigset_t block, old;

    setpgid(pid, pid);
    if (terminal < 0)
        return;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    sigprocmask(SIG_BLOCK, &block, &old);
    tcsetpgrp(terminal, pid);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Steps the child until its exec has succeeded (0) or it has died (-ECHILD). */
static int launch_pump(pid_t pid)
{
    int status;

    for (;;) {
        if (waitpid(pid, &status, __WALL) < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (!WIFSTOPPED(status))
            return -ECHILD;
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
            return 0;
        /* The launcher's own calls, its end, and signals sent meanwhile. */
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)(status >> 16 ? 0 : WSTOPSIG(status)));
    }
}

static int launch_read_error(int fd, enum trace_stage *ret_stage)
{
    struct launch_error report;

    if (read(fd, &report, sizeof report) != sizeof report || report.stage < 0 || report.stage >= N_TRACE_STAGE) {
        *ret_stage = TRACE_STAGE_SETUP;
        return -ECHILD;
    }
    *ret_stage = report.stage;
    return -report.error;
}

/* The parent's side: `pid` waits for our byte. */
static int launch_start(struct trace *t, pid_t pid, int go, int error, const struct trace_launch *launch,
                        enum trace_stage *ret_stage)
{
    struct tracee *tracee;
    int r;

    *ret_stage = TRACE_STAGE_SEIZE;
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)TRACE_OPTIONS))
        return -errno;
    *ret_stage = TRACE_STAGE_SETUP;
    launch_give_terminal(pid, launch->terminal);
    tracee = tracee_add(t, pid, pid, TRACEE_RUNNING);
    if (!tracee)
        return -ENOMEM;
    if (write(go, "", 1) != 1)
        return -EIO;
    r = launch_pump(pid);
    if (r == -ECHILD) {
        tracee_remove(t, tracee);
        r = launch_read_error(error, ret_stage);
    }
    return r;
}

static int launch_fork(struct trace *t, const struct trace_launch *launch, const struct sock_fprog *filter,
                       pid_t *ret_pid, enum trace_stage *ret_stage)
{
    int go[2], error[2], r = -EIO;
    pid_t pid;

    *ret_stage = TRACE_STAGE_SETUP;
    if (pipe2(go, O_CLOEXEC))
        return -errno;
    if (pipe2(error, O_CLOEXEC)) {
        r = -errno;
        goto out_go;
    }
    struct launch_child child = { launch, filter, t->no_new_privs, go[0], error[1], t->old_mask, t->old_child };

    *ret_stage = TRACE_STAGE_FORK;
    pid = fork();
    if (!pid) {
        close(go[1]); /* our death must be seen as end of file */
        launch_child_run(&child);
    }
    if (pid < 0) {
        r = -errno;
        goto out_error;
    }
    close(error[1]);
    error[1] = -1;
    r = launch_start(t, pid, go[1], error[0], launch, ret_stage);
    if (r) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
            ;
    } else {
        *ret_pid = pid;
    }
out_error:
    close(error[0]);
    if (error[1] >= 0)
        close(error[1]);
out_go:
    close(go[0]);
    close(go[1]);
    return r;
}

int trace_launch(const struct trace_launch *launch, struct trace **ret, pid_t *ret_pid, enum trace_stage *ret_stage)
{
    struct trace *t = calloc(1, sizeof *t);
    struct sock_fprog filter = { 0, NULL };
    cpu_set_t processors;
    int r = -ENOMEM;

    *ret_stage = TRACE_STAGE_SETUP;
    if (!t)
        return r;
    t->stop_more = launch->stop_more;
    r = filter_build(launch->stop_more, &filter.filter, &filter.len);
    if (r)
        goto out_free;
    t->has_processors = sched_getaffinity(0, sizeof processors, &processors) || CPU_COUNT(&processors) > 1;
    t->no_new_privs = !launch_may_filter();
    r = launch_take_signals(t);
    if (r)
        goto out_free;
    r = launch_fork(t, launch, &filter, &t->first, ret_stage);
    if (r)
        goto out_signals;
    *ret = t;
    *ret_pid = t->first;
    free(filter.filter);
    return 0;
out_signals:
    launch_give_back_signals(t);
out_free:
    tracees_free(t);
    free(filter.filter);
    free(t);
    return r;
}

static void tracee_kill(struct tracee *tracee, void *context)
{
    (void)context;
    kill(tracee->tid, SIGKILL);
}

void trace_kill(struct trace *t)
{
    t->is_killing = 1;
    tracees_each(t, tracee_kill, NULL);
}

void trace_free(struct trace *t)
{
    struct trace_event event;

    if (!t)
        return;
    trace_kill(t);
    while (t->n && !trace_next(t, 10000, &event) && event.kind != TRACE_EVENT_NONE_LEFT &&
           event.kind != TRACE_EVENT_TIMEOUT)
        if (event.kind >= TRACE_EVENT_BORN)
            trace_resume(t, &event, TRACE_ON);
    launch_give_back_signals(t);
    tracees_free(t);
    call_names_free(t);
    free(t);
}

int trace_has_no_new_privs(const struct trace *t)
{
    return t->no_new_privs;
}

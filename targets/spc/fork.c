/* fork.c - spc_fork() and the parent's half of it: prepare, fork, listen, and take away a child that failed. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

static int fail(int error)
{
    errno = error;
    return -1;
}

static int options_check(const struct spc_fork_options *options)
{
    bool has_ids = options->target_uid != SPC_KEEP_IDS;
    size_t i;

    if (options->n_keep > 0 && !options->keep)
        return fail(EINVAL);
    if (options->n_groups > NGROUPS_MAX || (options->n_groups > 0 && !options->groups))
        return fail(EINVAL);
    /* A group without a user, or a user without a group, is a drop that its author did not think through. */
    if (has_ids != (options->target_gid != (gid_t)-1) || (!has_ids && options->n_groups > 0))
        return fail(EINVAL);
    for (i = 0; i < options->n_keep; i++)
        if (options->keep[i] <= STDERR_FILENO || fcntl(options->keep[i], F_GETFD) < 0)
            return fail(EBADF);
    return 0;
}

/* Reseeds the parent and hears the child. Returns 0, or the errno with which the fork failed and the child is gone. */
static int parent_finish(pid_t pid, int report)
{
    int pidfd = spc_child_pidfd(pid), child_error = 0, heard, error = 0;

    /* While the child is at work anyway. */
    if (spc_prng_reseed_all())
        error = errno;
    heard = spc_child_hear(report, pidfd, pid, &child_error);
    if (heard < 0)
        error = errno;
    else if (heard == 0)
        error = SPC_REPORT_LOST;
    else if (child_error)
        error = child_error;
    if (error) {
        /* A child that reported a failure ends by itself. */
        if (heard != 1 || !child_error)
            spc_child_kill(pidfd, pid);
        (void)spc_child_reap(pid, NULL); /* ECHILD: a SIGCHLD handler was there first, or SIGCHLD is ignored */
    }
    if (pidfd >= 0)
        close(pidfd);
    return error;
}

/* Every signal stays blocked from before the fork until the child is complete: the parent's handlers must not run in a
 * child that is still half the parent. */
static pid_t fork_with(const struct spc_fork_options *options)
{
    struct spc_child_plan plan = { .options = options };
    sigset_t all;
    int error = 0;
    pid_t pid;

    if (spc_pipe_create(plan.report))
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &plan.mask);
    pid = fork();
    if (pid == 0)
        return spc_fork_child(&plan);
    if (pid < 0)
        error = errno;
    pthread_sigmask(SIG_SETMASK, &plan.mask, NULL);
    close(plan.report[1]);
    if (!error)
        error = parent_finish(pid, plan.report[0]);
    close(plan.report[0]);
    return error ? fail(error) : pid;
}

pid_t spc_fork_with(const struct spc_fork_options *options)
{
    static const struct spc_fork_options plain = SPC_FORK_OPTIONS_INIT;
    int cancel;
    pid_t pid;

    if (!options)
        options = &plain;
    if (options_check(options) || spc_lock_prepare())
        return -1;
    spc_rand_prepare();
    /* A thread cancelled in poll(2) would leave the pipe, and a child nobody waits for. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    pid = fork_with(options);
    pthread_setcancelstate(cancel, NULL);
    return pid;
}

pid_t spc_fork(void)
{
    return spc_fork_with(NULL);
}

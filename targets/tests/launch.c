/* launch.c - run many programs at once, each with its output in a file and a bound on its time. */
#include "targets/tests/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE_MAX 64

extern char **environ;

static long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static int launch_spawn(struct launch *l, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    int error;

    error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(actions, 1, l->output, flags, 0600);
    if (!error)
        error = posix_spawn_file_actions_addopen(actions, 2, l->errors, flags, 0600);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    /* A group of its own, so that whatever it leaves can be ended with it. */
    if (!error)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP);
    return error ? error : posix_spawn(&l->pid, l->arguments[0], actions, attributes, l->arguments, environ);
}

static void launch_start(struct launch *l)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    l->pid = 0;
    l->pidfd = -1;
    l->deadline = now() + (long)l->seconds;
    if ((l->error = posix_spawn_file_actions_init(&actions)))
        return;
    if (!(l->error = posix_spawnattr_init(&attributes))) {
        l->error = launch_spawn(l, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (l->error) {
        l->pid = 0;
        return;
    }
    l->pidfd = (int)syscall(SYS_pidfd_open, l->pid, 0U);
    if (l->pidfd < 0) { /* cannot be waited for with a bound: not at all, then */
        l->error = errno;
        kill(-l->pid, SIGKILL);
    }
}

/* Ends and reaps it. What it left in its group goes first: until it is reaped, the group's number is no one else's. */
static void launch_end(struct launch *l)
{
    kill(-l->pid, SIGKILL);
    while (waitpid(l->pid, &l->status, 0) < 0 && errno == EINTR)
        ;
    if (l->pidfd >= 0)
        close(l->pidfd);
    l->pidfd = -1;
}

/* Waits until one of `running` has ended or has run out of time, ends it, and takes it out of the list. */
static size_t launch_wait(struct launch **running, size_t n)
{
    struct pollfd polled[AT_ONCE_MAX];
    long next = running[0]->deadline;
    struct timespec rest;
    size_t i, left = 0;

    for (i = 0; i < n; i++) {
        polled[i] = (struct pollfd){ .fd = running[i]->pidfd, .events = POLLIN };
        if (running[i]->deadline < next)
            next = running[i]->deadline;
    }
    next -= now();
    rest = (struct timespec){ .tv_sec = next > 0 ? next : 0 };
    if (ppoll(polled, n, &rest, NULL) < 0)
        return n;
    for (i = 0; i < n; i++) {
        if (!polled[i].revents && now() < running[i]->deadline) {
            running[left++] = running[i];
            continue;
        }
        if (!polled[i].revents)
            running[i]->error = ETIMEDOUT;
        launch_end(running[i]);
    }
    return left;
}

void launch_all(struct launch *launches, size_t n, size_t at_once)
{
    struct launch *running[AT_ONCE_MAX];
    size_t n_running = 0, i;

    if (at_once < 1)
        at_once = 1;
    if (at_once > AT_ONCE_MAX)
        at_once = AT_ONCE_MAX;
    for (i = 0; i < n; i++) {
        if (!launches[i].arguments)
            continue;
        launch_start(&launches[i]);
        if (launches[i].pid && launches[i].pidfd < 0)
            launch_end(&launches[i]);
        else if (launches[i].pid)
            running[n_running++] = &launches[i];
        while (n_running == at_once)
            n_running = launch_wait(running, n_running);
    }
    while (n_running)
        n_running = launch_wait(running, n_running);
}

/* ways.c - the ways in which a program of this folder makes a process. */
#include "targets/generators/ways.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[N_WAY] = {
    [WAY_FORK] = "fork",         [WAY__FORK] = "_Fork",     [WAY_CLONE] = "clone",   [WAY_VFORK] = "vfork",
    [WAY_SPAWN] = "posix_spawn", [WAY_THREADS] = "threads", [WAY_NEWPID] = "newpid", [WAY_PIDREUSE] = "pidreuse",
};

int way_find(const char *name)
{
    for (int i = 0; i < N_WAY; i++)
        if (!strcmp(name, names[i]))
            return i;
    return -1;
}

pid_t way_make(enum way way, void (*run)(const char *role), const char *role, char *const *again)
{
    extern char **environ;
    pid_t pid = -1;

    switch (way) {
    case WAY__FORK:
        pid = _Fork();
        break;
    case WAY_CLONE:
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        break;
    case WAY_NEWPID:
        pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, 0, 0, 0, 0);
        break;
    case WAY_VFORK: /* `run` ends the child: the parent's frame is not left in it */
        pid = vfork();
        break;
    case WAY_SPAWN:
        return posix_spawn(&pid, "/proc/self/exe", NULL, NULL, again, environ) ? -1 : pid;
    default:
        pid = fork();
    }
    if (pid == 0) {
        run(role);
        _exit(1);
    }
    return pid;
}

pid_t way_make_with_pid(pid_t pid)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = 1 };

    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int way_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) ? 0 : -1;
}

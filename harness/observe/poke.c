/* poke.c - the command that makes a settled daemon work. It is ours, not the target's: not traced, not recorded. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Between fork and exec: async-signal-safe calls only. */
__attribute__((noreturn)) static void poke_child(const char *const argv[], char *const envp[])
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    dup2(STDERR_FILENO, STDOUT_FILENO); /* standard output is the report's */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(argv[0], (char *const *)argv, envp);
    _exit(127);
}

int poke_start(struct observe *o)
{
    const char *const argv[] = { "/bin/sh", "-c", o->options->poke, NULL };
    char pid[32];
    size_t n = 0;
    char **envp;

    while (environ[n])
        n++;
    envp = calloc(n + 2, sizeof *envp);
    if (!envp)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        envp[i] = environ[i];
    snprintf(pid, sizeof pid, "FORKAUDIT_PID=%d", (int)o->first_pid);
    envp[n] = pid;
    o->poke_pid = fork();
    if (!o->poke_pid)
        poke_child(argv, envp);
    free(envp);
    if (o->poke_pid < 0)
        return -errno;
    setpgid(o->poke_pid, o->poke_pid);
    return 0;
}

void poke_kill(struct observe *o)
{
    if (o->poke_pid > 0 && (!o->poke_ended || o->poke_has_left))
        kill(-o->poke_pid, SIGKILL);
}

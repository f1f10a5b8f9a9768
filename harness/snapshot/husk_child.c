/* husk_child.c - what the child does between vfork and exec, in our own memory: async-signal-safe calls only
 * (signal-safety(7)). */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#define malloc poisoned
#define printf poisoned
#define exit   poisoned
#define setenv poisoned

void husk_child_run(struct husk_child *h)
{
    static char name[] = "forkaudit-husk";
    char *const argv[] = { name, NULL }, *const envp[] = { NULL };
    static const unsigned char by_default[32]; /* struct sigaction of the kernel */
    sigset_t none;
    pid_t parent;

    /* By the raw call: sigaction(3) refuses two that posix_spawn(3) may have left ignored. */
    for (int signal = 1; signal < NSIG; signal++)
        syscall(SYS_rt_sigaction, signal, by_default, NULL, 8);
    sigemptyset(&none);
    /* Away from the terminal, whose signals are not meant for it. */
    if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        goto out;
    parent = getppid();
    if (parent && parent != h->parent) /* 0: it is outside of our pid namespace */
        goto out;
    for (size_t i = 0; i < h->fds->n; i++)
        if (fcntl(h->fds->fds[i], F_SETFD, 0))
            goto out;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || sigprocmask(SIG_SETMASK, &none, NULL))
        goto out;
    syscall(SYS_execveat, h->husk, "", argv, envp, AT_EMPTY_PATH);
out:
    h->error = errno ? errno : ESRCH;
    _exit(126);
}

/* foreground.c - whose the terminal is: lent to the program while it runs, as a job-control shell does (tcsetpgrp(3)). */
#include "harness/observe/internal.h"

#include <signal.h>
#include <unistd.h>

static void foreground_set(struct observe *o, pid_t group)
{
    sigset_t block, old;

    sigemptyset(&block);
    sigaddset(&block, SIGTTOU); /* it would stop us: we ask from the background */
    sigprocmask(SIG_BLOCK, &block, &old);
    tcsetpgrp(o->options->launch.terminal, group);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

void foreground_take(struct observe *o)
{
    if (!o->has_lent_terminal)
        return;
    o->has_lent_terminal = 0;
    foreground_set(o, getpgrp());
}

void foreground_lend(struct observe *o)
{
    /* Put into the background meanwhile ("bg"), we have nothing to lend. */
    if (o->options->launch.terminal < 0 || tcgetpgrp(o->options->launch.terminal) != getpgrp())
        return;
    o->has_lent_terminal = 1;
    foreground_set(o, o->first_pid);
}

void foreground_stopped(struct observe *o, const struct trace_event *e)
{
    if (e->pid != o->first_pid || o->options->launch.terminal < 0 || e->signal == SIGSTOP)
        return;
    foreground_take(o);
    raise(SIGSTOP);
    foreground_lend(o);
    kill(-o->first_pid, SIGCONT);
}

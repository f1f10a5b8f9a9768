/* fork_child.c - what the child of spc_fork() does before it returns. Only async-signal-safe calls: the parent may
 * have had threads, and whatever lock they held stays held here. Names that would break this are poisoned below. */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC poison malloc calloc realloc free printf fprintf exit abort setenv opendir fopen

/* The two signals that the C library keeps for its threads are out of sigaction(3)'s reach. Its own handlers must stay; but a program that
 * was started through posix_spawn(3) finds them ignored, and so would all that it executes. */
static int signal_unignore(int number)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action; /* as rt_sigaction(2) has it */

    if (syscall(SYS_rt_sigaction, number, NULL, &action, sizeof action.mask))
        return -1;
    if (action.handler != SIG_IGN)
        return 0;
    action.handler = SIG_DFL;
    return (int)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}

static int signals_reset(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    int number;

    sigemptyset(&standard.sa_mask);
    for (number = 1; number < _NSIG; number++) {
        if (number == SIGKILL || number == SIGSTOP)
            continue;
        if (sigaction(number, &standard, NULL) && (errno != EINVAL || signal_unignore(number)))
            return -1;
    }
    return 0;
}

static int privilege_drop(const struct spc_fork_options *options)
{
    struct spc_drop drop = {
        .uid = options->target_uid, .gid = options->target_gid, .groups = options->groups, .n_groups = options->n_groups
    };

    if (options->target_uid == SPC_KEEP_IDS)
        return spc_ids_drop_to_real(&spc_id_calls_thread);
    if (!drop.groups) {
        drop.groups = &drop.gid;
        drop.n_groups = 1;
    }
    return spc_ids_drop(&spc_id_calls_thread, &drop);
}

/* Generators first, while a reseed function may still use its descriptors; privilege last, because closing descriptors
 * by way of /proc/self/fd can need it. */
static int child_prepare(const struct spc_child_plan *plan)
{
    const struct spc_fork_options *options = plan->options;
    struct spc_keep keep = { options->keep, options->n_keep, { plan->report[0], plan->report[1] } };
    sigset_t none;

    if (spc_prng_reseed_all())
        return -1;
    if (options->reset_signals && signals_reset())
        return -1;
    if (options->new_session && setsid() < 0)
        return -1;
    if (spc_sanitize_files_keep(&keep))
        return -1;
    if (privilege_drop(options))
        return -1;
    spc_privileges_forget();
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, options->reset_signals ? &none : &plan->mask, NULL);
}

/* Success is said in words: its mere end of file would not come while a stranger holds a copy of the pipe. The child's
 * own copy of the read end is open, so that a parent that has died cannot turn this into SIGPIPE. */
static bool child_report(const struct spc_child_plan *plan, int error)
{
    ssize_t n;

    do
        n = write(plan->report[1], &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error;
}

pid_t spc_fork_child(const struct spc_child_plan *plan)
{
    int error = child_prepare(plan) ? errno : 0;

    if (!child_report(plan, error) || error)
        _exit(127);
    close(plan->report[0]);
    close(plan->report[1]);
    return 0;
}

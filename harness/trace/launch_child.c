/* launch_child.c - what the launched child does between fork and exec. Nothing but async-signal-safe calls
 * (signal-safety(7)); a failure goes to the tracer through a close-on-exec pipe, and the child ends by _exit. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define malloc poisoned
#define printf poisoned
#define exit   poisoned
#define setenv poisoned

__attribute__((noreturn)) static void launch_child_fail(const struct launch_child *child, enum trace_stage stage)
{
    struct launch_error report = { (int)stage, errno };
    ssize_t n = write(child->error, &report, sizeof report);

    _exit(n == sizeof report ? 127 : 126);
}

/* System calls, not the C library's wrappers: those take locks to reach the other threads that we do not have. */
static int launch_child_switch_user(const struct trace_launch *launch)
{
    if (syscall(SYS_setgroups, launch->n_groups, launch->groups) < 0)
        return -1;
    if (syscall(SYS_setresgid, launch->gid, launch->gid, launch->gid) < 0)
        return -1;
    return syscall(SYS_setresuid, launch->uid, launch->uid, launch->uid) < 0 ? -1 : 0;
}

void launch_child_run(const struct launch_child *child)
{
    const struct trace_launch *launch = child->launch;
    char byte;
    ssize_t n;

    /* From here on the tracer has us, or is dead and so must we be: a filter without a tracer makes calls fail. */
    do
        n = read(child->go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1)
        _exit(126);
    if (child->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        launch_child_fail(child, TRACE_STAGE_FILTER);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, child->filter, 0, 0) < 0)
        launch_child_fail(child, TRACE_STAGE_FILTER);
    if (launch->switch_user && launch_child_switch_user(launch))
        launch_child_fail(child, TRACE_STAGE_USER);
    if (sigaction(SIGCHLD, &child->child_action, NULL) || sigprocmask(SIG_SETMASK, &child->mask, NULL))
        launch_child_fail(child, TRACE_STAGE_SETUP);
    execve(launch->path, launch->argv, launch->envp);
    launch_child_fail(child, TRACE_STAGE_EXEC);
}

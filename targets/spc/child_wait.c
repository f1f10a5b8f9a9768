/* child_wait.c - how a parent hears from a child it has just forked, and takes it away when it failed.
 *
 * A pipe's end of file comes only when every copy of the write end is closed. Another thread may have forked
 * meanwhile, and its child may hold a copy for as long as it lives. So the child's end is watched as well as the
 * pipe's.
 */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_PIDFD_POLL_MS 20

int spc_child_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Whether the child has ended, or was waited for by somebody else. It stays waitable. */
static bool child_has_ended(pid_t pid)
{
    siginfo_t info = { .si_pid = 0 };

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
        return errno == ECHILD;
    return info.si_pid == pid;
}

static bool has_input(int fd)
{
    struct pollfd one = { .fd = fd, .events = POLLIN };

    return poll(&one, 1, 0) == 1;
}

static int report_read(int report, int *ret_error)
{
    ssize_t n;
    int error;

    do
        n = read(report, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    if (n != (ssize_t)sizeof error)
        return 0;
    *ret_error = error;
    return 1;
}

int spc_child_hear(int report, int pidfd, pid_t pid, int *ret_error)
{
    struct pollfd both[2] = { { .fd = report, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

    for (;;) {
        bool ended;

        if (poll(both, 2, pidfd < 0 ? NO_PIDFD_POLL_MS : -1) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (both[0].revents)
            return report_read(report, ret_error);
        ended = pidfd < 0 ? child_has_ended(pid) : both[1].revents != 0;
        /* Its last word may have come between the look at the pipe and the look at the child. */
        if (ended)
            return has_input(report) ? report_read(report, ret_error) : 0;
    }
}

void spc_child_kill(int pidfd, pid_t pid)
{
    /* By pidfd where possible: a SIGCHLD handler may have waited for the child, and its pid may be another's. */
    if (pidfd >= 0)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    else if (!child_has_ended(pid))
        kill(pid, SIGKILL);
}

int spc_child_reap(pid_t pid, int *ret_status)
{
    int status;
    pid_t got;

    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    if (ret_status)
        *ret_status = status;
    return 0;
}

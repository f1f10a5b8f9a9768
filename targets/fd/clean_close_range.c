/* clean_close_range.c - a child closes every descriptor above 2 with one close_range(2), also one above the lowered
 * limit.
 *
 * No defect: the counterpart of fd_above_lowered_limit and fd_close_range_short.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct rlimit limit;
    int status, fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    pid_t pid;

    if (fd < 0 || fcntl(fd, F_DUPFD_CLOEXEC, 500) < 0 || getrlimit(RLIMIT_NOFILE, &limit))
        return 1;
    limit.rlim_cur = 64;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        if (syscall(SYS_close_range, 3U, ~0U, 0U))
            _exit(1);
        FORKAUDIT_SELF("after-close-range");
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

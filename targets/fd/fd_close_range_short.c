/* fd_close_range_short.c - a child closes the descriptors 3 to 100 with close_range(2), but one has a higher number.
 *
 * Defect: the upper bound is a guess; ~0U closes them all.
 * Expect: fd-closeall-gap 1
 * Re-enacts: nsjail#328
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status, fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    pid_t pid;

    if (fd < 0 || fcntl(fd, F_DUPFD_CLOEXEC, 200) < 0)
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        if (syscall(SYS_close_range, 3U, 100U, 0U))
            _exit(1);
        FORKAUDIT_SELF("after-close-range");
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

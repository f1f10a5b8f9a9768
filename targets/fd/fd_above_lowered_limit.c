/* fd_above_lowered_limit.c - a child closes everything up to the descriptor limit, which was lowered after a file had
 * got a high number.
 *
 * Defect: getdtablesize(3) is the present soft limit, not the highest descriptor: the one above it survives.
 * Expect: fd-closeall-gap 1
 * Re-enacts: bpo#21618
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/resource.h>
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
        for (fd = 3; fd < getdtablesize(); fd++)
            close(fd);
        FORKAUDIT_SELF("after-close-all");
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

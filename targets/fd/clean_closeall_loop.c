/* clean_closeall_loop.c - a child closes everything up to the descriptor limit, and nothing is open above it.
 *
 * No defect: the old way is slow, but here it leaves nothing open.
 * Expect: none
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

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 1;
    limit.rlim_cur = 256;
    if (setrlimit(RLIMIT_NOFILE, &limit) || fd < 0 || fcntl(fd, F_DUPFD_CLOEXEC, 200) < 0)
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

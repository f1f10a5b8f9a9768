/* clean_spc_fork.c - a program with open files calls spc_fork(), and the child works with what it was left.
 *
 * No defect: the child has descriptors 0 to 2, the program's real ids, and nothing to take back.
 * Expect: none
 * Needs: user
 */
#include "forkaudit.h"
#include "spc.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status, fd = open("/etc/passwd", O_RDONLY);
    pid_t pid;

    if (fd < 0 || dup2(fd, 300) < 0)
        return 1;
    pid = spc_fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        FORKAUDIT_SELF("child");
        _exit(fcntl(fd, F_GETFD) >= 0 || fcntl(300, F_GETFD) >= 0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

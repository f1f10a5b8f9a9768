/* fd_dup_loses_cloexec.c - the parent duplicates a close-on-exec descriptor and forks a child that executes.
 *
 * Defect: dup(2) gives a descriptor without close-on-exec, whatever the old one had; F_DUPFD_CLOEXEC was needed.
 * Expect: fd-across-exec 1
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    pid_t pid;
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || dup(fd) < 0)
        return 1;
    FORKAUDIT_MOMENT("duplicated");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

/* fd_pipe_kept_exec.c - a child hands one end of its parent's pipe to the program it executes.
 *
 * Defect: the write end was born without close-on-exec, so the executed program can write into the parent's pipe
 * and keeps its reader from ever seeing the end of file.
 * Expect: fd-across-exec 1
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2], status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETFD, 0))
        return 1;
    FORKAUDIT_MOMENT("pipe-made");
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

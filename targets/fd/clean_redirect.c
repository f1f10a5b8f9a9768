/* clean_redirect.c - a child's standard output is a pipe to its parent, as popen(3) would make it; all else is
 * close-on-exec.
 *
 * No defect: descriptors 0 to 2 are meant to reach the executed program.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2], status;
    char byte;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC))
        return 1;
    FORKAUDIT_MOMENT("pipe-made");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        if (dup2(ends[1], STDOUT_FILENO) < 0)
            _exit(1);
        execl("/bin/echo", "echo", "x", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1 || byte != 'x')
        return 1;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

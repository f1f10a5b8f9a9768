/* fd_untraced_clone_exec.c - a file of the parent reaches the program that a child executes, which was made by
 * clone(2) with CLONE_UNTRACED.
 *
 * Defect: opened without close-on-exec. The flag keeps a tracer from following the child by itself (clone(2)); an
 * auditor that is content with that stays silent here.
 * Expect: fd-across-exec 1
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    pid_t pid;

    if (open("/etc/passwd", O_RDONLY) < 0)
        return 1;
    FORKAUDIT_MOMENT("file-open");
    pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_UNTRACED, 0, 0, 0, 0);
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

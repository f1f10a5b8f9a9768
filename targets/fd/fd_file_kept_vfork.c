/* fd_file_kept_vfork.c - a file of the parent reaches the program that a vfork child executes.
 *
 * Defect: opened without close-on-exec. After vfork(2) the child may do nothing but exec, so only the open could
 * have prevented it.
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

    if (open("/etc/passwd", O_RDONLY) < 0)
        return 1;
    FORKAUDIT_MOMENT("file-open");
    pid = vfork();
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

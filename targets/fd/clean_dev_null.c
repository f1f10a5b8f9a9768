/* clean_dev_null.c - a child's standard descriptors are closed and opened again on /dev/null before it executes a
 * program.
 *
 * No defect: 0, 1 and 2 are closed for a moment only; at the exec all three are open.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t pid = fork();
    int status, i;

    if (pid < 0)
        return 1;
    if (pid == 0) {
        for (i = 0; i < 3; i++)
            close(i);
        for (i = 0; i < 3; i++)
            if (open("/dev/null", O_RDWR) != i)
                _exit(1);
        FORKAUDIT_SELF("detached");
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

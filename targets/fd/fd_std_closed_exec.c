/* fd_std_closed_exec.c - a child closes its standard input and executes a program.
 *
 * Defect: the next file that the program opens becomes its standard input (CERT FIO22-C's other side; open(2)
 * gives the lowest free number). /dev/null belongs there.
 * Expect: fd-std-missing 1
 * Re-enacts: CVE-2023-29403
 */
#include "forkaudit.h"

#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return 1;
    if (pid == 0) {
        close(STDIN_FILENO);
        FORKAUDIT_MOMENT("closed");
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

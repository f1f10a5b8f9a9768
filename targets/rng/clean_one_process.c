/* clean_one_process.c - one process draws twice from each of two generators that give the same bytes; its child draws
 * nothing.
 *
 * No defect: equal bytes within one process, or of two generators, are not a matter of forking.
 * Expect: none
 */
#include "forkaudit.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    unsigned char bytes[64];
    int status;
    pid_t pid;

    memset(bytes, 'x', sizeof bytes);
    FORKAUDIT_DRAW("first", bytes, sizeof bytes);
    FORKAUDIT_DRAW("first", bytes, sizeof bytes);
    FORKAUDIT_DRAW("second", bytes, sizeof bytes);
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(0);
    FORKAUDIT_DRAW("second", bytes, sizeof bytes);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

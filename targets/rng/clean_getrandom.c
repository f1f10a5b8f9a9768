/* clean_getrandom.c - parent and child draw from getrandom(2) itself.
 *
 * No defect: the kernel's generator has no state in the process that a fork could copy.
 * Expect: none
 */
#include "forkaudit.h"

#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static int draw(void)
{
    unsigned char bytes[64];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return 1;
    FORKAUDIT_DRAW("getrandom", bytes, sizeof bytes);
    return 0;
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(draw());
    if (draw())
        return 1;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

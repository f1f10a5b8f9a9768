/* rng_not_reseeded.c - a program seeds random(3) once, forks, and parent and child both draw.
 *
 * Defect: nobody reseeds, so both get the same bytes.
 * Expect: rng-shared 1
 * Re-enacts: CVE-2003-0900
 */
#include "forkaudit.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static int seed(void)
{
    unsigned value;

    if (getrandom(&value, sizeof value, 0) != sizeof value)
        return -1;
    srandom(value);
    return 0;
}

static void draw(void)
{
    unsigned char bytes[64];
    size_t i;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(random() >> 8);
    FORKAUDIT_DRAW("libc random", bytes, sizeof bytes);
}

int main(void)
{
    int status;
    pid_t pid;

    if (seed())
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    draw();
    if (pid == 0)
        _exit(0);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

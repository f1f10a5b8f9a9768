/* rng_shifted.c - a forked child throws some bytes of the shared generator away before it draws.
 *
 * Defect: nobody reseeds. Parent and child differ at every equal position, but the child's bytes are the parent's
 * later ones: a comparison position by position passes, the streams are one.
 * Expect: rng-overlap 1
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

static void draw(size_t size)
{
    unsigned char bytes[256];
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(random() >> 8);
    FORKAUDIT_DRAW("libc random", bytes, size);
}

int main(void)
{
    int status, i;
    pid_t pid;

    if (seed())
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        for (i = 0; i < 24; i++)
            random();
        draw(64);
        _exit(0);
    }
    draw(256);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

/* clean_rng_atfork.c - a generator is reseeded by pthread_atfork(3) handlers in parent and child, and the child is
 * made by fork(3).
 *
 * No defect: the counterpart of rng_atfork_raw_clone.
 * Expect: none
 */
#include "forkaudit.h"

#include <pthread.h>
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

static void reseed(void)
{
    if (seed())
        _exit(1);
}

int main(void)
{
    int status;
    pid_t pid;

    if (pthread_atfork(NULL, reseed, reseed) || seed())
        return 1;
    draw();
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

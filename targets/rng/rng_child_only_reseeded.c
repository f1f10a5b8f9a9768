/* rng_child_only_reseeded.c - a program seeds random(3) and forks; the child reseeds, the parent goes on with the old
 * state.
 *
 * No defect that outputs can show: the streams of parent and child have nothing in common. The recipe asks for
 * both to reseed, because until it reseeds the child holds the state from which the parent goes on drawing: who
 * reads the child's memory in that moment knows the parent's future. An audit of drawn bytes must stay silent
 * here.
 * Expect: none
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
    draw();
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0 && seed())
        _exit(1);
    draw();
    if (pid == 0)
        _exit(0);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

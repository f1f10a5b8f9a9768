/* rng_reseeded_late.c - a child draws twice from random(3), then seeds it from the kernel and draws on; so does its
 * parent, without seeding.
 *
 * Defect: the two values before the seed are the parent's too.
 * Expect: rng-window 1
 * Run: --generators
 */
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

static void draw(int n)
{
    for (; n; n--)
        (void)random();
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
    draw(2);
    if (pid == 0)
        _exit(seed() ? 1 : (draw(16), 0));
    draw(16);
    return waitpid(pid, &status, 0) != pid || status;
}

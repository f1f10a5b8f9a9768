/* rng_shared_unmarked.c - a program that says nothing of itself seeds random(3), forks, and parent and child both
 * draw.
 *
 * Defect: nobody reseeds, so both get the same values. No marker tells of it: forkaudit finds the generator, sees
 * that it is used, and draws from copies of both.
 * Expect: rng-shared 1
 * Strength: rng-shared proven
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

static void draw(void)
{
    for (int i = 0; i < 16; i++)
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
    draw();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

/* clean_rng_reseeded_first.c - a child seeds random(3) from the kernel before it draws.
 *
 * No defect: nothing of the parent's stream is drawn in the child. The counterpart of rng_reseeded_late.
 * Expect: none
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
    if (pid < 0 || (pid == 0 && seed()))
        return 1;
    draw(18);
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

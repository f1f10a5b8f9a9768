/* rng_inject_time_seed.c - a program forks a worker that seeds random(3) from getrandom(2), or from the time and its
 * process id when that fails.
 *
 * Defect: the second seed can be guessed, and nobody is told that it was used: on a kernel without the call, or under a
 * seccomp filter that does not know it, every secret of the worker is worthless.
 * Expect: rng-entropy-unchecked 1
 * Inject: --calls getrandom
 */
#include "forkaudit.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seeds random(3) in this process. */
static int seed(void)
{
    unsigned value;

    if (getrandom(&value, sizeof value, 0) != sizeof value)
        value = (unsigned)time(NULL) ^ (unsigned)getpid();
    srandom(value);
    return 0;
}

static int work(void)
{
    long drawn[4];
    size_t i;

    if (seed())
        return 1;
    for (i = 0; i < 4; i++)
        drawn[i] = random();
    FORKAUDIT_DRAW("random", drawn, sizeof drawn);
    return 0;
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work());

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

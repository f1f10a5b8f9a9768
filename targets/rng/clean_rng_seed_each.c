/* clean_rng_seed_each.c - each worker of a server seeds rand(3) with a number of its own from the kernel.
 *
 * No defect: no two have the same seed. The counterpart of rng_seed_same.
 * Expect: none
 * Run: --generators
 */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_worker(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        unsigned seed;

        if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
            _exit(1);
        srand(seed);
        for (int i = 0; i < 16; i++)
            (void)rand();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    return run_worker() || run_worker();
}

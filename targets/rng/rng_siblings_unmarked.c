/* rng_siblings_unmarked.c - a server seeds rand(3) and forks two workers that draw, one after the other; it never
 * draws.
 *
 * Defect: nobody reseeds. The server has nothing that could be compared with a worker's values; the workers' are the
 * same.
 * Expect: rng-siblings 1
 * Expect: rng-shared 2
 * Run: --generators
 * Re-enacts: CVE-2003-0900 openssl#12377
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
        for (int i = 0; i < 16; i++)
            (void)rand();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    unsigned value;

    if (getrandom(&value, sizeof value, 0) != sizeof value)
        return 1;
    srand(value);
    return run_worker() || run_worker();
}

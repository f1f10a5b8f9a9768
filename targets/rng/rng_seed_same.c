/* rng_seed_same.c - a server takes random bytes from the kernel, 256 at a time, and each of its workers seeds rand(3)
 * with the next four.
 *
 * Defect: what is left of the bytes is copied by the fork: each worker "reseeds", and all have one seed. So did
 * Crystal's.
 * Expect: rng-same-seed 1
 * Expect: rng-siblings 1
 * Run: --generators
 * Re-enacts: crystal#5843
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char ready[256];
static size_t left;

static unsigned seed(void)
{
    unsigned value;

    if (left < sizeof value) {
        if (getrandom(ready, sizeof ready, 0) != sizeof ready)
            _exit(1);
        left = sizeof ready;
    }
    left -= sizeof value;
    memcpy(&value, ready + left, sizeof value);
    return value;
}

static int run_worker(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        srand(seed());
        for (int i = 0; i < 16; i++)
            (void)rand();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    srand(seed());
    return run_worker() || run_worker();
}

/* clean_rng_atfork_both.c - as rng_atfork_bypassed, but both children are made by fork(3).
 *
 * No defect: the handler runs in each.
 * Expect: none
 * Run: --generators
 */
#include "forkaudit.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

__attribute__((noinline)) static uint64_t own_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void reseed(void)
{
    if (getrandom(&state, sizeof state, 0) != sizeof state)
        _exit(1);
    state |= 1;
}

/* Draws in a child. */
static int run(pid_t pid)
{
    int status;

    if (pid == 0) {
        own_next();
        _exit(0);
    }
    own_next();
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    if (pthread_atfork(NULL, NULL, reseed))
        return 1;
    reseed();
    own_next();
    return run(fork()) || run(fork());
}

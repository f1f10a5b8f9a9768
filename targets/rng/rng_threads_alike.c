/* rng_threads_alike.c - a program's own generator has a state for each thread, which begins with the program's one
 * seed.
 *
 * Defect: all threads draw the same. They run one after the other, so that none is missed.
 * Expect: rng-threads 1
 * Run: --generators
 * Needs: threads
 */
#include "forkaudit.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <unistd.h>

static __thread uint64_t state;
static uint64_t seed;

__attribute__((noinline)) static uint64_t own_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void *run(void *unused)
{
    state = seed;
    for (int i = 0; i < 8; i++)
        own_next();
    return unused;
}

int main(void)
{
    pthread_t thread;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return 1;
    seed |= 1;
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, NULL))
            return 1;
    return 0;
}

/* clean_rng_threads.c - as rng_threads_alike, but each thread seeds its state from the kernel.
 *
 * No defect: no two threads have one state.
 * Expect: none
 * Run: --generators
 * Needs: threads
 */
#include "forkaudit.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <unistd.h>

static __thread uint64_t state;

__attribute__((noinline)) static uint64_t own_next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void *run(void *unused)
{
    if (getrandom(&state, sizeof state, 0) != sizeof state)
        _exit(1);
    state |= 1;
    for (int i = 0; i < 8; i++)
        own_next();
    return unused;
}

int main(void)
{
    pthread_t thread;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, NULL))
            return 1;
    return 0;
}

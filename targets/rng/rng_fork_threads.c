/* rng_fork_threads.c - four threads call spc_fork() at once, and every child draws from a registered generator of its
 * own thread.
 *
 * No defect: each child is reseeded, however the forks interleave. Started as root, the program becomes www-data
 * first, for spc_fork() drops to the real ids, and root's would be no drop.
 * Expect: none
 * Needs: threads
 */
#include "forkaudit.h"
#include "spc.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4

static pthread_barrier_t barrier;
static struct {
    uint64_t state;
} generators[THREADS];

static int reseed(void *context, const unsigned char *seed, size_t size)
{
    uint64_t *state = context;

    (void)size;
    memcpy(state, seed, sizeof *state);
    *state |= 1;
    return 0;
}

static void draw(uint64_t *state)
{
    unsigned char bytes[64];
    size_t i;

    for (i = 0; i < sizeof bytes; i++) {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        bytes[i] = (unsigned char)((*state * 0x2545f4914f6cdd1dULL) >> 56);
    }
    FORKAUDIT_DRAW("xorshift", bytes, sizeof bytes);
}

static void *run(void *context)
{
    uint64_t *state = context;
    int status;
    pid_t pid;

    pthread_barrier_wait(&barrier);
    pid = spc_fork();
    if (pid == 0) {
        draw(state);
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status ? context : NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    void *failed = NULL, *result;
    int i;

    if (geteuid() == 0 && spc_drop_privileges_to(33, 33, NULL, 0))
        return 1;
    if (pthread_barrier_init(&barrier, NULL, THREADS))
        return 1;
    for (i = 0; i < THREADS; i++)
        if (spc_prng_register(reseed, &generators[i].state))
            return 1;
    if (spc_prng_reseed_all())
        return 1;
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, run, &generators[i].state))
            return 1;
    for (i = 0; i < THREADS; i++)
        if (pthread_join(threads[i], &result) || result)
            failed = result;
    return failed != NULL;
}

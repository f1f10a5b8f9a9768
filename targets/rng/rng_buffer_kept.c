/* rng_buffer_kept.c - a program's own generator makes sixteen values at a time, and seeds itself anew when it makes
 * the next after a fork, of which a handler of pthread_atfork(3) tells it.
 *
 * Defect: what is left of the sixteen is given by parent and child alike: the protection is there, and comes too
 * late. So did a generator of Rust.
 * Expect: rng-shared 1
 * Run: --generators
 */
#include "forkaudit.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 16

static uint64_t state, ready[AT_ONCE];
static unsigned left;
static int is_forked = 1;

static void refill(void)
{
    if (is_forked && getrandom(&state, sizeof state, 0) != sizeof state)
        _exit(1);
    is_forked = 0;
    state |= 1;
    for (left = 0; left < AT_ONCE; left++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ready[left] = state;
    }
}

__attribute__((noinline)) static uint64_t own_next(void)
{
    if (!left)
        refill();
    return ready[--left];
}

static void say_forked(void)
{
    is_forked = 1;
}

int main(void)
{
    int status;
    pid_t pid;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    if (pthread_atfork(NULL, NULL, say_forked))
        return 1;
    own_next();
    pid = fork();
    if (pid < 0)
        return 1;
    for (int i = 0; i < 2 * AT_ONCE; i++)
        own_next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

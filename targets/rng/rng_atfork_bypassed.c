/* rng_atfork_bypassed.c - a handler of pthread_atfork(3) seeds a program's own generator anew; one child is made by
 * fork(3), another by the system call clone itself.
 *
 * Defect: the raw call runs no handler, so the second child goes on with its parent's state.
 * Expect: rng-clone-bypass 1
 * Run: --generators
 */
#include "forkaudit.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/syscall.h>
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
    return run(fork()) || run((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

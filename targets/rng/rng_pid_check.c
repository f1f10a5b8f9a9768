/* rng_pid_check.c - a program's own generator seeds itself anew when getpid(2) has changed; the program draws, forks,
 * and its child draws.
 *
 * Defect: today they part. A grandchild that is given the pid of the dead parent, or two that are each process 1 of a
 * pid namespace, go on with one state.
 * Expect: rng-pid-reuse 1
 * Run: --generators
 */
#include "forkaudit.h"

#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static pid_t owner;

__attribute__((noinline)) static uint64_t own_next(void)
{
    if (owner != getpid()) {
        owner = getpid();
        if (getrandom(&state, sizeof state, 0) != sizeof state)
            _exit(1);
        state |= 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(void)
{
    int status;
    pid_t pid;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    own_next();
    pid = fork();
    if (pid < 0)
        return 1;
    own_next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

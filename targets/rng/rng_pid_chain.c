/* rng_pid_chain.c - a process draws, forks and dies; its child, which never draws, forks in turn, and that grandchild
 * draws.
 *
 * Defect: the generator knows a fork by a changed pid. The grandchild is given the pid of the dead, the generator
 * sees nothing, and draws again what the dead process drew. So did LibreSSL in 2014.
 * Expect: rng-pid-reuse 1
 * Run: --generators --reuse-pid
 * Re-enacts: libressl#37
 * Needs: root
 */
#include "forkaudit.h"

#include <stdint.h>
#include <sys/prctl.h>
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

static void draw(void)
{
    for (int i = 0; i < 8; i++)
        own_next();
}

/* Waits until its parent is gone and reaped, which `is_gone` says, and forks. */
static void run_between(int is_gone)
{
    char byte;
    int status;
    pid_t pid;

    if (read(is_gone, &byte, 1) != 1)
        _exit(1);
    pid = fork();
    if (pid == 0) {
        draw();
        _exit(0);
    }
    _exit(pid < 0 || waitpid(pid, &status, 0) != pid || status);
}

static void run_first(int is_gone)
{
    pid_t pid;

    draw();
    pid = fork();
    if (pid == 0)
        run_between(is_gone);
    draw();
    _exit(pid < 0);
}

int main(void)
{
    int ends[2], status;
    pid_t pid;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) || pipe(ends))
        return 1;
    pid = fork();
    if (pid == 0)
        run_first(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status || write(ends[1], "", 1) != 1)
        return 1;
    return waitpid(-1, &status, 0) < 0 || status;
}

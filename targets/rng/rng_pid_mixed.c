/* rng_pid_mixed.c - a server seeds its generator once; each value that a backend draws has the backend's pid mixed
 * in.
 *
 * Defect: all have one state, and only the pid, which anybody can see and which comes again, parts them. So did
 * OpenSSL below PostgreSQL's pgcrypto and below stunnel.
 * Expect: rng-weak-divergence 1
 * Expect: rng-pid-reuse 1
 * Run: --generators
 * Re-enacts: CVE-2013-1900 CVE-2014-0016
 */
#include "forkaudit.h"

#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

__attribute__((noinline)) static uint64_t own_next(void)
{
    uint64_t x;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    x = state ^ (uint64_t)getpid() * 0x9e3779b97f4a7c15;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
}

int main(void)
{
    int status;
    pid_t pid;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    if (getrandom(&state, sizeof state, 0) != sizeof state)
        return 1;
    state |= 1;
    own_next();
    pid = fork();
    if (pid < 0)
        return 1;
    own_next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

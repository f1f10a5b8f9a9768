/* rng_wipe_refused.c - as clean_rng_wiped, but the state is in the program's data, and nobody looks whether
 * madvise(2) worked.
 *
 * Defect: MADV_WIPEONFORK is refused for pages of a file, the program's own too: parent and child go on with one
 * state.
 * Expect: rng-wipe-inactive 1
 * Run: --generators
 */
#include "forkaudit.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
    uint64_t x;
    int is_seeded, version;
    char rest[4096 - 16];
};
static _Alignas(4096) struct state whole = { .version = 1 }, *const state = &whole;

__attribute__((noinline)) static uint64_t own_next(void)
{
    if (!state->is_seeded) {
        if (getrandom(&state->x, sizeof state->x, 0) != sizeof state->x)
            _exit(1);
        state->x |= 1;
        state->is_seeded = 1;
    }
    state->x ^= state->x << 13;
    state->x ^= state->x >> 7;
    state->x ^= state->x << 17;
    return state->x;
}

int main(void)
{
    int status;
    pid_t pid;

    FORKAUDIT_GENERATOR("own", own_next, "u64()");
    madvise(state, sizeof *state, MADV_WIPEONFORK);
    own_next();
    pid = fork();
    if (pid < 0)
        return 1;
    own_next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

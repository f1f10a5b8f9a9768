/* clean_rng_wiped.c - a program's own generator keeps its state in a page that the kernel wipes at a fork; parent and
 * child draw.
 *
 * No defect: the child finds no state and seeds itself, whatever its pid and however it was made.
 * Expect: none
 * Run: --generators
 */
#include "forkaudit.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    uint64_t x;
    int is_seeded;
} * state;

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
    state = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED || madvise(state, 4096, MADV_WIPEONFORK))
        return 1;
    own_next();
    pid = fork();
    if (pid < 0)
        return 1;
    own_next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

/* rng_not_registered.c - a program has a generator of its own, does not register it, and calls spc_fork().
 *
 * Defect: spc_fork() reseeds what was registered and cannot know of any other. (Started as root, the program
 * becomes www-data first, so that spc_fork()'s drop to the real ids is not one more defect.)
 * Expect: rng-shared 1
 */
#include "forkaudit.h"
#include "spc.h"

#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

/* xorshift64*: small enough to read, and not for secrets. */
static void draw(void)
{
    unsigned char bytes[64];
    size_t i;

    for (i = 0; i < sizeof bytes; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes[i] = (unsigned char)((state * 0x2545f4914f6cdd1dULL) >> 56);
    }
    FORKAUDIT_DRAW("xorshift", bytes, sizeof bytes);
}

int main(void)
{
    int status;
    pid_t pid;

    if (geteuid() == 0 && spc_drop_privileges_to(33, 33, NULL, 0))
        return 1;
    if (getrandom(&state, sizeof state, 0) != sizeof state)
        return 1;
    state |= 1;
    draw();
    pid = spc_fork();
    if (pid < 0)
        return 1;
    draw();
    if (pid == 0)
        _exit(0);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

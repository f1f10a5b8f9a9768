/* clean_rng_registered.c - a generator of the program's own is registered with spc_prng_register(), and parent and
 * two children draw.
 *
 * No defect: spc_fork() reseeds it in the parent and in each child. Started as root, the program becomes www-data
 * first, for spc_fork() drops to the real ids, and root's would be no drop.
 * Expect: none
 */
#include "forkaudit.h"
#include "spc.h"

#include <stdint.h>
#include <string.h>
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

static int reseed(void *context, const unsigned char *seed, size_t size)
{
    (void)size;
    memcpy(context, seed, sizeof state);
    state |= 1;
    return 0;
}

static int run_child(void)
{
    int status;
    pid_t pid = spc_fork();

    if (pid < 0)
        return 1;
    draw();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    if (geteuid() == 0 && spc_drop_privileges_to(33, 33, NULL, 0))
        return 1;
    if (spc_prng_register(reseed, &state) || spc_prng_reseed_all())
        return 1;
    draw();
    return run_child() || run_child();
}

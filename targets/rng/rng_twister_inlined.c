/* rng_twister_inlined.c - a program has MT19937 within the function that uses it, forks, and parent and child both
 * draw.
 *
 * Defect: they draw the same. There is no function that could be called, so that cannot be shown; that the code is
 * there can.
 * Expect: rng-present-not-callable 1
 * Run: --generators
 */
#include <stdint.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 624

static uint32_t words[WORDS];
static unsigned used = WORDS;
static volatile uint32_t shown;

static inline __attribute__((always_inline)) uint32_t next(void)
{
    uint32_t y;

    if (used == WORDS) {
        for (unsigned i = 0; i < WORDS; i++) {
            y = (words[i] & 0x80000000) | (words[(i + 1) % WORDS] & 0x7fffffff);
            words[i] = words[(i + 397) % WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
        }
        used = 0;
    }
    y = words[used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >> 18;
}

int main(void)
{
    int status;
    pid_t pid;

    if (getrandom(words, sizeof words[0], 0) != sizeof words[0])
        return 1;
    for (unsigned i = 1; i < WORDS; i++)
        words[i] = 1812433253 * (words[i - 1] ^ words[i - 1] >> 30) + i;
    pid = fork();
    if (pid < 0)
        return 1;
    for (int i = 0; i < 16; i++)
        shown = next();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

/* clean_rng_seed_kernel.c - a program seeds random(3) from getrandom(2) and draws.
 *
 * No defect: a seed of 32 bits, but nobody knows it. The counterpart of rng_seed_time.
 * Expect: none
 * Run: --generators
 */
#include <stdlib.h>
#include <sys/random.h>

int main(void)
{
    unsigned value;

    if (getrandom(&value, sizeof value, 0) != sizeof value)
        return 1;
    srandom(value);
    for (int i = 0; i < 16; i++)
        (void)random();
    return 0;
}

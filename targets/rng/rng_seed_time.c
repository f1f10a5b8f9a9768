/* rng_seed_time.c - a program seeds random(3) from the time and draws.
 *
 * Defect: whoever knows the second in which it was started knows all its values.
 * Expect: rng-weak-seed 1
 * Run: --generators
 */
#include <stdlib.h>
#include <time.h>

int main(void)
{
    srandom((unsigned)time(NULL));
    for (int i = 0; i < 16; i++)
        (void)random();
    return 0;
}

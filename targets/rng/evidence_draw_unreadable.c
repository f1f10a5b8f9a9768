/* evidence_draw_unreadable.c - a marker names bytes at an address where nothing is mapped.
 *
 * Defect: what was drawn cannot be read, so nothing can be said of that generator. The audit must say that
 * evidence is missing, and the program must not notice.
 * Expect: none
 * Unknown: evidence-gap 1
 * Unknown: rng-overlap 1
 * Unknown: rng-shared 1
 * Unknown: rng-siblings 1
 */
#include "forkaudit.h"

int main(void)
{
    FORKAUDIT_DRAW("nowhere", (const void *)8, 64);
    return 0;
}

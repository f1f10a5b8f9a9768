/* rng_siblings_seed_given.c - a parent takes one fresh seed and gives it to both of its children, and reseeds itself
 * from another.
 *
 * Defect: every process "was reseeded", yet the siblings share one seed and draw the same bytes.
 * Expect: rng-siblings 1
 */
#include "forkaudit.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static int seed(void)
{
    unsigned value;

    if (getrandom(&value, sizeof value, 0) != sizeof value)
        return -1;
    srandom(value);
    return 0;
}

static void draw(void)
{
    unsigned char bytes[64];
    size_t i;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(random() >> 8);
    FORKAUDIT_DRAW("libc random", bytes, sizeof bytes);
}

static int run_child(unsigned given)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        srandom(given);
        draw();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    unsigned given;

    if (getrandom(&given, sizeof given, 0) != sizeof given || run_child(given) || run_child(given) || seed())
        return 1;
    draw();
    return 0;
}

/* rng_siblings_same.c - a program seeds random(3) and forks two children that draw; the parent itself never does.
 *
 * Defect: nobody reseeds. Parent and child cannot be compared, but the siblings draw the same bytes.
 * Expect: rng-siblings 1
 * Re-enacts: openssl#12377
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

static int run_child(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        draw();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    return seed() || run_child() || run_child();
}

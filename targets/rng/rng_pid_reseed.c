/* rng_pid_reseed.c - parent and child reseed random(3) from the time and their process id.
 *
 * Defect: both are public, so the streams can be guessed; and a later child with a reused pid repeats a stream
 * within the same second. Yet here the seeds differ and nothing drawn is equal: an audit that compares bytes sees
 * no fault, and must not invent one. rng_pid_reused shows what this seeding comes to.
 * Expect: none
 */
#include "forkaudit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void seed(void)
{
    srandom((unsigned)time(NULL) ^ ((unsigned)getpid() << 16));
}

static void draw(void)
{
    unsigned char bytes[64];
    size_t i;

    for (i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(random() >> 8);
    FORKAUDIT_DRAW("libc random", bytes, sizeof bytes);
}

int main(void)
{
    int status;
    pid_t pid;

    seed();
    draw();
    pid = fork();
    if (pid < 0)
        return 1;
    seed();
    draw();
    if (pid == 0)
        _exit(0);

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

/* clean_rng_unmarked.c - a program that says nothing of itself forks, and parent and child both draw from
 * arc4random(3).
 *
 * No defect: that asks the kernel after a fork.
 * Expect: none
 * Run: --generators
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void draw(void)
{
    unsigned char key[32];

    for (int i = 0; i < 4; i++)
        arc4random_buf(key, sizeof key);
}

int main(void)
{
    int status;
    pid_t pid;

    draw();
    pid = fork();
    if (pid < 0)
        return 1;
    draw();
    if (pid == 0)
        _exit(0);
    return waitpid(pid, &status, 0) != pid || status;
}

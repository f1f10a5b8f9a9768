/* rng_pid_reused.c - two children in two pid namespaces reseed random(3) from their process id.
 *
 * Defect: each is process 1 of its namespace, as the main process of every container is, so both draw the same
 * bytes. The same happens without namespaces when a pid is used again.
 * Expect: rng-siblings 1
 * Needs: root
 */
#include "forkaudit.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, 0, 0, 0, 0);

    if (pid == 0) {
        srandom((unsigned)syscall(SYS_getpid));
        draw();
        _exit(0);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    return run_child() || run_child();
}

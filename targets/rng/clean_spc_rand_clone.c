/* clean_spc_rand_clone.c - parent, a child of fork(3) and a child of the raw system call clone draw from spc_rand().
 *
 * No defect: a page that the kernel wipes tells spc_rand() of every copy, however it was made.
 * Expect: none
 */
#include "forkaudit.h"
#include "spc.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int draw(void)
{
    unsigned char bytes[64];

    if (spc_rand(bytes, sizeof bytes))
        return 1;
    FORKAUDIT_DRAW("spc_rand", bytes, sizeof bytes);
    return 0;
}

static int run_child(int raw)
{
    int status;
    pid_t pid = raw ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();

    if (pid == 0)
        _exit(draw());
    return pid < 0 || draw() || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    return draw() || run_child(1) || run_child(0) || run_child(1);
}

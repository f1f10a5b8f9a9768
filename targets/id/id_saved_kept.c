/* id_saved_kept.c - a root daemon forks a worker that changes its real and effective uid, and keeps saved uid 0.
 *
 * Defect: seteuid(0) brings root back, so whoever takes the worker over has root.
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, 0))
        return 1;
    FORKAUDIT_SELF("worker");
    return 0;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work());

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

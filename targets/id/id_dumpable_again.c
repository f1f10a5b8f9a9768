/* id_dumpable_again.c - a root daemon forks a worker that changes all its ids, and then makes itself dumpable, so
 * that its crashes can be looked into.
 *
 * Defect: the change of ids had taken that away (prctl(2), PR_SET_DUMPABLE). Now every process of the same user
 * may trace the worker, read its memory, which is the daemon's, and take its descriptors; and a core file has all
 * of it.
 * Expect: id-dumpable-after-drop 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 1;
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
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

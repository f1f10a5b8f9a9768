/* id_caps_kept.c - a root daemon forks a worker that changes all its ids, with PR_SET_KEEPCAPS set.
 *
 * Defect: the permitted capabilities stay, among them CAP_SETUID: the worker raises it and is root again. A test
 * with seteuid(0) fails as it should, and proves nothing.
 * Expect: cap-kept 1
 * Expect: id-recoverable 1
 * Strength: cap-kept proven
 * Strength: id-recoverable proven
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

    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW) ||
        setresuid(WWW, WWW, WWW) || seteuid(0) == 0)
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

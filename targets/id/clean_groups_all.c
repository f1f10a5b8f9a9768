/* clean_groups_all.c - a root daemon forks a worker that becomes www-data, which the user database has in two
 * groups, with all of them.
 *
 * No defect: the counterpart of id_groups_cut. That they are groups of root's too is what the user database wants.
 * Expect: none
 * Member: 4 27
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    static const gid_t groups[] = { WWW, 4, 27 };

    if (setgroups(3, groups) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
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

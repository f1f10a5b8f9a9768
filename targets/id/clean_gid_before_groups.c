/* clean_gid_before_groups.c - a root daemon forks a worker that changes its gid, then its groups, then its uid.
 *
 * No defect: only the uid must come last; gid and groups may be changed in either order.
 * Expect: none
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

    if (setresgid(WWW, WWW, WWW) || setgroups(1, &group) || setresuid(WWW, WWW, WWW))
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

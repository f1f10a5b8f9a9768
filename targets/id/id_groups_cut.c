/* id_groups_cut.c - a root daemon forks a worker that becomes www-data, which the user database has in two groups,
 * and has room for one of them.
 *
 * Defect: the list was cut, as when the array for getgrouplist(3) is too short: what group 27 may read, the worker
 * may not, and where group 27 is shut out, the worker is let in.
 * Expect: id-groups-missing 1
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

    if (setgroups(2, groups) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
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

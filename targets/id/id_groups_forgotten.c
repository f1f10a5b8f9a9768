/* id_groups_forgotten.c - a root daemon forks a worker that changes gid and uid, and forgets the supplementary
 * groups.
 *
 * Defect: setgroups(2) is never called, so the worker keeps root's groups 0, 4 and 27.
 * Expect: id-groups-kept 1
 * Re-enacts: CVE-2001-0787 CVE-2002-0080
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    if (setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
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

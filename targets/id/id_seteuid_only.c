/* id_seteuid_only.c - a root daemon forks a worker that drops privilege by setegid(2) and seteuid(2).
 *
 * Defect: these change the effective ids only; real and saved ids are still 0 and bring root back.
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Re-enacts: CVE-2000-0172 go-daemon#6
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

    if (setgroups(1, &group) || setegid(WWW) || seteuid(WWW))
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

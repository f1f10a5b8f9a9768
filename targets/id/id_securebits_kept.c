/* id_securebits_kept.c - a root daemon forks a worker that changes all its ids, with SECBIT_NO_SETUID_FIXUP set.
 *
 * Defect: the change of uid takes no capability away then, so all of them stay, effective too (capabilities(7)),
 * and with CAP_SETUID root can be had again.
 * Expect: cap-kept 1
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    gid_t group = WWW;

    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW) ||
        setresuid(WWW, WWW, WWW))
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

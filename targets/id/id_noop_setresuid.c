/* id_noop_setresuid.c - a root daemon forks a worker that looks up its user, gets uid 0, and drops to it.
 *
 * Defect: every call succeeds and changes nothing, as when the user is missing from the configuration. The worker
 * is root.
 * Expect: id-drop-noop 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    uid_t uid = getuid(); /* what a lookup without an entry falls back to */
    gid_t gid = getgid();

    if (setgroups(1, &gid) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
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

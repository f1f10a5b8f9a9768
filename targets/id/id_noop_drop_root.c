/* id_noop_drop_root.c - a root daemon forks a worker that uses the plain recipe: drop privilege to the real ids.
 *
 * Defect: the real ids of a root daemon are root's, so nothing but the groups changes, and the worker runs as root
 * with all capabilities. spc_fork_with() takes the ids to drop to.
 * Expect: id-drop-noop 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* What the recipe's drop does, told in our own words: towards the real ids, groups first. */
static int drop_to_real_ids(int permanent)
{
    gid_t gid = getgid();
    uid_t uid = getuid();

    if (geteuid() == 0 && setgroups(1, &gid))
        return -1;
    if (getegid() != gid && setregid(permanent ? gid : (gid_t)-1, gid))
        return -1;
    if (geteuid() != uid && setreuid(permanent ? uid : (uid_t)-1, uid))
        return -1;
    return 0;
}

static int work(void)
{
    if (drop_to_real_ids(1))
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

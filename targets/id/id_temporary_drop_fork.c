/* id_temporary_drop_fork.c - a set-uid-root program drops privilege for a while, and forks a child that drops it "for
 * good", both as in the recipe.
 *
 * Defect: during a temporary drop real and effective uid are equal, so the recipe's permanent drop finds nothing
 * to do: the child keeps saved uid 0 and takes root back with seteuid(0). The program starts as root and gives its
 * real ids to www-data first, which is how a set-uid-root program started by www-data looks.
 * Expect: id-temporary-drop-fork 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <stdio.h>
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

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups) || setresgid(WWW, 0, 0) || setresuid(WWW, 0, 0) || drop_to_real_ids(0))
        return 1;
    FORKAUDIT_SELF("temporarily-dropped");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        if (drop_to_real_ids(1))
            _exit(1);
        FORKAUDIT_SELF("child");
        _exit(seteuid(0) != 0);
    }
    if (waitpid(pid, &status, 0) != pid || status)
        return 1;
    printf("the child took root back\n");
    return seteuid(0) || setegid(0);
}

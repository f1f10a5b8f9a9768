/* clean_cap_bounding_first.c - a root daemon forks a worker that empties its bounding set, and then changes all
 * its ids.
 *
 * No defect: the counterpart of id_cap_bounding_late.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Takes every capability that this kernel knows out of the bounding set. */
static int empty_bounding_set(void)
{
    unsigned long capability = 0;

    while (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0)
        if (prctl(PR_CAPBSET_DROP, capability++, 0, 0, 0))
            return -1;
    return 0;
}

static int work(void)
{
    gid_t group = WWW;

    if (empty_bounding_set() || setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
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

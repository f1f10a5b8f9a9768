/* id_cap_bounding_late.c - a root daemon forks a worker that changes all its ids, and then empties its bounding
 * set.
 *
 * Defect: that needs CAP_SETPCAP, which went with root's uid. The call fails, nobody looks, and what was to be a
 * wall behind the drop is not there.
 * Expect: cap-bounding 1
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
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

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 1;
    if (empty_bounding_set())
        errno = 0; /* never looked at */
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

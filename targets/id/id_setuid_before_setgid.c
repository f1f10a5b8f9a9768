/* id_setuid_before_setgid.c - a root daemon forks a worker that changes its uid first and its gid afterwards.
 *
 * Defect: without root's uid the change of gid is refused. The worker sees that and ends, so that nobody works
 * with gid 0; the order was wrong all the same.
 * Expect: id-drop-order 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

#define REFUSED 3 /* exit status of a worker that saw the failure */

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setuid(WWW))
        return 1;
    FORKAUDIT_MOMENT("uid-changed");
    return setgid(WWW) ? REFUSED : 1;
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
    return WEXITSTATUS(status) == REFUSED ? 0 : 1;
}

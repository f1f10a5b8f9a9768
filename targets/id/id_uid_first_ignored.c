/* id_uid_first_ignored.c - a root daemon forks a worker that changes its uid first, ignores that the gid is then
 * refused, and works on.
 *
 * Defect: the order is wrong, the result is not looked at, and gid 0 stays as real, effective and saved gid.
 * Expect: id-drop-order 1
 * Expect: id-drop-unchecked 1
 * Re-enacts: sway#4990
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setuid(WWW))
        return 1;
    if (setgid(WWW))
        errno = 0; /* never looked at */
    FORKAUDIT_SELF("worker");
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
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

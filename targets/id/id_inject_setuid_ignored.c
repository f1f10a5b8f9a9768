/* id_inject_setuid_ignored.c - a root daemon forks a worker that drops to www-data; that setuid(2) works is taken for
 * granted.
 *
 * Defect: in this run it does work, so nothing can be seen. When it fails, the worker serves as root.
 * Expect: id-drop-unchecked 1
 * Strength: id-drop-unchecked proven
 * Re-enacts: CVE-2006-4447
 * Inject: --calls setuid
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

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    if (setuid(WWW))
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

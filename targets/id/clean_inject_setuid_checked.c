/* clean_inject_setuid_checked.c - a root daemon forks a worker that drops to www-data, and ends when setuid(2) fails.
 *
 * No defect: the counterpart of id_inject_setuid_ignored.
 * Expect: none
 * Inject: --calls setuid
 * Needs: root
 */
#include "forkaudit.h"

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
        return 1;
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

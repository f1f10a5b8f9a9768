/* clean_regain_test.c - a root daemon forks a worker that drops everything and then tries to get it back.
 *
 * No defect: setuid(0), seteuid(0), setgid(0) and setgroups are refused with EPERM, as the worker wants to see. A
 * failed call that was meant to fail is no unchecked drop.
 * Expect: none
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

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 1;
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
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

/* clean_inject_retry_bounded.c - a root daemon forks a worker that tries setuid(2) three times, and then ends.
 *
 * No defect: the counterpart of id_inject_retry_forever.
 * Expect: none
 * Inject: --calls setuid --errno EPERM --repeat --until-settled --settle-timeout 30s
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
    int tries = 0;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    while (setuid(WWW))
        if (++tries == 3)
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

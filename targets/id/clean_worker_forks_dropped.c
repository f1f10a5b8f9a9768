/* clean_worker_forks_dropped.c - a root daemon forks a worker that drops to www-data, and starts CGI programs in
 * children of its own.
 *
 * No defect: the counterpart of id_worker_forks_root. The daemon has CAP_SETUID, and the drop works; the CGI
 * programs are www-data's.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Runs a CGI program and waits for it. */
static int serve(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/bin/true", "cgi", (char *)NULL);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    if (setuid(WWW))
        return 1;
    FORKAUDIT_SELF("worker");
    return serve();
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

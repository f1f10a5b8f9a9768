/* id_worker_takes_root_back.c - a root daemon forks a worker that lowers its real and effective uid, and serves
 * requests.
 *
 * Defect: the saved uid is 0 at every request. A copy of the worker that is made there shows it: it takes root
 * back.
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Works until its parent has no more to ask. */
static int work(int requests)
{
    gid_t group = WWW;
    char request;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, 0))
        return 1;
    FORKAUDIT_MOMENT("ready");
    while (read(requests, &request, 1) > 0)
        FORKAUDIT_MOMENT("request");
    return 0;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int ends[2], status;
    pid_t pid;

    if (setgroups(3, groups) || pipe(ends))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        close(ends[1]);
        _exit(work(ends[0]));
    }
    if (write(ends[1], "123", 3) != 3 || close(ends[1]))
        return 1;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

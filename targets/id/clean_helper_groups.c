/* clean_helper_groups.c - a root daemon runs a helper as another user and reads what it says.
 *
 * No defect: the counterpart of id_helper_groups. The groups are set first.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int help(int output)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW) || dup2(output, STDOUT_FILENO) < 0)
        return 126;
    FORKAUDIT_SELF("helper");
    execl("/bin/echo", "echo", "key", (char *)NULL);
    return 127;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    char answer[4];
    int ends[2], status;
    pid_t pid;

    if (setgroups(3, groups) || pipe2(ends, O_CLOEXEC))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(help(ends[1]));

    if (close(ends[1]) || read(ends[0], answer, sizeof answer) != sizeof answer)
        return 1;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

/* id_setuid_program_helper.c - a set-uid-root program forks and executes a helper with the ids it has: its
 * starter's real id, root's effective one.
 *
 * Defect: the helper is root, in an environment, a working directory and with limits that its starter chose. The
 * program starts as root and gives its real ids to www-data first, which is how a set-uid-root program started by
 * www-data looks.
 * Expect: id-privileged-exec 1
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

int main(void)
{
    gid_t group = WWW;
    int status;
    pid_t pid;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, 0, 0))
        return 1;
    FORKAUDIT_MOMENT("before-helper");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/bin/true", "helper", (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

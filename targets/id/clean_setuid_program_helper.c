/* clean_setuid_program_helper.c - a set-uid-root program forks, goes back to its starter's ids in the child, and
 * executes a helper.
 *
 * No defect: the counterpart of id_setuid_program_helper.
 * Expect: none
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
        if (setresuid(WWW, WWW, WWW))
            _exit(126);
        execl("/bin/true", "helper", (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

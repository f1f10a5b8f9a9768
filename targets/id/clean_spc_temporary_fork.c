/* clean_spc_temporary_fork.c - a set-uid-root program drops privilege for a while by spc_drop_privileges(0) and calls
 * spc_fork().
 *
 * No defect: where the recipe's own pair leaves saved uid 0 in the child (id_temporary_drop_fork), spc_fork()
 * drops for good after a temporary drop too. The parent takes its privilege back afterwards.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"
#include "spc.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups) || setresgid(WWW, 0, 0) || setresuid(WWW, 0, 0) || spc_drop_privileges(0))
        return 1;
    pid = spc_fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        FORKAUDIT_SELF("child");
        _exit(seteuid(0) == 0);
    }
    if (waitpid(pid, &status, 0) != pid || status || spc_restore_privileges() || geteuid() != 0)
        return 1;
    return spc_drop_privileges(1);
}

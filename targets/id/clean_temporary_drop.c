/* clean_temporary_drop.c - a set-uid-root program drops privilege for a while, takes it back, and drops it for good.
 *
 * No defect: no child is made in between, and in the end nothing can be taken back. The program starts as root and
 * gives its real ids to www-data first, which is how a set-uid-root program started by www-data looks.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"
#include "spc.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int fd;

    if (setgroups(3, groups) || setresgid(WWW, 0, 0) || setresuid(WWW, 0, 0))
        return 1;
    if (spc_drop_privileges(0))
        return 1;
    FORKAUDIT_MOMENT("dropped-for-a-while");
    fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || spc_restore_privileges() || geteuid() != 0)
        return 1;
    if (spc_drop_privileges(1) || seteuid(0) == 0)
        return 1;
    FORKAUDIT_SELF("dropped-for-good");
    return 0;
}

/* clean_drop_in_place.c - a root daemon opens its files, and then drops its own privilege for good, without a fork.
 *
 * No defect: spc_drop_privileges_to() leaves www-data's ids and group only; what was opened before the drop is its
 * own.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"
#include "spc.h"

#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#define WWW 33 /* www-data */

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };

    if (setgroups(3, groups) || open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
        return 1;
    if (spc_drop_privileges_to(WWW, WWW, NULL, 0))
        return 1;
    FORKAUDIT_SELF("dropped");
    return setuid(0) == 0;
}

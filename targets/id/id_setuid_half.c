/* id_setuid_half.c - a set-uid-root program without CAP_SETUID, as its starter may arrange, drops to its starter by
 * setuid(getuid()), and works on.
 *
 * Defect: without the capability setuid(2) changes the effective uid only, and still returns 0: the saved uid stays
 * 0, and seteuid(0) brings root back. A test of the result says that all is well. This was how sendmail was led
 * astray on Linux before 2.2.16. The program starts as root and gives its real ids to www-data first, which is how a
 * set-uid-root program started by www-data looks.
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Re-enacts: CVE-2000-0506
 * Needs: root
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Takes one capability out of the effective and permitted sets. */
static int remove_capability(int capability)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data))
        return -1;
    data[capability / 32].effective &= ~(1U << capability % 32);
    data[capability / 32].permitted &= ~(1U << capability % 32);
    return (int)syscall(SYS_capset, &header, data);
}

int main(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, 0, 0) || remove_capability(CAP_SETUID))
        return 1;
    if (setuid(getuid()) || geteuid() != WWW)
        return 1;
    FORKAUDIT_SELF("delivering");
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
}

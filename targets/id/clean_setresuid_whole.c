/* clean_setresuid_whole.c - a set-uid-root program without CAP_SETUID, as its starter may arrange, drops to its starter
 * by setresuid(2) with all three ids, and works on.
 *
 * No defect: the counterpart of id_setuid_half. The real id may be taken as saved id without any capability, and
 * nothing of root is left.
 * Expect: none
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
    if (setresuid(WWW, WWW, WWW) || geteuid() != WWW)
        return 1;
    FORKAUDIT_SELF("delivering");
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
}

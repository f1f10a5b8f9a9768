/* id_caps_chosen_wide.c - a root daemon that logs for others changes all its ids, keeps its capabilities across the
 * change, and reduces them to those on its list.
 *
 * Defect: the list is long, and on it are capabilities that lead to all others. The "drop" of rsyslog with libcap-ng
 * left such a set; CAP_SETUID alone makes the process root again.
 * Expect: cap-kept 1
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Re-enacts: rsyslog#5088
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Effective and permitted capabilities, the same set. */
static int set_capabilities(unsigned low, unsigned high)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { low, low, 0 }, { high, high, 0 } };

    return (int)syscall(SYS_capset, &header, data);
}

int main(void)
{
    const unsigned list = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_SETGID | 1U << CAP_SETUID |
                          1U << CAP_NET_BIND_SERVICE | 1U << CAP_NET_ADMIN | 1U << CAP_SYS_CHROOT;
    gid_t group = WWW;

    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW) ||
        setresuid(WWW, WWW, WWW) || set_capabilities(list, 0))
        return 1;
    FORKAUDIT_SELF("logging");
    return 0;
}

/* clean_caps_chosen_narrow.c - a root daemon that logs for others changes all its ids, keeps its capabilities across
 * the change, and reduces them to those on its list.
 *
 * No defect: the counterpart of id_caps_chosen_wide. On the list is only what leads to nothing else.
 * Expect: none
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
    const unsigned list = 1U << CAP_NET_BIND_SERVICE | 1U << CAP_SYS_CHROOT;
    gid_t group = WWW;

    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW) ||
        setresuid(WWW, WWW, WWW) || set_capabilities(list, 0))
        return 1;
    FORKAUDIT_SELF("logging");
    return 0;
}

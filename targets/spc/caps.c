/* caps.c - capability sets of the calling thread, by the system calls: no library, no memory. */
#include "internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int spc_caps_read(struct spc_caps *ret_caps)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

    if (syscall(SYS_capget, &header, data))
        return -1;
    ret_caps->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    ret_caps->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    ret_caps->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return 0;
}

int spc_caps_write(const struct spc_caps *caps)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        { (uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable },
        { (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32), (uint32_t)(caps->inheritable >> 32) }
    };

    return (int)syscall(SYS_capset, &header, data);
}

int spc_caps_may_set_groups(void)
{
    struct spc_caps caps;

    if (spc_caps_read(&caps))
        return -1;
    return (caps.effective >> CAP_SETGID & 1) != 0;
}

/* The kernel keeps the ambient set within permitted and inheritable; it is asked all the same. */
static bool has_ambient(void)
{
    unsigned long capability;

    /* EINVAL past the last one, and for the first on kernels without an ambient set. */
    for (capability = 0; capability < 64; capability++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0L, 0L) > 0)
            return true;
    return false;
}

int spc_caps_clear(void)
{
    static const struct spc_caps none;
    struct spc_caps caps;

    /* After a change of ids they are empty by themselves, unless PR_SET_KEEPCAPS or securebits said otherwise. */
    if (spc_caps_write(&none) || spc_caps_read(&caps))
        return -1;
    if (caps.effective || caps.permitted || caps.inheritable || has_ambient()) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

/* privileges.c - spc_drop_privileges() and spc_drop_privileges_to(), for the whole process. */
#include "internal.h"

#include <errno.h>
#include <limits.h>

/* `drop` NULL: to the real ids. */
static int drop_for_good(const struct spc_drop *drop)
{
    int result;

    if (spc_lock_take())
        return -1;
    result = drop ? spc_ids_drop(&spc_id_calls_process, drop) : spc_ids_drop_to_real(&spc_id_calls_process);
    if (!result)
        result = spc_threads_check();
    if (!result)
        spc_privileges_forget();
    spc_lock_give();
    return result;
}

int spc_drop_privileges(int permanent)
{
    return permanent ? drop_for_good(NULL) : spc_privileges_drop_temporarily();
}

int spc_drop_privileges_to(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups)
{
    struct spc_drop drop = { .uid = uid, .gid = gid, .groups = groups, .n_groups = n_groups };

    if (n_groups > NGROUPS_MAX || (n_groups > 0 && !groups)) {
        errno = EINVAL;
        return -1;
    }
    if (!groups) {
        drop.groups = &drop.gid;
        drop.n_groups = 1;
    }
    return drop_for_good(&drop);
}

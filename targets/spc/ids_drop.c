/* ids_drop.c - the permanent drop: groups, then gid, then uid, then capabilities, then the proof. */
#include "internal.h"

#include <errno.h>
#include <sys/prctl.h>

/* After a temporary drop the effective uid is not 0, and the groups cannot be changed; but a real or saved uid of 0
 * means that privilege is still there, and here it is needed for the last time. */
static int privilege_raise(const struct spc_id_calls *calls, const struct spc_ids *ids)
{
    if (ids->euid == 0 || (ids->ruid != 0 && ids->suid != 0))
        return 0;
    return calls->set_uids((uid_t)-1, 0, (uid_t)-1);
}

/* Returns 1 when the groups are the wanted ones now, 0 when they are kept, -1 with errno. */
static int groups_set(const struct spc_id_calls *calls, const struct spc_drop *drop)
{
    int may = spc_caps_may_set_groups(), are = spc_groups_are(drop->groups, drop->n_groups);

    if (may < 0 || are != 0)
        return may < 0 ? -1 : are;
    if (drop->keep_groups && (!may || spc_setgroups_is_denied()))
        return 0;
    return calls->set_groups(drop->n_groups, drop->groups) ? -1 : 1;
}

int spc_ids_drop(const struct spc_id_calls *calls, const struct spc_drop *drop)
{
    struct spc_drop check = *drop;
    struct spc_ids old;
    int groups;

    /* -1 is "unchanged" to setresuid(2): never what is meant here. */
    if (drop->uid == (uid_t)-1 || drop->gid == (gid_t)-1) {
        errno = EINVAL;
        return -1;
    }
    if (spc_ids_read(&old) || privilege_raise(calls, &old))
        return -1;
    groups = groups_set(calls, drop);
    if (groups < 0)
        return -1;
    if (groups == 0)
        check.groups = NULL;
    if (calls->set_gids(drop->gid, drop->gid, drop->gid))
        return -1;
    /* May be locked by securebits. Then the capabilities outlive the next call, and spc_caps_clear() ends them. */
    (void)prctl(PR_SET_KEEPCAPS, 0L, 0L, 0L, 0L);
    if (calls->set_uids(drop->uid, drop->uid, drop->uid))
        return -1;
    if (drop->uid != 0 && spc_caps_clear())
        return -1;
    return spc_ids_check(&check, &old);
}

int spc_ids_drop_to_real(const struct spc_id_calls *calls)
{
    struct spc_drop drop = { .n_groups = 1, .keep_groups = true };
    struct spc_ids ids;

    if (spc_ids_read(&ids))
        return -1;
    drop.uid = ids.ruid;
    drop.gid = ids.rgid;
    drop.groups = &ids.rgid;
    return spc_ids_drop(calls, &drop);
}

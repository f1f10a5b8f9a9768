/* ids_check.c - the proof after a drop: what the kernel says now, and whether any old id can be had back. */
#include "internal.h"

#include <errno.h>
#include <sys/fsuid.h>

/* setfsuid(2) reports nothing but the present value; -1 changes nothing. */
static bool ids_are(const struct spc_drop *drop)
{
    struct spc_ids now;

    if (spc_ids_read(&now))
        return false;
    return now.ruid == drop->uid && now.euid == drop->uid && now.suid == drop->uid && now.rgid == drop->gid &&
           now.egid == drop->gid && now.sgid == drop->gid && setfsuid((uid_t)-1) == (int)drop->uid &&
           setfsgid((gid_t)-1) == (int)drop->gid;
}

static bool has_groups(const struct spc_drop *drop)
{
    return !drop->groups || spc_groups_are(drop->groups, drop->n_groups) == 1;
}

/* The calling thread alone tries: if it succeeds, no other thread is harmed. EINVAL: the id is not mapped in this user
 * namespace, so nobody here can have it. */
static bool uid_comes_back(const struct spc_drop *drop, uid_t old)
{
    if (old == drop->uid)
        return false;
    if (spc_id_calls_thread.set_uids((uid_t)-1, old, (uid_t)-1) == 0) {
        (void)spc_id_calls_thread.set_uids(drop->uid, drop->uid, drop->uid);
        return true;
    }
    return errno != EPERM && errno != EINVAL;
}

static bool gid_comes_back(const struct spc_drop *drop, gid_t old)
{
    if (old == drop->gid)
        return false;
    if (spc_id_calls_thread.set_gids((gid_t)-1, old, (gid_t)-1) == 0) {
        (void)spc_id_calls_thread.set_gids(drop->gid, drop->gid, drop->gid);
        return true;
    }
    return errno != EPERM && errno != EINVAL;
}

static bool anything_comes_back(const struct spc_drop *drop, const struct spc_ids *old)
{
    return uid_comes_back(drop, old->ruid) || uid_comes_back(drop, old->euid) || uid_comes_back(drop, old->suid) ||
           uid_comes_back(drop, 0) || gid_comes_back(drop, old->rgid) || gid_comes_back(drop, old->egid) ||
           gid_comes_back(drop, old->sgid) || gid_comes_back(drop, 0);
}

int spc_ids_check(const struct spc_drop *drop, const struct spc_ids *old)
{
    /* To be uid 0 is to be able to take any id: there is nothing to try. */
    if (!ids_are(drop) || !has_groups(drop) || (drop->uid != 0 && anything_comes_back(drop, old))) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

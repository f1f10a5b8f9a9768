/* privileges_temporary.c - the drop that can be taken back: effective ids, groups and effective capabilities only.
 * Code that must not be trusted is not safe behind it: whoever runs in the process can take everything back as well. */
#include "internal.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

/* What was, guarded by the lock. A child of spc_fork() forgets it. */
static struct {
    bool is_dropped;
    struct spc_ids ids;
    uint64_t effective; /* capabilities */
    gid_t *groups;
    size_t n_groups;
} before;

void spc_privileges_forget(void)
{
    before.is_dropped = false; /* the memory is freed by the next drop: not here, between fork and exec */
}

static int groups_save(void)
{
    int n = getgroups(0, NULL);
    gid_t *groups;

    if (n < 0)
        return -1;
    groups = malloc(((size_t)n + 1) * sizeof *groups);
    if (!groups)
        return -1;
    n = getgroups(n, groups);
    if (n < 0) {
        free(groups);
        return -1;
    }
    free(before.groups);
    before.groups = groups;
    before.n_groups = (size_t)n;
    return 0;
}

static int before_save(void)
{
    struct spc_caps caps;

    if (spc_ids_read(&before.ids) || spc_caps_read(&caps) || groups_save())
        return -1;
    before.effective = caps.effective;
    return 0;
}

static int effective_set(uint64_t effective)
{
    struct spc_caps caps;

    if (spc_caps_read(&caps))
        return -1;
    if (caps.effective == effective)
        return 0;
    caps.effective = effective;
    return spc_caps_write(&caps);
}

static int groups_restore(void)
{
    if (spc_groups_are(before.groups, before.n_groups) == 1)
        return 0;
    if (setgroups(before.n_groups, before.groups))
        return -1;
    if (spc_groups_are(before.groups, before.n_groups) == 1)
        return 0;
    errno = EPERM;
    return -1;
}

/* EPERM unless real, effective and saved ids are as expected. */
static int ids_expect(uid_t euid, gid_t egid)
{
    struct spc_ids now;

    if (spc_ids_read(&now))
        return -1;
    if (now.ruid == before.ids.ruid && now.euid == euid && now.suid == before.ids.euid && now.rgid == before.ids.rgid &&
        now.egid == egid && now.sgid == before.ids.egid)
        return 0;
    errno = EPERM;
    return -1;
}

/* The uid first: it is what allows the rest. */
static int ids_raise(void)
{
    if (setresuid((uid_t)-1, before.ids.euid, (uid_t)-1) || effective_set(before.effective))
        return -1;
    if (setresgid((gid_t)-1, before.ids.egid, (gid_t)-1) || groups_restore())
        return -1;
    return ids_expect(before.ids.euid, before.ids.egid);
}

static int groups_lower(void)
{
    int may = spc_caps_may_set_groups();

    if (may <= 0 || spc_setgroups_is_denied())
        return may < 0 ? -1 : 0;
    if (setgroups(1, &before.ids.rgid))
        return -1;
    if (spc_groups_are(&before.ids.rgid, 1) == 1)
        return 0;
    errno = EPERM;
    return -1;
}

/* The former effective ids become the saved ones, by name: what setreuid(2) leaves there depends on what was before. */
static int ids_lower(void)
{
    const struct spc_ids *ids = &before.ids;

    if (groups_lower() || setresgid(ids->rgid, ids->rgid, ids->egid) || setresuid(ids->ruid, ids->ruid, ids->euid))
        return -1;
    if (ids->ruid != 0 && effective_set(0))
        return -1;
    return ids_expect(ids->ruid, ids->rgid);
}

/* Undo a change that failed half way: every step as far as it goes, because none of them may hold up the others.
 * Errors are not told: the first one, which led here, is. */
static void ids_lower_again(void)
{
    const struct spc_ids *ids = &before.ids;
    int saved = errno;

    (void)groups_lower();
    (void)setresgid(ids->rgid, ids->rgid, ids->egid);
    (void)setresuid(ids->ruid, ids->ruid, ids->euid);
    if (ids->ruid != 0)
        (void)effective_set(0);
    errno = saved;
}

static void ids_raise_again(void)
{
    int saved = errno;

    (void)setresuid((uid_t)-1, before.ids.euid, (uid_t)-1);
    (void)effective_set(before.effective);
    (void)setresgid((gid_t)-1, before.ids.egid, (gid_t)-1);
    (void)groups_restore();
    errno = saved;
}

static bool is_nothing_to_drop(const struct spc_ids *ids)
{
    return ids->euid == ids->ruid && ids->egid == ids->rgid;
}

int spc_privileges_drop_temporarily(void)
{
    int result = 0;

    if (spc_lock_take())
        return -1;
    if (!before.is_dropped) {
        result = before_save();
        if (!result && !is_nothing_to_drop(&before.ids)) {
            result = ids_lower() || spc_threads_check() ? -1 : 0;
            if (result)
                ids_raise_again();
            before.is_dropped = !result;
        }
    }
    spc_lock_give();
    return result;
}

int spc_restore_privileges(void)
{
    int result = -1;

    if (spc_lock_take())
        return -1;
    if (!before.is_dropped) {
        errno = EPERM;
    } else {
        result = ids_raise();
        if (result)
            ids_lower_again();
        before.is_dropped = result != 0;
    }
    spc_lock_give();
    return result;
}

/* account.c - the user database's word on every user that a process became. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS_MAX 4096
#define GROUPS_MAX   65536

int account_note(struct observe *o, uint32_t uid)
{
    uint32_t *more;

    for (size_t i = 0; i < o->n_uids; i++)
        if (o->uids[i] == uid)
            return 0;
    if (o->n_uids == ACCOUNTS_MAX)
        return 0;
    more = realloc(o->uids, (o->n_uids + 1) * sizeof *more);
    if (!more)
        return -ENOMEM;
    o->uids = more;
    o->uids[o->n_uids++] = uid;
    return 0;
}

static int gid_compare(const void *a, const void *b)
{
    gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

    return (x > y) - (x < y);
}

/* "4 27"; NULL when there is no memory or there are too many. The caller frees. */
static char *account_groups(const struct passwd *user)
{
    int n = 64;
    gid_t *groups = NULL;
    char *text = NULL, *at;

    for (;;) {
        gid_t *more = realloc(groups, n * sizeof *more);
        int asked = n;

        if (!more)
            goto out;
        groups = more;
        if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) >= 0)
            break;
        n = n > asked ? n : asked * 2;
        if (n > GROUPS_MAX)
            goto out;
    }
    qsort(groups, n, sizeof *groups, gid_compare);
    text = at = malloc(n * 11 + 1);
    if (!text)
        goto out;
    *at = '\0';
    for (int i = 0; i < n; i++)
        at += sprintf(at, "%s%u", i ? " " : "", groups[i]);
out:
    free(groups);
    return text;
}

static int account_record_one(struct observe *o, uint32_t uid)
{
    struct passwd entry, *user = NULL;
    char *buffer = malloc(65536), *groups = NULL;
    int r = -ENOMEM;

    if (!buffer)
        return r;
    r = getpwuid_r(uid, &entry, buffer, 65536, &user);
    if (r)
        r = record_gap(o, NULL, FACTS_NULL, "account", r, "the user database could not be read");
    if (user)
        groups = account_groups(user);
    if (!r)
        r = facts_add_account(o->f, uid, user ? user->pw_name : NULL, user ? (int64_t)user->pw_gid : FACTS_NULL,
                              groups);
    free(groups);
    free(buffer);
    return r;
}

int account_record(struct observe *o)
{
    int r = 0;

    for (size_t i = 0; !r && i < o->n_uids; i++)
        r = account_record_one(o, o->uids[i]);
    return r;
}

/* text_state.c - an identity in words: ids, groups, capabilities and what else counts, and what of it changed. */
#include "reports/text_identity.h"

#include <linux/securebits.h>
#include <string.h>

#include "harness/facts/facts.h"

#define NAMES_MAX  4   /* capabilities that are named, one by one */
#define GROUPS_MAX 160 /* bytes of a list of groups that are shown */

/* linux/capability.h, in order; a newer kernel's are shown by number. */
static const char *const capabilities[] = {
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};
#define N_CAPABILITIES   (sizeof capabilities / sizeof capabilities[0])
#define ALL_CAPABILITIES ((UINT64_C(1) << N_CAPABILITIES) - 1)

static void put_names(struct page *p, uint64_t mask)
{
    const char *before = "";

    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(mask >> bit & 1))
            continue;
        if (bit < N_CAPABILITIES)
            page_format(p, "%scap_%s", before, capabilities[bit]);
        else
            page_format(p, "%scap_%u", before, bit);
        before = " ";
    }
}

void text_capabilities(struct page *p, uint64_t mask)
{
    uint64_t missing = ALL_CAPABILITIES & ~mask;
    int n = __builtin_popcountll(mask);

    if (mask == 0) {
        page_add(p, "none");
    } else if (n <= NAMES_MAX) {
        put_names(p, mask);
    } else if (missing == 0) {
        page_add(p, "all");
    } else if (__builtin_popcountll(missing) <= NAMES_MAX) {
        page_add(p, "all but ");
        put_names(p, missing);
    } else {
        page_format(p, "%d capabilities (0x%llx)", n, (unsigned long long)mask);
    }
}

static void put_securebits(struct page *p, int64_t bits)
{
    static const struct {
        int64_t bit;
        const char *name;
    } names[] = {
        { SECBIT_NOROOT, "noroot" },
        { SECBIT_NOROOT_LOCKED, "noroot_locked" },
        { SECBIT_NO_SETUID_FIXUP, "no_setuid_fixup" },
        { SECBIT_NO_SETUID_FIXUP_LOCKED, "no_setuid_fixup_locked" },
        { SECBIT_KEEP_CAPS, "keep_caps" },
        { SECBIT_KEEP_CAPS_LOCKED, "keep_caps_locked" },
        { SECBIT_NO_CAP_AMBIENT_RAISE, "no_cap_ambient_raise" },
        { SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, "no_cap_ambient_raise_locked" },
    };
    const char *before = "";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(bits & names[i].bit))
            continue;
        page_format(p, "%s%s", before, names[i].name);
        before = " ";
        bits &= ~names[i].bit;
    }
    if (bits)
        page_format(p, "%s0x%llx", before, (unsigned long long)bits);
    else if (!*before)
        page_add(p, "none");
}

static void put_value(struct page *p, enum identity_column column, int64_t value)
{
    static const char *const seccomp[] = { "off", "strict", "filter" };

    if (value == FACTS_NULL)
        page_add(p, "?");
    else if (column >= IDENTITY_CAP_INH && column <= IDENTITY_CAP_AMB)
        text_capabilities(p, (uint64_t)value);
    else if (column == IDENTITY_SECUREBITS)
        put_securebits(p, value);
    else if (column == IDENTITY_SECCOMP && value >= 0 && value < 3)
        page_add(p, seccomp[value]);
    else if ((column == IDENTITY_NO_NEW_PRIVS || column == IDENTITY_DUMPABLE) && value >= 0 && value < 2)
        page_add(p, value ? "yes" : "no");
    else if (column == IDENTITY_DUMPABLE && value == 2)
        page_add(p, "by root only");
    else
        page_format(p, "%lld", (long long)value);
}

/* Real, effective, saved and fs id, one after the other in enum identity_column. */
static void put_ids(struct page *p, const struct identity *i, enum identity_column first)
{
    for (int c = (int)first; c < (int)first + 4; c++) {
        page_add(p, c > (int)first ? "/" : "");
        put_value(p, (enum identity_column)c, i->values[c]);
    }
}

static void put_groups(struct page *p, const struct identity *i)
{
    if (i->groups_size > 0)
        page_put_cut(p, i->groups, i->groups_size, GROUPS_MAX);
    else
        page_add(p, "none");
}

/* What stands before the next part of a list: nothing before the first one. */
struct list {
    struct page *p;
    int n;
};

static void next_part(struct list *l)
{
    if (l->n++ > 0)
        page_add(l->p, ", ");
}

static void put_arrow(struct page *p)
{
    page_add(p, p->options->utf8 ? " \xe2\x86\x92 " : " -> ");
}

static void list_ids_change(struct list *l, const struct identity *before, const struct identity *now,
                            enum identity_column first, const char *name)
{
    int differs = 0;

    for (int c = (int)first; c < (int)first + 4; c++)
        differs |= identity_differs(before, now, (enum identity_column)c);
    if (!differs)
        return;
    next_part(l);
    page_format(l->p, "%s ", name);
    put_ids(l->p, before, first);
    put_arrow(l->p);
    put_ids(l->p, now, first);
}

/* Sets that changed in the same way are told together: a drop of root empties several at once. */
static void list_capability_changes(struct list *l, const struct identity *before, const struct identity *now)
{
    static const struct {
        enum identity_column column;
        const char *name;
    } sets[] = { { IDENTITY_CAP_PRM, "permitted" },
                 { IDENTITY_CAP_EFF, "effective" },
                 { IDENTITY_CAP_INH, "inheritable" },
                 { IDENTITY_CAP_AMB, "ambient" },
                 { IDENTITY_CAP_BND, "bounding" } };
    const size_t n = sizeof sets / sizeof sets[0];
    int told = 0;

    for (size_t i = 0; i < n; i++) {
        enum identity_column c = sets[i].column;

        if (told >> i & 1 || !identity_differs(before, now, c))
            continue;
        next_part(l);
        page_add(l->p, sets[i].name);
        for (size_t k = i + 1; k < n; k++) {
            enum identity_column d = sets[k].column;

            if (!identity_differs(before, now, d) || before->values[c] != before->values[d] ||
                now->values[c] != now->values[d])
                continue;
            page_format(l->p, " and %s", sets[k].name);
            told |= 1 << k;
        }
        page_add(l->p, " ");
        put_value(l->p, c, before->values[c]);
        put_arrow(l->p);
        put_value(l->p, c, now->values[c]);
    }
}

void text_changes(struct page *p, const struct identity *before, const struct identity *now)
{
    static const struct {
        enum identity_column column;
        const char *name;
    } others[] = { { IDENTITY_SECUREBITS, "securebits" },
                   { IDENTITY_NO_NEW_PRIVS, "no_new_privs" },
                   { IDENTITY_DUMPABLE, "dumpable" },
                   { IDENTITY_SECCOMP, "seccomp" },
                   { IDENTITY_USER_NS, "user namespace" } };
    struct list l = { p, 0 };

    list_ids_change(&l, before, now, IDENTITY_RUID, "uid");
    list_ids_change(&l, before, now, IDENTITY_RGID, "gid");
    if (identity_groups_differ(before, now)) {
        next_part(&l);
        page_add(p, "groups ");
        put_groups(p, before);
        put_arrow(p);
        put_groups(p, now);
    }
    list_capability_changes(&l, before, now);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        enum identity_column c = others[i].column;

        if (!identity_differs(before, now, c))
            continue;
        next_part(&l);
        page_format(p, "%s ", others[i].name);
        put_value(p, c, before->values[c]);
        put_arrow(p);
        put_value(p, c, now->values[c]);
    }
}

static void list_ids(struct list *l, const struct identity *now, enum identity_column first, const char *name)
{
    const int64_t *v = now->values + first;

    next_part(l);
    page_format(l->p, "%s ", name);
    if (v[0] == v[1] && v[0] == v[2] && v[0] == v[3])
        put_value(l->p, first, v[0]);
    else
        put_ids(l->p, now, first);
}

static void list_set(struct list *l, const struct identity *now, enum identity_column column, const char *name)
{
    if (now->values[column] == FACTS_NULL || now->values[column] == 0)
        return;
    next_part(l);
    page_format(l->p, "%s ", name);
    put_value(l->p, column, now->values[column]);
}

void text_state(struct page *p, const struct identity *now)
{
    int64_t permitted = now->values[IDENTITY_CAP_PRM], effective = now->values[IDENTITY_CAP_EFF];
    struct list l = { p, 0 };

    list_ids(&l, now, IDENTITY_RUID, "uid");
    list_ids(&l, now, IDENTITY_RGID, "gid");
    next_part(&l);
    page_add(p, now->groups && now->groups_size == 0 ? "no " : "");
    page_add(p, "groups");
    if (!now->groups || now->groups_size > 0)
        page_add(p, " ");
    if (!now->groups)
        page_add(p, "?");
    else if (now->groups_size > 0)
        put_groups(p, now);
    next_part(&l);
    if (permitted != effective) {
        page_add(p, "permitted ");
        put_value(p, IDENTITY_CAP_PRM, permitted);
        page_add(p, ", effective ");
        put_value(p, IDENTITY_CAP_EFF, effective);
    } else if (permitted == 0) {
        page_add(p, "no capabilities");
    } else {
        page_add(p, "capabilities ");
        put_value(p, IDENTITY_CAP_PRM, permitted);
    }
    list_set(&l, now, IDENTITY_CAP_INH, "inheritable");
    list_set(&l, now, IDENTITY_CAP_AMB, "ambient");
    list_set(&l, now, IDENTITY_SECUREBITS, "securebits");
    if (now->values[IDENTITY_NO_NEW_PRIVS] == 1)
        next_part(&l), page_add(p, "no_new_privs");
    list_set(&l, now, IDENTITY_SECCOMP, "seccomp");
    if (now->values[IDENTITY_DUMPABLE] == 0 || now->values[IDENTITY_DUMPABLE] == 2)
        next_part(&l), page_add(p, "not dumpable");
}

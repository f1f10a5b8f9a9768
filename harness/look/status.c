/* status.c - /proc/PID/task/TID/status: ids, capabilities and signals of one task (proc(5)). */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MAX ((size_t)2 << 20)
#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux since 2.6.4 */

/* One line of the file: how its value is read and where it goes. */
struct field {
    const char *key;
    int (*take)(const char *value, const struct field *field, struct look_status *s);
    size_t offset;
    int optional; /* not every kernel has it */
};

static void *field_place(const struct field *field, struct look_status *s)
{
    return (char *)s + field->offset;
}

static int take_pid(const char *value, const struct field *field, struct look_status *s)
{
    int64_t pid;

    if (look_take_signed(&value, 0, INT_MAX, &pid) || *value)
        return -EBADMSG;
    *(pid_t *)field_place(field, s) = (pid_t)pid;
    return 0;
}

/* One number for each pid namespace from the reader's to the innermost: the last one counts. */
static int take_last_pid(const char *value, const struct field *field, struct look_status *s)
{
    const char *last = strrchr(value, '\t');

    return take_pid(last ? last + 1 : value, field, s);
}

static int take_state(const char *value, const struct field *field, struct look_status *s)
{
    if (!*value)
        return -EBADMSG;
    *(char *)field_place(field, s) = *value;
    return 0;
}

static int take_count(const char *value, const struct field *field, struct look_status *s)
{
    uint64_t count;

    if (look_take_unsigned(&value, 10, UINT_MAX, &count) || *value)
        return -EBADMSG;
    *(unsigned *)field_place(field, s) = (unsigned)count;
    return 0;
}

static int take_long_count(const char *value, const struct field *field, struct look_status *s)
{
    return look_take_unsigned(&value, 10, UINT64_MAX, field_place(field, s)) || *value ? -EBADMSG : 0;
}

static int take_small(const char *value, const struct field *field, struct look_status *s)
{
    uint64_t number;

    if (look_take_unsigned(&value, 10, INT_MAX, &number) || *value)
        return -EBADMSG;
    *(int *)field_place(field, s) = (int)number;
    return 0;
}

static int take_mask(const char *value, const struct field *field, struct look_status *s)
{
    return look_take_unsigned(&value, 16, UINT64_MAX, field_place(field, s)) || *value ? -EBADMSG : 0;
}

static int take_ids(const char *value, const struct field *field, struct look_status *s)
{
    uint32_t *ids = field_place(field, s);

    for (int i = 0; i < 4; i++) {
        uint64_t id;

        look_take_blanks(&value);
        if (look_take_unsigned(&value, 10, UINT32_MAX, &id))
            return -EBADMSG;
        ids[i] = (uint32_t)id;
    }
    return *value ? -EBADMSG : 0;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int take_groups(const char *value, const struct field *field, struct look_status *s)
{
    void *groups = NULL;
    size_t n = 0, room = 0;
    uint64_t id;
    int error = 0;

    (void)field;
    for (look_take_blanks(&value); *value && !error; look_take_blanks(&value)) {
        error = n == GROUPS_MAX ? -EBADMSG : look_take_unsigned(&value, 10, UINT32_MAX, &id);
        if (!error)
            error = look_grow(&groups, n, &room, sizeof(uint32_t));
        if (!error)
            ((uint32_t *)groups)[n++] = (uint32_t)id;
    }
    if (error) {
        free(groups);
        return error;
    }
    if (n)
        qsort(groups, n, sizeof(uint32_t), compare_ids);
    s->groups = groups;
    s->n_groups = n;
    return 0;
}

#define PLACE(member) offsetof(struct look_status, member)
static const struct field fields[] = {
    { "Tgid", take_pid, PLACE(tgid), 0 },
    { "NSpid", take_last_pid, PLACE(ns_pid), 0 },
    { "State", take_state, PLACE(state), 0 },
    { "Threads", take_count, PLACE(threads), 0 },
    { "Uid", take_ids, PLACE(uid), 0 },
    { "Gid", take_ids, PLACE(gid), 0 },
    { "Groups", take_groups, PLACE(groups), 0 },
    { "CapInh", take_mask, PLACE(cap_inh), 0 },
    { "CapPrm", take_mask, PLACE(cap_prm), 0 },
    { "CapEff", take_mask, PLACE(cap_eff), 0 },
    { "CapBnd", take_mask, PLACE(cap_bnd), 0 },
    { "CapAmb", take_mask, PLACE(cap_amb), 0 },
    { "SigBlk", take_mask, PLACE(sig_blocked), 0 },
    { "SigIgn", take_mask, PLACE(sig_ignored), 0 },
    { "SigCgt", take_mask, PLACE(sig_caught), 0 },
    { "SigPnd", take_mask, PLACE(sig_pending), 0 },
    { "ShdPnd", take_mask, PLACE(sig_shared_pending), 0 },
    { "NoNewPrivs", take_small, PLACE(no_new_privs), 1 },
    { "Seccomp", take_small, PLACE(seccomp), 1 },
    { "Seccomp_filters", take_small, PLACE(seccomp_filters), 1 },
    { "voluntary_ctxt_switches", take_long_count, PLACE(voluntary_switches), 0 },
    { "nonvoluntary_ctxt_switches", take_long_count, PLACE(involuntary_switches), 0 },
};
#define N_FIELDS (sizeof fields / sizeof *fields)

/* The bit of the field that `line` is about, 0 for one that nobody asked for, or -EBADMSG. */
static int take_field(const char *line, uint32_t seen, struct look_status *s, uint32_t *ret_bit)
{
    size_t length = strcspn(line, ":");

    *ret_bit = 0;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const char *value = line + length + 1;

        if (strlen(fields[i].key) != length || memcmp(fields[i].key, line, length) != 0 || !line[length])
            continue;
        /* A second line of the same key can only be forged, by the one text here that a target chooses: its name. */
        if (seen & (1u << i))
            return -EBADMSG;
        *ret_bit = 1u << i;
        look_take_blanks(&value);
        return fields[i].take(value, &fields[i], s);
    }
    return 0;
}

int look_status(int proc, pid_t pid, pid_t tid, struct look_status *ret)
{
    struct look_status s = { .no_new_privs = -1, .seccomp = -1, .seccomp_filters = -1 };
    struct look_text text;
    uint32_t seen = 0, bit;
    char *rest, *line;
    int error = look_read_lines(proc, pid, tid, "status", STATUS_MAX, &text);

    if (error)
        return error;
    rest = text.bytes;
    while (!error && (line = look_take_line(&rest))) {
        error = take_field(line, seen, &s, &bit);
        seen |= bit;
    }
    for (size_t i = 0; i < N_FIELDS && !error; i++)
        if (!fields[i].optional && !(seen & (1u << i)))
            error = -EBADMSG;
    free(text.bytes);
    if (error) {
        look_status_release(&s);
        return error;
    }
    *ret = s;
    return 0;
}

void look_status_release(struct look_status *s)
{
    free(s->groups);
    s->groups = NULL;
    s->n_groups = 0;
}

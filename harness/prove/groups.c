/* groups.c - may the process take back supplementary groups? One call decides (setgroups(2)). */
#include "harness/prove/internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The list, as the program names it, in the copy's memory; those that do not exist in its namespace are left out. Sets
 * *ret_n. */
static int groups_write(struct question *q, const uint32_t *groups, size_t n, uint64_t *ret_at, size_t *ret_n)
{
    uint32_t inside[PROVE_GROUPS];
    size_t kept = 0;

    for (size_t i = 0; i < n && kept < PROVE_GROUPS; i++)
        kept += !id_inside(&q->gid_map, groups[i], &inside[kept]);
    *ret_n = kept;
    if (!kept)
        return 0;
    *ret_at = trace_scratch(&q->copy, kept * sizeof *inside);
    return trace_write(&q->copy, *ret_at, inside, kept * sizeof *inside);
}

static int is_regained(struct question *q, const uint32_t *groups, size_t n, char *detail, size_t size)
{
    struct look_status who = { 0 };
    size_t got = 0;

    if (question_look(q, &who))
        return 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < who.n_groups; k++)
            got += who.groups[k] == groups[i];
    if (got)
        snprintf(detail, size, "%zu of %zu groups were there again", got, n);
    look_status_release(&who);
    return got > 0;
}

static int groups_outcome(struct question *q, enum attempt attempt, int error, const uint32_t *groups, size_t n,
                          struct prove_result *row)
{
    if (result_no_answer(q, attempt, error, row->call, row))
        return 0;
    switch (attempt) {
    case ATTEMPT_DONE:
        if (is_regained(q, groups, n, row->detail, sizeof row->detail))
            row->outcome = "regained";
        row->error = 0;
        return question_copy_end(q);
    case ATTEMPT_KILLED:
        row->outcome = "killed";
        break;
    case ATTEMPT_ORIGINAL:
        return -ESRCH;
    default:
        break;
    }
    return 0;
}

/* Once; with `raises` a capability that is only permitted takes effect first. 0 or -ESRCH. */
static int groups_try(struct question *q, const uint32_t *groups, size_t n, int raises, struct prove_result *row)
{
    uint64_t args[6] = { 0 };
    size_t inside = 0;
    int error = 0;
    enum attempt attempt = raises ? caps_raise(q, &error) : question_copy(q) ? ATTEMPT_NO_COPY : ATTEMPT_DONE;

    if (q->copy_error == -ESRCH)
        return -ESRCH;
    if (attempt != ATTEMPT_DONE)
        return groups_outcome(q, attempt, error, groups, n, row);
    if (groups_write(q, groups, n, &args[1], &inside))
        return groups_outcome(q, ATTEMPT_LOST, SIGSEGV, groups, n, row);
    if (!inside) {
        row->error = EINVAL;
        snprintf(row->detail, sizeof row->detail, "none of these groups exists in its user namespace");
        return 0;
    }
    result_add(row->call, sizeof row->call, "%ssetgroups(%zu, ...)", raises ? "capset, " : "", inside);
    args[0] = inside;
    attempt = question_call(q, "setgroups", args, &error);
    return groups_outcome(q, attempt, error, groups, n, row);
}

int regain_groups(struct question *q, const uint32_t *groups, size_t n)
{
    struct prove_result *row = results_add(q->results, "groups", "refused");
    int r;

    if (!row)
        return -ENOMEM;
    for (size_t i = 0, used = 0; i < n && used < sizeof row->wanted; i++)
        used += snprintf(row->wanted + used, sizeof row->wanted - used, "%s%u", i ? " " : "", groups[i]);
    r = groups_try(q, groups, n, 0, row);
    if (!r && !strcmp(row->outcome, "refused") && caps_may_raise(q, CAP_SETGID))
        r = groups_try(q, groups, n, 1, row);
    return r;
}

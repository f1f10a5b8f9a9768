/* groups.c - may the process take back supplementary groups? One call decides (setgroups(2)). */
#include "harness/prove/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The list, as the program names it, in the copy's memory; those that do not exist in its namespace are left out. Sets *ret_n. */
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

int regain_groups(struct question *q, const uint32_t *groups, size_t n)
{
    struct prove_result *row = results_add(q->results, "groups", "refused");
    uint64_t at = 0, args[6] = { 0 };
    size_t inside = 0;
    int r = question_copy(q), error = 0;
    enum attempt attempt;

    if (!row)
        return -ENOMEM;
    for (size_t i = 0, used = 0; i < n && used < sizeof row->wanted; i++)
        used += snprintf(row->wanted + used, sizeof row->wanted - used, "%s%u", i ? " " : "", groups[i]);
    if (!r)
        r = groups_write(q, groups, n, &at, &inside);
    if (r == -ESRCH)
        return r;
    if (r) {
        row->outcome = "not-made";
        row->error = -r;
        snprintf(row->detail, sizeof row->detail, "no copy could be made: %s", strerror(-r));
        return 0;
    }
    if (!inside) {
        row->error = EINVAL;
        snprintf(row->detail, sizeof row->detail, "none of these groups exists in its user namespace");
        return 0;
    }
    snprintf(row->call, sizeof row->call, "setgroups(%zu, ...)", inside);
    args[0] = inside;
    args[1] = at;
    attempt = question_call(q, "setgroups", args, &error);
    return groups_outcome(q, attempt, error, groups, n, row);
}

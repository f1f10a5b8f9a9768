/* caps.c - may the process take back capabilities? First those that it still has as permitted, at once; then each of
 * the others alone, for capset(2) refuses a set for one member. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COUNT_CAPS 64

struct capset_arguments {
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[2];
};

/* What has come of all of them: a bit mask for each outcome. */
struct cap_sums {
    uint64_t regained, refused, killed;
    int error;
};

/* Permitted and effective with these more. */
static enum attempt caps_try(struct question *q, uint64_t more, int *ret_error)
{
    uint64_t prm = q->now->cap_prm | more, eff = q->now->cap_eff | more;
    struct capset_arguments a = { { _LINUX_CAPABILITY_VERSION_3, 0 },
                                  { { (uint32_t)eff, (uint32_t)prm, (uint32_t)q->now->cap_inh },
                                    { eff >> 32, prm >> 32, q->now->cap_inh >> 32 } } };
    uint64_t args[6] = { 0 }, at;

    *ret_error = 0;
    if (question_copy(q))
        return q->copy_error == -ESRCH ? ATTEMPT_ORIGINAL : ATTEMPT_NO_COPY;
    at = trace_scratch(&q->copy, sizeof a);
    if (trace_write(&q->copy, at, &a, sizeof a))
        return ATTEMPT_LOST;
    args[0] = at;
    args[1] = at + offsetof(struct capset_arguments, data);
    return question_call(q, "capset", args, ret_error);
}

int caps_may_raise(const struct question *q, unsigned cap)
{
    return (q->now->cap_prm & ~q->now->cap_eff) >> cap & 1;
}

enum attempt caps_raise(struct question *q, int *ret_error)
{
    return caps_try(q, q->now->cap_prm, ret_error);
}

/* 1: go on with the next, 0: enough, negative: -ESRCH. */
static int caps_sum(struct question *q, uint64_t caps, struct cap_sums *sums)
{
    struct look_status who = { 0 };
    uint64_t has = 0;
    int error;

    switch (caps_try(q, caps, &error)) {
    case ATTEMPT_DONE:
        if (!question_look(q, &who))
            has = who.cap_eff & caps;
        look_status_release(&who);
        sums->regained |= has;
        sums->refused |= caps & ~has;
        return question_copy_end(q) ? -ESRCH : 1;
    case ATTEMPT_REFUSED:
        sums->refused |= caps;
        sums->error = error;
        return 1;
    case ATTEMPT_KILLED:
        sums->killed |= caps;
        sums->error = error;
        return 1;
    case ATTEMPT_ORIGINAL:
        return -ESRCH;
    default:
        return 0;
    }
}

static int caps_row(struct question *q, const char *outcome, uint64_t caps, int error)
{
    struct prove_result *row = caps ? results_add(q->results, "cap", outcome) : NULL;

    if (!caps)
        return 0;
    if (!row)
        return -ENOMEM;
    result_caps(row->wanted, sizeof row->wanted, caps);
    snprintf(row->call, sizeof row->call, "capset for each");
    row->error = error;
    return 0;
}

int regain_caps(struct question *q, uint64_t caps)
{
    struct cap_sums sums = { 0 };
    uint64_t had = caps & q->now->cap_prm;
    int r = had ? caps_sum(q, had, &sums) : 1;

    for (unsigned cap = 0; r > 0 && cap < COUNT_CAPS; cap++)
        if ((caps & ~had) >> cap & 1)
            r = caps_sum(q, (uint64_t)1 << cap, &sums);
    if (r < 0)
        return r;
    r = caps_row(q, "regained", sums.regained, 0);
    if (!r)
        r = caps_row(q, "killed", sums.killed, sums.error);
    if (!r)
        r = caps_row(q, "refused", sums.refused, sums.error);
    if (!r)
        r = caps_row(q, "not-made", caps & ~(sums.regained | sums.killed | sums.refused), -q->copy_error);
    return r;
}

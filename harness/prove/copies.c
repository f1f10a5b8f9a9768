/* copies.c - a copy to try something in: made when it is needed, made anew when it is used up. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int question_copy(struct question *q)
{
    int r;

    if (q->has_copy)
        return 0;
    if (!q->copy_error && q->copies_made >= PROVE_COPIES)
        q->copy_error = -E2BIG;
    if (!q->copy_error && q->copies_made && trace_is_asked(q->of->t))
        q->copy_error = -EINTR;
    if (q->copy_error)
        return q->copy_error;
    r = q->stands_in ? stand_in_copy(q) : trace_copy(q->of, q->flags, &q->copy);
    q->copies_made++;
    /* Its limit on processes or its filter allows none; another process with its credentials may answer for it. */
    if ((r == -EAGAIN || r == -EACCES) && !q->stands_in && q->is_same_namespace && q->now->uid[1]) {
        q->stands_in = !stand_in_copy(q);
        r = q->stands_in ? 0 : r;
    }
    q->has_copy = !r;
    q->copy_error = r;
    return r;
}

int question_copy_end(struct question *q)
{
    if (!q->has_copy)
        return 0;
    q->has_copy = 0;
    if (q->copy.is_stand_in)
        return trace_stand_in_end(&q->copy);
    return trace_copy_end(q->of, &q->copy) == -ESRCH ? -ESRCH : 0;
}

enum attempt question_call(struct question *q, const char *name, const uint64_t args[6], int *ret_error)
{
    int r = question_copy(q);

    *ret_error = 0;
    if (r)
        return r == -ESRCH ? ATTEMPT_ORIGINAL : ATTEMPT_NO_COPY;
    q->result = 0;
    r = trace_inject(&q->copy, name, args, &q->result);
    if (!r) {
        *ret_error = q->result < 0 && q->result >= -4095 ? (int)-q->result : 0;
        return *ret_error ? ATTEMPT_REFUSED : ATTEMPT_DONE;
    }
    if (r == -ENOSYS) {
        *ret_error = ENOSYS;
        return ATTEMPT_REFUSED;
    }
    *ret_error = r == -ECHILD ? (int)q->result : -r;
    if (r == -ETIMEDOUT && ++q->hung >= PROVE_HUNG)
        q->copy_error = r;
    if (question_copy_end(q))
        return ATTEMPT_ORIGINAL;
    return r == -ETIMEDOUT ? ATTEMPT_HUNG : r == -ECHILD && *ret_error == SIGSYS ? ATTEMPT_KILLED : ATTEMPT_LOST;
}

const char *question_why(const struct question *q)
{
    if (q->has_no_map)
        return "the id map of its user namespace could not be read";
    switch (q->copy_error) {
    case -EAGAIN:
        return "its limit on processes (RLIMIT_NPROC, pids.max) allows no copy";
    case -EACCES:
        return "it has a seccomp filter, which may only be suspended with CAP_SYS_ADMIN and a kernel with "
               "CHECKPOINT_RESTORE";
    case -ETIMEDOUT:
        return "its calls did not come back within their time";
    case -EINTR:
        return "the audit was asked to end";
    case -E2BIG:
        return "the attempts before have used up as many as are made at one time";
    default:
        return strerror(-q->copy_error);
    }
}

int result_no_answer(struct question *q, enum attempt attempt, int error, const char *call, struct prove_result *row)
{
    row->error = error;
    switch (attempt) {
    case ATTEMPT_HUNG:
        row->outcome = "hung";
        snprintf(row->detail, sizeof row->detail, "%s did not come back within its time", call);
        return 1;
    case ATTEMPT_LOST:
        row->outcome = "not-made";
        snprintf(row->detail, sizeof row->detail, "the copy died of signal %d in %s", error, call);
        return 1;
    case ATTEMPT_NO_COPY:
        row->outcome = "not-made";
        row->error = -q->copy_error;
        snprintf(row->detail, sizeof row->detail, "no copy could be made: %s", question_why(q));
        return 1;
    default:
        return 0;
    }
}

int question_look(struct question *q, struct look_status *ret)
{
    return q->has_copy ? look_status(q->proc, q->copy.tid, q->copy.tid, ret) : -ECHILD;
}

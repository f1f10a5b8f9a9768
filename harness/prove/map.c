/* map.c - may the process reach an id through a user namespace of its own? It may always make itself root there
 * (user_namespaces(7)); that counts only when the id outside is one that it does not have, so the old id must stand in
 * the uid_map that it writes. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const char map_path[] = "/proc/self/uid_map";

struct map_memory {
    char path[sizeof map_path];
    char line[32];
};

static enum attempt map_unshare(struct question *q, struct prove_result *row, int *ret_error)
{
    const uint64_t files[6] = { CLONE_FILES }, user[6] = { CLONE_NEWUSER }, dumpable[6] = { PR_SET_DUMPABLE, 1 };
    enum attempt a = question_call(q, "unshare", files, ret_error);

    /* After a change of uid its files below /proc are root's, until it says otherwise (proc(5)): anybody would. */
    /* A stand-in has our memory, which is nobody's business. */
    if (a == ATTEMPT_DONE && !q->copy.is_stand_in)
        a = question_call(q, "prctl", dumpable, ret_error);
    if (a != ATTEMPT_DONE)
        return a;
    result_add(row->call, sizeof row->call, "unshare(CLONE_NEWUSER)");
    return question_call(q, "unshare", user, ret_error);
}

/* What the steps below need in the copy's memory. 0: not writable. */
static uint64_t map_memory(struct question *q, uint32_t inside, size_t *ret_line)
{
    struct map_memory m = { .line = "" };
    uint64_t at = trace_scratch(&q->copy, sizeof m);

    memcpy(m.path, map_path, sizeof map_path);
    *ret_line = snprintf(m.line, sizeof m.line, "0 %u 1\n", inside);
    return trace_write(&q->copy, at, &m, sizeof m) ? 0 : at;
}

/* The steps one after the other in one copy; the first that is refused ends it. */
static enum attempt map_steps(struct question *q, uint32_t inside, struct prove_result *row, int *ret_error)
{
    enum attempt a = map_unshare(q, row, ret_error);
    uint64_t at, args[6] = { 0 };
    size_t n;

    if (a != ATTEMPT_DONE)
        return a;
    at = map_memory(q, inside, &n);
    if (!at)
        return ATTEMPT_LOST;
    args[0] = (uint64_t)(int64_t)AT_FDCWD, args[1] = at, args[2] = O_WRONLY;
    result_add(row->call, sizeof row->call, "open(\"%s\")", map_path);
    a = question_call(q, "openat", args, ret_error);
    if (a != ATTEMPT_DONE)
        return a;
    args[0] = q->result, args[1] = at + offsetof(struct map_memory, line), args[2] = n;
    result_add(row->call, sizeof row->call, "write(\"0 %u 1\")", inside);
    a = question_call(q, "write", args, ret_error);
    if (a != ATTEMPT_DONE)
        return a;
    args[0] = 0;
    result_add(row->call, sizeof row->call, "setuid(0)");
    return question_call(q, "setuid", args, ret_error);
}

int regain_by_map(struct question *q, uint32_t uid)
{
    struct prove_result *row = results_add(q->results, "uid-map", "refused");
    struct look_status who = { 0 };
    enum attempt attempt;
    uint32_t inside;
    int error = 0;

    if (!row)
        return -ENOMEM;
    snprintf(row->wanted, sizeof row->wanted, "%u", uid);
    if (id_inside(&q->uid_map, uid, &inside)) {
        row->error = EINVAL;
        snprintf(row->detail, sizeof row->detail, "uid %u does not exist in its user namespace", uid);
        return 0;
    }
    attempt = map_steps(q, inside, row, &error);
    if (result_no_answer(q, attempt, error, row->call, row))
        return question_copy_end(q);
    switch (attempt) {
    case ATTEMPT_DONE:
        if (!question_look(q, &who) && who.uid[1] == uid) {
            row->outcome = "regained";
            result_who(row->detail, sizeof row->detail, &who);
        }
        look_status_release(&who);
        break;
    case ATTEMPT_KILLED:
        row->outcome = "killed";
        break;
    case ATTEMPT_ORIGINAL:
        return -ESRCH;
    default:
        break;
    }
    return question_copy_end(q);
}

/* ids.c - may the process take back a user or group id? Every call that changes one is tried (credentials(7),
 * setresuid(2)). */
#include "harness/prove/internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define NO 0xffffffffu /* -1: leave it as it is */

struct form {
    const char *uid_call, *gid_call;
    int n;
    unsigned given; /* bit i: argument i is the id, else -1 */
};

/* Those that leave the saved id alone when they fail or change nothing come first: setreuid may overwrite it. */
static const struct form forms[] = {
    { "setuid", "setgid", 1, 1 },     { "setresuid", "setresgid", 3, 2 }, { "setresuid", "setresgid", 3, 7 },
    { "setfsuid", "setfsgid", 1, 1 }, { "setreuid", "setregid", 2, 2 },   { "setreuid", "setregid", 2, 3 },
    { "setreuid", "setregid", 2, 1 },
};

static void form_text(const struct form *f, int is_gid, uint32_t id, char *text, size_t size)
{
    size_t at = snprintf(text, size, "%s(", is_gid ? f->gid_call : f->uid_call);

    for (int i = 0; i < f->n && at < size; i++)
        at += f->given >> i & 1 ? snprintf(text + at, size - at, "%s%u", i ? ", " : "", id)
                                : snprintf(text + at, size - at, "%s-1", i ? ", " : "");
    if (at < size)
        snprintf(text + at, size - at, ")");
}

/* 1: the copy has the id in effect now, seen from outside. */
static int is_regained(struct question *q, int is_gid, uint32_t id, char *detail, size_t size)
{
    struct look_status who = { 0 };
    const uint32_t *ids;
    int yes;

    if (question_look(q, &who))
        return 0;
    ids = is_gid ? who.gid : who.uid;
    yes = ids[1] == id || ids[3] == id;
    if (yes)
        result_who(detail, size, &who);
    look_status_release(&who);
    return yes;
}

/* A capability that is only permitted takes effect first. 1: it has, 0: it may not, negative: the question cannot go
 * on. */
static int form_raise(struct question *q, struct prove_result *row)
{
    int error;
    enum attempt attempt = caps_raise(q, &error);

    if (attempt == ATTEMPT_ORIGINAL)
        return -ESRCH;
    return result_no_answer(q, attempt, error, "capset", row) ? -ECANCELED : attempt == ATTEMPT_DONE;
}

/* Tries one form. 1: regained, 0: not, negative: the question cannot go on (-ECANCELED: `row` says why). */
static int form_try(struct question *q, const struct form *f, int is_gid, uint32_t id, uint32_t inside, int raises,
                    struct prove_result *row)
{
    uint64_t args[6] = { 0 };
    char text[64];
    enum attempt attempt;
    int error, r = raises ? form_raise(q, row) : 1;

    if (r <= 0)
        return r;
    for (int i = 0; i < f->n; i++)
        args[i] = f->given >> i & 1 ? inside : NO;
    form_text(f, is_gid, inside, text, sizeof text);
    attempt = question_call(q, is_gid ? f->gid_call : f->uid_call, args, &error);
    if (attempt == ATTEMPT_ORIGINAL)
        return -ESRCH;
    if (result_no_answer(q, attempt, error, text, row))
        return -ECANCELED;
    switch (attempt) {
    case ATTEMPT_DONE:
        if (!is_regained(q, is_gid, id, row->detail, sizeof row->detail))
            break; /* it changed something else, or nothing */
        row->outcome = "regained";
        row->error = 0;
        snprintf(row->call, sizeof row->call, "%s%s", raises ? "capset, " : "", text);
        return question_copy_end(q) ? -ESRCH : 1;
    case ATTEMPT_REFUSED:
        row->error = error;
        break;
    default:
        row->outcome = "killed";
        snprintf(row->detail, sizeof row->detail, "its own seccomp filter killed the copy for %s", text);
        break;
    }
    result_add(row->call, sizeof row->call, "%s%s", raises ? "capset, " : "", text);
    return 0;
}

int regain_id(struct question *q, int is_gid, uint32_t id, int *ret_regained)
{
    struct prove_result *row = results_add(q->results, is_gid ? "gid" : "uid", "refused");
    int raises = caps_may_raise(q, is_gid ? CAP_SETGID : CAP_SETUID), r = 0;
    uint32_t inside;

    if (!row)
        return -ENOMEM;
    snprintf(row->wanted, sizeof row->wanted, "%u", id);
    if (id_inside(is_gid ? &q->gid_map : &q->uid_map, id, &inside)) {
        row->error = EINVAL;
        snprintf(row->detail, sizeof row->detail, "%s %u does not exist in its user namespace", row->kind, id);
        return 0;
    }
    for (int with = 0; with <= raises; with++)
        for (size_t i = 0; !r && i < sizeof forms / sizeof *forms; i++)
            r = form_try(q, &forms[i], is_gid, id, inside, with, row);
    if (ret_regained)
        *ret_regained = r == 1;
    return r == -ESRCH || r == -ENOMEM ? r : 0;
}

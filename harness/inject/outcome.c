/* outcome.c - what came of a failure: told from the trial's recording, beside that of the clean run. No verdict. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define GAP_SETTLED "SELECT count(*) FROM gap WHERE source = 'settled'"
/* ETIMEDOUT of Linux, in the row of a poke that was killed when its time was over */
#define GAP_POKE_LATE "SELECT count(*) FROM gap WHERE source = 'poke' AND error = 110"

static int64_t number(sqlite3 *db, const char *sql)
{
    return ask_number(db, sql, 0, NULL);
}

void clean_read(sqlite3 *db, struct clean *ret)
{
    ret->db = db;
    ret->is_settled = number(db, GAP_SETTLED) == 0;
    ret->has_poke_timeout = number(db, GAP_POKE_LATE) > 0;
    ret->poke_status = number(db, "SELECT poke_status FROM audit");
    ret->duration_ms = number(db, "SELECT max(0, ended - began) / 1000000 FROM audit");
    ret->processes = number(db, "SELECT count(*) FROM process");
}

/* How the trial as a whole ended. */
static void end_read(sqlite3 *db, const struct clean *clean, const struct trial_report *report, struct trial_end *ret)
{
    static const char busy[] =
        "SELECT count(*) FROM process p WHERE coalesce(p.ending, 'ended-by-audit') = 'ended-by-audit' AND"
        " (SELECT l.waiting IS NULL FROM look l WHERE l.process = p.id AND l.moment = 'settled'"
        "  ORDER BY l.seq DESC LIMIT 1)";
    static const char over[] = "SELECT count(*) FROM audit WHERE until <> 'time' AND why = 'the time was over'";
    static const char first[] =
        "SELECT status FROM process WHERE born = 'launch' AND ending IN ('exited', 'signalled')";
    int64_t poke = number(db, "SELECT poke_status FROM audit");

    ret->too_many = report->too_many;
    ret->is_over = number(db, over) > 0;
    ret->is_busy = clean->is_settled && (number(db, GAP_SETTLED) > 0 || (ret->is_over && number(db, busy) > 0));
    ret->is_poke_late = !clean->has_poke_timeout && number(db, GAP_POKE_LATE) > 0;
    ret->first_status = number(db, first);
    ret->is_first_crashed = status_is_crash(ret->first_status) && !status_is_crash(number(clean->db, first));
    /* A poke that fails in the clean run too tells nothing. */
    ret->served = FACTS_NULL;
    if (clean->poke_status == 0)
        ret->served = poke == 0;
}

/* What the process that made the first call at this place did in the clean run. */
static void clean_after(const struct clean *clean, const struct inject_trial *trial, struct after *ret,
                        struct tries *ret_tries)
{
    int64_t call = ASK_NUMBER(clean->db, "SELECT first_call FROM site WHERE id = ?1", trial->site);

    after_read(clean->db, ASK_NUMBER(clean->db, "SELECT process FROM call WHERE id = ?1", call),
               ASK_NUMBER(clean->db, "SELECT seq FROM call WHERE id = ?1", call), ret);
    tries_read(clean->db, call, ret_tries);
}

/* 1: it made up for the call that failed. Without another try there would be one success less than in the clean run. */
static int has_retried(const struct tries *now, const struct tries *then)
{
    return (now->same > 0 && now->same >= then->same) || now->other > then->other;
}

static int has_worked(const struct after *a)
{
    return a->execs || a->waits || a->markers || a->kin;
}

/* 1: the process gave up. An end with another status than in the clean run, unless another program had begun in it. With the same
 * status, an end with an error at once; or, where the service was not seen to go on, one without the work that it does in the clean
 * run: of several workers another one may have got that, and whether one was seen waiting is chance. */
static int has_ended(const struct after *now, const struct after *then, int is_served)
{
    if (now->status == FACTS_NULL || now->execs)
        return 0;
    if (now->status != then->status)
        return now->status != 0 || !has_worked(now);
    if (has_worked(now))
        return 0;
    if (!is_served && (then->execs || then->markers || (then->forks && !now->forks)))
        return 1;
    return now->status != 0 && !now->calls && !now->forks && then->calls + then->forks > 0;
}

static int has_kept(const struct kept *k)
{
    return k->uid != FACTS_NULL || k->gid != FACTS_NULL || k->groups || k->caps;
}

static const char *outcome_name(sqlite3 *db, const struct hit *hit, const struct trial_end *end,
                                const struct after *then, const struct kept *kept)
{
    int is_exit = number(db, "SELECT count(*) FROM audit WHERE until = 'exit'") > 0;

    if (!hit->hits)
        return "not-reached";
    if ((hit->after.is_crashed && !then->is_crashed) || end->is_first_crashed)
        return "crashed";
    if (end->too_many || end->is_busy || (end->is_over && is_exit))
        return "hung";
    if (has_ended(&hit->after, then, end->served == 1))
        return "ended";
    if (end->has_retried && !has_kept(kept))
        return "retried";
    return end->is_poke_late || end->is_over ? "hung" : "carried-on";
}

int outcome_read(sqlite3 *db, const struct clean *clean, const struct inject_trial *trial,
                 const struct trial_report *report, struct outcome *ret)
{
    struct trial_end end;
    struct tries tries;
    struct after then;
    struct hit hit;
    int r;

    *ret = (struct outcome){ .kept = { FACTS_NULL, FACTS_NULL, NULL, 0 } };
    r = hit_read(db, &hit);
    if (!r && hit.hits)
        r = kept_read(db, &hit, clean->db, trial, &ret->kept);
    if (r)
        return r;
    end_read(db, clean, report, &end);
    clean_after(clean, trial, &then, &tries);
    end.has_retried = has_retried(&hit.tries, &tries);
    ret->name = outcome_name(db, &hit, &end, &then, &ret->kept);
    ret->hits = hit.hits;
    ret->served = end.served;
    ret->status = hit.after.is_crashed || !end.is_first_crashed ? hit.after.status : end.first_status;
    /* Who has ended keeps nothing. */
    if (!strcmp(ret->name, "ended") || !strcmp(ret->name, "crashed") || (!hit.after.waits && end.is_busy)) {
        outcome_release(ret);
        ret->kept = (struct kept){ FACTS_NULL, FACTS_NULL, NULL, 0 };
    }
    evidence_write(db, &hit, trial, &end, ret);
    return 0;
}

void outcome_release(struct outcome *o)
{
    free(o->kept.groups);
    o->kept.groups = NULL;
}

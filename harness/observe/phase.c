/* phase.c - the phases of an audit: settling, poking, settling again, ending; and what leads from one to the next. */
#include "harness/observe/internal.h"
#include "harness/random/random.h"

/* For SIGKILL to be heard. */
#define KILL_TIMEOUT_MS 30000

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void phase_enter(struct observe *o, enum observe_phase phase, int64_t timeout_ms)
{
    o->phase = phase;
    o->phase_deadline = timeout_ms < 0 ? -1 : observe_now_ms(o) + timeout_ms;
    settle_disturb(o);
}

void phase_why(struct observe *o, int complete, const char *why)
{
    if (o->why[0])
        return; /* the first reason counts */
    o->is_complete = complete;
    snprintf(o->why, sizeof o->why, "%s", why);
}

/* Asks the program to end; what does not is killed when the time is over. */
static void end_ask(struct observe *o, int signal)
{
    random_end(o); /* where the recording breaks here the loop hears of it at its next row */
    observe_tell(o, OBSERVE_NEWS_ENDING);
    phase_enter(o, PHASE_ENDING, o->options->end_timeout);
    if (!o->first_gone) {
        kill(o->first_pid, signal);
        return;
    }
    /* Those it has left behind mostly ignore a SIGINT: a shell starts its background so. */
    for (struct subject *s = o->subjects; s; s = s->next)
        kill(s->pid, SIGTERM);
}

static void end_kill(struct observe *o)
{
    observe_tell(o, OBSERVE_NEWS_KILLING);
    phase_enter(o, PHASE_KILLING, KILL_TIMEOUT_MS);
    trace_kill(o->t);
}

/* Uninterruptible sleep (a dead network file system): not even SIGKILL is heard there, and we must not wait with it. */
static int end_give_up(struct observe *o)
{
    o->has_given_up = 1;
    if (o->result->record_error)
        return 0;
    return facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "follow", ETIMEDOUT,
                         "%u processes did not die of SIGKILL in time: their ends are not known", o->n_subjects);
}

void phase_ask_rest(struct observe *o)
{
    for (struct subject *s = o->subjects; s; s = s->next)
        if (s->pid != o->first_pid)
            kill(s->pid, SIGTERM);
}

int phase_settled(struct observe *o)
{
    int r = o->result->record_error ? 0 : settle_look_all(o);

    observe_tell(o, OBSERVE_NEWS_SETTLED);
    if (r || o->result->record_error) { /* nothing can be recorded any more: no reason to wait for anything */
        phase_why(o, 0, "the recording could not be written");
        end_ask(o, SIGTERM);
        return r;
    }
    if (o->phase == PHASE_RESETTLING || !o->options->poke) {
        phase_why(o, 1, o->options->poke ? "the poke ended and the program settled again" : "the program settled");
        end_ask(o, SIGTERM);
        return 0;
    }
    r = poke_start(o);
    if (r) {
        phase_why(o, 0, "the poke could not be started");
        end_ask(o, SIGTERM);
        return record_gap(o, NULL, FACTS_NULL, "poke", -r, "the poke could not be started");
    }
    observe_tell(o, OBSERVE_NEWS_POKE_STARTED);
    phase_enter(o, PHASE_POKING, o->options->poke_timeout);
    return 0;
}

int phase_poke_ended(struct observe *o, int status)
{
    int r = 0;

    o->poke_ended = 1;
    o->poke_status = status;
    o->poke_has_left = !kill(-o->poke_pid, 0); /* its group lives on, so the number is still its own */
    observe_tell(o, OBSERVE_NEWS_POKE_ENDED);
    if (o->phase == PHASE_POKING)
        phase_enter(o, PHASE_RESETTLING, o->options->settle_timeout);
    if (o->result->record_error)
        return 0;
    if (o->poke_timed_out)
        r = facts_add_gap(
            o->f, FACTS_NULL, FACTS_NULL, "poke", ETIMEDOUT,
            "the poke did not end within its time and was killed: the program may not have been made to work");
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        r = facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "poke", 0,
                          "the poke failed (%s %d): the program may not have been made to work",
                          WIFEXITED(status) ? "exit status" : "signal",
                          WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return r;
}

static int step_not_settled(struct observe *o)
{
    char busy[128] = "";
    int r, ended;

    if (o->result->record_error)
        return phase_settled(o);
    for (struct subject *s = o->subjects; s; s = s->next)
        if (!s->stillness.samples && strlen(busy) + 16 < sizeof busy)
            snprintf(busy + strlen(busy), sizeof busy - strlen(busy), " %d", (int)s->pid);
    r = facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "settled", ETIMEDOUT,
                      "the program did not settle in time (busy:%s); it was looked at as it was", busy);
    ended = phase_settled(o);
    return r ? r : ended;
}

int phase_deadline_over(struct observe *o)
{
    switch (o->phase) {
    case PHASE_SETTLING:
    case PHASE_RESETTLING:
        return step_not_settled(o);
    case PHASE_POKING:
        o->poke_timed_out = 1;
        o->phase_deadline = -1; /* its end comes as an event */
        poke_kill(o);
        return 0;
    case PHASE_ENDING:
        end_kill(o);
        return 0;
    case PHASE_KILLING:
        return end_give_up(o);
    default:
        o->phase_deadline = -1;
        return 0;
    }
}

int phase_time_over(struct observe *o)
{
    int r = o->result->record_error ? 0 : settle_look_all(o);

    phase_why(o, o->options->until == OBSERVE_UNTIL_TIME, "the time was over");
    poke_kill(o);
    end_ask(o, SIGTERM);
    return r;
}

void phase_too_many(struct observe *o)
{
    char why[80];

    o->result->too_many = 1;
    snprintf(why, sizeof why, "more than %u processes were born", o->options->max_processes);
    phase_why(o, 0, why);
    poke_kill(o);
    end_kill(o);
}

void phase_signal(struct observe *o, int signal)
{
    o->result->interrupted = signal;
    if (o->phase >= PHASE_ENDING) {
        end_kill(o);
        return;
    }
    phase_why(o, o->options->until == OBSERVE_UNTIL_EXIT, "ended by the user");
    poke_kill(o);
    end_ask(o, signal);
}

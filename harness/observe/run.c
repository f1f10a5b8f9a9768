/* run.c - one audit from launch to end: the loop of event, look, rows, and the phases it goes through. */
#include "harness/observe/internal.h"
#include "harness/random/random.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a busy tree has shown must survive our own death too. */
#define COMMIT_EVERY_MS 50

int64_t observe_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

int64_t observe_now_ns(const struct observe *o)
{
    return observe_clock(CLOCK_MONOTONIC) - o->began;
}

int64_t observe_now_ms(const struct observe *o)
{
    return observe_now_ns(o) / 1000000;
}

void observe_tell(struct observe *o, enum observe_news news)
{
    if (o->options->news)
        o->options->news(o->options->context, news, o->n_subjects);
}

/* Milliseconds to wait for the next event, -1: for ever. */
static int loop_timeout(const struct observe *o)
{
    int64_t now = observe_now_ms(o), left = -1;

    if (o->phase_deadline >= 0)
        left = o->phase_deadline > now ? o->phase_deadline - now : 0;
    if (o->options->time > 0 && o->phase < PHASE_ENDING) {
        int64_t until = o->options->time > now ? o->options->time - now : 0;

        left = left < 0 || until < left ? until : left;
    }
    if (settle_is_wanted(o) && (left < 0 || o->sample_ms < left))
        left = o->sample_ms;
    return left > 3600000 ? 3600000 : (int)left;
}

/* Also asked of a tree that never rests. */
static int loop_deadlines(struct observe *o)
{
    int64_t now = observe_now_ms(o);
    int r = 0;

    if (o->phase_deadline >= 0 && now >= o->phase_deadline)
        r = phase_deadline_over(o);
    if (!r && o->options->time > 0 && o->phase < PHASE_ENDING && now >= o->options->time)
        r = phase_time_over(o);
    if (!r && !o->result->record_error && now >= o->commit_at) {
        o->commit_at = now + COMMIT_EVERY_MS;
        r = facts_commit(o->f);
    }
    return r;
}

/* Nothing came for a while: time to sample. */
static int loop_idle(struct observe *o)
{
    int r = 0;

    if (settle_is_wanted(o)) {
        r = settle_sample(o);
        if (r > 0)
            r = o->phase == PHASE_SETTLING || o->phase == PHASE_RESETTLING ? phase_settled(o) : 0;
    }
    return r;
}

/* A program may answer a failure by forking without end. */
static void loop_birth(struct observe *o)
{
    o->births++;
    if (o->options->max_processes && o->births >= o->options->max_processes && !o->result->too_many)
        phase_too_many(o);
}

/* The call at hand fails instead of being made. */
static int loop_fail(struct observe *o, const struct trace_event *e)
{
    int r = trace_fail(o->t, e, o->fail_with);

    if (!r || r == -ESRCH)
        return 0;
    trace_resume(o->t, e, TRACE_ON);
    return record_gap(o, subject_find(o, e->pid), FACTS_NULL, "inject", -r, "a call could not be made to fail");
}

static int loop_event(struct observe *o, const struct trace_event *e)
{
    enum trace_resume how = TRACE_ON;
    struct subject *s;
    int r = 0, broken = o->result->record_error;

    o->fail_with = o->is_unwatched = 0;
    switch (e->kind) {
    case TRACE_EVENT_SIGNAL:
        phase_signal(o, e->signal);
        return 0;
    case TRACE_EVENT_CHILD:
        return e->pid == o->poke_pid && !o->poke_ended ? phase_poke_ended(o, e->status) : 0;
    case TRACE_EVENT_STOPPED:
        foreground_stopped(o, e);
        return 0;
    case TRACE_EVENT_TRAP:
        s = subject_find(o, e->pid);
        r = s ? random_trap(o, s, e) : 0;
        /* A breakpoint of ours must be swallowed also when nothing can be recorded any more. */
        if (!r && broken)
            r = s && probes_find(s->probes, e->pc - 1) ? 1 : 0;
        else if (!r)
            r = s ? marker_record(o, s, e) : 0;
        how = r ? TRACE_ON : TRACE_DELIVER;
        r = r < 0 ? r : 0;
        break;
    default:
        if (!broken)
            r = event_handle(o, e);
        if (broken || r)
            event_track(o, e);
        how = e->kind == TRACE_EVENT_CALL && !broken && !o->is_unwatched ? TRACE_TO_RETURN : TRACE_ON;
        break;
    }
    if (e->kind >= TRACE_EVENT_BORN && o->fail_with && !r)
        r = loop_fail(o, e);
    else if (e->kind >= TRACE_EVENT_BORN)
        trace_resume(o->t, e, how);
    if (e->kind == TRACE_EVENT_BORN || e->kind == TRACE_EVENT_LOST)
        loop_birth(o);
    settle_disturb(o);
    if (e->kind == TRACE_EVENT_END && o->phase == PHASE_ENDING && e->pid == o->first_pid)
        phase_ask_rest(o);
    return r;
}

/* The recording broke (disk full): the target goes on unharmed, and is followed only so far that it runs as before. */
static void loop_broken(struct observe *o, int error)
{
    if (o->result->record_error)
        return;
    o->result->record_error = error;
    o->result->complete = 0;
    phase_why(o, 0, "the recording could not be written");
    observe_tell(o, OBSERVE_NEWS_RECORD_LOST);
}

static int observe_loop(struct observe *o)
{
    for (;;) {
        struct trace_event event;
        int r = trace_next(o->t, 0, &event);

        if (!r && event.kind == TRACE_EVENT_TIMEOUT) {
            /* About to wait: what was seen must survive our own death, whenever that comes. */
            if (!o->result->record_error && (r = facts_commit(o->f)))
                loop_broken(o, r);
            r = trace_next(o->t, loop_timeout(o), &event);
        }
        if (r)
            return r;
        if (event.kind == TRACE_EVENT_NONE_LEFT || o->has_given_up)
            return 0;
        r = event.kind == TRACE_EVENT_TIMEOUT ? loop_idle(o) : loop_event(o, &event);
        if (!r)
            r = loop_deadlines(o);
        if (r)
            loop_broken(o, r);
    }
}

static void poke_reap(struct observe *o)
{
    poke_kill(o);
    if (o->poke_pid <= 0 || o->poke_ended)
        return;
    while (waitpid(o->poke_pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int observe_follow(struct observe *o)
{
    static const enum observe_phase first[N_OBSERVE_UNTIL] = { PHASE_RUNNING, PHASE_SETTLING, PHASE_SETTLING,
                                                               PHASE_RUNNING };
    int r = envelope_first(o);

    if (r)
        loop_broken(o, r);
    phase_enter(o, first[o->options->until],
                first[o->options->until] == PHASE_SETTLING ? o->options->settle_timeout : -1);
    observe_tell(o, OBSERVE_NEWS_STARTED);
    o->has_lent_terminal = o->options->launch.terminal >= 0;
    r = observe_loop(o);
    foreground_take(o);
    poke_reap(o);
    if (r)
        phase_why(o, 0, "the tracer failed");
    if (o->has_given_up)
        o->is_complete = 0;
    r = random_judge(o);
    if (r)
        loop_broken(o, r);
    r = envelope_end(o);
    if (r)
        loop_broken(o, r);
    return 0;
}

int observe_run(struct facts *f, const struct observe_options *options, struct observe_result *ret)
{
    struct trace_launch launch = options->launch;
    struct observe o = {
        .f = f, .options = options, .result = ret, .began = observe_clock(CLOCK_MONOTONIC), .phase_deadline = -1
    };
    int r;

    memset(ret, 0, sizeof *ret);
    settle_disturb(&o);
    o.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o.proc < 0)
        return -errno;
    r = envelope_begin(&o);
    if (r) {
        ret->record_error = r;
        goto out;
    }
    if (fault_is_on(&o))
        launch.stop_more |= TRACE_MORE_INJECT;
    r = random_begin(&o);
    if (!r)
        r = random_prepare(&o, &launch, o.why, sizeof o.why);
    if (r) {
        snprintf(ret->why, sizeof ret->why, "%s", o.why);
        phase_why(&o, 0, "the program could not be started");
        envelope_end(&o);
        goto out;
    }
    r = trace_launch(&launch, &o.t, &o.first_pid, &ret->stage);
    if (!r)
        r = random_launched(&o);
    if (r) {
        o.why[0] = '\0';
        phase_why(&o, 0, "the program could not be started");
        envelope_end(&o);
        goto out;
    }
    r = observe_follow(&o);
out:
    trace_free(o.t);
    subjects_free(&o);
    random_free(&o);
    tdestroy(o.by_pid, free);
    fault_release(&o);
    free(o.uids);
    close(o.proc);
    return r;
}

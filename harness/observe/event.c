/* event.c - what each event of the trace means for the record. */
#include "harness/observe/internal.h"
#include "harness/random/random.h"
#include "harness/random/reuse.h"
#include "harness/stack/stack.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int64_t flags_or_null(const struct trace_event *e)
{
    return e->has_flags ? (int64_t)e->flags : FACTS_NULL;
}

/* The fork that made it, where such calls are recorded, has no return of its own. */
static int event_fork_made(struct observe *o, struct subject *parent, const struct trace_event *e)
{
    struct open_call call;

    if (!parent || !subject_pop_call(parent, e->parent_tid, &call))
        return 0;
    return facts_end_call(o->f, call.id, e->pid, 0, NULL);
}

static int event_born(struct observe *o, const struct trace_event *e)
{
    struct subject *parent = subject_find(o, e->parent), *child;
    struct record_look look = { "born", RECORD_CRED | RECORD_FD | RECORD_SIGNAL, FACTS_NULL, FACTS_NULL, NULL, parent };
    struct facts_process row = {
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .parent = parent ? parent->id : FACTS_NULL,
        .pid = e->pid,
        .ns_pid = FACTS_NULL,
        .start_time = FACTS_NULL,
        .born = e->born,
        .clone_flags = flags_or_null(e),
        .parent_threads = trace_threads(o->t, e->parent),
        .image = parent ? parent->image : FACTS_NULL,
    };
    struct look_status status = { 0 };
    struct look_stat stat;
    int64_t id;
    int r;

    if (!look_stat(o->proc, e->pid, e->pid, &stat))
        row.start_time = stat.start_time;
    if (!look_status(o->proc, e->pid, e->pid, &status))
        row.ns_pid = status.ns_pid;
    look_status_release(&status);
    r = facts_add_process(o->f, &row, &id);
    if (!r && !parent)
        r = facts_add_gap(
            o->f, id, FACTS_NULL, "follow", 0,
            "the process that made this one died before it could be asked: what was handed on is not known");
    if (r)
        return r;
    o->result->processes++;
    child = subject_add(o, e->pid, id);
    if (!child)
        return -ENOMEM;
    child->born_seq = row.seq;
    child->ns_pid = row.ns_pid == FACTS_NULL ? 0 : (pid_t)row.ns_pid;
    if (parent && (r = subject_inherit(child, parent)))
        return r;
    r = event_fork_made(o, parent, e);
    if (r)
        return r;
    r = record_look(o, child, e->tid, &look, NULL);
    return r ? r : random_born(o, child, parent, e);
}

static int event_exec(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct record_look look = { "exec", RECORD_ALL, FACTS_NULL, FACTS_NULL, NULL, NULL };
    struct open_call call;
    int64_t id;
    int r = 0;

    while (!r && subject_pop_call(s, e->former_tid, &call))
        r = facts_end_call(o->f, call.id, 0, 0, NULL);
    s->is_fresh = s->fds_unseen = 1;
    s->forks = 0;
    s->has_stack_gap = 0;
    stack_reader_free(s->stacks);
    s->stacks = NULL;
    if (!r)
        r = image_record(o, s, e->tid);
    if (!r)
        r = record_look(o, s, e->tid, &look, &id);
    if (!r)
        r = copy_prove(o, s, e->tid, id, e);
    if (!r)
        r = random_exec(o, s, e);
    o->first_exec_seen = 1;
    return r;
}

static int event_call(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct record_look look = { "before-change", RECORD_CRED, FACTS_NULL, FACTS_NULL, NULL, NULL };
    char detail[4096];
    struct facts_call row = {
        .process = s->id,
        .tid = e->tid,
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .image = s->image,
        .name = e->call.name,
        .abi = e->call.abi,
        .stack = FACTS_NULL,
    };
    int changes = call_changes_credentials(&e->call), error = 0, r;
    int64_t id;

    call_args(&e->call, row.args);
    call_detail(e->tid, &e->call, detail, sizeof detail);
    if (fault_is_on(o)) {
        r = fault_call(o, s, e, &row, detail, sizeof detail, &error);
        o->is_unwatched = r <= 0;
        if (r <= 0)
            return r;
    }
    row.detail = detail[0] ? detail : NULL;
    r = facts_add_call(o->f, &row, &id);
    look.call = id;
    if (!r && changes)
        r = record_look(o, s, e->tid, &look, NULL);
    if (!r && error) {
        o->fail_with = error;
        return facts_end_call(o->f, id, -1, error, NULL);
    }
    if (!r && !strncmp(e->call.name, "execve", 6))
        r = random_before_exec(o, s, e);
    return r ? r : subject_push_call(s, e->tid, id, changes);
}

/* A program that wants to be somebody's tracer or tracee: one task has one tracer, and we are it. */
static int event_ptrace_refused(struct observe *o, struct subject *s, const struct trace_call *call)
{
    uint64_t request = call->args[0];

    if (strcmp(call->name, "ptrace") || call->error != EPERM || (request != 0 && request != 16 && request != 0x4206))
        return 0;
    return record_gap(
        o, s, FACTS_NULL, "follow", EPERM,
        "the program uses ptrace(2) itself, which the audit makes fail: it does not run as it would alone");
}

/* A filter of the program's own is asked beside ours, and its refusal hides a call from us (seccomp(2): the strongest answer
 * wins). That matters only while there is privilege that a refused call could have dropped. */
static int event_own_filter(struct observe *o, struct subject *s, pid_t tid, const struct trace_call *call)
{
    struct look_status status = { 0 };
    int privileged;

    if (!call_installs_filter(call) || look_status(o->proc, s->pid, tid, &status))
        return 0;
    privileged = !status.uid[0] || !status.uid[1] || !status.uid[2] || status.cap_prm;
    look_status_release(&status);
    if (!privileged)
        return 0;
    return record_gap(
        o, s, FACTS_NULL, "call", 0,
        "the program filters its own system calls while it is privileged: calls that its filter refuses are not seen");
}

/* Strict mode is refused to a task that has a filter (seccomp(2)), and every task here has ours. */
static int event_strict_refused(struct observe *o, struct subject *s, const struct trace_call *call)
{
    int is_strict =
        (!strcmp(call->name, "seccomp") && (uint32_t)call->args[0] == SECCOMP_SET_MODE_STRICT) ||
        (!strcmp(call->name, "prctl") && (int)call->args[0] == PR_SET_SECCOMP && call->args[1] == SECCOMP_MODE_STRICT);

    if (!is_strict || call->error != EINVAL)
        return 0;
    return record_gap(o, s, FACTS_NULL, "follow", EINVAL,
                      "the program asks for seccomp's strict mode, which the audit makes fail: it does not run as it "
                      "would alone");
}

static int event_return(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct record_look look = { "after-change", RECORD_CRED, FACTS_NULL, FACTS_NULL, NULL, NULL };
    struct open_call call;
    int r;

    if (!subject_pop_call(s, e->tid, &call))
        return 0;
    r = facts_end_call(o->f, call.id, e->call.result, e->call.error, NULL);
    look.call = call.id;
    if (!r && call.changes_credentials && !e->call.error) {
        s->is_fresh = 1;
        r = record_look(o, s, e->tid, &look, NULL);
    }
    if (!r)
        r = event_own_filter(o, s, e->tid, &e->call);
    if (!r)
        r = event_strict_refused(o, s, &e->call);
    return r ? r : event_ptrace_refused(o, s, &e->call);
}

/* The last moment at which anything can be seen. Descriptors are read only where nothing showed them before. */
static int event_exit(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct record_look look = { "exit", RECORD_CRED | (s->fds_unseen ? RECORD_FD : 0), FACTS_NULL, FACTS_NULL, NULL,
                                NULL };
    int r = e->is_last ? record_look(o, s, e->tid, &look, NULL) : 0;

    return r ? r : random_exit(o, s, e);
}

static void event_track_end(struct observe *o, struct subject *s, const struct trace_event *e)
{
    int by_us = o->phase >= PHASE_ENDING;

    if (e->pid == o->first_pid) {
        o->first_gone = 1;
        foreground_take(o); /* Ctrl-C must reach us: what remains is not the terminal's job any more */
        o->result->target_status = e->status;
        o->result->has_target_status = !by_us;
        if (o->n_subjects > 1 && !by_us)
            observe_tell(o, OBSERVE_NEWS_LEADER_GONE);
    }
    subject_remove(o, s);
}

static int event_end(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct facts_process_end row = { facts_next_seq(o->f), observe_now_ns(o), e->status, NULL };
    int by_us = o->phase >= PHASE_ENDING, r;

    row.ending = by_us ? "ended-by-audit" : WIFSIGNALED(e->status) ? "signalled" : "exited";
    r = facts_end_process(o->f, s->id, &row);
    reuse_ended(o, s);
    event_track_end(o, s, e);
    return r;
}

static int event_lost(struct observe *o, const struct trace_event *e)
{
    struct subject *parent = subject_find(o, e->parent);
    int r = event_fork_made(o, parent, e);

    if (r)
        return r;
    return record_gap(o, parent, FACTS_NULL, "follow", ESRCH, "a child process died before it could be looked at");
}

static int event_escaped(struct observe *o, const struct trace_event *e)
{
    return record_gap(o, subject_find(o, e->parent), FACTS_NULL, "follow", 0,
                      "the program made a child with CLONE_UNTRACED in a way that could not be prevented: the child is "
                      "not followed");
}

int event_handle(struct observe *o, const struct trace_event *e)
{
    struct subject *s = subject_find(o, e->pid);
    int r;

    if (e->kind == TRACE_EVENT_BORN)
        return event_born(o, e);
    if (e->kind == TRACE_EVENT_LOST)
        return event_lost(o, e);
    if (e->kind == TRACE_EVENT_ESCAPED)
        return event_escaped(o, e);
    if (!s)
        return 0;
    switch (e->kind) {
    case TRACE_EVENT_EXEC:
        return event_exec(o, s, e);
    case TRACE_EVENT_CALL:
        r = random_call(o, s, e);
        o->is_unwatched = r > 0;
        return r ? (r < 0 ? r : 0) : event_call(o, s, e);
    case TRACE_EVENT_RETURN:
        return event_return(o, s, e);
    case TRACE_EVENT_EXIT:
        return event_exit(o, s, e);
    case TRACE_EVENT_END:
        return event_end(o, s, e);
    default:
        return 0;
    }
}

void event_track(struct observe *o, const struct trace_event *e)
{
    struct subject *s = subject_find(o, e->pid), *parent;

    if (e->kind == TRACE_EVENT_BORN && !s) {
        parent = subject_find(o, e->parent);
        s = subject_add(o, e->pid, 0);
        if (s && parent)
            subject_inherit(s, parent);
        if (s)
            random_track(o, s, parent, e);
    } else if (e->kind == TRACE_EVENT_BORN) {
        random_track(o, s, subject_find(o, e->parent), e);
    } else if (e->kind == TRACE_EVENT_EXEC && s) {
        probes_release(s->probes);
        s->probes = NULL;
        random_track(o, s, NULL, e);
    } else if (e->kind == TRACE_EVENT_END && s) {
        event_track_end(o, s, e);
    }
}

/* envelope.c - the first and the last rows of a recording: the audit itself, the launched process, the end and its reason. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

int envelope_begin(struct observe *o)
{
    static const char *const until[N_OBSERVE_UNTIL] = { "exit", "settled", "poke", "time" };
    const struct observe_options *options = o->options;
    struct facts_audit row = {
        .tool = options->tool,
        .mode = options->fault ? "inject" : "launch",
        .until = until[options->until],
        .poke = options->poke,
        .id_maps = options->id_maps,
        .tracer_uid = geteuid(),
        .no_new_privs = FACTS_NULL,
        .began = observe_clock(CLOCK_REALTIME),
        .generators = options->generators,
        .reuse_pid = options->reuse_pid,
    };
    struct utsname host;
    char *command, *at;
    size_t size = 0;
    int r;

    uname(&host);
    row.host = host.nodename;
    row.kernel = host.release;
    row.machine = host.machine;
    for (char *const *arg = options->launch.argv; *arg; arg++)
        size += strlen(*arg) + 1;
    command = at = malloc(size + 1);
    if (!command)
        return -ENOMEM;
    for (char *const *arg = options->launch.argv; *arg; arg++)
        at = stpcpy(at, *arg) + 1;
    row.command = command;
    row.command_size = size;
    r = facts_add_audit(o->f, &row);
    free(command);
    return r;
}

int envelope_first(struct observe *o)
{
    struct facts_process row = {
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .parent = FACTS_NULL,
        .pid = o->first_pid,
        .ns_pid = FACTS_NULL,
        .start_time = FACTS_NULL,
        .born = "launch",
        .clone_flags = FACTS_NULL,
        .parent_threads = FACTS_NULL,
        .image = FACTS_NULL,
    };
    struct look_status status = { 0 };
    struct look_stat stat;
    struct subject *s = NULL;
    int64_t id;
    int r;

    if (!look_stat(o->proc, o->first_pid, o->first_pid, &stat))
        row.start_time = stat.start_time;
    if (!look_status(o->proc, o->first_pid, o->first_pid, &status))
        row.ns_pid = status.ns_pid;
    look_status_release(&status);
    r = facts_set_no_new_privs(o->f, trace_has_no_new_privs(o->t));
    if (!r)
        r = facts_add_process(o->f, &row, &id);
    if (!r && !(s = subject_add(o, o->first_pid, id)))
        r = -ENOMEM;
    if (s)
        s->ns_pid = row.ns_pid == FACTS_NULL ? 0 : (pid_t)row.ns_pid;
    o->result->processes = 1;
    return r;
}

static const char *why_gone(const struct observe *o)
{
    switch (o->phase) {
    case PHASE_SETTLING:
        return o->options->poke ? "the program ended before it had settled; the poke was not run" : "the program ended";
    case PHASE_POKING:
        return "the program ended while it was being poked";
    default:
        return "the program ended";
    }
}

int envelope_end(struct observe *o)
{
    struct facts_audit_end row = { .ended = observe_clock(CLOCK_REALTIME),
                                   .poke_status = FACTS_NULL,
                                   .target_status = FACTS_NULL };
    int was_poked = !o->options->poke || o->poke_ended, r = 0;

    phase_why(o, was_poked, why_gone(o));
    if (!o->result->record_error)
        r = account_record(o);
    row.complete = o->is_complete && !r && !o->result->record_error;
    row.why = o->why;
    if (o->result->has_target_status)
        row.target_status = o->result->target_status;
    if (o->poke_ended)
        row.poke_status = o->poke_status;
    o->result->complete = row.complete;
    if (!r && !o->result->record_error)
        r = facts_end_audit(o->f, &row);
    if (!r && !o->result->record_error)
        r = facts_commit(o->f);
    return r;
}

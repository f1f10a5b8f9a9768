/* log.c - trace a program to its end, and what that brought. */
#include "harness/trace/tests/log.h"
#include "harness/testing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int log_run(struct trace *t, struct log *log)
{
    struct trace_event event;

    for (;;) {
        enum trace_resume how = TRACE_ON;
        int r = trace_next(t, 20000, &event);

        if (r)
            return r;
        log->counts[event.kind]++;
        if (event.kind == TRACE_EVENT_NONE_LEFT || event.kind == TRACE_EVENT_TIMEOUT)
            return 0;
        if (event.kind == TRACE_EVENT_END && event.pid == log->first)
            log->status = event.status;
        if (event.kind == TRACE_EVENT_EXEC)
            log->former = event.former_tid;
        if (event.kind == TRACE_EVENT_BORN)
            log->born = event.born;
        log->last_exits += event.kind == TRACE_EVENT_EXIT && event.is_last;
        if (event.kind == TRACE_EVENT_CALL && log->n_calls < 64) {
            snprintf(log->call_names[log->n_calls], sizeof *log->call_names, "%s", event.call.name);
            log->calls[log->n_calls++] = event.call;
            how = TRACE_TO_RETURN;
        }
        if (event.kind == TRACE_EVENT_RETURN && log->n_returns < 64) {
            snprintf(log->return_names[log->n_returns], sizeof *log->return_names, "%s", event.call.name);
            log->returns[log->n_returns++] = event.call;
        }
        if (event.kind == TRACE_EVENT_TRAP)
            how = TRACE_DELIVER;
        if (event.kind >= TRACE_EVENT_BORN)
            trace_resume(t, &event, how);
    }
}

int log_program(char *const argv[], struct log *log, enum trace_stage *ret_stage)
{
    struct trace_launch launch = { .path = argv[0], .argv = argv, .envp = environ, .terminal = -1 };
    struct trace *t = NULL;
    int r;

    memset(log, 0, sizeof *log);
    r = trace_launch(&launch, &t, &log->first, ret_stage);
    if (r)
        return r;
    r = log_run(t, log);
    trace_free(t);
    return r;
}

void log_play(const char *name, struct log *log)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", (char *)name, NULL };
    enum trace_stage stage;

    /* By its name: under valgrind, /proc/self/exe itself would be valgrind. */
    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    CU_ASSERT_EQUAL(log_program(argv, log, &stage), 0);
    CU_ASSERT_EQUAL(log->counts[TRACE_EVENT_NONE_LEFT], 1);
    CU_ASSERT_EQUAL(log->counts[TRACE_EVENT_TIMEOUT], 0);
}

unsigned log_calls(const struct log *log, const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < log->n_calls; i++)
        n += !strcmp(log->call_names[i], name);
    return n;
}

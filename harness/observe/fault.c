/* fault.c - `forkaudit inject`: which calls count, from where they are made, and which of them are made to fail. */
#include "harness/observe/internal.h"
#include "harness/stack/stack.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SITE_FRAMES  12
/* Of the program and its other libraries: a place in a worker is the same place whether a start or a reload led to it. */
#define SITE_OWN_FRAMES 4
#define READERS_MAX     32 /* living processes whose symbol tables are kept: each has files open */
#define ROLE_FORKS_MAX  64 /* shown: deeper ones are one role */

int fault_is_on(const struct observe *o)
{
    return o->options->learn || o->options->fault;
}

static const char *fault_name(const struct trace_call *call)
{
    const char *name = call->name;

    if (!strcmp(name, "fork") || !strcmp(name, "vfork") || !strcmp(name, "clone") || !strcmp(name, "clone3"))
        return "fork";
    if (!strcmp(name, "open") || !strcmp(name, "openat") || !strcmp(name, "openat2"))
        return "open";
    return name;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void fault_role(const struct subject *s, char *buffer, size_t size)
{
    char marks[ROLE_FORKS_MAX + 1];
    unsigned n = s->forks < ROLE_FORKS_MAX ? s->forks : ROLE_FORKS_MAX;

    memset(marks, '>', n);
    marks[n] = '\0';
    snprintf(buffer, size, "%s%s", s->path ? file_name(s->path) : "?", marks);
}

static int is_libc(const char *path)
{
    const char *name = path ? file_name(path) : "";

    return !strncmp(name, "libc.", 5) || !strncmp(name, "libc-", 5) || !strncmp(name, "ld-", 3) ||
           !strncmp(name, "libpthread", 10);
}

int observe_site_key(const struct facts_frame *frames, size_t n, char *buffer, size_t size)
{
    char frame[OBSERVE_KEY_SIZE];
    size_t at = 0, own = 0;

    if (!n || size < OBSERVE_KEY_SIZE)
        return -EINVAL;
    buffer[0] = '\0';
    for (size_t i = 0; i < n && i < SITE_FRAMES && own < SITE_OWN_FRAMES; i++) {
        int length = frames[i].object && frames[i].offset != FACTS_NULL
                         ? snprintf(frame, sizeof frame, "%s%s+0x%llx", i ? " " : "", file_name(frames[i].object),
                                    (unsigned long long)frames[i].offset)
                         : snprintf(frame, sizeof frame, "%s?", i ? " " : "");

        /* One bound whatever the buffer: two keys of one stack must be equal. */
        if (length < 0 || at + (size_t)length >= OBSERVE_KEY_SIZE)
            break;
        memcpy(buffer + at, frame, length + 1);
        at += length;
        own += !is_libc(frames[i].object);
    }
    return 0;
}

enum observe_wish observe_wish(const char *name, const int64_t args[3], const char *detail)
{
    static const char *const calls[] = { "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid" };

    if (!strcmp(name, "setgroups")) {
        const char *at = detail ? detail : "";
        char *end;

        for (; *at; at = end) {
            unsigned long group = strtoul(at, &end, 10);

            if (end == at)
                break;
            if (!group)
                return WISH_ROOT;
        }
        return WISH_OTHER;
    }
    for (size_t i = 0; i < COUNT(calls); i++)
        if (!strcmp(calls[i], name))
            return !args[0] || !args[1] || !args[2] ? WISH_ROOT : WISH_OTHER;
    return WISH_ANY;
}

static int fault_stack_gap(struct observe *o, struct subject *s, int error)
{
    if (s->has_stack_gap)
        return 0;
    s->has_stack_gap = 1;
    return record_gap(o, s, FACTS_NULL, "stack", error, "where calls are made from could not be read");
}

int fault_stack(struct observe *o, struct subject *s, pid_t tid, char *key, int64_t *ret_stack)
{
    struct facts_frame rows[STACK_MAX];
    struct stack stack = { 0 };
    int r;

    key[0] = '\0';
    *ret_stack = FACTS_NULL;
    if (!s->stacks && !(s->stacks = stack_reader_new(s->pid)))
        return -ENOMEM;
    r = stack_read(s->stacks, tid, o->options->learn, &stack);
    if (r)
        return fault_stack_gap(o, s, -r);
    for (size_t i = 0; i < stack.n; i++) {
        const struct stack_frame *f = &stack.frames[i];

        rows[i] = (struct facts_frame){ f->object, f->object ? (int64_t)f->offset : FACTS_NULL,
                                        f->symbol, f->symbol ? (int64_t)f->symbol_offset : FACTS_NULL,
                                        f->source, f->source ? f->line : FACTS_NULL };
    }
    r = observe_site_key(rows, stack.n, key, FAULT_KEY_SIZE);
    if (!r)
        r = facts_add_stack(o->f, rows, stack.n, ret_stack);
    stack_release(&stack);
    if (o->n_subjects > READERS_MAX) {
        stack_reader_free(s->stacks);
        s->stacks = NULL;
    }
    return r;
}

/* 1: this thread's call fails. The first call that matches chooses the process, and with it the threads: libc makes
 * the call in each of those that there are (nptl(7)), and they may fail once. One that is born later takes part in
 * the next attempt only. */
static int fault_thread_wanted(struct observe *o, const struct subject *s, pid_t tid)
{
    struct fault_round *round = &o->round;

    if (o->options->fault->every)
        return 1;
    if (!round->process) {
        struct look_tasks tasks = { 0 };

        if (o->result->faults || look_tasks(o->proc, s->pid, &tasks))
            return 0;
        round->process = s->id;
        round->tids = tasks.tids;
        round->n = tasks.n;
    }
    for (size_t i = 0; round->process == s->id && i < round->n; i++)
        if (round->tids[i] == tid) {
            round->tids[i] = 0;
            return 1;
        }
    return 0;
}

static int fault_threaded(struct observe *o, const struct subject *s, const struct trace_event *e)
{
    const struct observe_fault *fault = o->options->fault;
    struct fault_round *round = &o->round;
    int64_t args[6];

    call_args(&e->call, args);
    if (!round->has_argument) {
        round->argument = fault->has_argument ? fault->argument : args[0];
        round->has_argument = 1;
    }
    return args[0] == round->argument && fault_thread_wanted(o, s, e->tid);
}

int fault_wanted(struct observe *o, struct subject *s, const struct trace_event *e, const char *key, const char *detail)
{
    const struct observe_fault *fault = o->options->fault;
    int64_t args[6];
    char role[512];
    int is_wanted;

    if (!fault || strcmp(fault_name(&e->call), fault->name))
        return 0;
    fault_role(s, role, sizeof role);
    if (strcmp(role, fault->role))
        return 0;
    call_args(&e->call, args);
    if (fault->wish && observe_wish(fault->name, args, detail) != fault->wish)
        return 0;
    if (fault->is_threaded && trace_threads(o->t, s->pid) > 1)
        is_wanted = fault_threaded(o, s, e);
    else
        is_wanted = (fault->every || !o->result->faults) && (!fault->key || !strcmp(key, fault->key));
    o->result->faults += is_wanted;
    return is_wanted ? fault->error : 0;
}

/* Of the open family those count on whose failure a program's randomness or its standard descriptors depend. */
static int open_counts(const struct trace_event *e, char *detail, size_t size)
{
    static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom" };
    char path[16]; /* a longer one is none of them */

    if (trace_read_string(e->tid, e->call.args[strcmp(e->call.name, "open") ? 1 : 0], path, sizeof path) < 0)
        return 0;
    for (size_t i = 0; i < COUNT(paths); i++)
        if (!strcmp(path, paths[i])) {
            snprintf(detail, size, "%s", path);
            return 1;
        }
    return 0;
}

/* Threads are no processes. The flags of clone3 are in memory; what cannot be read the kernel refuses too. */
static int fork_counts(const struct trace_event *e, char *detail, size_t size)
{
    uint64_t flags = 0;

    snprintf(detail, size, "%s", e->call.name);
    if (!strcmp(e->call.name, "clone"))
        flags = e->call.args[0];
    else if (!strcmp(e->call.name, "clone3") &&
             trace_read(e->tid, e->call.args[0], &flags, sizeof flags) != sizeof flags)
        return 0;
    return !(flags & CLONE_THREAD);
}

/* How many arguments the calls have that only inject stops at. */
static void fault_cut_args(const struct trace_call *call, int64_t args[6])
{
    static const struct {
        const char *name;
        int n;
    } kinds[] = {
        { "fork", 0 }, { "vfork", 0 },  { "clone", 5 },   { "clone3", 2 },    { "setsid", 0 },
        { "open", 3 }, { "openat", 4 }, { "openat2", 4 }, { "getrandom", 3 },
    };

    for (size_t i = 0; i < COUNT(kinds); i++)
        for (int arg = kinds[i].n; arg < 6 && !strcmp(kinds[i].name, call->name); arg++)
            args[arg] = FACTS_NULL;
}

int fault_call(struct observe *o, struct subject *s, const struct trace_event *e, struct facts_call *row, char *detail,
               size_t size, int *ret_error)
{
    char key[FAULT_KEY_SIZE];
    struct open_call stale;
    int r;

    row->name = fault_name(&e->call);
    if (!strcmp(row->name, "open") && !open_counts(e, detail, size))
        return 0;
    if (!strcmp(row->name, "fork") && !fork_counts(e, detail, size))
        return 0;
    fault_cut_args(&e->call, row->args);
    while (subject_pop_call(s, e->tid, &stale)) /* a fork of which no child came, for instance: it has no return */
        ;
    r = fault_stack(o, s, e->tid, key, &row->stack);
    if (r)
        return r;
    *ret_error = fault_wanted(o, s, e, key, detail);
    row->injected = *ret_error != 0;
    return 1;
}

void fault_release(struct observe *o)
{
    free(o->round.tids);
}

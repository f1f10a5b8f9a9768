/* tracees.c - the table of traced tasks, by thread id. */
#include "harness/trace/internal.h"

#include <search.h>
#include <stdlib.h>

static int tracee_compare(const void *a, const void *b)
{
    const struct tracee *x = a, *y = b;

    return (x->tid > y->tid) - (x->tid < y->tid);
}

struct tracee *tracee_find(const struct trace *t, pid_t tid)
{
    struct tracee key = { .tid = tid };
    struct tracee *const *found = tfind(&key, &t->tracees, tracee_compare);

    return found ? *found : NULL;
}

struct tracee *tracee_add(struct trace *t, pid_t tid, pid_t pid, enum tracee_state state)
{
    struct tracee *tracee = calloc(1, sizeof *tracee);

    if (!tracee)
        return NULL;
    tracee->tid = tid;
    tracee->pid = pid;
    tracee->state = state;
    if (!tsearch(tracee, &t->tracees, tracee_compare)) {
        free(tracee);
        return NULL;
    }
    t->n++;
    if (t->is_killing)
        kill(tid, SIGKILL);
    return tracee;
}

void tracee_remove(struct trace *t, struct tracee *tracee)
{
    tdelete(tracee, &t->tracees, tracee_compare);
    free(tracee);
    t->n--;
}

struct visit {
    void (*run)(struct tracee *, void *);
    void *context;
};

static void tracee_visit(const void *node, VISIT order, void *context)
{
    const struct visit *visit = context;

    if (order == postorder || order == leaf)
        visit->run(*(struct tracee *const *)node, visit->context);
}

void tracees_each(const struct trace *t, void (*run)(struct tracee *, void *), void *context)
{
    struct visit visit = { run, context };

    twalk_r(t->tracees, tracee_visit, &visit);
}

void tracees_free(struct trace *t)
{
    tdestroy(t->tracees, free);
    t->tracees = NULL;
    t->n = 0;
}

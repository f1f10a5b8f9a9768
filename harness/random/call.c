/* call.c - the calls at which a program is stopped for the sake of generators only. */
#include "harness/random/internal.h"

#include <errno.h>

int random_prepare(struct observe *o, struct trace_launch *launch, char *why, size_t why_size)
{
    if (!o->random)
        return 0;
    o->random->tokens = tokens_new();
    o->random->reads = data_reads_new();
    if (!o->random->tokens || !o->random->reads)
        return -ENOMEM;
    launch->stop_more |= TRACE_MORE_DATA;
    if (!o->options->reuse_pid)
        return 0;
    launch->stop_more |= TRACE_MORE_FORKS;
    return reuse_begin(&o->random->reuse, why, why_size);
}

int random_launched(struct observe *o)
{
    return o->random && o->random->reuse ? reuse_launched(o->random->reuse) : 0;
}

int random_call(struct observe *o, struct subject *s, const struct trace_event *e)
{
    int r = data_call(o, s, e);

    return r ? r : reuse_call(o, s, e);
}

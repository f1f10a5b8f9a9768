/* subject.c - the living processes of the audit, by pid. */
#include "harness/observe/internal.h"
#include "harness/prove/prove.h"
#include "harness/random/random.h"
#include "harness/stack/stack.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_STREAMS_MAX 64

static int subject_compare(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

struct subject *subject_find(const struct observe *o, pid_t pid)
{
    struct subject key = { .pid = pid };
    struct subject *const *found = tfind(&key, &o->by_pid, subject_compare);

    return found ? *found : NULL;
}

struct subject *subject_add(struct observe *o, pid_t pid, int64_t id)
{
    struct subject *s = subject_find(o, pid);

    if (s) /* its end was missed, and the number is used again */
        subject_remove(o, s);
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->pid = pid;
    s->id = id;
    s->image = s->parent = FACTS_NULL;
    s->is_fresh = s->fds_unseen = 1;
    if (!tsearch(s, &o->by_pid, subject_compare)) {
        free(s);
        return NULL;
    }
    s->next = o->subjects;
    o->subjects = s;
    o->n_subjects++;
    return s;
}

static void subject_free(struct observe *o, struct subject *s)
{
    struct open_call *call;

    while ((call = s->calls)) {
        s->calls = call->next;
        free(call);
    }
    probes_release(s->probes);
    random_forget(o, s);
    table_release(o, &s->table);
    prove_history_free(s->history);
    stack_reader_free(s->stacks);
    free(s->streams);
    free(s->path);
    free(s);
}

void subject_remove(struct observe *o, struct subject *s)
{
    struct subject **link = &o->subjects;

    while (*link && *link != s)
        link = &(*link)->next;
    if (*link)
        *link = s->next;
    tdelete(s, &o->by_pid, subject_compare);
    o->n_subjects--;
    subject_free(o, s);
}

void subjects_free(struct observe *o)
{
    while (o->subjects)
        subject_remove(o, o->subjects);
}

int subject_inherit(struct subject *child, const struct subject *parent)
{
    child->image = parent->image;
    child->parent = parent->id;
    child->parent_pid = parent->pid;
    child->is_foreign_abi = parent->is_foreign_abi;
    child->forks = parent->forks + 1;
    child->probes = parent->probes;
    if (child->probes)
        child->probes->references++;
    if (parent->history && !(child->history = prove_history_copy(parent->history)))
        return -ENOMEM;
    if (parent->path && !(child->path = strdup(parent->path)))
        return -ENOMEM;
    return 0;
}

int subject_push_call(struct subject *s, pid_t tid, int64_t id, int changes_credentials)
{
    struct open_call *call = malloc(sizeof *call);

    if (!call)
        return -ENOMEM;
    *call = (struct open_call){ tid, id, changes_credentials, s->calls };
    s->calls = call;
    return 0;
}

int subject_pop_call(struct subject *s, pid_t tid, struct open_call *ret)
{
    for (struct open_call **link = &s->calls; *link; link = &(*link)->next) {
        struct open_call *call = *link;

        if (call->tid != tid)
            continue;
        *link = call->next;
        *ret = *call;
        free(call);
        return 1;
    }
    return 0;
}

int subject_note_identity(struct subject *s, const struct look_status *status)
{
    if (!s->history && !(s->history = prove_history_copy(NULL)))
        return -ENOMEM;
    return prove_history_add(s->history, status);
}

int subject_has_proved(const struct subject *s, uint64_t key)
{
    for (size_t i = 0; i < sizeof s->proved / sizeof *s->proved; i++)
        if (s->proved[i] == key)
            return 1;
    return 0;
}

void subject_set_proved(struct subject *s, uint64_t key)
{
    s->proved[s->n_proved++ % (sizeof s->proved / sizeof *s->proved)] = key;
}

struct stream *subject_stream(struct subject *s, const char *generator)
{
    struct stream *more;

    for (size_t i = 0; i < s->n_streams; i++)
        if (!strcmp(s->streams[i].generator, generator))
            return &s->streams[i];
    if (s->n_streams == SUBJECT_STREAMS_MAX)
        return NULL;
    more = realloc(s->streams, (s->n_streams + 1) * sizeof *more);
    if (!more)
        return NULL;
    s->streams = more;
    more += s->n_streams++;
    memset(more, 0, sizeof *more);
    strncpy(more->generator, generator, sizeof more->generator - 1);
    return more;
}

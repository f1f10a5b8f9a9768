/* marker.c - an instrumented target speaks: a moment, its own view of itself, bytes it drew. All of it is hostile input. */
#include "harness/observe/internal.h"

#include "harness/include/forkaudit.h"
#include "harness/random/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int self_groups(const struct forkaudit_self *self, char *text, size_t size)
{
    unsigned sorted[FORKAUDIT_GROUPS_MAX];
    size_t n = self->n_groups, at = 0;

    if (self->n_groups < 0 || n > FORKAUDIT_GROUPS_MAX)
        return 0;
    memcpy(sorted, self->groups, n * sizeof *sorted);
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j && sorted[j - 1] > sorted[j]; j--) {
            unsigned swap = sorted[j];

            sorted[j] = sorted[j - 1];
            sorted[j - 1] = swap;
        }
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += snprintf(text + at, size - at, "%s%u", i ? " " : "", sorted[i]);
    return 1;
}

/* A hostile target may name a descriptor twice. */
static int self_is_repeated(const struct forkaudit_self *self, int at)
{
    for (int i = 0; i < at; i++)
        if (self->fds[i] == self->fds[at])
            return 1;
    return 0;
}

static int self_write(struct observe *o, const struct subject *s, int64_t marker, const struct forkaudit_self *self)
{
    char groups[FORKAUDIT_GROUPS_MAX * 11 + 1];
    struct facts_witness row = { .marker = marker,
                                 .ruid = self->ruid,
                                 .euid = self->euid,
                                 .suid = self->suid,
                                 .rgid = self->rgid,
                                 .egid = self->egid,
                                 .sgid = self->sgid };
    int r, n = self->n_fds;

    row.groups = self_groups(self, groups, sizeof groups) ? groups : NULL;
    r = facts_add_witness(o->f, &row);
    if (!r && (self->error || n < 0 || n > FORKAUDIT_FDS_MAX))
        return record_gap(o, s, FACTS_NULL, "marker", self->error ? abs(self->error) % 4096 : EBADMSG,
                          "the target could not list its own descriptors");
    for (int i = 0; !r && i < n; i++)
        if (!self_is_repeated(self, i))
            r = facts_add_witness_fd(o->f, marker, self->fds[i], self->cloexec[i] != 0);
    return r;
}

static int marker_self(struct observe *o, struct subject *s, pid_t tid, const struct probe *p, int64_t marker)
{
    struct forkaudit_self *self = malloc(sizeof *self);
    uint64_t address;
    int r = -ENOMEM;

    if (!self)
        return r;
    r = probe_argument(p, 1, tid, &address);
    if (!r && trace_read(tid, address, self, sizeof *self) != sizeof *self)
        r = -EFAULT;
    if (!r && self->version != 1)
        r = -EPROTO;
    r = r ? record_gap(o, s, FACTS_NULL, "marker", -r, "what the target says of itself could not be read")
          : self_write(o, s, marker, self);
    free(self);
    return r;
}

static int marker_draw(struct observe *o, struct subject *s, pid_t tid, const struct probe *p, int64_t marker,
                       const char *generator)
{
    unsigned char bytes[OBSERVE_DRAW_MAX];
    struct stream *stream = subject_stream(s, generator);
    struct facts_draw row = { .process = s->id, .tid = tid, .marker = marker, .generator = generator, .bytes = bytes };
    uint64_t address, size;
    ssize_t n;
    int r;

    if (!stream)
        return record_gap(o, s, FACTS_NULL, "draw", ENOBUFS, "more generators in one process than are followed");
    if (stream->size >= OBSERVE_STREAM_MAX)
        return 0; /* enough to judge by */
    r = probe_argument(p, 1, tid, &address);
    if (!r)
        r = probe_argument(p, 2, tid, &size);
    if (r)
        return record_gap(o, s, FACTS_NULL, "draw", -r, "a drawn value could not be read");
    if (size > sizeof bytes)
        size = sizeof bytes;
    n = trace_read(tid, address, bytes, size);
    if (n < 0 || (size_t)n < size)
        return record_gap(o, s, FACTS_NULL, "draw", n < 0 ? (int)-n : EFAULT, "drawn bytes could not be read");
    row.seq = facts_next_seq(o->f);
    row.offset = stream->size;
    row.size = n;
    stream->size += n;
    return facts_add_draw(o->f, &row);
}

/* The program tells of a generator of its own. */
static int marker_generator(struct observe *o, struct subject *s, pid_t tid, const struct probe *p, const char *name)
{
    char shape[OBSERVE_NAME_MAX];
    uint64_t function, address;
    int r = probe_argument(p, 1, tid, &function);

    if (!r)
        r = probe_argument(p, 2, tid, &address);
    if (!r && trace_read_string(tid, address, shape, sizeof shape) < 0)
        r = -EFAULT;
    if (r)
        return record_gap(o, s, FACTS_NULL, "marker", -r, "a generator that the target names could not be read");
    return random_marker(o, s, tid, name, function, shape);
}

/* A view of the process at the marker; descriptors only where the marker is about them. */
static int marker_look(struct observe *o, struct subject *s, const struct trace_event *e, const struct probe *p,
                       int64_t marker)
{
    struct record_look look = { "marker",   RECORD_CRED | RECORD_THREADS | RECORD_FD | RECORD_SIGNAL | RECORD_LIMIT,
                                FACTS_NULL, marker,
                                NULL,       NULL };

    int64_t id;
    int r;

    if (strcmp(p->kind, "moment") && strcmp(p->kind, "self"))
        return 0;
    r = record_look(o, s, e->tid, &look, &id);
    return r ? r : copy_prove(o, s, e->tid, id, e);
}

int marker_record(struct observe *o, struct subject *s, const struct trace_event *e)
{
    const struct probe *p = probes_find(s->probes, e->pc - 1);
    pid_t tid = e->tid;
    struct facts_marker row = { .process = s->id, .tid = tid, .kind = p ? p->kind : NULL };
    char name[OBSERVE_NAME_MAX];
    uint64_t address;
    int64_t marker;
    int r;

    if (!p)
        return 0;
    row.seq = facts_next_seq(o->f);
    row.at = observe_now_ns(o);
    row.name = name;
    r = probe_argument(p, 0, tid, &address);
    if (r || trace_read_string(tid, address, name, sizeof name) < 0)
        snprintf(name, sizeof name, "?");
    r = facts_add_marker(o->f, &row, &marker);
    if (!r)
        r = marker_look(o, s, e, p, marker);
    if (!r && !strcmp(p->kind, "self"))
        r = marker_self(o, s, tid, p, marker);
    if (!r && !strcmp(p->kind, "draw"))
        r = marker_draw(o, s, tid, p, marker, name);
    if (!r && !strcmp(p->kind, "generator"))
        r = marker_generator(o, s, tid, p, name);
    return r ? r : 1;
}

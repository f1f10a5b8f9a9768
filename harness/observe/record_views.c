/* record_views.c - the two views that take thought: descriptors, and the credentials of every thread. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int record_fd_table(struct observe *o, const struct subject *s, struct facts_look *row)
{
    struct facts_fd *rows = calloc(s->table.n ? s->table.n : 1, sizeof *rows);
    int r;

    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < s->table.n; i++)
        rows[i] = (struct facts_fd){ s->table.entries[i].fd, s->table.entries[i].description->id,
                                     s->table.entries[i].cloexec };
    r = facts_add_fd_table(o->f, rows, s->table.n, &row->fd_table);
    free(rows);
    return r;
}

int record_fds(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct record_look *how,
               struct facts_look *row)
{
    struct look_fds fds = { 0 };
    int r = look_fds(o->proc, s->pid, tid, &fds);

    if (r)
        return record_gap(o, s, look, "fd", -r, "the open descriptors could not be read");
    r = identity_resolve(o, s, tid, look, &fds, how->born_from, how->moment);
    if (!r)
        r = record_fd_table(o, s, row);
    if (!how->born_from)
        s->fds_unseen = 0;
    look_fds_release(&fds);
    return r;
}

/* "0 4 27"; NULL when there is no memory. The caller frees. */
static char *groups_text(const struct look_status *status)
{
    char *text = malloc(status->n_groups * 11 + 1), *at = text;

    if (!text)
        return NULL;
    *at = '\0';
    for (size_t i = 0; i < status->n_groups; i++)
        at += sprintf(at, "%s%u", i ? " " : "", status->groups[i]);
    return text;
}

/* The tracer's own filter is one of Seccomp_filters: a program with no other has none of its own. */
static int64_t seccomp_own(const struct look_status *status)
{
    if (status->seccomp < 0)
        return FACTS_NULL;
    if (status->seccomp == 2 && status->seccomp_filters < 0) /* before Linux 5.9: how many there are is not told */
        return FACTS_NULL;
    if (status->seccomp == 2 && status->seccomp_filters == 1)
        return 0;
    return status->seccomp;
}

static int record_cred(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct look_status *status)
{
    struct facts_cred row = {
        .look = look,
        .tid = tid,
        .ruid = status->uid[0],
        .euid = status->uid[1],
        .suid = status->uid[2],
        .fsuid = status->uid[3],
        .rgid = status->gid[0],
        .egid = status->gid[1],
        .sgid = status->gid[2],
        .fsgid = status->gid[3],
        .cap_inh = status->cap_inh,
        .cap_prm = status->cap_prm,
        .cap_eff = status->cap_eff,
        .cap_bnd = status->cap_bnd,
        .cap_amb = status->cap_amb,
        .no_new_privs = status->no_new_privs < 0 ? FACTS_NULL : status->no_new_privs,
        .seccomp = seccomp_own(status),
        .user_ns = FACTS_NULL,
        .securebits = FACTS_NULL,
        .dumpable = FACTS_NULL,
    };
    char *groups = groups_text(status);
    uint64_t ns;
    int dumpable, r = -ENOMEM;

    if (!groups)
        return r;
    row.groups = groups;
    if (trace_has_no_new_privs(o->t))
        row.no_new_privs = FACTS_NULL; /* ours hides the program's own */
    if (!look_namespace(o->proc, s->pid, tid, "user", &ns))
        row.user_ns = ns;
    if (!look_dumpable(o->proc, s->pid, tid, &dumpable) && dumpable >= 0)
        row.dumpable = dumpable;
    r = facts_add_cred(o->f, &row);
    if (!r)
        r = account_note(o, status->uid[1]);
    if (!r && !o->options->no_copies)
        r = subject_note_identity(s, status);
    free(groups);
    return r;
}

static int is_same_cred(const struct look_status *a, const struct look_status *b)
{
    return !memcmp(a->uid, b->uid, sizeof a->uid) && !memcmp(a->gid, b->gid, sizeof a->gid) &&
           a->n_groups == b->n_groups &&
           (!a->n_groups || !memcmp(a->groups, b->groups, a->n_groups * sizeof *a->groups)) &&
           a->cap_inh == b->cap_inh && a->cap_prm == b->cap_prm && a->cap_eff == b->cap_eff &&
           a->cap_bnd == b->cap_bnd && a->cap_amb == b->cap_amb && a->no_new_privs == b->no_new_privs &&
           a->seccomp == b->seccomp;
}

static int record_other_thread(struct observe *o, struct subject *s, pid_t tid, int64_t look,
                               const struct look_status *first)
{
    struct look_status status = { 0 };
    int r = look_status(o->proc, s->pid, tid, &status);

    if (r == -ENOENT || r == -ESRCH) /* it has just ended: it has no credentials any more */
        return 0;
    if (r)
        return record_gap(o, s, look, "cred", -r, "the credentials of a thread could not be read");
    if (status.state != 'Z' && status.state != 'X' && !is_same_cred(&status, first))
        r = record_cred(o, s, tid, look, &status);
    look_status_release(&status);
    return r;
}

int record_creds(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct record_look *how,
                 const struct look_status *status)
{
    struct look_tasks tasks = { 0 };
    int r = record_cred(o, s, tid, look, status);

    if (r || !(how->views & RECORD_THREADS) || status->threads < 2)
        return r;
    r = look_tasks(o->proc, s->pid, &tasks);
    if (r)
        return record_gap(o, s, look, "cred", -r, "the threads could not be listed");
    for (size_t i = 0; !r && i < tasks.n; i++)
        if (tasks.tids[i] != tid)
            r = record_other_thread(o, s, tasks.tids[i], look, status);
    look_tasks_release(&tasks);
    return r;
}

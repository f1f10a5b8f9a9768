/* record.c - look at a process and write down what was seen; what could not be seen becomes a gap. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int record_gap(struct observe *o, const struct subject *s, int64_t look, const char *source, int error,
               const char *what)
{
    int is_gone = error == ESRCH || error == ENOENT;

    if (is_gone && o->phase >= PHASE_ENDING)
        return 0;
    return facts_add_gap(o->f, s ? s->id : FACTS_NULL, look, source, error, error ? "%s: %s" : "%s", what,
                         strerror(error));
}

static int record_signals(struct observe *o, int64_t look, const struct look_status *status)
{
    return facts_add_signal(o->f, look, status->sig_ignored, status->sig_blocked, status->sig_caught);
}

static int record_mappings(struct observe *o, struct subject *s, pid_t tid, int64_t look, struct facts_look *row)
{
    struct facts_mapping *rows = NULL;
    struct look_maps maps = { 0 };
    int r = look_maps(o->proc, s->pid, tid, &maps);

    if (r)
        return record_gap(o, s, look, "mapping", -r, "the memory mappings could not be read");
    rows = calloc(maps.n ? maps.n : 1, sizeof *rows);
    r = -ENOMEM;
    if (!rows)
        goto out;
    for (size_t i = 0; i < maps.n; i++) {
        const struct look_map *m = &maps.maps[i];

        rows[i] = (struct facts_mapping){ m->start, m->end - m->start, m->perms, m->offset, m->dev, m->ino, m->path };
    }
    r = facts_add_map_table(o->f, rows, maps.n, &row->map_table);
out:
    free(rows);
    look_maps_release(&maps);
    return r;
}

static int record_limits(struct observe *o, struct subject *s, pid_t tid, int64_t look, struct facts_look *row)
{
    struct look_limits limits;
    struct facts_limit rows[32];
    int r = look_limits(o->proc, s->pid, tid, &limits);

    if (r)
        return record_gap(o, s, look, "limit", -r, "the resource limits could not be read");
    for (size_t i = 0; i < limits.n; i++)
        rows[i] = (struct facts_limit){ limits.limits[i].name, limits.limits[i].soft, limits.limits[i].hard };
    return facts_add_limit_table(o->f, rows, limits.n, &row->limit_table);
}

/* Values may be secrets: only those that announce descriptors are kept. */
static const char *environ_value(const char *name, const char *value)
{
    static const char *const kept[] = { "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
                                        "NGINX",      "MAKEFLAGS",  "NOTIFY_SOCKET" };

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (!strcmp(name, kept[i]))
            return value;
    return NULL;
}

static int record_environ_block(struct observe *o, struct look_block *block, struct facts_look *row)
{
    struct facts_environ *rows;
    size_t n = 0, max = 1;
    int r;

    for (size_t i = 0; i < block->size; i++)
        max += !block->bytes[i];
    rows = calloc(max, sizeof *rows);
    if (!rows)
        return -ENOMEM;
    for (char *at = block->bytes; at < block->bytes + block->size && n < max; at += strlen(at) + 1) {
        char *equals = strchr(at, '=');
        size_t skip = strlen(at);

        if (!equals)
            continue;
        *equals = '\0';
        rows[n].name = at;
        rows[n++].value = environ_value(at, equals + 1);
        at += skip - strlen(at);
    }
    r = facts_add_environ_table(o->f, rows, n, &row->environ_table);
    free(rows);
    return r;
}

static int record_environ(struct observe *o, struct subject *s, pid_t tid, int64_t look, struct facts_look *row)
{
    struct look_block block = { 0 };
    int r = look_environ(o->proc, s->pid, tid, 1 << 20, &block);

    if (r)
        return record_gap(o, s, look, "environ", -r, "the environment could not be read");
    r = record_environ_block(o, &block, row);
    look_block_release(&block);
    return r;
}

static int record_terminal(struct observe *o, struct subject *s, pid_t tid, int64_t look)
{
    struct look_stat stat;
    int r = look_stat(o->proc, s->pid, tid, &stat);

    if (r)
        return record_gap(o, s, look, "terminal", -r, "session and terminal could not be read");
    return facts_add_terminal(o->f, look, stat.session, stat.process_group, stat.tty);
}

struct places {
    char cwd[PATH_MAX], root[PATH_MAX];
};

static int record_places(struct observe *o, struct subject *s, pid_t tid, int64_t look, struct places *places,
                         struct facts_look *row)
{
    int r = look_link(o->proc, s->pid, tid, "cwd", places->cwd, sizeof places->cwd);

    if (r >= 0)
        row->cwd = places->cwd;
    else if ((r = record_gap(o, s, look, "image", -r, "the working directory could not be read")))
        return r;
    r = look_link(o->proc, s->pid, tid, "root", places->root, sizeof places->root);
    if (r >= 0)
        row->root = places->root;
    else
        return record_gap(o, s, look, "image", -r, "the root directory could not be read");
    return 0;
}

/* The views that /proc/PID/status gives. */
static int record_status(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct record_look *how,
                         struct facts_look *row)
{
    struct look_status status = { 0 };
    int r = look_status(o->proc, s->pid, tid, &status);

    if (r)
        return record_gap(o, s, look, "cred", -r, "the credentials could not be read");
    /* At the exit stop of the last thread the others are dead, but may still be counted. */
    row->threads = strcmp(how->moment, "exit") ? status.threads : 1;
    r = record_creds(o, s, tid, look, how, &status);
    if (!r && how->views & RECORD_SIGNAL)
        r = record_signals(o, look, &status);
    look_status_release(&status);
    return r;
}

int record_look(struct observe *o, struct subject *s, pid_t tid, const struct record_look *how, int64_t *ret_look)
{
    struct places places;
    struct facts_look row = {
        .process = s->id,
        .tid = tid,
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .moment = how->moment,
        .image = s->image,
        .call = how->call,
        .marker = how->marker,
        .threads = FACTS_NULL,
        .fd_table = FACTS_NULL,
        .map_table = FACTS_NULL,
        .limit_table = FACTS_NULL,
        .environ_table = FACTS_NULL,
        .waiting = how->waiting,
    };
    int64_t look;
    int r = facts_add_look(o->f, &row, &look);

    if (!r && how->views & RECORD_CRED)
        r = record_status(o, s, tid, look, how, &row);
    if (!r && how->views & RECORD_FD)
        r = record_fds(o, s, tid, look, how, &row);
    if (!r && how->views & RECORD_MAPPING)
        r = record_mappings(o, s, tid, look, &row);
    if (!r && how->views & RECORD_LIMIT)
        r = record_limits(o, s, tid, look, &row);
    if (!r && how->views & RECORD_ENVIRON)
        r = record_environ(o, s, tid, look, &row);
    if (!r && how->views & RECORD_TERMINAL)
        r = record_terminal(o, s, tid, look);
    if (!r && how->views & RECORD_PLACE)
        r = record_places(o, s, tid, look, &places, &row);
    if (!r)
        r = facts_complete_look(o->f, look, &row);
    if (!r && ret_look)
        *ret_look = look;
    return r;
}

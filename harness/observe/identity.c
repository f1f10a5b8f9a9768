/* identity.c - which open file description a descriptor is: by kcmp(2), never by number or name.
 *
 * A description is remembered with the places (process, descriptor) where it was seen last. A descriptor is compared with
 * those that name the same object (device, inode, flags) and are held by a living process. A newborn's table is its
 * parent's (fork(2)), so there the number decides when the object is the same.
 */
#include "harness/observe/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct table_entry *table_find(const struct table *table, int fd)
{
    size_t low = 0, high = table->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->entries[middle].fd == fd)
            return &table->entries[middle];
        if (table->entries[middle].fd < fd)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct description **description_bucket(struct observe *o, uint64_t dev, uint64_t ino)
{
    return &o->descriptions[(ino * 0x9e3779b97f4a7c15u + dev) >> 52];
}

/* What no living process is known to hold can never be met again by comparing: a daemon's log file, opened anew by each of 100000
 * children, must not be compared with all their dead descriptions. */
static void description_drop(struct observe *o, struct description *d)
{
    struct description **link = description_bucket(o, d->dev, d->ino);

    if (--d->references)
        return;
    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    free(d);
}

void table_release(struct observe *o, struct table *table)
{
    for (size_t i = 0; i < table->n; i++)
        description_drop(o, table->entries[i].description);
    free(table->entries);
    table->entries = NULL;
    table->n = 0;
}

static void table_put(struct table *table, int fd, int cloexec, struct description *d)
{
    d->references++;
    table->entries[table->n++] = (struct table_entry){ fd, cloexec, d };
}

/* O_NONBLOCK, O_APPEND and their kin can be changed by any holder; the access mode cannot. */
static int is_same_object(const struct description *d, const struct look_fd *fd)
{
    return d->dev == fd->dev && d->ino == fd->ino && !((d->flags ^ fd->flags) & (O_ACCMODE | O_PATH));
}

static void description_hold(struct description *d, const struct subject *s, int fd)
{
    size_t at = COUNT(d->holders);

    for (size_t i = 0; i < COUNT(d->holders); i++)
        if (d->holders[i].process == s->id || !d->holders[i].process)
            at = i;
    if (at == COUNT(d->holders))
        at = d->next_holder++ % COUNT(d->holders);
    d->holders[at].process = s->id;
    d->holders[at].pid = s->pid;
    d->holders[at].fd = fd;
}

/* The process that holds it in its table, when all of those that were seen with it last are gone. Rare: a descriptor that
 * went from an old process to many short-lived ones. */
static int description_find_holder(struct observe *o, struct description *d, const struct subject *except)
{
    for (const struct subject *s = o->subjects; s; s = s->next)
        for (size_t i = 0; s != except && i < s->table.n; i++)
            if (s->table.entries[i].description == d) {
                description_hold(d, s, s->table.entries[i].fd);
                return 1;
            }
    return 0;
}

/* kcmp(2): ESRCH and EBADF mean that it is gone meanwhile; all else, that we may not ask. */
static void identity_note_error(struct observe *o, int error)
{
    if (error != ESRCH && error != EBADF && !o->kcmp_error)
        o->kcmp_error = error;
}

/* 1: the same, 0: different, -1: nobody to compare with. */
static int description_ask(struct observe *o, const struct description *d, const struct subject *s, int fd)
{
    int answer = -1;

    for (size_t i = 0; i < COUNT(d->holders); i++) {
        const struct subject *holder;
        long r;

        if (!d->holders[i].process || (d->holders[i].process == s->id && d->holders[i].fd == fd))
            continue;
        holder = subject_find(o, d->holders[i].pid);
        if (!holder || holder->id != d->holders[i].process)
            continue;
        r = syscall(SYS_kcmp, s->pid, holder->pid, KCMP_FILE, fd, d->holders[i].fd);
        if (!r)
            return 1;
        if (r > 0)
            answer = 0;
        else
            identity_note_error(o, errno);
    }
    return answer;
}

/* `is_own`: the process itself is one of those that hold it. */
static int description_compare(struct observe *o, struct description *d, const struct subject *s, int fd, int is_own)
{
    int answer = description_ask(o, d, s, fd);

    if (answer >= 0 || o->kcmp_error || d->references <= (unsigned)is_own || !description_find_holder(o, d, s))
        return answer;
    return description_ask(o, d, s, fd);
}

static struct description *description_search(struct observe *o, const struct subject *s, const struct look_fd *fd)
{
    struct description *d = *description_bucket(o, fd->dev, fd->ino);

    for (; d; d = d->next)
        if (is_same_object(d, fd) && description_compare(o, d, s, fd->fd, 0) == 1)
            return d;
    return NULL;
}

static struct description *description_add(struct observe *o, int64_t look, const struct look_fd *fd, int *ret_error)
{
    static const char *const access[] = { "r", "w", "rw", "rw" };
    struct description **bucket = description_bucket(o, fd->dev, fd->ino), *d = calloc(1, sizeof *d);
    char buffer[64];
    struct facts_description row = {
        .kind = look_fd_kind(fd, buffer, sizeof buffer),
        .name = fd->name,
        .dev = fd->dev,
        .ino = fd->ino,
        .mode = fd->mode,
        .owner_uid = fd->owner_uid,
        .owner_gid = fd->owner_gid,
        .flags = fd->flags,
        .access = fd->flags & O_PATH ? "path" : access[fd->flags & O_ACCMODE],
        .listening = FACTS_NULL,
        .first_look = look,
        .from_starter = !o->first_exec_seen,
    };

    *ret_error = -ENOMEM;
    if (!d)
        return NULL;
    *ret_error = facts_add_description(o->f, &row, &d->id);
    if (*ret_error) {
        free(d);
        return NULL;
    }
    d->dev = fd->dev;
    d->ino = fd->ino;
    d->flags = fd->flags;
    d->is_socket = !strcmp(row.kind, "socket");
    d->next = *bucket;
    *bucket = d;
    return d;
}

/* The description of one descriptor. `known`: what this number was when it was last seen, in this process or, for a
 * newborn, in its parent. */
static struct description *identity_of(struct observe *o, struct subject *s, int64_t look, const struct look_fd *fd,
                                       const struct table_entry *known, int is_newborn, int *ret_error)
{
    struct description *d;

    *ret_error = 0;
    if (known && is_same_object(known->description, fd)) {
        /* No other holder to ask: the same number still names the same object, take it for the same. */
        if (is_newborn || description_compare(o, known->description, s, fd->fd, 1) != 0)
            return known->description;
    }
    d = description_search(o, s, fd);
    return d ? d : description_add(o, look, fd, ret_error);
}

/* A newborn shows what its parent holds: the parent's table is brought up to date with it. Other threads of the parent may have changed
 * its table meanwhile, so each entry is compared. */
static void identity_teach_parent(struct observe *o, struct subject *parent, const struct subject *child)
{
    struct table copy = { calloc(child->table.n ? child->table.n : 1, sizeof *copy.entries), 0 };

    if (!copy.entries)
        return;
    for (size_t i = 0; i < child->table.n; i++) {
        const struct table_entry *e = &child->table.entries[i];

        if (syscall(SYS_kcmp, child->pid, parent->pid, KCMP_FILE, e->fd, e->fd))
            continue;
        table_put(&copy, e->fd, e->cloexec, e->description);
        description_hold(e->description, parent, e->fd);
    }
    table_release(o, &parent->table);
    parent->table = copy;
}

/* Sockets: family, address and whether it listens come from the network tables, read once for the whole table. */
static int identity_name_sockets(struct observe *o, struct subject *s, pid_t tid, int64_t look,
                                 const struct table *table, int again)
{
    struct look_sockets sockets = { 0 };
    int wanted = 0, r;

    for (size_t i = 0; i < table->n; i++) {
        const struct description *d = table->entries[i].description;

        wanted |= d->is_socket && (!d->is_named || (again && !d->is_listening));
    }
    if (!wanted)
        return 0;
    r = look_sockets(o->proc, s->pid, tid, &sockets);
    if (r)
        return record_gap(o, s, look, "socket", -r, "the network tables of the process could not be read");
    if (sockets.error)
        r = record_gap(o, s, look, "socket", sockets.error, "a network table of the process could not be read");
    for (size_t i = 0; !r && i < table->n; i++) {
        struct description *d = table->entries[i].description;
        const struct look_socket *found;

        if (!d->is_socket || (d->is_named && (!again || d->is_listening)))
            continue;
        found = look_sockets_find(&sockets, d->ino);
        if (d->is_named && !(found && found->listening))
            continue;
        /* A socket in no table is neither bound nor connected: it cannot listen. */
        r = facts_set_socket(o->f, d->id, found ? found->family : NULL, found ? found->local_name : NULL,
                             found ? found->listening : 0);
        d->is_named = 1;
        d->is_listening = found && found->listening;
    }
    look_sockets_release(&sockets);
    return r;
}

int identity_resolve(struct observe *o, struct subject *s, pid_t tid, int64_t look, const struct look_fds *fds,
                     struct subject *born_from, const char *moment)
{
    const struct table *before = born_from ? &born_from->table : &s->table;
    struct table table = { calloc(fds->n ? fds->n : 1, sizeof *table.entries), 0 };
    int r = 0;

    if (!table.entries)
        return -ENOMEM;
    for (size_t i = 0; !r && i < fds->n; i++) {
        const struct look_fd *fd = &fds->fds[i];
        struct description *d;

        if (fd->error) {
            r = record_gap(o, s, look, "fd", fd->error, "a descriptor of the process could not be read");
            continue;
        }
        d = identity_of(o, s, look, fd, table_find(before, fd->fd), born_from != NULL, &r);
        if (!d)
            break;
        description_hold(d, s, fd->fd);
        table_put(&table, fd->fd, fd->cloexec, d);
    }
    if (!r)
        r = identity_name_sockets(o, s, tid, look, &table, strcmp(moment, "born") != 0);
    table_release(o, &s->table);
    s->table = table;
    if (!r && born_from)
        identity_teach_parent(o, born_from, s);
    if (!r && o->kcmp_error && !o->has_kcmp_gap) {
        o->has_kcmp_gap = 1;
        r = record_gap(o, NULL, FACTS_NULL, "identity", o->kcmp_error,
                       "open file descriptions could not be compared (kcmp(2)): what processes share is not known");
    }
    return r;
}

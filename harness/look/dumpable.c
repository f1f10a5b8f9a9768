/* dumpable.c - whether a process is dumpable (PR_SET_DUMPABLE in prctl(2)), from who owns its files in /proc (proc(5)).
 *
 * A file there belongs to the effective ids of its task when the task is dumpable, else to root: of the user namespace in
 * which the program was executed, or of the host where that has none. The folders show the effective ids in any case. So a
 * file whose owner is nobody's root shows a dumpable task, and one whose owner is not its folder's an undumpable one; a task
 * that has the ids of such a root shows neither.
 */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_USER_NS UINT64_C(0xeffffffd) /* PROC_USER_INIT_INO, the same in every kernel */
#define TRIES           3

struct owner {
    uint32_t uid, gid;
};

struct task {
    int proc;
    pid_t pid, tid;
};

static int owner_read(const struct task *t, const char *file, struct owner *ret)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof path, "%d/task/%d%s", t->pid, t->tid, file);
    if (fstatat(t->proc, path, &st, AT_SYMLINK_NOFOLLOW))
        return -errno;
    *ret = (struct owner){ st.st_uid, st.st_gid };
    return 0;
}

static int owner_equals(const struct owner *a, const struct owner *b)
{
    return a->uid == b->uid && a->gid == b->gid;
}

static int reader_namespace(int proc, uint64_t *ret_ino)
{
    char target[64];
    const char *p = target;
    int error = look_read_link(proc, "self/ns/user", target, sizeof target);

    if (error)
        return error;
    return strncmp(p, "user:[", 6) || (p += 6, look_take_unsigned(&p, 10, UINT64_MAX, ret_ino)) || strcmp(p, "]")
               ? -EBADMSG
               : 0;
}

/* 1: the parent of the task's user namespace is that one; 0: not, or it is not told. */
static int has_parent_namespace(const struct task *t, uint64_t ino)
{
    char path[128];
    int fd, parent = -1, is_parent;
    struct stat st;

    snprintf(path, sizeof path, "%d/task/%d/ns/user", t->pid, t->tid);
    fd = openat(t->proc, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0)
        parent = ioctl(fd, NS_GET_PARENT);
    is_parent = parent >= 0 && !fstat(parent, &st) && st.st_ino == ino;
    if (parent >= 0)
        close(parent);
    if (fd >= 0)
        close(fd);
    return is_parent;
}

/* The roots that a reader inside a user namespace sees from outside of it: as the id that stands for all strangers, or as
 * the id that its own namespace gives to its parent's root. */
static int may_be_root_outside(int proc, const char *kind, uint32_t id)
{
    struct look_id_map map;
    struct look_text text;
    char path[64];
    const char *p;
    uint64_t stranger;
    uint32_t root;
    int error;

    snprintf(path, sizeof path, "sys/kernel/overflow%s", kind);
    if (look_read_lines_at(proc, path, 64, &text))
        return 1;
    p = text.bytes;
    error = look_take_unsigned(&p, 10, UINT32_MAX, &stranger);
    free(text.bytes);
    if (error || id == stranger)
        return 1;
    snprintf(path, sizeof path, "self/%s_map", kind);
    if (look_id_map_at(proc, path, &map))
        return 1;
    return !look_id_map_inside(&map, 0, &root) && root == id;
}

/* The root of the task's own user namespace. */
static int may_be_root_inside(const struct task *t, const char *kind, uint32_t id)
{
    struct look_id_map map;
    uint32_t root;

    if (look_id_map(t->proc, t->pid, t->tid, kind, &map))
        return 1;
    return !look_id_map_outside(&map, 0, &root) && root == id;
}

/* 0: these ids are surely not those of a root that could own the files of an undumpable task. That is the root of the
 * task's user namespace or of one around it: a process that has entered one keeps its memory. */
static int may_be_root(const struct task *t, const struct owner *owner)
{
    int uid = !owner->uid, gid = !owner->gid;
    uint64_t ours, theirs;

    if (uid && gid)
        return 1;
    if (reader_namespace(t->proc, &ours) || look_namespace(t->proc, t->pid, t->tid, "user", &theirs))
        return 1;
    if (ours != INITIAL_USER_NS) {
        uid = uid || may_be_root_outside(t->proc, "uid", owner->uid);
        gid = gid || may_be_root_outside(t->proc, "gid", owner->gid);
    }
    if (theirs != ours) {
        if (!has_parent_namespace(t, ours)) /* those between are not known */
            return 1;
        uid = uid || may_be_root_inside(t, "uid", owner->uid);
        gid = gid || may_be_root_inside(t, "gid", owner->gid);
    }
    return uid && gid;
}

/* A task that is about to be a zombie, or a kernel thread, has no memory, and its files belong to root then too. */
static int has_memory(const struct task *t)
{
    struct look_text text;
    const char *p;
    uint64_t pages = 0;

    if (look_read_lines(t->proc, t->pid, t->tid, "statm", 4096, &text))
        return 0;
    p = text.bytes;
    if (look_take_unsigned(&p, 10, UINT64_MAX, &pages))
        pages = 0;
    free(text.bytes);
    return pages > 0;
}

int look_dumpable(int proc, pid_t pid, pid_t tid, int *ret)
{
    const struct task t = { proc, pid, tid };
    struct owner file, folder, again;
    int error, answer = -1;

    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    for (int i = 0; i < TRIES; i++) {
        error = owner_read(&t, "/status", &file);
        if (error)
            return error;
        if (!may_be_root(&t, &file)) {
            answer = 1;
            break;
        }
        error = owner_read(&t, "", &folder);
        if (!error && owner_equals(&file, &folder))
            break;
        if (!error)
            error = owner_read(&t, "/status", &again);
        if (error)
            return error;
        if (!owner_equals(&file, &again)) /* it changes its ids just now */
            continue;
        if (has_memory(&t))
            answer = 0;
        break;
    }
    *ret = answer;
    return 0;
}

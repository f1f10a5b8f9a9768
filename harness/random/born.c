/* born.c - a newborn process: whose breakpoints it has, which generators, and its memory before its first
 * instruction. */
#include "harness/random/watch.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 1: the two have one memory (vfork, CLONE_VM). The kernel is asked; where it does not tell, what the clone said. */
static int is_same_memory(const struct subject *child, const struct subject *parent, const struct trace_event *e)
{
    long r = syscall(SYS_kcmp, child->pid, parent->pid, KCMP_VM, 0, 0);

    if (r >= 0)
        return !r;
    return e->has_flags ? (e->flags & CLONE_VM) != 0 : !strcmp(e->born, "vfork");
}

/* The program's own text is where it is by chance (ASLR): who has the same mappings is of one family. */
static const struct random_watch *watch_like(const struct observe *o, const struct random_watch *w)
{
    for (const struct subject *s = o->subjects; s; s = s->next)
        if (s->random && s->random->watch && s->random->watch != w && s->random->watch->fingerprint == w->fingerprint)
            return s->random->watch;
    for (unsigned i = 0; i < sizeof o->random->recent / sizeof *o->random->recent; i++)
        if (o->random->recent[i] && o->random->recent[i]->fingerprint == w->fingerprint)
            return o->random->recent[i];
    return NULL;
}

/* Its maker was killed before it could be asked. Its breakpoints are somebody's that we know. */
static int born_of_nobody(struct observe *o, struct subject *child, const struct trace_event *e, int is_broken)
{
    struct random_watch *w = watch_new();
    const struct random_watch *like;
    int r;

    if (!w)
        return -ENOMEM;
    r = watch_see_code(w, o->proc, child->pid, e->tid);
    like = r >= 0 ? watch_like(o, w) : NULL;
    watch_release(w);
    return like ? watch_copy(like, e->tid, 0, is_broken, &child->random->watch) : 0;
}

/* Which breakpoints are in its memory. */
static int born_watch(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e,
                      int is_broken, int *ret_same_memory)
{
    struct random_watch *theirs = parent && parent->random ? parent->random->watch : NULL;

    *ret_same_memory = 0;
    if (!child->random && !(child->random = calloc(1, sizeof *child->random)))
        return -ENOMEM;
    if (child->random->watch)
        return 0;
    if (!parent)
        return born_of_nobody(o, child, e, is_broken);
    if (!theirs)
        return 0;
    *ret_same_memory = is_same_memory(child, parent, e);
    if (*ret_same_memory) {
        child->random->watch = watch_reference(theirs);
        return 0;
    }
    return watch_copy(theirs, e->tid, e->parent_tid, is_broken, &child->random->watch);
}

void random_track(struct observe *o, struct subject *s, struct subject *parent, const struct trace_event *e)
{
    int is_same_memory;

    if (!o->random)
        return;
    if (e->kind == TRACE_EVENT_EXEC && s->random) {
        watch_release(s->random->watch);
        s->random->watch = NULL;
    } else if (e->kind == TRACE_EVENT_BORN) {
        born_watch(o, s, parent, e, 1, &is_same_memory);
    }
}

static int is_same_namespace(const struct observe *o, const struct subject *a, const struct subject *b)
{
    uint64_t x, y;

    return look_namespace(o->proc, a->pid, a->pid, "pid", &x) || look_namespace(o->proc, b->pid, b->pid, "pid", &y) ||
           x == y;
}

/* A thread's number as it sees it itself. */
static pid_t ns_tid(const struct observe *o, pid_t pid, pid_t tid)
{
    struct look_status status = { 0 };
    pid_t ret = 0;

    if (!look_status(o->proc, pid, tid, &status))
        ret = status.ns_pid;
    look_status_release(&status);
    return ret;
}

static void born_pids(const struct observe *o, const struct subject *child, const struct subject *parent,
                      const struct trace_event *e, struct random_life *life)
{
    const struct random_life *of = parent->random->life;
    struct look_stat stat;

    life->parent_pid = of->pid;
    life->parent_ppid = of->ppid;
    life->parent_tid = e->parent_tid == parent->pid ? of->pid : ns_tid(o, parent->pid, e->parent_tid);
    life->pid = life->tid = child->ns_pid > 0 ? child->ns_pid : child->pid;
    if (!is_same_namespace(o, child, parent))
        life->ppid = 0; /* getppid(2): from outside */
    else if (!look_stat(o->proc, child->pid, e->tid, &stat) && stat.ppid != parent->pid)
        life->ppid = of->ppid; /* CLONE_PARENT */
    else
        life->ppid = of->pid;
}

static int born_life(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e,
                     int is_shared)
{
    struct random_life *life = life_new(parent->random->life);

    if (!life)
        return -ENOMEM;
    child->random->life = life;
    life->process = child->id;
    life->image = child->image;
    life->parent = parent->id;
    life->is_same_memory = is_shared;
    born_pids(o, child, parent, e, life);
    return 0;
}

int random_born(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e)
{
    int is_shared, r;

    if (!o->random)
        return 0;
    r = born_watch(o, child, parent, e, 0, &is_shared);
    if (r || !parent || !parent->random || !parent->random->life)
        return r;
    r = born_life(o, child, parent, e, is_shared);
    if (r || is_shared || !child->random->watch)
        return r;
    r = find_again(o, child, parent, e);
    if (r)
        return r;
    hit_arm_all(child, e->tid);
    r = find_inherited(o, child);
    if (!r && child->random->life->n_generators)
        r = keep_born(o, child, e->tid);
    /* Its maker goes on in the same stream, or not: its next draw shows. */
    if (!r)
        hit_arm_all(parent, e->parent_tid);
    return r;
}

/* gate_memory.c - memory of a worker's own, and locks whose holders do not exist there. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>

#define MAPPED_MOST ((uint64_t)512 << 20)
#define LOCKS_MOST  64

#ifdef __x86_64__

/* The end of the heap does not move: it is where it was, the end of the memory that lies there or just below. Told that
 * it is nowhere, malloc(3) asks again at each free(3). */
enum gate_act gate_brk(struct gate_call *c)
{
    uint64_t wanted = c->stop->args[0], end = 0;
    size_t n;
    const struct snapshot_map *maps = snapshot_maps(c->run->snapshot, &n);

    /* One that holds what is wanted is the heap, which is not made smaller; or no heap: then it cannot grow so far. */
    for (size_t i = 0; i < n && maps[i].start < wanted; i++)
        if (maps[i].end < wanted || (!maps[i].ino && maps[i].perms[1] == 'w' && maps[i].perms[3] == 'p'))
            end = maps[i].end;
    return gate_answer(c, (int64_t)end);
}

enum gate_act gate_mmap(struct gate_call *c)
{
    const uint64_t *args = c->stop->args;

    if (!(args[3] & MAP_ANONYMOUS) || (args[3] & MAP_TYPE) != MAP_PRIVATE)
        return gate_refuse(c, args[3] & MAP_ANONYMOUS ? "it wants memory that it can share" : "it wants to map a file");
    if (args[1] > MAPPED_MOST || c->run->mapped + args[1] > MAPPED_MOST)
        return gate_refuse(c, "it wants more than %llu MiB of memory", (unsigned long long)(MAPPED_MOST >> 20));
    if (args[3] & MAP_LOCKED)
        return gate_answer(c, -EAGAIN);
    c->run->mapped += args[1];
    return GATE_ALLOW;
}

enum gate_act gate_mremap(struct gate_call *c)
{
    const uint64_t *args = c->stop->args;

    if (args[2] > args[1]) {
        if (args[2] > MAPPED_MOST || c->run->mapped + (args[2] - args[1]) > MAPPED_MOST)
            return gate_refuse(c, "it wants more than %llu MiB of memory", (unsigned long long)(MAPPED_MOST >> 20));
        c->run->mapped += args[2] - args[1];
    }
    return GATE_ALLOW;
}

/* What changes no file. */
enum gate_act gate_madvise(struct gate_call *c)
{
    enum { FREE = 8, DONTFORK = 10, DOFORK = 11, HUGEPAGE = 14, KEEPONFORK = 19 };
    uint64_t advice = c->stop->args[2];

    if (advice <= MADV_DONTNEED || advice == FREE || advice == DONTFORK || advice == DOFORK ||
        (advice >= HUGEPAGE && advice <= KEEPONFORK))
        return GATE_ALLOW;
    return gate_answer(c, -EINVAL);
}

/* A pthread_mutex_t, whose thread would be missed at the next lock: word, count, owner, users, kind. */
static int is_mutex(const int32_t m[5])
{
    return m[2] > 0 && m[2] < (1 << 22) && m[1] >= 0 && m[1] < 1024 && m[3] > 0 && m[3] < 1024 && m[4] >= 0 &&
           m[4] < 512;
}

/* Who holds the lock is a thread of the original, or nobody any more: in the copy it is free. */
static enum gate_act break_lock(struct gate_call *c)
{
    const int32_t none = 0;
    uint64_t at = c->stop->args[0];
    int32_t m[5];

    c->run->s->is_lock_broken = 1;
    if (++c->run->n_locks > LOCKS_MOST) {
        run_end(c->run, DRAW_HUNG, "it waits for a lock that was held");
        return GATE_REFUSE;
    }
    if (worker_read(c->run->w, at, m, sizeof m[0]))
        return gate_answer(c, -EFAULT);
    if (m[0] != (int32_t)c->stop->args[2])
        return gate_answer(c, -EAGAIN);
    if (!worker_read(c->run->w, at, m, sizeof m) && is_mutex(m) && worker_write(c->run->w, at + 8, &none, sizeof none))
        return gate_answer(c, -EFAULT);
    return gate_give(c, at, &none, sizeof none, -EAGAIN);
}

enum gate_act gate_futex(struct gate_call *c)
{
    switch (c->stop->args[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_UNLOCK_PI:
        return gate_answer(c, 0);
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        /* With a time limit it comes to its end. */
        return c->stop->args[3] && c->run->n_locks++ < LOCKS_MOST ? gate_answer(c, -ETIMEDOUT) : break_lock(c);
    default:
        c->run->s->is_lock_broken = 1;
        run_end(c->run, DRAW_HUNG, "it waits for a lock that was held");
        return GATE_REFUSE;
    }
}

#endif

/* rebuild.c - the process of a snapshot, made of a husk: frozen, without privileges, the model of its workers. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                                        \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
#define EXEC_MS    10000
#define SET_XSTATE 0x202
#define FIRST_MAX  4 /* entries of the table on the husk's stack */

struct why {
    char *text;
    size_t size;
};

static int fail(const struct why *why, int error, const char *what)
{
    if (why->text)
        snprintf(why->text, why->size, "%s: %s", what, strerror(-error));
    return error;
}

/* In a function of its own: the child runs in our frame's memory (vfork(2)). */
static __attribute__((noinline)) pid_t start(struct husk_child *h)
{
    sigset_t all, old;
    pid_t pid;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    pid = vfork();
    if (!pid)
        husk_child_run(h);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return pid;
}

static int start_husk(struct snapshot_store *store, const struct fds *fds, pid_t *ret, const struct why *why)
{
    struct husk_child h = { .husk = store->husk, .parent = getpid(), .fds = fds };
    int status = 0, error;
    pid_t pid = start(&h);

    if (pid < 0)
        return fail(why, -errno, "vfork");
    error = task_wait(pid, EXEC_MS, &status);
    if (!error && !WIFSTOPPED(status))
        return fail(why, h.error ? -h.error : -ESRCH, "the husk did not start");
    if (!error && ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS))
        error = -errno;
    if (error) {
        task_end(pid);
        return fail(why, error, "the husk could not be traced");
    }
    *ret = pid;
    return 0;
}

#ifdef __x86_64__
/* Lets it make the calls of a table that lies in its memory. *ret_failed: which one failed, with its error as
 * result. */
static int run_table(pid_t pid, uint64_t loader, uint64_t entries, size_t n, size_t *ret_failed)
{
    struct user_regs_struct r;
    int error = registers_get(pid, &r);

    if (error)
        return error;
    r = registers_clean(&r);
    r.rip = loader;
    r.rbx = entries;
    r.r12 = entries + n * sizeof(struct table_entry);
    error = task_run_code(pid, &r, &r, NULL);
    *ret_failed = (size_t)((r.rbx - entries) / sizeof(struct table_entry));
    if (!error && r.rbx != r.r12)
        error = (int64_t)r.rax < 0 && (int64_t)r.rax > -4096 ? (int)r.rax : -EIO;
    return error;
}

static uint64_t stack_pointer(const struct user_regs_struct *r)
{
    return r->rsp;
}
#else
static int run_table(pid_t pid, uint64_t loader, uint64_t entries, size_t n, size_t *ret_failed)
{
    (void)pid, (void)loader, (void)entries, (void)n, (void)ret_failed;
    return -ENOSYS;
}

static uint64_t stack_pointer(const struct user_regs_struct *r)
{
    (void)r;
    return 0;
}
#endif

static struct table_entry map_entry(uint64_t at, uint64_t size, int prot, int flags, int fd)
{
    return (struct table_entry){ SYS_mmap,
                                 { at, size, (uint64_t)prot, (uint64_t)(MAP_PRIVATE | MAP_FIXED | flags),
                                   (uint64_t)(int64_t)fd, 0 },
                                 at };
}

/* Our own place: the code, the room, and where the table goes. */
static int make_place(pid_t pid, const struct layout *l, int husk)
{
    struct table_entry first[FIRST_MAX] = {
        map_entry(l->code, PAGE, PROT_READ | PROT_EXEC, 0, husk),
        map_entry(l->room, ROOM_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_ANONYMOUS | MAP_NORESERVE, -1),
        map_entry(l->table, ENTRIES_SIZE + DATA_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE, -1),
    };
    struct user_regs_struct r;
    uint64_t at;
    size_t failed;
    int error = registers_get(pid, &r);

    if (error)
        return error;
    at = stack_pointer(&r) / PAGE * PAGE - PAGE;
    error = task_write(pid, at, first, sizeof first);
    if (!error)
        error = run_table(pid, HUSK_BASE + husk_code.loader, at, 3, &failed);
    return error;
}

static void tell_failure(const struct table *t, size_t failed, int error, const struct why *why)
{
    const struct table_entry *e = failed < t->n ? &t->entries[failed] : NULL;

    if (!why->text)
        return;
    if (e && (e->nr == SYS_mmap || e->nr == SYS_munmap || e->nr == SYS_mprotect))
        snprintf(why->text, why->size, "the memory at %llx-%llx could not be made: %s", (unsigned long long)e->args[0],
                 (unsigned long long)(e->args[0] + e->args[1]), strerror(-error));
    else
        snprintf(why->text, why->size, "system call %lld of the husk: %s", e ? (long long)e->nr : -1, strerror(-error));
}

static int fill_husk(pid_t pid, const struct snapshot *s, const struct fds *fds, struct layout *l,
                     const struct why *why)
{
    struct look_maps husk = { 0 };
    struct table t = { 0 };
    size_t failed = 0;
    int error = look_maps(s->store->proc, pid, pid, &husk);

    if (!error)
        error = layout_choose(s, &husk, l);
    if (!error)
        error = make_place(pid, l, s->store->husk);
    if (error) {
        fail(why, error, "the husk could not be prepared");
        goto out;
    }
    error = table_build(s, &husk, l, &t, why->text, why->text ? why->size : 0);
    if (error)
        goto out;
    table_add_end(&t, fds);
    error = t.error;
    if (!error)
        error = task_write(pid, l->data, t.data, t.data_size);
    if (!error)
        error = task_write(pid, l->table, t.entries, t.n * sizeof *t.entries);
    if (error) {
        fail(why, error, "the husk's table could not be written");
        goto out;
    }
    error = run_table(pid, l->code + husk_code.loader, l->table, t.n, &failed);
    if (error)
        tell_failure(&t, failed, error, why);
out:
    table_free(&t);
    look_maps_release(&husk);
    return error;
}

/* What only we can do: the table itself goes, the [vdso] gets what was written to it, and the vector registers are
 * set. */
static int finish(struct rebuilt *r, const struct layout *l)
{
    const struct snapshot *s = r->of;
    uint64_t args[6] = { l->table, l->end - l->table };
    struct iovec xstate = { s->xstate, s->xstate_size };
    int64_t result;
    int error = task_call(r->pid, r->gadget, SYS_munmap, args, &result);

    for (size_t i = 0; i < s->n_runs && !error; i++) {
        const struct run *run = &s->runs[i];
        uint8_t ours[PAGE];
        const uint8_t *view;

        if (s->kinds[snapshot_find_map(s, run->start)].kind != OF_SPECIAL || !run->extent)
            continue;
        view = extent_view(s->store, run->extent);
        for (uint64_t a = run->start; view && a < run->end && !error; a += PAGE) {
            const uint8_t *page = view + run->offset + (a - run->start);

            if (task_read(r->pid, a, ours, PAGE) != (ssize_t)PAGE || memcmp(ours, page, PAGE) != 0)
                error = task_write(r->pid, a, page, PAGE);
        }
    }
    if (s->xstate)
        ptrace(PTRACE_SETREGSET, r->pid, (void *)SET_XSTATE, &xstate);
    return error ? error : result ? (int)result : 0;
}

int rebuild(const struct snapshot *s, struct rebuilt **ret, char *why_text, size_t why_size)
{
    struct why why = { why_size ? why_text : NULL, why_size };
    struct rebuilt *r = calloc(1, sizeof *r);
    struct fds fds = { 0 };
    struct layout l;
    int error = r ? husk_open(s->store) : -ENOMEM;

    if (error >= 0)
        error = table_fds(s, &fds);
    for (size_t i = 0; i < s->n_extents && !error; i++)
        error = extent_settle(s->store, s->extents[i]);
    if (error) {
        fail(&why, error, "a husk could not be made");
        goto out;
    }
    error = start_husk(s->store, &fds, &r->pid, &why);
    if (error)
        goto out;
    r->of = snapshot_reference((struct snapshot *)(uintptr_t)s);
    error = fill_husk(r->pid, s, &fds, &l, &why);
    if (!error) {
        r->room = l.room;
        r->gadget = l.code + husk_code.gadget;
        error = finish(r, &l);
        if (error)
            fail(&why, error, "the husk could not be finished");
    }
    if (!error) {
        *ret = r;
        r = NULL;
    }
out:
    free(fds.fds);
    if (r && r->of)
        rebuilt_free(r);
    else
        free(r);
    return error;
}

void rebuilt_free(struct rebuilt *r)
{
    if (!r)
        return;
    task_end(r->pid);
    snapshot_release(r->of);
    free(r);
}

/* worker.c - a fork of a rebuilt process that does run: to its next system call, breakpoint or fault, and no
 * further. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define X32_BIT   0x40000000
#define MEMORY_MS 50 /* between looks at how much memory it has filled */

uint64_t worker_memory = WORKER_MEMORY;

#ifdef __x86_64__
int worker_make(struct rebuilt *of, struct worker *ret)
{
    struct user_regs_struct r = registers_clean(&of->of->registers);
    pid_t child = 0;
    int error;

    r.rip = of->gadget;
    r.rax = SYS_clone;
    r.rdi = CLONE_PARENT | SIGCHLD;
    r.rsi = r.rdx = r.r10 = r.r8 = 0;
    error = task_run_code(of->pid, &r, &r, &child);
    if (!error && !child)
        error = (int64_t)r.rax < 0 && (int64_t)r.rax > -4096 ? (int)r.rax : -ECHILD;
    if (error)
        return error;
    r = registers_clean(&of->of->registers);
    error = registers_set(child, &r);
    if (error) {
        task_end(child);
        return error;
    }
    *ret = (struct worker){ .pid = child, .of = of, .room = of->room, .room_size = ROOM_SIZE };
    return 0;
}

int worker_answer(struct worker *w, int64_t result)
{
    struct user_regs_struct r;
    int error;

    if (!w->is_stopped_at_call)
        return -EINVAL;
    error = registers_get(w->pid, &r);
    if (error)
        return error;
    r.orig_rax = (unsigned long long)-1;
    r.rax = (unsigned long long)result;
    error = registers_set(w->pid, &r);
    if (!error)
        w->is_stopped_at_call = 0;
    return error;
}

/* What would let it out of the gate, or make a process, is never allowed. */
int worker_allow(struct worker *w)
{
    struct user_regs_struct r;
    int error;

    if (!w->is_stopped_at_call)
        return -EINVAL;
    error = registers_get(w->pid, &r);
    if (error)
        return error;
    if (w->is_foreign_call)
        return -EPERM;
    switch (r.orig_rax) {
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
    case SYS_execve:
    case SYS_execveat:
    case SYS_ptrace:
    case SYS_seccomp:
        return -EPERM;
    default:
        w->is_stopped_at_call = 0;
        return 0;
    }
}

/* Only where it is about to make a call does the kernel still need to know which. */
int worker_set_registers(struct worker *w, const struct user_regs_struct *registers)
{
    struct user_regs_struct r = *registers;

    if (!w->is_stopped_at_call)
        r = registers_clean(&r);
    return registers_set(w->pid, &r);
}
#else
int worker_make(struct rebuilt *of, struct worker *ret)
{
    (void)of, (void)ret;
    return -ENOSYS;
}

int worker_answer(struct worker *w, int64_t result)
{
    (void)w, (void)result;
    return -ENOSYS;
}

int worker_allow(struct worker *w)
{
    (void)w;
    return -ENOSYS;
}

int worker_set_registers(struct worker *w, const struct user_regs_struct *registers)
{
    (void)w, (void)registers;
    return -ENOSYS;
}
#endif

void worker_end(struct worker *w)
{
    if (w->pid > 0)
        task_end(w->pid);
    w->pid = 0;
}

int worker_registers(const struct worker *w, struct user_regs_struct *ret)
{
    return registers_get(w->pid, ret);
}

int worker_read(const struct worker *w, uint64_t address, void *buffer, size_t size)
{
    return task_read(w->pid, address, buffer, size) == (ssize_t)size ? 0 : -EFAULT;
}

int worker_write(struct worker *w, uint64_t address, const void *bytes, size_t size)
{
    return task_write(w->pid, address, bytes, size);
}

int worker_inject(struct worker *w, long nr, const uint64_t args[6], int64_t *ret)
{
    if (w->is_stopped_at_call)
        return -EINVAL;
    return task_call(w->pid, w->of->gadget, nr, args, ret);
}

int worker_has_written_shared(const struct worker *w)
{
    const struct snapshot *s = w->of->of;
    struct ranges found = { 0 };
    uint64_t known;
    char path[32];
    int pagemap, error = 0;

    snprintf(path, sizeof path, "%d/pagemap", (int)w->pid);
    pagemap = openat(s->store->proc, path, O_RDONLY | O_CLOEXEC);
    if (pagemap < 0)
        return -errno;
    for (size_t i = 0; i < s->n_maps && !error && !found.n; i++) {
        const struct snapshot_map *map = &s->maps[i];

        if (!s->kinds[i].is_shared || map->perms[1] != 'w' || s->kinds[i].kind == OF_MISSING)
            continue;
        error = scan_private(pagemap, map->start, map->end, 1, &found, &known);
        if (!error && !found.n && known < map->end)
            error = -EFBIG;
    }
    close(pagemap);
    free(found.ranges);
    return error ? error : found.n != 0;
}

/* ---- running ---- */

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int tell_call(struct worker *w, struct worker_stop *ret)
{
    struct __ptrace_syscall_info info = { 0 };

    if (ptrace(PTRACE_GET_SYSCALL_INFO, w->pid, sizeof info, &info) < 0)
        return -errno;
    w->is_stopped_at_call = 1;
    w->is_foreign_call = info.arch != AUDIT_ARCH_X86_64 || (info.seccomp.nr & X32_BIT) != 0;
    *ret = (struct worker_stop){ .kind = WORKER_CALL, .nr = (long)info.seccomp.nr, .pc = info.instruction_pointer };
    if (w->is_foreign_call)
        ret->nr = -1;
    for (int i = 0; i < 6; i++)
        ret->args[i] = info.seccomp.args[i];
    return 0;
}

/* 1: told. 0: a signal from outside, that is nothing of the worker's. */
static int tell_signal(const struct worker *w, struct worker_stop *ret)
{
    struct user_regs_struct r;
    siginfo_t info = { 0 };
    int error;

    if (ptrace(PTRACE_GETSIGINFO, w->pid, NULL, &info))
        return errno == EINVAL ? 0 : -errno;
    if (info.si_code <= 0 && info.si_pid != w->pid)
        return 0;
    error = registers_get(w->pid, &r);
    if (error)
        return error;
    *ret = (struct worker_stop){
        .kind = WORKER_SIGNAL, .pc = registers_pc(&r), .signal = info.si_signo, .code = info.si_code
    };
    if (info.si_signo == SIGTRAP && (info.si_code == SI_KERNEL || info.si_code == TRAP_BRKPT))
        ret->kind = WORKER_TRAP;
    else if (info.si_code > 0)
        ret->address = (uintptr_t)info.si_addr;
    return 1;
}

/* 1: it is a stop to tell of; 0: it runs on. */
static int tell_stop(struct worker *w, int status, struct worker_stop *ret)
{
    unsigned long child = 0;
    int error;

    if (!WIFSTOPPED(status)) {
        *ret = (struct worker_stop){ .kind = WORKER_DEAD, .status = status };
        w->pid = 0; /* and reaped */
        return 1;
    }
    switch (status >> 16) {
    case 0:
        return tell_signal(w, ret);
    case PTRACE_EVENT_SECCOMP:
        error = tell_call(w, ret);
        return error ? error : 1;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        if (!ptrace(PTRACE_GETEVENTMSG, w->pid, NULL, &child) && child)
            task_end((pid_t)child);
        return 0;
    default:
        return 0;
    }
}

/* Mappings that were there may be far larger than what was in them, and no limit of the kernel's counts what is. */
static int is_too_big(const struct worker *w)
{
    const struct snapshot *s = w->of->of;
    unsigned long long resident, shared;
    char path[32], text[128];
    int fd, is_big;
    ssize_t n;

    snprintf(path, sizeof path, "%d/statm", (int)w->pid);
    fd = openat(s->store->proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    is_big = sscanf(text, "%*u %llu %llu", &resident, &shared) == 2 && resident > shared &&
             (resident - shared) * PAGE > s->bytes + worker_memory;
    return is_big;
}

/* At most MEMORY_MS at a time. -ETIMEDOUT, -E2BIG. */
static int wait_watched(struct worker *w, int64_t end, int *ret_status)
{
    for (;;) {
        int64_t now = clock_ms(), left = end > now ? end - now : 0;
        int error = task_wait(w->pid, (int)(left < MEMORY_MS ? left : MEMORY_MS), ret_status);

        if (error && error != -ETIMEDOUT)
            return error;
        now = clock_ms();
        if (now - w->looked_ms >= MEMORY_MS) {
            w->looked_ms = now;
            if ((error || WIFSTOPPED(*ret_status)) && is_too_big(w))
                return -E2BIG;
        }
        if (!error || now >= end)
            return error;
    }
}

int worker_run(struct worker *w, int timeout_ms, struct worker_stop *ret)
{
    int64_t end = clock_ms() + timeout_ms;
    int error, status;

    if (w->pid <= 0)
        return -ESRCH;
    if (w->is_stopped_at_call) {
        error = worker_answer(w, -ENOSYS);
        if (error && error != -ESRCH)
            return error;
    }
    for (;;) {
        if (!w->is_running && ptrace(PTRACE_CONT, w->pid, NULL, NULL) && errno != ESRCH)
            return -errno;
        w->is_running = 1; /* ESRCH: it was killed, and is waited for */
        error = wait_watched(w, end, &status);
        if (error == -ETIMEDOUT || error == -E2BIG) {
            *ret = (struct worker_stop){ .kind = error == -E2BIG ? WORKER_TOO_BIG : WORKER_TIMEOUT };
            return 0;
        }
        if (error)
            return error;
        w->is_running = 0;
        error = tell_stop(w, status, ret);
        if (error)
            return error < 0 ? error : 0;
    }
}

/* task.c - a process of ours under our ptrace(2): waited for by its own id and with a bound, so that what comes for
 * others is left to them. */
#include "harness/snapshot/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_US     50000 /* between signals that break off a wait */
#define OWN_MS       60000 /* for code of ours, however much memory it maps */
#define END_MS       10000
#define SPURIOUS_MAX 64 /* signals from outside, in a row */

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Breaks off a wait that lasts too long. */
static void task_alarm(int signal)
{
    (void)signal;
}

/* A signal of our own from now on, at the end of the time and again and again, for the first may come just before the wait. Only while
 * a wait lasts: whoever used SIGALRM before has it back. */
struct alarm {
    struct sigaction before;
    sigset_t mask;
    struct itimerval timer;
};

static void alarm_begin(struct alarm *a, int timeout_ms)
{
    const struct itimerval timer = { { 0, AGAIN_US }, { timeout_ms / 1000, timeout_ms % 1000 * 1000 + 1 } };
    const struct sigaction action = { .sa_handler = task_alarm };
    sigset_t alarm;

    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigaction(SIGALRM, &action, &a->before);
    setitimer(ITIMER_REAL, &timer, &a->timer);
    pthread_sigmask(SIG_UNBLOCK, &alarm, &a->mask);
}

static void alarm_end(const struct alarm *a)
{
    setitimer(ITIMER_REAL, &a->timer, NULL);
    pthread_sigmask(SIG_SETMASK, &a->mask, NULL);
    sigaction(SIGALRM, &a->before, NULL);
}

/* The kernel goes over to the task at once and comes back at its stop, where the two are on one processor: looking for it from
 * another costs ten times as much. */
int task_wait(pid_t pid, int timeout_ms, int *ret_status)
{
    int64_t end = clock_ns() + timeout_ms * INT64_C(1000000);
    pid_t got = waitpid(pid, ret_status, __WALL | WNOHANG);
    struct alarm alarm;

    if (got == pid || (got < 0 && errno != EINTR))
        return got == pid ? 0 : -ESRCH;
    alarm_begin(&alarm, timeout_ms);
    do
        got = waitpid(pid, ret_status, __WALL);
    while (got < 0 && errno == EINTR && clock_ns() < end);
    if (got < 0)
        got = errno == EINTR ? -ETIMEDOUT : -ESRCH;
    alarm_end(&alarm);
    return got > 0 ? 0 : (int)got;
}

void task_end(pid_t pid)
{
    int64_t end = clock_ns() + END_MS * INT64_C(1000000);
    int status;

    kill(pid, SIGKILL);
    while (!task_wait(pid, END_MS, &status) && WIFSTOPPED(status) && clock_ns() < end)
        ptrace(PTRACE_CONT, pid, NULL, NULL); /* it was told of a stop before its death */
}

/* ---- memory ---- */

static int mem_open(pid_t pid, int flags)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    return open(path, flags | O_CLOEXEC);
}

static size_t peek(pid_t pid, uint64_t address, uint8_t *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        uint64_t at = (address + done) & ~(uint64_t)7;
        size_t skip = address + done - at, n = sizeof(long) - skip;
        long word;

        errno = 0;
        word = ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
        if (errno)
            break;
        if (n > size - done)
            n = size - done;
        memcpy(buffer + done, (uint8_t *)&word + skip, n);
        done += n;
    }
    return done;
}

static size_t poke(pid_t pid, uint64_t address, const uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        uint64_t at = (address + done) & ~(uint64_t)7;
        size_t skip = address + done - at, n = sizeof(long) - skip;
        long word;

        if (n > size - done)
            n = size - done;
        if (peek(pid, at, (uint8_t *)&word, sizeof word) != sizeof word)
            break;
        memcpy((uint8_t *)&word + skip, bytes + done, n);
        if (ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)word))
            break;
        done += n;
    }
    return done;
}

ssize_t task_read(pid_t pid, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = { buffer, size }, remote = { (void *)(uintptr_t)address, size };
    size_t done;
    ssize_t n;
    int mem;

    if (!size)
        return 0;
    n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    if (n == (ssize_t)size)
        return n;
    done = n > 0 ? n : 0;
    /* What it may not read itself. */
    mem = mem_open(pid, O_RDONLY);
    while (mem >= 0 && done < size && (n = pread(mem, (char *)buffer + done, size - done, (off_t)(address + done))) > 0)
        done += n;
    if (mem >= 0)
        close(mem);
    return done + peek(pid, address + done, (uint8_t *)buffer + done, size - done);
}

int task_write(pid_t pid, uint64_t address, const void *bytes, size_t size)
{
    struct iovec local = { (void *)(uintptr_t)bytes, size }, remote = { (void *)(uintptr_t)address, size };
    size_t done;
    ssize_t n;
    int mem;

    if (!size)
        return 0;
    n = process_vm_writev(pid, &local, 1, &remote, 1, 0);
    if (n == (ssize_t)size)
        return 0;
    done = n > 0 ? n : 0;
    mem = mem_open(pid, O_RDWR);
    while (mem >= 0 && done < size &&
           (n = pwrite(mem, (const char *)bytes + done, size - done, (off_t)(address + done))) > 0)
        done += n;
    if (mem >= 0)
        close(mem);
    done += poke(pid, address + done, (const uint8_t *)bytes + done, size - done);
    return done == size ? 0 : -EFAULT;
}

/* ---- code of ours in it ---- */

/* A process that it has made: stopped before its first instruction. */
static pid_t wait_child(pid_t pid)
{
    unsigned long child = 0;
    int status;

    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) || !child)
        return 0;
    if (task_wait((pid_t)child, OWN_MS, &status) || !WIFSTOPPED(status))
        return 0;
    return (pid_t)child;
}

int task_run_code(pid_t pid, const struct user_regs_struct *registers, struct user_regs_struct *ret, pid_t *ret_child)
{
    int status, spurious = 0, error = registers_set(pid, registers);
    pid_t child = 0;

    while (!error) {
        if (ptrace(PTRACE_CONT, pid, NULL, NULL))
            error = -errno;
        if (!error)
            error = task_wait(pid, OWN_MS, &status);
        if (error || !WIFSTOPPED(status)) {
            error = error ? error : -ESRCH;
            break;
        }
        switch (status >> 16) {
        case PTRACE_EVENT_SECCOMP:
            continue;
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE:
            child = wait_child(pid);
            continue;
        default:
            break;
        }
        if (WSTOPSIG(status) == SIGTRAP)
            break;
        if (++spurious > SPURIOUS_MAX || WSTOPSIG(status) == SIGSEGV || WSTOPSIG(status) == SIGILL ||
            WSTOPSIG(status) == SIGBUS)
            error = -EFAULT;
    }
    if (!error)
        error = registers_get(pid, ret);
    if (child && (error || !ret_child))
        task_end(child);
    else if (ret_child)
        *ret_child = child;
    return error;
}

#ifdef __x86_64__
int task_call(pid_t pid, uint64_t gadget, long nr, const uint64_t args[6], int64_t *ret)
{
    struct user_regs_struct old, r;
    int error = registers_get(pid, &old), back;

    if (error)
        return error;
    r = registers_clean(&old);
    r.rip = gadget;
    r.rax = nr;
    r.rdi = args[0];
    r.rsi = args[1];
    r.rdx = args[2];
    r.r10 = args[3];
    r.r8 = args[4];
    r.r9 = args[5];
    error = task_run_code(pid, &r, &r, NULL);
    if (error == -ESRCH)
        return error;
    if (!error && r.rip != gadget + SYSCALL_SIZE + 1)
        error = -EFAULT;
    old.orig_rax = (unsigned long long)-1;
    back = registers_set(pid, &old);
    if (!error)
        error = back;
    if (!error)
        *ret = (int64_t)r.rax;
    return error;
}
#else
int task_call(pid_t pid, uint64_t gadget, long nr, const uint64_t args[6], int64_t *ret)
{
    (void)pid, (void)gadget, (void)nr, (void)args, (void)ret;
    return -ENOSYS;
}
#endif

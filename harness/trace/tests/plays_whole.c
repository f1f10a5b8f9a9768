/* plays_whole.c - a program with everything in use that a hold or a copy could disturb. It waits in user mode first,
 * then in read(2), and does not touch its stack meanwhile. */
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_DEPTH 60000
#define HOUR        3600
#define BY_HAND     __attribute__((noinline, no_sanitize("address", "undefined")))

enum whole_flags { WHOLE_BLOCKED = 1, WHOLE_DEAD_CHILD = 2, WHOLE_LIVE_CHILD = 4, WHOLE_IGNORES = 8 };

static unsigned char data[1 << 20];
static volatile sig_atomic_t children_heard, child_heard;

static void handle_child(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    children_heard++;
    child_heard = info->si_pid;
}

static uint64_t sum(const volatile unsigned char *bytes, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* What lies below the frame of the caller. */
static BY_HAND volatile unsigned char *below(void)
{
    return (volatile unsigned char *)(uintptr_t)((uintptr_t)__builtin_frame_address(0) - STACK_DEPTH - 512);
}

static BY_HAND void below_fill(void)
{
    volatile unsigned char *at = below();

    for (size_t i = 0; i < STACK_DEPTH; i++)
        at[i] = (unsigned char)(i * 7 + 3);
}

static BY_HAND size_t below_changed(void)
{
    volatile unsigned char *at = below();

    for (size_t i = 0; i < STACK_DEPTH; i++)
        if (at[i] != (unsigned char)(i * 7 + 3))
            return STACK_DEPTH - i;
    return 0;
}

#ifdef __x86_64__
/* No function is called from here: nothing but the kernel and whoever holds us could write below the stack pointer. */
#define WAIT_BY_HAND(flag, fd, byte, result)                                                                           \
    __asm__ volatile("1: cmpq $0, (%[at])\n\t"                                                                         \
                     "je 1b\n\t"                                                                                       \
                     "xor %%eax, %%eax\n\t"                                                                            \
                     "syscall"                                                                                         \
                     : "=&a"(result)                                                                                   \
                     : [at] "r"(flag), "D"((long)(fd)), "S"(byte), "d"(1L)                                             \
                     : "rcx", "r11", "memory", "cc")
#else
#define WAIT_BY_HAND(flag, fd, byte, result)                                                                           \
    do {                                                                                                               \
        while (!*(volatile long *)(flag))                                                                              \
            ;                                                                                                          \
        (result) = read(fd, byte, 1);                                                                                  \
    } while (0)
#endif

static BY_HAND int stay(struct board *b, int in)
{
    static char byte;
    volatile unsigned char above[4096];
    uint64_t before;
    size_t changed;
    long n;

    for (size_t i = 0; i < sizeof above; i++)
        above[i] = (unsigned char)(i * 5 + 1);
    before = sum(above, sizeof above);
    atomic_store(&b->ready, 1);
    below_fill();
    WAIT_BY_HAND(&b->values[0], in, &byte, n);
    changed = below_changed();
    atomic_store(&b->done, 1);
    if (changed)
        return board_complain(b, "the stack has changed %zu bytes below the frame", changed);
    if (sum(above, sizeof above) != before)
        return board_complain(b, "the stack above has changed");
    return n == 1 ? 0 : board_complain(b, "read gave %ld", n);
}

struct whole {
    pid_t child;
    int release; /* write end of the pipe that a live child reads */
    int signal_fd;
    timer_t timer;
};

static int whole_locks(struct board *b)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1 };
    char path[4200];
    int first, second;

    strcpy(path, b->folder);
    strcat(path, "/own");
    first = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    second = open(path, O_RDWR | O_CLOEXEC);
    b->values[2] = first;
    return first < 0 || second < 0 || fcntl(first, F_SETLK, &lock) || flock(second, LOCK_EX | LOCK_NB);
}

static int whole_timers(struct board *b, struct whole *w)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
    struct itimerspec soon = { .it_value = { b->ms / 1000, b->ms % 1000 * 1000000 } };
    struct itimerval hour = { .it_value = { HOUR, 0 } };

    return setitimer(ITIMER_REAL, &hour, NULL) || timer_create(CLOCK_MONOTONIC, &event, &w->timer) ||
           timer_settime(w->timer, 0, &soon, NULL);
}

static int whole_children(struct whole *w, int flags)
{
    siginfo_t info;
    int fds[2];
    char byte;

    if (!(flags & (WHOLE_DEAD_CHILD | WHOLE_LIVE_CHILD)))
        return 0;
    if (pipe2(fds, O_CLOEXEC))
        return 1;
    w->child = fork();
    if (!w->child) {
        close(fds[1]);
        if (flags & WHOLE_LIVE_CHILD)
            while (read(fds[0], &byte, 1) < 0)
                ;
        _exit(flags & WHOLE_LIVE_CHILD ? 9 : 3);
    }
    w->release = fds[1];
    close(fds[0]);
    return w->child < 0 || (flags & WHOLE_DEAD_CHILD && waitid(P_PID, w->child, &info, WEXITED | WNOWAIT));
}

static int whole_begin(struct board *b, struct whole *w, int flags)
{
    struct sigaction action = { .sa_sigaction = handle_child, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER };
    sigset_t blocked, child;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    if (flags & (WHOLE_BLOCKED | WHOLE_DEAD_CHILD))
        sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    w->signal_fd = signalfd(-1, &child, SFD_CLOEXEC);
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaddset(&action.sa_mask, SIGUSR2);
    if (flags & WHOLE_IGNORES)
        signal(SIGCHLD, SIG_IGN);
    else
        sigaction(SIGCHLD, &action, NULL);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 2654435761u >> 13);
    kill(getpid(), SIGUSR1);
    return w->signal_fd < 0 || whole_locks(b) || whole_children(w, flags) || whole_timers(b, w);
}

/* The signal is taken from the queue. 1: it was there, as it was sent. */
static int take_pending(int signal, int code, pid_t from)
{
    const struct timespec none = { 0, 0 };
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    return sigtimedwait(&set, &info, &none) == signal && info.si_code == code && info.si_pid == from;
}

static int whole_end_children(struct board *b, struct whole *w, int flags)
{
    struct pollfd readable = { w->signal_fd, POLLIN, 0 };
    int status = 0;

    if (flags & WHOLE_DEAD_CHILD && (!take_pending(SIGCHLD, CLD_EXITED, w->child) || poll(&readable, 1, 0)))
        return board_complain(b, "the end of a child was not told as it was");
    if (!(flags & WHOLE_DEAD_CHILD) && poll(&readable, 1, 0))
        return board_complain(b, "there is a SIGCHLD to read");
    if (children_heard)
        return board_complain(b, "SIGCHLD was heard %d times", (int)children_heard);
    if (w->child) {
        close(w->release);
        if (waitpid(-1, &status, 0) != w->child || WEXITSTATUS(status) != (flags & WHOLE_LIVE_CHILD ? 9 : 3))
            return board_complain(b, "a child has not ended as it did: %#x", status);
        if (flags & WHOLE_LIVE_CHILD && (children_heard != 1 || child_heard != w->child))
            return board_complain(b, "the end of a child was told %d times", (int)children_heard);
    }
    if (waitpid(-1, &status, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "there is a child");
    return 0;
}

static int whole_end_timers(struct board *b, struct whole *w)
{
    const struct timespec minute = { 60, 0 }, none = { 0, 0 };
    struct itimerval hour;
    struct itimerspec left;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    if (getitimer(ITIMER_REAL, &hour) || hour.it_value.tv_sec > HOUR || hour.it_value.tv_sec < HOUR - 600)
        return board_complain(b, "the interval timer is not as it was set");
    if (sigtimedwait(&set, NULL, &minute) != SIGUSR2 || timer_getoverrun(w->timer) || timer_gettime(w->timer, &left) ||
        left.it_value.tv_sec || left.it_value.tv_nsec)
        return board_complain(b, "a timer did not fire");
    if (sigtimedwait(&set, NULL, &none) != -1 || errno != EAGAIN)
        return board_complain(b, "a timer fired twice");
    return 0;
}

static int whole(struct board *b, int in, int flags)
{
    struct surroundings *before, *after;
    struct whole w = { 0 };
    uint64_t bytes;
    char *heap;
    int r;

    if (whole_begin(b, &w, flags))
        return board_complain(b, "it could not be set up: %s", strerror(errno));
    heap = malloc(100000);
    memset(heap, 0x5a, 100000);
    bytes = sum(data, sizeof data) ^ sum((unsigned char *)heap, 100000);
    before = surroundings_take();
    r = stay(b, in);
    board_wait_go(b);
    after = surroundings_take();
    if (bytes != (sum(data, sizeof data) ^ sum((unsigned char *)heap, 100000)))
        r = board_complain(b, "memory has changed");
    free(heap);
    if (surroundings_compare(b, before, after, 1) || r)
        return 1;
    if (!take_pending(SIGUSR1, SI_USER, getpid()))
        return board_complain(b, "a pending signal is gone");
    return whole_end_children(b, &w, flags) || whole_end_timers(b, &w);
}

int play_whole(struct board *b, int in)
{
    return whole(b, in, 0);
}

int play_whole_blocked(struct board *b, int in)
{
    return whole(b, in, WHOLE_BLOCKED);
}

int play_whole_dead_child(struct board *b, int in)
{
    return whole(b, in, WHOLE_DEAD_CHILD);
}

int play_whole_live_child(struct board *b, int in)
{
    return whole(b, in, WHOLE_LIVE_CHILD);
}

int play_whole_ignores(struct board *b, int in)
{
    return whole(b, in, WHOLE_IGNORES);
}

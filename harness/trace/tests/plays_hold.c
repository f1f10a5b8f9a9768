/* plays_hold.c - programs that wait in one call each. */
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long or_errno(long r)
{
    return r < 0 ? -errno : r;
}

static struct timespec span(long ms)
{
    return (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

static long wait_epoll(int in, int ms)
{
    struct epoll_event event = { .events = EPOLLIN };
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, in, &event))
        return -1000;
    return or_errno(epoll_wait(fd, &event, 1, ms));
}

static long wait_epoll_for_ever(struct board *b, int in)
{
    (void)b;
    return wait_epoll(in, -1);
}

static long wait_epoll_time(struct board *b, int in)
{
    return wait_epoll(in, (int)b->ms);
}

static long wait_epoll_pwait(struct board *b, int in)
{
    struct epoll_event event = { .events = EPOLLIN };
    int fd = epoll_create1(EPOLL_CLOEXEC);
    sigset_t mask;

    (void)b;
    sigemptyset(&mask);
    sigaddset(&mask, SIGHUP);
    if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, in, &event))
        return -1000;
    return or_errno(epoll_pwait(fd, &event, 1, -1, &mask));
}

static int listener(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s-%d", name, getpid());

    if (fd < 0 || bind(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + n) || listen(fd, 0))
        return -1;
    return fd;
}

static long wait_accept_for(long ms)
{
    struct timeval time = { ms / 1000, ms % 1000 * 1000 };
    int fd = listener("forkaudit-hold");
    long r;

    if (fd < 0 || (ms && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time)))
        return -1000;
    r = or_errno(accept(fd, NULL, NULL));
    return r < 0 ? r : 1;
}

static long wait_accept(struct board *b, int in)
{
    (void)b, (void)in;
    return wait_accept_for(0);
}

static long wait_accept_long(struct board *b, int in)
{
    (void)b, (void)in;
    return wait_accept_for(600000);
}

static long wait_accept_time(struct board *b, int in)
{
    (void)in;
    return wait_accept_for(b->ms);
}

/* The second to connect waits for room in the queue of the listener. */
static long wait_connect_time(struct board *b, int in)
{
    struct timeval time = { b->ms / 1000, b->ms % 1000 * 1000 };
    int fd = listener("forkaudit-full"), first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
        second = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    socklen_t size = sizeof address;

    (void)in;
    if (fd < 0 || getsockname(fd, (void *)&address, &size) || connect(first, (void *)&address, size) ||
        setsockopt(second, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time))
        return -1000;
    return or_errno(connect(second, (void *)&address, size));
}

/* Its end must not come before its time. */
static long wait_sleep(long ms, int is_absolute)
{
    struct timespec began, ended, until = span(ms);
    int r;

    clock_gettime(CLOCK_MONOTONIC, &began);
    if (is_absolute) {
        until.tv_sec += began.tv_sec;
        until.tv_nsec += began.tv_nsec;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    }
    r = clock_nanosleep(CLOCK_MONOTONIC, is_absolute ? TIMER_ABSTIME : 0, &until, NULL);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (!r && (ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000 < ms)
        return -1001;
    return -r;
}

static long wait_nanosleep(struct board *b, int in)
{
    struct timespec time = span(b->ms), began, ended;
    long r;

    (void)in;
    clock_gettime(CLOCK_MONOTONIC, &began);
    r = or_errno(syscall(SYS_nanosleep, &time, NULL));
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (!r && (ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000 < b->ms)
        return -1001;
    return r;
}

static long wait_clock_nanosleep(struct board *b, int in)
{
    (void)in;
    return wait_sleep(b->ms, 0);
}

static long wait_clock_until(struct board *b, int in)
{
    (void)in;
    return wait_sleep(b->ms, 1);
}

static long wait_futex(struct board *b, int in)
{
    (void)in;
    return or_errno(syscall(SYS_futex, &b->values[0], FUTEX_WAIT, 0, NULL, NULL, 0));
}

static long wait_futex_time(struct board *b, int in)
{
    struct timespec time = span(b->ms);

    (void)in;
    return or_errno(syscall(SYS_futex, &b->values[0], FUTEX_WAIT, 0, &time, NULL, 0));
}

static long wait_read(struct board *b, int in)
{
    char byte;

    (void)b;
    return or_errno(read(in, &byte, 1));
}

static long wait_inotify(struct board *b, int in)
{
    char events[4096];
    int fd = inotify_init1(IN_CLOEXEC);

    (void)in;
    if (fd < 0 || inotify_add_watch(fd, b->folder, IN_CREATE) < 0)
        return -1000;
    return or_errno(read(fd, events, sizeof events));
}

static long wait_poll(struct board *b, int in)
{
    struct pollfd fd = { in, POLLIN, 0 };

    (void)b;
    return or_errno(poll(&fd, 1, -1));
}

static long wait_poll_time(struct board *b, int in)
{
    struct pollfd fd = { in, POLLIN, 0 };

    return or_errno(poll(&fd, 1, (int)b->ms));
}

static long wait_ppoll(struct board *b, int in)
{
    struct pollfd fd = { in, POLLIN, 0 };
    sigset_t mask;

    (void)b;
    sigemptyset(&mask);
    sigaddset(&mask, SIGHUP);
    return or_errno(ppoll(&fd, 1, NULL, &mask));
}

/* The kernel writes what is left of the time, unless it lies where nothing can be written. */
static long wait_ppoll_const(struct board *b, int in)
{
    static const struct timespec short_time = { 0, 200000000 }, long_time = { 600, 0 };
    struct pollfd fd = { in, POLLIN, 0 };

    return or_errno(syscall(SYS_ppoll, &fd, 1, b->ms > 60000 ? &long_time : &short_time, NULL, 0));
}

static long wait_select(struct board *b, int in)
{
    fd_set set;

    (void)b;
    FD_ZERO(&set);
    FD_SET(in, &set);
    return or_errno(syscall(SYS_select, in + 1, &set, NULL, NULL, NULL));
}

static long wait_select_time(struct board *b, int in)
{
    struct timeval time = { b->ms / 1000, b->ms % 1000 * 1000 };
    fd_set set;

    FD_ZERO(&set);
    FD_SET(in, &set);
    return or_errno(syscall(SYS_select, in + 1, &set, NULL, NULL, &time));
}

static long wait_pselect(struct board *b, int in)
{
    sigset_t mask;
    fd_set set;

    (void)b;
    sigemptyset(&mask);
    FD_ZERO(&set);
    FD_SET(in, &set);
    return or_errno(pselect(in + 1, &set, NULL, NULL, NULL, &mask));
}

static long wait_pause(struct board *b, int in)
{
    (void)b, (void)in;
    return or_errno(pause());
}

/* SIGUSR1 can be heard only inside. */
static long wait_sigsuspend(struct board *b, int in)
{
    sigset_t mask, old;
    long r;

    (void)b, (void)in;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, &old);
    r = or_errno(sigsuspend(&old));
    sigprocmask(SIG_SETMASK, &old, NULL);
    return r;
}

static long wait_sigtimedwait_for(const struct timespec *time)
{
    sigset_t mask, old;
    long r;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, &old);
    r = or_errno(sigtimedwait(&mask, NULL, time));
    sigprocmask(SIG_SETMASK, &old, NULL);
    return r;
}

static long wait_sigtimedwait(struct board *b, int in)
{
    (void)b, (void)in;
    return wait_sigtimedwait_for(NULL);
}

static long wait_sigtimedwait_time(struct board *b, int in)
{
    struct timespec time = span(b->ms);

    (void)in;
    return wait_sigtimedwait_for(&time);
}

static long wait_semop_for(struct board *b, const struct timespec *time)
{
    struct sembuf down = { 0, -1, SEM_UNDO };
    int id = semget(IPC_PRIVATE, 1, 0600);
    long r;

    if (id < 0)
        return -1000;
    b->values[0] = id;
    atomic_store(&b->ready, 2);
    r = or_errno(time ? syscall(SYS_semtimedop, id, &down, 1, time) : syscall(SYS_semop, id, &down, 1));
    semctl(id, 0, IPC_RMID);
    return r;
}

static long wait_semop(struct board *b, int in)
{
    (void)in;
    return wait_semop_for(b, NULL);
}

static long wait_semop_time(struct board *b, int in)
{
    struct timespec time = span(b->ms);

    (void)in;
    return wait_semop_for(b, &time);
}

static long wait_msgrcv(struct board *b, int in)
{
    struct {
        long type;
        char byte;
    } message;
    int id = msgget(IPC_PRIVATE, 0600);
    long r;

    (void)in;
    if (id < 0)
        return -1000;
    b->values[0] = id;
    atomic_store(&b->ready, 2);
    r = or_errno(msgrcv(id, &message, 1, 0, 0));
    msgctl(id, IPC_RMID, NULL);
    return r;
}

/* The suite holds both locks on this file. */
static int lock_file(const struct board *b)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/lock", b->folder);
    return open(path, O_RDWR | O_CLOEXEC);
}

static long wait_flock(struct board *b, int in)
{
    (void)in;
    return or_errno(flock(lock_file(b), LOCK_EX));
}

static long wait_setlkw(struct board *b, int in)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

    (void)in;
    return or_errno(fcntl(lock_file(b), F_SETLKW, &lock));
}

static pid_t start_reader(int in)
{
    pid_t pid = fork();
    char byte;

    if (pid)
        return pid;
    signal(SIGUSR1, SIG_IGN);
    _exit(read(in, &byte, 1) == 1 ? 7 : 8);
}

/* An interrupted one waits again for its child, so that none is left. */
static long wait_child(struct board *b, int in)
{
    int status = 0;
    pid_t pid = start_reader(in);
    long r;

    b->values[1] = pid;
    r = or_errno(wait4(-1, &status, 0, NULL));
    if (r > 0)
        return r == pid ? status : -1002;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return r;
}

static long wait_child_id(struct board *b, int in)
{
    pid_t pid = start_reader(in);
    siginfo_t info = { 0 };
    long r;

    b->values[1] = pid;
    r = or_errno(waitid(P_PID, pid, &info, WEXITED));
    if (!r)
        return info.si_code == CLD_EXITED && info.si_pid == pid ? info.si_status : -1002;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return r;
}

static long wait_io_getevents(struct board *b, int in)
{
    struct timespec time = span(b->ms);
    struct io_event event;
    aio_context_t context = 0;

    (void)in;
    if (syscall(SYS_io_setup, 1, &context))
        return -ENOSYS;
    return or_errno(syscall(SYS_io_getevents, context, 1, 1, &event, &time));
}

static long wait_loop(struct board *b, int in)
{
    (void)in;
    while (!*(volatile long *)&b->values[0])
        ;
    return 5;
}

const struct wait_play *wait_plays(size_t at)
{
    static const struct wait_play plays[] = {
        { "epoll-wait", SYS_epoll_wait, END_BYTE, 0, 0, wait_epoll_for_ever },
        { "epoll-wait-time", SYS_epoll_wait, END_TIME, 1, 0, wait_epoll_time },
        { "epoll-pwait", SYS_epoll_pwait, END_BYTE, 0, 0, wait_epoll_pwait },
        { "accept", SYS_accept, END_CONNECT, 0, 0, wait_accept },
        { "accept-long", SYS_accept, END_CONNECT, 0, 0, wait_accept_long },
        { "accept-time", SYS_accept, END_TIME, 1, 0, wait_accept_time },
        { "connect-time", SYS_connect, END_TIME, 1, 0, wait_connect_time },
        { "nanosleep", SYS_nanosleep, END_TIME, 1, 0, wait_nanosleep },
        { "clock-nanosleep", SYS_clock_nanosleep, END_TIME, 1, 0, wait_clock_nanosleep },
        { "clock-until", SYS_clock_nanosleep, END_TIME, 1, 0, wait_clock_until },
        { "futex", SYS_futex, END_FUTEX, 0, 0, wait_futex },
        { "futex-time", SYS_futex, END_TIME, 1, 0, wait_futex_time },
        { "read", SYS_read, END_BYTE, 0, 0, wait_read },
        { "inotify", SYS_read, END_FILE, 0, 0, wait_inotify },
        { "poll", SYS_poll, END_BYTE, 0, 0, wait_poll },
        { "poll-time", SYS_poll, END_TIME, 1, 0, wait_poll_time },
        { "ppoll", SYS_ppoll, END_BYTE, 0, 0, wait_ppoll },
        { "ppoll-const", SYS_ppoll, END_TIME, 1, 0, wait_ppoll_const },
        { "select", SYS_select, END_BYTE, 0, 0, wait_select },
        { "select-time", SYS_select, END_TIME, 1, 0, wait_select_time },
        { "pselect", SYS_pselect6, END_BYTE, 0, 0, wait_pselect },
        { "pause", SYS_pause, END_SIGNAL, 0, 1, wait_pause },
        { "sigsuspend", SYS_rt_sigsuspend, END_SIGNAL, 0, 1, wait_sigsuspend },
        { "sigtimedwait", SYS_rt_sigtimedwait, END_SIGNAL2, 0, 0, wait_sigtimedwait },
        { "sigtimedwait-time", SYS_rt_sigtimedwait, END_TIME, 1, 0, wait_sigtimedwait_time },
        { "semop", SYS_semop, END_SEM, 0, 0, wait_semop },
        { "semop-time", SYS_semtimedop, END_TIME, 1, 0, wait_semop_time },
        { "msgrcv", SYS_msgrcv, END_MSG, 0, 0, wait_msgrcv },
        { "flock", SYS_flock, END_UNLOCK, 0, 0, wait_flock },
        { "setlkw", SYS_fcntl, END_UNLOCK, 0, 0, wait_setlkw },
        { "wait4", SYS_wait4, END_BYTE, 0, 0, wait_child },
        { "waitid", SYS_waitid, END_BYTE, 0, 0, wait_child_id },
        { "io-getevents", SYS_io_getevents, END_TIME, 1, 0, wait_io_getevents },
        { "loop", -1, END_GO, 0, 0, wait_loop },
    };

    return at < sizeof plays / sizeof *plays ? &plays[at] : NULL;
}

static struct board *handler_board;

static void handle(int signal)
{
    (void)signal;
    atomic_fetch_add(&handler_board->handled, 1);
}

static void handle_child(int signal)
{
    (void)signal;
    atomic_fetch_add(&handler_board->steps, 1);
}

static int wait_play_run(const struct wait_play *w, struct board *b, int in)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = b->restarts ? SA_RESTART : 0 },
                     child = { .sa_handler = handle_child, .sa_flags = SA_RESTART };
    int is_parent = w->run == wait_child || w->run == wait_child_id;
    struct surroundings *before;

    handler_board = b;
    sigaction(SIGUSR1, &action, NULL);
    if (!is_parent)
        sigaction(SIGCHLD, &child, NULL);
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    b->result = w->run(b, in);
    atomic_store(&b->done, 1);
    board_wait_go(b);
    if (atomic_load(&b->steps))
        return board_complain(b, "%s: SIGCHLD was heard", w->name);
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "%s: there is a child", w->name);
    if (is_parent)
        return 0;
    return surroundings_compare(b, before, surroundings_take(), 0);
}

int play_hold(const char *name, struct board *b, int in)
{
    static const struct {
        const char *name;
        int (*run)(struct board *b, int in);
    } plays[] = {
        { "whole", play_whole },
        { "whole-blocked", play_whole_blocked },
        { "whole-dead-child", play_whole_dead_child },
        { "whole-live-child", play_whole_live_child },
        { "whole-ignores", play_whole_ignores },
        { "registers", play_registers },
    };
    const struct wait_play *w;

    for (size_t i = 0; (w = wait_plays(i)); i++)
        if (!strcmp(w->name, name))
            return wait_play_run(w, b, in);
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run(b, in);
    return play_odd(name, b, in);
}

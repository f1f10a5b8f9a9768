/* plays_odd.c - programs that make holds and copies hard. */
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child in epoll_wait(2), whose stops and ends we are told as its parent: each once. */
static int play_parent(struct board *b, int in)
{
    int status, stops = 0, goes = 0, ends = 0;
    pid_t pid = fork();

    if (!pid) {
        struct epoll_event event = { .events = EPOLLIN };
        int fd = epoll_create1(EPOLL_CLOEXEC), r;

        epoll_ctl(fd, EPOLL_CTL_ADD, in, &event);
        r = epoll_wait(fd, &event, 1, -1);
        /* After a stop it fails (signal(7)): then it is made again. */
        if (r < 0 && errno == EINTR)
            r = epoll_wait(fd, &event, 1, -1);
        _exit(r == 1 ? 7 : 8);
    }
    b->values[0] = pid;
    atomic_store(&b->ready, 1);
    while (!ends && waitpid(-1, &status, WUNTRACED | WCONTINUED) == pid) {
        stops += WIFSTOPPED(status);
        goes += WIFCONTINUED(status);
        ends += WIFEXITED(status);
        atomic_store(&b->steps, stops + goes);
    }
    if (stops != 1 || goes != 1 || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
        return board_complain(b, "the child stopped %d times, went on %d times, ended with %#x", stops, goes, status);
    return waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD ? 0 : board_complain(b, "there is a child");
}

static volatile sig_atomic_t trapped;

static void handle_trap(int signal)
{
    (void)signal;
    trapped++;
}

/* Two breakpoints, which whoever traces us takes for its own, and two calls of interest. */
static int play_events(struct board *b, int in)
{
    struct surroundings *before;
    uid_t uid = getuid();
    volatile long kept = 0x1234567;

    (void)in;
    signal(SIGTRAP, handle_trap);
    before = surroundings_take();
#ifdef __x86_64__
    __asm__ volatile("int3");
    __asm__ volatile("int3");
#endif
    for (int i = 0; i < 2; i++)
        if (syscall(SYS_setresuid, uid, uid, uid))
            return board_complain(b, "setresuid: %s", strerror(errno));
    atomic_store(&b->done, 1);
    if (trapped || kept != 0x1234567)
        return board_complain(b, "a breakpoint was delivered");
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "there is a child");
    return surroundings_compare(b, before, surroundings_take(), 1);
}

/* The child of a vfork(2) keeps us waiting. */
static int play_vfork(struct board *b, int in)
{
    int status;
    char byte;
    pid_t pid;

    atomic_store(&b->ready, 1);
    pid = vfork();
    if (!pid)
        _exit(read(in, &byte, 1) == 1 ? 7 : 8);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
        return board_complain(b, "vfork: %s", strerror(errno));
    atomic_store(&b->done, 1);
    return 0;
}

int play_odd(const char *name, struct board *b, int in)
{
    static const struct {
        const char *name;
        int (*run)(struct board *b, int in);
    } plays[] = {
        { "parent", play_parent },
        { "events", play_events },
        { "vfork", play_vfork },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run(b, in);
    return play_copy(name, b, in);
}

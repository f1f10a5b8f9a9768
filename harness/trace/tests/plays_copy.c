/* plays_copy.c - programs of which copies are made: with threads, with filters of their own, without room for a
 * process, in namespaces. */
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct board *board;
static int input;

static void *thread_fork(void *unused)
{
    while (!atomic_load(&board->go)) {
        int status = 0;
        pid_t pid = fork(), got;

        if (!pid)
            _exit(5);
        got = waitpid(-1, &status, 0);
        if (pid < 0 || got != pid || WEXITSTATUS(status) != 5)
            board_complain(board, "waited for %d, got %d: %#x", pid, got, status);
        atomic_fetch_add(&board->steps, 1);
    }
    return unused;
}

/* One thread makes children and waits for whichever ends, while the first is held. Only here what the children have
 * used may grow: in a process with other threads a copy must be waited for. */
static int play_threads_fork(struct board *b, int in)
{
    struct surroundings *before, *after;
    pthread_t thread;
    char byte;

    board = b;
    if (pthread_create(&thread, NULL, thread_fork, NULL))
        return board_complain(b, "no thread");
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    atomic_store(&b->done, 1);
    pthread_join(thread, NULL);
    after = surroundings_take();
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "there is a child");
    surroundings_forget_children(before);
    surroundings_forget_children(after);
    return surroundings_compare(b, before, after, 1);
}

static void *thread_identity(void *number)
{
    long i = (long)number;
    char byte;

    if (syscall(SYS_setresuid, 60000 + i, 60000 + i, 60000 + i))
        board_complain(board, "setresuid: %s", strerror(errno));
    board->values[i] = syscall(SYS_gettid);
    atomic_fetch_add(&board->ready, 1);
    if (read(input, &byte, 1) != 1)
        board_complain(board, "read: %s", strerror(errno));
    if ((long)syscall(SYS_getuid) != 60000 + i)
        board_complain(board, "a thread is somebody else");
    return NULL;
}

static int play_thread_identities(struct board *b, int in)
{
    pthread_t threads[3];
    char byte;

    board = b;
    input = in;
    for (long i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, thread_identity, (void *)i))
            return board_complain(b, "no thread");
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD ? 0 : board_complain(b, "there is a child");
}

static int filter_install(unsigned action)
{
#define REFUSE(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_clone),
        REFUSE(SYS_clone3),
#ifdef SYS_fork
        REFUSE(SYS_fork),
#endif
        REFUSE(SYS_setuid),
        REFUSE(SYS_setgid),
        REFUSE(SYS_setresuid),
        REFUSE(SYS_setresgid),
        REFUSE(SYS_setreuid),
        REFUSE(SYS_setfsuid),
        REFUSE(SYS_wait4),
        REFUSE(SYS_getpriority),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { COUNT(code), code };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* SIGSYS, or SIGCHLD: neither is to come. */
static void handle_unwanted(int signal)
{
    (void)signal;
    atomic_fetch_add(&board->handled, 1);
}

static int filtered(struct board *b, int in, unsigned action)
{
    struct surroundings *before;
    char byte;

    board = b;
    signal(SIGSYS, handle_unwanted);
    signal(SIGCHLD, handle_unwanted);
    if (filter_install(action))
        return board_complain(b, "no filter: %s", strerror(errno));
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    atomic_store(&b->done, 1);
    if (atomic_load(&b->handled))
        return board_complain(b, "SIGSYS or SIGCHLD came");
    /* The filter is in force again. */
    if (action == (SECCOMP_RET_ERRNO | ENOTTY) && (setuid(getuid()) != -1 || errno != ENOTTY))
        return board_complain(b, "its filter does not hold any more");
    return surroundings_compare(b, before, surroundings_take(), 1);
}

static int play_filter_kill(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_KILL_PROCESS);
}

static int play_filter_errno(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_ERRNO | ENOTTY);
}

static int play_filter_trap(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_TRAP);
}

static int play_filter_trace(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_TRACE | 5);
}

/* An ordinary user who may have no further process. */
static int play_no_room(struct board *b, int in)
{
    const struct rlimit none = { 0, 0 };
    struct surroundings *before;
    char byte;

    if (!getuid() && setresuid(65534, 65534, 65534))
        b->values[0] = errno;
    if (setrlimit(RLIMIT_NPROC, &none))
        return board_complain(b, "setrlimit: %s", strerror(errno));
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    atomic_store(&b->done, 1);
    return surroundings_compare(b, before, surroundings_take(), 1);
}

static void *thread_pause(void *unused)
{
    while (!atomic_load(&board->go))
        board_wait_go(board);
    return unused;
}

/* The first process of a pid namespace. */
static void first_run(struct board *b, int in, int with_thread)
{
    struct surroundings *before, *after;
    pthread_t thread;
    char byte;

    if (getpid() != 1 || (with_thread && pthread_create(&thread, NULL, thread_pause, NULL)))
        _exit(board_complain(b, "it is not as it should be"));
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    if (read(in, &byte, 1) != 1)
        _exit(board_complain(b, "read: %s", strerror(errno)));
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        _exit(board_complain(b, "there is a child"));
    if (with_thread)
        pthread_join(thread, NULL);
    after = surroundings_take();
    if (with_thread) {
        surroundings_forget_children(before);
        surroundings_forget_children(after);
    }
    _exit(surroundings_compare(b, before, after, 1));
}

static int pid_namespace(struct board *b, int in, int with_thread)
{
    pid_t pid;
    int status;

    board = b;
    if (unshare(CLONE_NEWPID)) {
        b->result = errno;
        atomic_store(&b->done, 1);
        return 0;
    }
    pid = fork();
    if (!pid)
        first_run(b, in, with_thread);
    b->values[0] = pid;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
        return board_complain(b, "the first process: %#x", status);
    return 0;
}

static int play_pid_namespace(struct board *b, int in)
{
    return pid_namespace(b, in, 0);
}

static int play_pid_namespace_threads(struct board *b, int in)
{
    return pid_namespace(b, in, 1);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile int function_ran;

static long function_sum(long a, long b, long c, long d, long e, long f)
{
    /* A stack that is not aligned as the compiler expects faults here. */
    volatile long double aligned[2] = { 1, 2 };
    volatile double doubles[2] __attribute__((aligned(16))) = { a * 0.5, b * 0.5 };

    function_ran = 1;
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + (long)(aligned[0] - 1) + ((uintptr_t)doubles & 15);
}

static long function_lock(pthread_mutex_t *m)
{
    return pthread_mutex_lock(m);
}

static long function_crash(long *where)
{
    return *where;
}

static long function_fork(void)
{
    pid_t pid = fork();

    if (!pid)
        for (;;)
            pause();
    return pid > 0;
}

static long function_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, thread_pause, NULL);
}

static long function_loop(void)
{
    while (!function_ran)
        ;
    return 0;
}

static long function_exit(long status)
{
    _exit((int)status);
}

static void *thread_locks(void *unused)
{
    pthread_mutex_lock(&mutex);
    atomic_store(&board->ready, 1);
    board_wait_go(board);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void functions_publish(struct board *b)
{
    board = b;
    b->values[FUNCTION_SUM] = (long)(uintptr_t)function_sum;
    b->values[FUNCTION_LOCK] = (long)(uintptr_t)function_lock;
    b->values[FUNCTION_CRASH] = (long)(uintptr_t)function_crash;
    b->values[FUNCTION_FORK] = (long)(uintptr_t)function_fork;
    b->values[FUNCTION_THREAD] = (long)(uintptr_t)function_thread;
    b->values[FUNCTION_LOOP] = (long)(uintptr_t)function_loop;
    b->values[FUNCTION_EXIT] = (long)(uintptr_t)function_exit;
    b->values[FUNCTION_MUTEX] = (long)(uintptr_t)&mutex;
}

static int play_functions(struct board *b, int in)
{
    struct surroundings *before, *after;
    pthread_t thread;
    char byte;

    functions_publish(b);
    if (pthread_create(&thread, NULL, thread_locks, NULL))
        return board_complain(b, "no thread");
    before = surroundings_take();
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    atomic_store(&b->done, 1);
    if (function_ran)
        return board_complain(b, "a function ran in the original");
    pthread_join(thread, NULL);
    if (pthread_mutex_lock(&mutex))
        return board_complain(b, "the mutex is lost");
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "there is a child");
    after = surroundings_take();
    surroundings_forget_children(before);
    surroundings_forget_children(after);
    return surroundings_compare(b, before, after, 1);
}

/* Without a thread it must not even be seen in what its children have used. */
static int play_functions_alone(struct board *b, int in)
{
    struct surroundings *before;
    char byte;

    functions_publish(b);
    signal(SIGCHLD, handle_unwanted);
    before = surroundings_take();
    atomic_store(&b->ready, 1);
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    atomic_store(&b->done, 1);
    if (atomic_load(&b->handled))
        return board_complain(b, "SIGCHLD came");
    if (waitpid(-1, NULL, __WALL) != -1 || errno != ECHILD)
        return board_complain(b, "there is a child");
    return surroundings_compare(b, before, surroundings_take(), 1);
}

/* Answers every byte that comes through the socket values[0] until its other end is closed. */
static int play_server(struct board *b, int in)
{
    struct epoll_event event = { .events = EPOLLIN };
    int fd = (int)b->values[0], ready = epoll_create1(EPOLL_CLOEXEC);
    unsigned char bytes[64];
    ssize_t n;

    (void)in;
    if (ready < 0 || epoll_ctl(ready, EPOLL_CTL_ADD, fd, &event))
        return board_complain(b, "epoll: %s", strerror(errno));
    atomic_store(&b->ready, 1);
    for (;;) {
        if (epoll_wait(ready, &event, 1, -1) != 1)
            return board_complain(b, "epoll_wait: %s", strerror(errno));
        n = read(fd, bytes, sizeof bytes);
        if (!n)
            return 0;
        for (ssize_t i = 0; i < n; i++)
            bytes[i] = SERVER_ANSWER(bytes[i]);
        if (n < 0 || write(fd, bytes, (size_t)n) != n)
            return board_complain(b, "read or write: %s", strerror(errno));
    }
}

int play_copy(const char *name, struct board *b, int in)
{
    static const struct {
        const char *name;
        int (*run)(struct board *b, int in);
    } plays[] = {
        { "threads-fork", play_threads_fork },
        { "thread-identities", play_thread_identities },
        { "filter-kill", play_filter_kill },
        { "filter-errno", play_filter_errno },
        { "filter-trap", play_filter_trap },
        { "filter-trace", play_filter_trace },
        { "no-room", play_no_room },
        { "pid-namespace", play_pid_namespace },
        { "pid-namespace-threads", play_pid_namespace_threads },
        { "functions", play_functions },
        { "functions-alone", play_functions_alone },
        { "server", play_server },
    };

    for (size_t i = 0; i < COUNT(plays); i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run(b, in);
    return 99;
}

/* plays_fail.c - behaviours that meet failing calls. Exit status 0: every call that was to fail did, with the errno
 * given below. */
#include "harness/trace/tests/plays.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_eagain(long result)
{
    return result == -1 && errno == EAGAIN;
}

static int play_fail_setuid(void)
{
    uid_t uid = getuid(), other = uid ? uid : 33, now[3];

    errno = 0;
    if (!is_eagain(setuid(other)))
        return 1;
    return !getresuid(&now[0], &now[1], &now[2]) && now[0] == uid && now[2] == uid ? 0 : 2;
}

static long raw_fork(long nr)
{
    struct clone_args args = { .exit_signal = SIGCHLD };
    long pid;

    errno = 0;
    if (nr == SYS_clone)
        pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    else if (nr == SYS_clone3)
        pid = syscall(SYS_clone3, &args, sizeof args);
    else
        pid = syscall(nr);
    if (!pid)
        _exit(9);
    return pid;
}

static void *thread_ok(void *ok)
{
    *(int *)ok = 1;
    return ok;
}

/* A thread is no process: it is made. */
static int play_fail_fork(void)
{
    char *const argv[] = { "true", NULL };
    pthread_t thread;
    int made = 0;
    pid_t pid = fork();

    if (!pid)
        _exit(9);
    if (!is_eagain(pid))
        return 1;
#ifdef __x86_64__
    if (!is_eagain(raw_fork(SYS_fork)) || !is_eagain(raw_fork(SYS_vfork)))
        return 2;
#endif
    if (!is_eagain(raw_fork(SYS_clone)) || !is_eagain(raw_fork(SYS_clone3)))
        return 3;
    if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) != EAGAIN)
        return 4;
    if (pthread_create(&thread, NULL, thread_ok, &made) || pthread_join(thread, NULL))
        return 5;
    return made ? 0 : 6;
}

static int play_fail_open(void)
{
    char byte;

    errno = 0;
    if (!is_eagain(getrandom(&byte, 1, 0)))
        return 1;
    errno = 0;
    if (!is_eagain(open("/dev/null", O_RDONLY)) || !is_eagain(openat(AT_FDCWD, "/dev/null", O_RDONLY)))
        return 2;
#ifdef __x86_64__
    if (!is_eagain(syscall(SYS_open, "/dev/null", O_RDONLY)))
        return 3;
#endif
    return open("/dev/zero", O_RDONLY | O_CLOEXEC) < 0 ? 4 : 0;
}

#ifdef __x86_64__
/* setresuid in the two other tables: 208 of i386, 117 of x32. */
static int play_fail_tables(void)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(208), "b"(-1), "c"(-1), "d"(-1)
                     : "memory", "r8", "r9", "r10", "r11");
    if (result != -EAGAIN)
        return 1;
    errno = 0;
    return is_eagain(syscall(0x40000000 | SYS_setresuid, -1, -1, -1)) ? 0 : 2;
}
#endif

static pthread_barrier_t barrier;

static void *thread_call(void *how)
{
    long nr = *(int *)how ? SYS_setresgid : SYS_setresuid;

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 20; i++) {
        long result = (errno = 0, syscall(nr, -1, -1, -1));

        if (*(int *)how ? !is_eagain(result) : result)
            return NULL;
    }
    return how;
}

/* Of several threads that make calls at the same time, those of one fail. */
static int play_fail_thread(void)
{
    pthread_t threads[4];
    int how[4] = { 0, 0, 1, 0 }, bad = 0;
    void *result;

    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, thread_call, &how[i]))
            return 1;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        bad += !result;
    }
    return bad ? 2 : 0;
}

int play_fail(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "fail-setuid", play_fail_setuid }, { "fail-fork", play_fail_fork }, { "fail-open", play_fail_open },
#ifdef __x86_64__
        { "fail-tables", play_fail_tables },
#endif
        { "fail-thread", play_fail_thread },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return play(name);
}

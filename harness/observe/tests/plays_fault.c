/* plays_fault.c - programs that make calls which can be made to fail, and tell by their exit status which did. */
#include "harness/observe/tests/plays_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE __attribute__((noinline, noclone, no_icf))

static volatile int places;

static int fails(long result)
{
    places++;
    return result == -1 && errno == EAGAIN;
}

PLACE static int place_one(void)
{
    return fails(setgid(getgid()));
}

PLACE static int place_two(void)
{
    return fails(setgid(getgid()));
}

/* 1, 2, 4: of the first place; 8: of the second one. */
static int play_places(void)
{
    volatile int n = 3; /* the loop's call stays one place */
    int status = 0;

    for (int i = 0; i < n; i++)
        status |= place_one() << i;
    return status | place_two() << 3;
}

/* The same in a child, whose status is told, and then in the parent, where nothing may fail. */
static int play_child(void)
{
    int status;
    pid_t pid = fork();

    if (!pid)
        _exit(play_places());
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 99;
    return play_places() ? 98 : WEXITSTATUS(status);
}

static pthread_barrier_t barrier;
static int hold[2];

static void *thread_wait(void *unused)
{
    char byte;

    pthread_barrier_wait(&barrier);
    return read(hold[0], &byte, 1) ? unused : NULL;
}

/* libc makes the call in every thread: 1: the first attempt failed, 2: the second one too, 4: the uid has changed. */
static int play_threads(void)
{
    uid_t uid = getuid(), now[3];
    pthread_t threads[3];
    int status = 0;

    if (pipe2(hold, O_CLOEXEC))
        return 99;
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, thread_wait, NULL))
            return 99;
    pthread_barrier_wait(&barrier);
    status |= fails(setuid(uid ? uid : 33));
    status |= (getresuid(&now[0], &now[1], &now[2]) || now[0] != uid || now[1] != uid) << 2;
    /* A thread that was not there at the first attempt takes part in the second one. */
    pthread_barrier_init(&barrier, NULL, 2);
    if (pthread_create(&threads[2], NULL, thread_wait, NULL))
        return 99;
    pthread_barrier_wait(&barrier);
    status |= fails(setuid(uid ? uid : 33)) << 1;
    close(hold[1]);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return status;
}

static void *thread_nothing(void *unused)
{
    return unused;
}

/* 1: no child could be made, 2: not even a thread. */
static int play_fork(void)
{
    pthread_t thread;
    pid_t pid = fork();
    int status = fails(pid);

    if (!pid)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (pthread_create(&thread, NULL, thread_nothing, NULL))
        return status | 2;
    pthread_join(thread, NULL);
    return status;
}

/* 1: urandom could not be opened, 2: null, 4: getrandom failed, 8: another file could not be opened */
static int play_devices(void)
{
    char byte;
    int status = fails(open("/dev/urandom", O_RDONLY | O_CLOEXEC));

    status |= fails(open("/dev/null", O_RDONLY | O_CLOEXEC)) << 1;
    status |= fails(getrandom(&byte, 1, 0)) << 2;
    return status | fails(open("/", O_RDONLY | O_CLOEXEC)) << 3;
}

static int play_storm(void)
{
    for (;;) {
        pid_t pid = fork();

        if (!pid)
            _exit(0);
        if (pid > 0)
            waitpid(pid, NULL, 0);
    }
}

int play_fault(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "places", play_places }, { "child", play_child },     { "threads", play_threads },
        { "fork", play_fork },     { "devices", play_devices }, { "storm", play_storm },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

/* plays.c - small programs that meet failing calls in different ways. */
#include "harness/inject/tests/plays.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER  33
#define TRIES 5

static int rest(void)
{
    for (;;)
        pause();
    return 0;
}

/* ---- dropping privilege ---- */

static int play_setuid_checked(const char *argument)
{
    (void)argument;
    if (setgid(USER) || setuid(USER))
        return 3;
    return rest();
}

static int play_setuid_ignored(const char *argument)
{
    (void)argument;
    if (setgid(USER))
        return 3;
    if (setuid(USER))
        puts("never mind");
    return rest();
}

/* The child is what works: it serves with what its parent kept. */
static int play_setuid_ignored_child(const char *argument)
{
    (void)argument;
    if (setuid(USER))
        puts("never mind");
    if (fork() == 0)
        return rest();
    return rest();
}

static int play_setgroups_ignored(const char *argument)
{
    gid_t group = USER;

    (void)argument;
    if (setgroups(1, &group))
        puts("never mind");
    if (setgid(USER) || setuid(USER))
        return 3;
    return rest();
}

static int play_setuid_again(const char *argument)
{
    (void)argument;
    for (int i = 0; setuid(USER) && errno == EAGAIN; i++)
        if (i == TRIES)
            return 3;
    return rest();
}

static int play_setuid_exec(const char *argument)
{
    (void)argument;
    if (setuid(USER))
        puts("never mind");
    execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
    return 4;
}

static void *waits(void *unused)
{
    rest();
    return unused;
}

static int play_setuid_threads(const char *argument)
{
    pthread_t threads[3];

    (void)argument;
    for (int i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, waits, NULL))
            return 4;
    if (setuid(USER))
        return 3;
    return rest();
}

/* Root's job and a user's are started by the same call. */
static int play_jobs(const char *argument)
{
    static const uid_t users[] = { 0, USER };

    (void)argument;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            if (setuid(users[i]))
                puts("never mind");
            return rest();
        }
    return rest();
}

/* The worker ends before it has dropped anything. */
static int play_worker_ends_early(const char *argument)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)argument;
    if (fork() == 0)
        return fd < 0 || setuid(USER) ? 3 : rest();
    return rest();
}

/* It works for a user, and can come back. */
static int play_seteuid_ignored(const char *argument)
{
    (void)argument;
    if (seteuid(USER))
        puts("never mind");
    return rest();
}

/* It is a user for a moment only. */
static int play_seteuid_for_a_moment(const char *argument)
{
    (void)argument;
    if (setegid(USER) || seteuid(USER))
        puts("never mind");
    if (seteuid(0) || setegid(0))
        puts("never mind");
    return rest();
}

/* ---- what needs no privilege ---- */

static int null_open(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int play_open_checked(const char *argument)
{
    (void)argument;
    return null_open() < 0 ? 3 : rest();
}

/* It ends as if all were well, without having worked. */
static int play_open_gives_up(const char *argument)
{
    (void)argument;
    return null_open() < 0 ? 0 : rest();
}

static int play_open_abort(const char *argument)
{
    (void)argument;
    if (null_open() < 0)
        abort();
    return rest();
}

static int play_open_spin(const char *argument)
{
    (void)argument;
    if (null_open() < 0)
        for (;;)
            __asm__ volatile("");
    return rest();
}

/* A worker that ends is replaced at once, for ever. */
static int play_open_respawn(const char *argument)
{
    (void)argument;
    for (;;) {
        pid_t worker = fork();

        if (worker == 0)
            _exit(null_open() < 0 ? 3 : rest());
        if (worker > 0)
            waitpid(worker, NULL, 0);
    }
}

/* Nothing of it can be told from the clean run: it says so and ends well. */
static int play_open_ignored_exit(const char *argument)
{
    (void)argument;
    return null_open() < 0 ? 0 : 0;
}

/* It always ends with an error; with the first file missing it does so at once. */
static int play_open_error_at_the_end(const char *argument)
{
    (void)argument;
    /* Straight out: at an ordinary end a coverage build may wait for the lock of its counters, which is not "at once". */
    if (null_open() < 0)
        return (int)syscall(SYS_exit_group, 3);
    close(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    return (int)syscall(SYS_exit_group, 3);
}

static void on_signal(int signal)
{
    (void)signal;
}

/* The worker runs a helper when it is asked to, and ends; its master stays. */
static int play_fork_helper(const char *argument)
{
    pid_t helper;

    (void)argument;
    signal(SIGUSR1, on_signal);
    if (fork())
        return rest();
    pause();
    helper = fork();
    if (helper == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(4);
    }
    if (helper > 0)
        waitpid(helper, NULL, 0);
    return 0;
}

static int play_fork_again(const char *argument)
{
    pid_t child = -1;

    (void)argument;
    for (int i = 0; child < 0 && i < TRIES; i++)
        child = fork();
    return rest();
}

/* One worker is missing then. */
static int play_fork_workers(const char *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            return rest();
    return rest();
}

static int play_fork_ignored(const char *argument)
{
    (void)argument;
    if (fork() < 0)
        puts("alone, then");
    return rest();
}

static int play_random_ignored(const char *argument)
{
    char bytes[16];

    (void)argument;
    free(malloc(100));
    if (getrandom(bytes, sizeof bytes, 0) < 0)
        puts("never mind");
    return rest();
}

static int play_random_fallback(const char *argument)
{
    char bytes[16];
    int fd;

    (void)argument;
    if (getrandom(bytes, sizeof bytes, 0) < 0) {
        fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, bytes, sizeof bytes) != sizeof bytes)
            return 3;
    }
    return rest();
}

/* Only the first run makes the call. */
static int play_once(const char *argument)
{
    if (mkdir(argument, 0700) == 0)
        close(null_open());
    return rest();
}

static int play_unlinks_itself(const char *argument)
{
    close(null_open());
    unlink(argument);
    return rest();
}

/* Two places and a call that never succeeds. */
static int play_places(const char *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++)
        close(null_open());
    close(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    close(open("/dev/random", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return rest();
}

/* Its file stays locked as long as a process of it lives; a failure makes it last. */
static int play_locked(const char *argument)
{
    int fd = open(argument, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || lockf(fd, F_LOCK, 0))
        return 4;
    if (null_open() < 0)
        for (;;)
            __asm__ volatile("");
    return rest();
}

int play(const char *name, const char *argument)
{
    static const struct {
        const char *name;
        int (*play)(const char *argument);
    } plays[] = {
        { "setuid-checked", play_setuid_checked },
        { "setuid-ignored", play_setuid_ignored },
        { "setuid-ignored-child", play_setuid_ignored_child },
        { "setgroups-ignored", play_setgroups_ignored },
        { "setuid-again", play_setuid_again },
        { "setuid-exec", play_setuid_exec },
        { "setuid-threads", play_setuid_threads },
        { "jobs", play_jobs },
        { "worker-ends-early", play_worker_ends_early },
        { "seteuid-ignored", play_seteuid_ignored },
        { "seteuid-for-a-moment", play_seteuid_for_a_moment },
        { "open-checked", play_open_checked },
        { "open-gives-up", play_open_gives_up },
        { "open-abort", play_open_abort },
        { "open-spin", play_open_spin },
        { "open-respawn", play_open_respawn },
        { "open-ignored-exit", play_open_ignored_exit },
        { "open-error-at-the-end", play_open_error_at_the_end },
        { "fork-helper", play_fork_helper },
        { "fork-again", play_fork_again },
        { "fork-workers", play_fork_workers },
        { "fork-ignored", play_fork_ignored },
        { "random-ignored", play_random_ignored },
        { "random-fallback", play_random_fallback },
        { "once", play_once },
        { "unlinks-itself", play_unlinks_itself },
        { "places", play_places },
        { "locked", play_locked },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].play(argument);
    return 99;
}

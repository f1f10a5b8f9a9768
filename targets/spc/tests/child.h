/* child.h - what the spc suites share: children that run test code, failing system calls, and what is open.
 *
 * A child ends with _exit in the function that forked it: `if (pid == 0) _exit(case_x());`, and case_x returns 0, or
 * says on standard error what was not so.
 */
#ifndef SPC_TESTS_CHILD_H
#define SPC_TESTS_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

#define NEED(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            dprintf(STDERR_FILENO, "child: %s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #condition,                  \
                    strerror(errno));                                                                                  \
            return 1;                                                                                                  \
        }                                                                                                              \
    } while (0)

/* The exit status; 128 + the signal that ended it; -1 when it cannot be waited for. */
static inline int child_result(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* From now on `call` returns -1 with `error` in this process; with 0 it returns 0 and does nothing. */
static inline int call_break(int call, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = -1;

    if (filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error), call, 0) == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

static inline bool fd_is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* How many descriptors below 1024 are open. */
static inline int fds_count(void)
{
    int fd, n = 0;

    for (fd = 0; fd < 1024; fd++)
        n += fd_is_open(fd);
    return n;
}

static inline bool file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return is_written;
}

/* A private mount namespace, as root or in a user namespace of its own; -1 where neither is allowed. */
static inline int mounts_unshare(void)
{
    char uid_map[64], gid_map[64];

    if (unshare(CLONE_NEWNS) == 0)
        return 0;
    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || !file_write("/proc/self/setgroups", "deny"))
        return -1;
    return file_write("/proc/self/uid_map", uid_map) && file_write("/proc/self/gid_map", gid_map) ? 0 : -1;
}

static inline bool can_unshare_mounts(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(mounts_unshare() ? 1 : 0);
    return child_result(pid) == 0;
}

/* valgrind keeps signals and limits of its own: what is broken below it, it does not notice. */
static inline bool is_in_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "valgrind");
}

static inline bool has_no_child(void)
{
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

#endif

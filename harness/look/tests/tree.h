/* tree.h - what the suites of harness/look share: a made-up /proc in the test's directory, and the real one. */
#ifndef FORKAUDIT_LOOK_TESTS_TREE_H
#define FORKAUDIT_LOOK_TESTS_TREE_H

#include "harness/look/look.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The made-up process is 7, its thread 8. */
#define TREE_PID 7
#define TREE_TID 8
#define TREE     TREE_PID, TREE_TID

/* The real /proc. */
static inline int real_proc(void)
{
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

/* Makes DIRECTORY/7/task/8 and gives back DIRECTORY, to be closed by the caller. */
static inline int tree_open(void)
{
    static const char *const parts[] = { "7", "7/task", "7/task/8" };
    int fd = open(test_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CU_ASSERT_FATAL(fd >= 0);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_FATAL(mkdirat(fd, parts[i], 0755) == 0 || errno == EEXIST);
    return fd;
}

/* Writes 7/task/8/NAME anew. */
static inline void tree_write(int tree, const char *name, const void *bytes, size_t size)
{
    char path[256];
    int fd;

    snprintf(path, sizeof path, "7/task/8/%s", name);
    fd = openat(tree, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}
#define tree_text(tree, name, text) tree_write(tree, name, text, strlen(text))

static inline void tree_folder(int tree, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "7/task/8/%s", name);
    CU_ASSERT_FATAL(mkdirat(tree, path, 0755) == 0);
}

static inline void tree_link(int tree, const char *name, const char *target)
{
    char path[256];

    snprintf(path, sizeof path, "7/task/8/%s", name);
    CU_ASSERT_FATAL(symlinkat(target, tree, path) == 0);
}

static inline const struct look_fd *find_fd(const struct look_fds *l, int fd)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->fds[i].fd == fd)
            return &l->fds[i];
    return NULL;
}

/* The descriptors of this process, look_fds' own among them. */
static inline struct look_fds look_our_fds(void)
{
    struct look_fds l = { 0 };
    int proc = real_proc();

    CU_ASSERT_EQUAL_FATAL(look_fds(proc, getpid(), getpid(), &l), 0);
    close(proc);
    return l;
}

/* A path in the test's directory, good until the next call. */
static inline const char *file_path(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    return path;
}

/* valgrind answers some questions about a process in its own way. */
static inline int is_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}

static inline int wait_status(pid_t child)
{
    int status = -1;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

#endif

/* tasks.c - /proc/PID/task: the threads of a process. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int look_tasks(int proc, pid_t pid, struct look_tasks *ret)
{
    char path[64];
    int *tids, dir, error;
    size_t n;

    if (pid <= 0)
        return -EINVAL;
    snprintf(path, sizeof path, "%d/task", pid);
    dir = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return -errno;
    error = look_read_numbers(dir, &tids, &n);
    if (error)
        return error;
    _Static_assert(sizeof(pid_t) == sizeof(int), "thread ids are read as int");
    *ret = (struct look_tasks){ tids, n };
    return 0;
}

void look_tasks_release(struct look_tasks *t)
{
    free(t->tids);
    *t = (struct look_tasks){ 0 };
}

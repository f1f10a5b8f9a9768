/* link.c - the links of a task: its program, its directories, its namespaces. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int look_link(int proc, pid_t pid, pid_t tid, const char *name, char *buffer, size_t size)
{
    char path[128];
    int n = snprintf(path, sizeof path, "%d/task/%d/%s", pid, tid, name);

    if (pid <= 0 || tid <= 0 || n < 0 || (size_t)n >= sizeof path)
        return -EINVAL;
    return look_read_link(proc, path, buffer, size);
}

/* "user" is read from the link "ns/user", which leads to "user:[4026531837]". */
int look_namespace(int proc, pid_t pid, pid_t tid, const char *name, uint64_t *ret_ino)
{
    char path[64], target[128];
    const char *p;
    uint64_t ino;
    int error;

    snprintf(path, sizeof path, "ns/%s", strncmp(name, "ns/", 3) == 0 ? name + 3 : name);
    error = look_link(proc, pid, tid, path, target, sizeof target);
    if (error)
        return error == -ENAMETOOLONG ? -EBADMSG : error;
    p = strchr(target, ':');
    if (!p++ || look_take_char(&p, '[') || look_take_unsigned(&p, 10, UINT64_MAX, &ino) || strcmp(p, "]") != 0)
        return -EBADMSG;
    *ret_ino = ino;
    return 0;
}

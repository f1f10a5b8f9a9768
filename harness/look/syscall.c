/* syscall.c - /proc/PID/task/TID/syscall: the system call in which a task waits. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int take_hex(const char **p, uint64_t *ret)
{
    if (look_take_char(p, ' ') || look_take_char(p, '0') || look_take_char(p, 'x'))
        return -EBADMSG;
    return look_take_unsigned(p, 16, UINT64_MAX, ret);
}

static int parse(const char *p, struct look_syscall *ret)
{
    struct look_syscall s = { .running = 0 };
    int64_t nr;

    if (strcmp(p, "running\n") == 0) {
        *ret = (struct look_syscall){ .running = 1 };
        return 0;
    }
    if (look_take_signed(&p, -1, LONG_MAX, &nr))
        return -EBADMSG;
    s.nr = (long)nr;
    for (int i = 0; i < 6 && nr >= 0; i++)
        if (take_hex(&p, &s.args[i]))
            return -EBADMSG;
    if (take_hex(&p, &s.sp) || take_hex(&p, &s.pc) || strcmp(p, "\n") != 0)
        return -EBADMSG;
    *ret = s;
    return 0;
}

int look_syscall(int proc, pid_t pid, pid_t tid, struct look_syscall *ret)
{
    struct look_text text;
    int error = look_read_lines(proc, pid, tid, "syscall", 1024, &text);

    if (error)
        return error;
    error = parse(text.bytes, ret);
    free(text.bytes);
    return error;
}

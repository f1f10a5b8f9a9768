/* environ.c - /proc/PID/task/TID/{environ,cmdline}: blocks of strings, each ended by a NUL byte. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <stdlib.h>

static int look_block(int proc, pid_t pid, pid_t tid, const char *name, size_t max, struct look_block *ret)
{
    struct look_text text;
    int cut, error;

    if (max == 0)
        return -EINVAL;
    error = look_read(proc, pid, tid, name, max, &cut, &text);
    if (error)
        return error;
    /* A process may write over its own arguments and leave no NUL at the end. There is room for one more byte. */
    if (text.size && text.bytes[text.size - 1] != '\0') {
        if (text.size < max)
            text.size++;
        text.bytes[text.size - 1] = '\0';
    }
    *ret = (struct look_block){ text.bytes, text.size, cut };
    return 0;
}

int look_environ(int proc, pid_t pid, pid_t tid, size_t max, struct look_block *ret)
{
    return look_block(proc, pid, tid, "environ", max, ret);
}

int look_cmdline(int proc, pid_t pid, pid_t tid, size_t max, struct look_block *ret)
{
    return look_block(proc, pid, tid, "cmdline", max, ret);
}

void look_block_release(struct look_block *b)
{
    free(b->bytes);
    *b = (struct look_block){ 0 };
}

/* stat.c - /proc/PID/task/TID/stat: family, session and start time of one task. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of the kernel's include/linux/sched.h. Since Linux 5.12 the first, for io_uring(7); since 6.4 the second, for all. */
#define PF_IO_WORKER   0x10
#define PF_USER_WORKER 0x4000

/* Takes field `*at` + 1 ... `field` of the text behind the command name; all are numbers. */
static int take_until(const char **p, int *at, int field, int64_t *ret)
{
    for (; *at < field; ++*at) {
        const char *before = *p;
        uint64_t beyond;

        look_take_blanks(p);
        if (look_take_signed(p, INT64_MIN, INT64_MAX, ret) == 0)
            continue;
        /* Some fields are unsigned and wide (rsslim, addresses); none of those is asked for. */
        *p = before;
        look_take_blanks(p);
        if (*at + 1 == field || look_take_unsigned(p, 10, UINT64_MAX, &beyond))
            return -EBADMSG;
    }
    return 0;
}

int look_stat(int proc, pid_t pid, pid_t tid, struct look_stat *ret)
{
    struct look_stat s = { .state = 0 };
    struct look_text text;
    const char *p, *open, *close;
    int64_t value[6] = { 0 };
    static const int wanted[6] = { 4, 5, 6, 7, 9, 22 }; /* ppid, pgrp, session, tty_nr, flags, starttime */
    int at = 3, error = look_read_lines(proc, pid, tid, "stat", 4096, &text);
    size_t length;

    if (error)
        return error;
    error = -EBADMSG;
    open = strchr(text.bytes, '(');
    /* The command may hold blanks, newlines and parentheses; behind the last ')' there are only numbers. */
    close = strrchr(text.bytes, ')');
    if (!open || !close || close < open || close[1] != ' ' || !close[2])
        goto out;
    length = (size_t)(close - open - 1);
    if (length >= sizeof s.comm)
        length = sizeof s.comm - 1;
    memcpy(s.comm, open + 1, length);
    s.state = close[2];
    p = close + 3;
    for (int i = 0; i < 6; i++)
        if (take_until(&p, &at, wanted[i], &value[i]))
            goto out;
    if (*p != ' ' && *p != '\n')
        goto out;
    for (int i = 0; i < 4; i++)
        if (value[i] < INT_MIN || value[i] > INT_MAX)
            goto out;
    if (value[4] < 0 || value[4] > UINT32_MAX || value[5] < 0)
        goto out;
    s.ppid = (pid_t)value[0];
    s.process_group = (pid_t)value[1];
    s.session = (pid_t)value[2];
    s.tty = (int)value[3];
    s.is_worker = (value[4] & (PF_IO_WORKER | PF_USER_WORKER)) != 0;
    s.start_time = (uint64_t)value[5];
    *ret = s;
    error = 0;
out:
    free(text.bytes);
    return error;
}

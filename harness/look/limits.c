/* limits.c - /proc/PID/task/TID/limits: resource limits (getrlimit(2)). */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A limit above INT64_MAX that is not unlimited is told as INT64_MAX. */
static int take_limit(const char **p, int64_t *ret)
{
    static const char unlimited[] = "unlimited";
    uint64_t value;

    look_take_blanks(p);
    if (strncmp(*p, unlimited, sizeof unlimited - 1) == 0) {
        *p += sizeof unlimited - 1;
        *ret = -1;
    } else if (look_take_unsigned(p, 10, UINT64_MAX, &value)) {
        return -EBADMSG;
    } else {
        *ret = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    }
    return **p == ' ' || **p == '\0' ? 0 : -EBADMSG;
}

/* `column` is where the heading has "Soft Limit": names hold blanks, so that only the column ends them. */
static int parse_line(const char *line, size_t column, struct look_limit *ret)
{
    const char *p = line + column;
    size_t length = column;

    if (strlen(line) <= column)
        return -EBADMSG;
    while (length && line[length - 1] == ' ')
        length--;
    if (length == 0 || length == column || length >= sizeof ret->name)
        return -EBADMSG;
    memcpy(ret->name, line, length);
    ret->name[length] = '\0';
    return take_limit(&p, &ret->soft) || take_limit(&p, &ret->hard) ? -EBADMSG : 0;
}

static int parse(char *rest, struct look_limits *ret)
{
    struct look_limits limits = { .n = 0 };
    char *line = look_take_line(&rest), *soft = line ? strstr(line, "Soft Limit") : NULL;
    size_t column;

    if (!soft || strncmp(line, "Limit ", 6) != 0)
        return -EBADMSG;
    column = (size_t)(soft - line);
    while ((line = look_take_line(&rest))) {
        if (limits.n == sizeof limits.limits / sizeof *limits.limits ||
            parse_line(line, column, &limits.limits[limits.n]))
            return -EBADMSG;
        limits.n++;
    }
    if (limits.n == 0)
        return -EBADMSG;
    *ret = limits;
    return 0;
}

int look_limits(int proc, pid_t pid, pid_t tid, struct look_limits *ret)
{
    struct look_text text;
    int error = look_read_lines(proc, pid, tid, "limits", 64 << 10, &text);

    if (error)
        return error;
    error = parse(text.bytes, ret);
    free(text.bytes);
    return error;
}

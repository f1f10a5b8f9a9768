/* pipe.c - a pipe whose ends cannot be mistaken for standard input, output or error. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The descriptor itself, or a copy above 2 with the original closed; -1 with errno leaves the original open. */
static int move_above_std(int fd)
{
    int moved;

    if (fd > STDERR_FILENO)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved >= 0)
        close(fd);
    return moved;
}

int spc_pipe_create(int ret_ends[2])
{
    int ends[2], i, moved, saved;

    if (pipe2(ends, O_CLOEXEC))
        return -1;
    for (i = 0; i < 2; i++) {
        moved = move_above_std(ends[i]);
        if (moved < 0)
            goto fail;
        ends[i] = moved;
    }
    ret_ends[0] = ends[0];
    ret_ends[1] = ends[1];
    return 0;

fail:
    saved = errno;
    close(ends[0]);
    close(ends[1]);
    errno = saved;
    return -1;
}

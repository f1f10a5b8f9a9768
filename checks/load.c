/* load.c - check files from outside: bounded, regular files only. */
#include "checks/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads at most `size` bytes. The number read, or -errno. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t r = read(fd, buffer + n, size - n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        n += (size_t)r;
    }
    return (ssize_t)n;
}

/* Opens without blocking on a fifo and without gaining a terminal. */
static int open_check(const char *path, struct errors *errors)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0)
        return errors_add(errors, path, 0, "cannot be opened: %s", strerror(errno)) ? -ENOMEM : -EBADMSG;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return errors_add(errors, path, 0, "is not a regular file") ? -ENOMEM : -EBADMSG;
    }
    return fd;
}

int load_check(const char *path, struct head *ret, struct errors *errors)
{
    char *text = NULL;
    ssize_t size;
    int fd, r = -EBADMSG;

    fd = open_check(path, errors);
    if (fd < 0)
        return fd;
    text = malloc(ENGINE_MAX_FILE + 2);
    if (!text) {
        r = -ENOMEM;
        goto out_close;
    }
    size = read_all(fd, text, ENGINE_MAX_FILE + 1);
    if (size < 0 && errors_add(errors, path, 0, "cannot be read: %s", strerror((int)-size)))
        r = -ENOMEM;
    if (size < 0)
        goto out_free;
    text[size] = '\0';
    if (size > ENGINE_MAX_FILE)
        r = errors_add(errors, path, 0, "is larger than %d bytes: a check is one query", ENGINE_MAX_FILE) ? -ENOMEM : r;
    else if (memchr(text, '\0', (size_t)size))
        r = errors_add(errors, path, 0, "holds NUL bytes: it is not a text file") ? -ENOMEM : r;
    else
        r = head_parse(path, text, ret, errors);
out_free:
    free(text);
out_close:
    close(fd);
    return r;
}

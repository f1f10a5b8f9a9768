/* read.c - bounded reading of one kernel file, link or directory of numbers. */
#include "harness/look/read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBERS_MAX                                                                                                    \
    ((size_t)1 << 22) /* entries of one directory; the kernel's own ceiling of fs.nr_open is far below in use */

int look_open(int proc, pid_t pid, pid_t tid, const char *name, int flags)
{
    char path[128];
    int n = snprintf(path, sizeof path, "%d/task/%d/%s", pid, tid, name);
    int fd;

    if (pid <= 0 || tid <= 0 || n < 0 || (size_t)n >= sizeof path)
        return -EINVAL;
    /* O_NONBLOCK: a saved tree may hold a FIFO where a file is due. */
    fd = openat(proc, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int look_grow(void **array, size_t n, size_t *room, size_t element)
{
    size_t more = *room ? *room * 2 : 16;
    void *bigger;

    if (n < *room)
        return 0;
    bigger = reallocarray(*array, more, element);
    if (!bigger)
        return -ENOMEM;
    *array = bigger;
    *room = more;
    return 0;
}

/* Reads until the end of the file or until `max` bytes and one more have come. */
static int read_all(int fd, size_t max, struct look_text *ret)
{
    size_t room = max < 4096 ? max + 1 : 4096, size = 0;
    char *bytes = malloc(room + 1), *bigger;

    if (!bytes)
        return -ENOMEM;
    while (size <= max) {
        ssize_t n = read(fd, bytes + size, room - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = -errno;

            free(bytes);
            return error;
        }
        if (n == 0)
            break;
        size += (size_t)n;
        if (size < room || size > max)
            continue;
        room = room * 2 > max + 1 ? max + 1 : room * 2;
        bigger = realloc(bytes, room + 1);
        if (!bigger) {
            free(bytes);
            return -ENOMEM;
        }
        bytes = bigger;
    }
    bytes[size] = '\0';
    *ret = (struct look_text){ bytes, size };
    return 0;
}

/* Takes over `fd`. */
static int read_and_close(int fd, size_t max, int *cut, struct look_text *ret)
{
    struct look_text text;
    int error;

    if (fd < 0)
        return fd;
    error = read_all(fd, max, &text);
    close(fd);
    if (error)
        return error;
    if (text.size > max && !cut) {
        free(text.bytes);
        return -EFBIG;
    }
    if (cut)
        *cut = text.size > max;
    if (text.size > max)
        text.bytes[text.size = max] = '\0';
    *ret = text;
    return 0;
}

int look_read_at(int dir, const char *name, size_t max, int *cut, struct look_text *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    return read_and_close(fd < 0 ? -errno : fd, max, cut, ret);
}

int look_read(int proc, pid_t pid, pid_t tid, const char *name, size_t max, int *cut, struct look_text *ret)
{
    return read_and_close(look_open(proc, pid, tid, name, O_RDONLY), max, cut, ret);
}

static int check_lines(int error, struct look_text *text, struct look_text *ret)
{
    if (error)
        return error;
    if (memchr(text->bytes, '\0', text->size) || (text->size && text->bytes[text->size - 1] != '\n')) {
        free(text->bytes);
        return -EBADMSG;
    }
    *ret = *text;
    return 0;
}

int look_read_lines_at(int dir, const char *name, size_t max, struct look_text *ret)
{
    struct look_text text;
    int error = look_read_at(dir, name, max, NULL, &text);

    return check_lines(error, &text, ret);
}

int look_read_lines(int proc, pid_t pid, pid_t tid, const char *name, size_t max, struct look_text *ret)
{
    struct look_text text;
    int error = look_read(proc, pid, tid, name, max, NULL, &text);

    return check_lines(error, &text, ret);
}

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* 1: *ret is the number; 0: "." or ".."; -EBADMSG: neither. */
static int entry_number(const char *name, int *ret)
{
    uint64_t number;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (look_take_unsigned(&name, 10, INT_MAX, &number) || *name)
        return -EBADMSG;
    *ret = (int)number;
    return 1;
}

int look_read_numbers(int dir, int **ret, size_t *ret_n)
{
    void *numbers = NULL;
    size_t n = 0, room = 0;
    DIR *stream = fdopendir(dir);
    struct dirent *entry;
    int error = 0;

    if (!stream) {
        error = -errno;
        close(dir);
        return error;
    }
    while (!error && (errno = 0, entry = readdir(stream))) {
        int number, is_number = entry_number(entry->d_name, &number);

        if (is_number == 0)
            continue;
        error = is_number < 0 ? is_number : n == NUMBERS_MAX ? -EFBIG : look_grow(&numbers, n, &room, sizeof(int));
        if (!error)
            ((int *)numbers)[n++] = number;
    }
    if (!error)
        error = -errno;
    closedir(stream);
    if (error) {
        free(numbers);
        return error;
    }
    if (n)
        qsort(numbers, n, sizeof(int), compare_ints);
    *ret = numbers;
    *ret_n = n;
    return 0;
}

int look_read_link(int dir, const char *name, char *buffer, size_t size)
{
    char name_of[PATH_MAX + 1];
    ssize_t n = readlinkat(dir, name, name_of, sizeof name_of);

    if (n < 0)
        return -errno;
    if ((size_t)n >= size || (size_t)n == sizeof name_of)
        return -ENAMETOOLONG;
    memcpy(buffer, name_of, (size_t)n);
    buffer[n] = '\0';
    return 0;
}

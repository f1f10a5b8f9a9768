/* outputs.c - the places a report is written to: standard output, or a file that appears whole or not at all. */
#include "harness/cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/cli.h"
#include "reports/report.h"

static const struct report_format *find_format(const char *name)
{
    const struct report_format *format = report_find(name);
    const char *names[16], *nearest;
    size_t n = 0;

    if (format)
        return format;
    for (const struct report_format *f = report_formats; f->name && n < 15; f++)
        names[n++] = f->name;
    names[n] = NULL;
    nearest = cli_nearest(name, names);
    if (nearest)
        cli_error("unknown format '%s'; did you mean '%s'?", name, nearest);
    else
        cli_error("unknown format '%s'; 'forkaudit list formats' shows them", name);
    return NULL;
}

int output_parse(const char *argument, struct cli_output *ret)
{
    struct cli_output o = { .directory = -1, .fd = -1, .mode = 0666 };
    size_t length = strcspn(argument, "=");
    const char *path = argument[length] ? argument + length + 1 : "-";
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), argument);
    o.format = find_format(name);
    if (!o.format)
        return -CLI_EXIT_USAGE;
    if (!*path) {
        cli_error("-o %s names no file after '='; '-' is standard output", argument);
        return -CLI_EXIT_USAGE;
    }
    if (strcmp(path, "-")) {
        o.path = strdup(path);
        if (!o.path) {
            cli_error("out of memory");
            return -CLI_EXIT_USAGE;
        }
    }
    *ret = o;
    return 0;
}

/* Opens the directory the file is in, and finds its last name. 0 or -errno. */
static int open_directory(struct cli_output *o)
{
    const char *slash = strrchr(o->path, '/');
    char *directory;
    struct stat st;

    o->name = strdup(slash ? slash + 1 : o->path);
    directory = slash ? strndup(o->path, (size_t)(slash - o->path) + 1) : strdup(".");
    if (!o->name || !directory) {
        free(directory);
        return -ENOMEM;
    }
    o->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (o->directory < 0 || fstat(o->directory, &st) < 0)
        return -errno;
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    return 0;
}

/* A recording begins with the header of an SQLite file, with our application id at byte 68. */
static int is_recording(const struct cli_output *o)
{
    char header[72];
    int fd = openat(o->directory, o->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), is;
    ssize_t n;

    if (fd < 0)
        return 0;
    n = pread(fd, header, sizeof header, 0);
    is = n == sizeof header && !memcmp(header, "SQLite format 3", 16) && !memcmp(header + 68, "FKAU", 4);
    close(fd);
    return is;
}

/* What stands at the place already: 1 write to it directly, 0 it may be replaced (or is not there), -errno. A link to
 * a file is neither followed (another user may have planted it) nor replaced (it could be /dev/stdout). */
static int check_place(struct cli_output *o)
{
    struct stat st;
    int is_link;

    if (!*o->name)
        return -EISDIR;
    if (fstatat(o->directory, o->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    is_link = S_ISLNK(st.st_mode);
    if (is_link && fstatat(o->directory, o->name, &st, 0) < 0)
        return -ELOOP;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (is_link && S_ISREG(st.st_mode))
        return -ELOOP;
    if (faccessat(o->directory, o->name, W_OK, AT_EACCESS) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return 1;
    o->mode = st.st_mode & 0666;
    return is_recording(o) ? -EEXIST : 0;
}

/* Creates the temporary file. Its name cannot be foretold, and O_EXCL follows no link that was planted. */
static int create_temporary(struct cli_output *o)
{
    for (int tries = 0; tries < 100; tries++) {
        unsigned long long random;

        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return -EIO;
        free(o->temporary);
        if (asprintf(&o->temporary, ".forkaudit-%016llx", random) < 0) {
            o->temporary = NULL;
            return -ENOMEM;
        }
        o->fd = openat(o->directory, o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, o->mode);
        if (o->fd >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    free(o->temporary);
    o->temporary = NULL;
    return -errno;
}

/* Opens a device or a named pipe. Without O_NONBLOCK, a pipe that nobody reads would hold us up for ever. */
static int open_directly(struct cli_output *o)
{
    int flags;

    o->fd = openat(o->directory, o->name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (o->fd < 0)
        return -errno;
    flags = fcntl(o->fd, F_GETFL);
    if (flags < 0 || fcntl(o->fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return -errno;
    return 0;
}

static const char *describe(int error)
{
    switch (error) {
    case EISDIR:
        return "it is a directory; name a file";
    case EEXIST:
        return "a recording is there, and a report does not replace it; name another file";
    case ELOOP:
        return "it is a symbolic link; name the file that it points to";
    case ENXIO:
        return "it is a pipe or device that nobody reads";
    default:
        return strerror(error);
    }
}

int output_open(struct cli_output *o)
{
    int r;

    if (!o->path) {
        o->fd = STDOUT_FILENO;
        return fcntl(o->fd, F_GETFD) < 0 ? (cli_error("standard output is closed"), -errno) : 0;
    }
    r = open_directory(o);
    if (r == 0)
        r = check_place(o);
    if (r == 0)
        r = create_temporary(o);
    else if (r > 0)
        r = open_directly(o);
    if (r < 0)
        cli_error("cannot write %s: %s", o->path, describe(-r));
    return r;
}

int output_is_same(const struct cli_output *a, const struct cli_output *b)
{
    if (!a->path || !b->path)
        return !a->path && !b->path;
    return a->dev == b->dev && a->ino == b->ino && !strcmp(a->name, b->name);
}

/* fopencookie(3): 0 for an error. The stream's own errno would be lost among the calls that follow. */
static ssize_t write_cookie(void *cookie, const char *bytes, size_t size)
{
    struct cli_output *o = cookie;
    size_t done = 0;

    while (done < size && !o->error) {
        ssize_t n = write(o->fd, bytes + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            o->error = n < 0 ? errno : EIO;
        else
            done += (size_t)n;
    }
    return o->error ? 0 : (ssize_t)size;
}

FILE *output_stream(struct cli_output *o)
{
    FILE *stream = fopencookie(o, "w", (cookie_io_functions_t){ .write = write_cookie });

    if (stream)
        setvbuf(stream, NULL, _IOFBF, 64 * 1024);
    return stream;
}

int output_finish(struct cli_output *o)
{
    int error = o->error, fd = o->fd;

    if (!o->path) {
        if (error && error != EPIPE)
            cli_error("cannot write to standard output: %s", strerror(error));
        return error == EPIPE ? 0 : -error;
    }
    o->fd = -1;
    /* fsync before rename: after a crash the place holds the old file or the whole new one. */
    if (!error && o->temporary && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
        error = errno;
    if (close(fd) < 0 && !error && errno != EINTR)
        error = errno;
    if (!error && o->temporary) {
        if (renameat(o->directory, o->temporary, o->directory, o->name) < 0) {
            error = errno;
        } else {
            free(o->temporary);
            o->temporary = NULL;
        }
    }
    if (error)
        cli_error("cannot write %s: %s", o->path, describe(error));
    return -error;
}

void output_release(struct cli_output *o)
{
    if (o->fd >= 0 && o->path)
        close(o->fd);
    if (o->temporary && o->directory >= 0)
        unlinkat(o->directory, o->temporary, 0);
    if (o->directory >= 0 && o->name)
        close(o->directory);
    free(o->temporary);
    free(o->name);
    free(o->path);
    *o = (struct cli_output){ .directory = -1, .fd = -1 };
}

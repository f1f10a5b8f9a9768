/* apart.c - runs that do not disturb one another: a network of its own for each, and its own view of directories.
 *
 * Nothing of it outlives the processes in it: the kernel takes namespaces, their mounts and what was written on them away with
 * the last process.
 */
#include "harness/inject/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* IPC: System V objects and message queues have names of their own. */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC)

struct reason {
    char *text;
    size_t size;
};

__attribute__((format(printf, 3, 4))) static int explain(const struct reason *why, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why->text, why->size, format, arguments);
    va_end(arguments);
    return error;
}

int apart_is_wanted(const struct inject_options *options)
{
    return options->jobs > 1 || (options->private_directories && options->private_directories[0]);
}

unsigned apart_jobs(const struct inject_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->jobs)
        return options->jobs;
    return apart_is_wanted(options) && processors > 1 ? (unsigned)processors : 1;
}

static int raise_loopback(void)
{
    struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

    if (fd < 0)
        return -errno;
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        r = -errno;
    close(fd);
    return r;
}

/* A directory for the changes that looks like `of`: its owner and mode are those that the program will see. */
static int make_like(const char *path, const struct stat *of)
{
    if (mkdir(path, 0700) || chown(path, of->st_uid, of->st_gid) || chmod(path, of->st_mode & 07777))
        return -errno;
    return 0;
}

/* In the scratch directory. A link stands for the directory's name, which may hold characters that mean something in the options. */
static int cover_one(const char *directory, unsigned number, const struct reason *why)
{
    char upper[32], work[32], options[128];
    struct stat st;
    int r;

    snprintf(upper, sizeof upper, "u%u", number);
    snprintf(work, sizeof work, "w%u", number);
    if (stat(directory, &st))
        return explain(why, -errno, "--private %s: %s", directory, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return explain(why, -ENOTDIR, "--private %s: not a directory", directory);
    r = make_like(upper, &st);
    if (r)
        return explain(why, r, "--private %s: its owner or mode cannot be given to a copy: %s", directory,
                       strerror(-r));
    if (mkdir(work, 0700))
        return explain(why, -errno, "--private %s: %s", directory, strerror(errno));
    snprintf(options, sizeof options, "lowerdir=lower,upperdir=%s,workdir=%s", upper, work);
    if (symlink(directory, "lower"))
        return explain(why, -errno, "--private %s: %s", directory, strerror(errno));
    if (mount("overlay", directory, "overlay", 0, options))
        r = explain(
            why, -errno,
            "--private %s: a copy-on-write view (overlayfs) is refused here: %s; use --jobs 1 without --private, or "
            "another file system",
            directory, strerror(errno));
    unlink("lower");
    return r;
}

/* The changes are kept in memory. */
static int cover_all(const char *const *directories, const char *scratch, const struct reason *why)
{
    int r = 0;

    if (!directories || !directories[0])
        return 0;
    if (mount("forkaudit", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700"))
        return explain(why, -errno, "--private: a file system in memory cannot be mounted: %s", strerror(errno));
    if (chdir(scratch))
        return explain(why, -errno, "--private: %s", strerror(errno));
    for (unsigned i = 0; !r && directories[i]; i++)
        r = cover_one(directories[i], i, why);
    return r;
}

/* Namespaces of ours, none of whose mounts gets out. */
static int base_enter(const struct reason *why)
{
    int r;

    if (unshare(NAMESPACES))
        return explain(why, -errno,
                       "several jobs and --private need namespaces of their own, which are refused: %s; start as root, "
                       "use --fake-root, or leave --jobs and --private out",
                       strerror(errno));
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return explain(why, -errno, "the mounts cannot be made private: %s", strerror(errno));
    r = raise_loopback();
    return r ? explain(why, r, "the loopback interface cannot be set up: %s", strerror(-r)) : 0;
}

/* Our own directory must be found by its name also where it lies in a directory that has a view over it now. */
static int uncover(const char *directory, int fd, const struct reason *why)
{
    struct stat real, seen;
    char link[64];

    if (fstat(fd, &real))
        return explain(why, -errno, "%s: %s", directory, strerror(errno));
    if (!stat(directory, &seen) && seen.st_dev == real.st_dev && seen.st_ino == real.st_ino)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (mount(link, directory, NULL, MS_BIND, NULL))
        return explain(why, -errno, "%s: cannot be kept in sight: %s", directory, strerror(errno));
    return 0;
}

/* Builds the views in "scratch/views". */
static int views_make(const char *const *directories, const char *scratch, const struct reason *why)
{
    char *views = NULL;
    int fd, r;

    if (!directories || !directories[0])
        return 0;
    fd = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return explain(why, -errno, "%s: %s", scratch, strerror(errno));
    r = -ENOMEM;
    if (asprintf(&views, "%s/views", scratch) < 0)
        goto out;
    r = 0;
    if (mkdir(views, 0700) && errno != EEXIST)
        r = explain(why, -errno, "%s: %s", views, strerror(errno));
    if (!r)
        r = cover_all(directories, views, why);
    if (!r)
        r = uncover(scratch, fd, why);
    free(views);
out:
    close(fd);
    return r;
}

int apart_enter(const char *const *directories, const char *scratch, char *why, size_t size)
{
    const struct reason reason = { why, size };
    int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), r = base_enter(&reason);
    char *path = getcwd(NULL, 0);

    if (!r)
        r = views_make(directories, scratch, &reason);
    /* By its name first: that may be in one of the views now. */
    if ((!path || chdir(path)) && cwd >= 0 && fchdir(cwd) && !r)
        r = explain(&reason, -errno, "the working directory is lost: %s", strerror(errno));
    free(path);
    if (cwd >= 0)
        close(cwd);
    return r;
}

/* ---- the clean run goes there and back ---- */

int apart_begin(char *why, size_t size)
{
    return apart_enter(NULL, NULL, why, size);
}

static void apart_close(struct apart *a)
{
    int *const all[] = { &a->network, &a->ipc, &a->mounts, &a->root, &a->cwd };

    for (size_t i = 0; i < COUNT(all); i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}

int apart_visit(const char *const *directories, const char *scratch, struct apart *ret, char *why, size_t size)
{
    int r = 0;

    ret->network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    ret->ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
    ret->mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    ret->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ret->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ret->network < 0 || ret->ipc < 0 || ret->mounts < 0 || ret->root < 0 || ret->cwd < 0)
        r = explain(&(struct reason){ why, size }, -errno, "the way back cannot be kept: %s", strerror(errno));
    if (!r)
        r = apart_enter(directories, scratch, why, size);
    if (r)
        apart_leave(ret);
    return r;
}

int apart_leave(struct apart *a)
{
    int r = 0;

    /* setns(2) of mounts leads to their root, which is not ours when we were in a chroot. */
    if (setns(a->mounts, CLONE_NEWNS) || fchdir(a->root) || chroot(".") || fchdir(a->cwd) ||
        setns(a->ipc, CLONE_NEWIPC) || setns(a->network, CLONE_NEWNET))
        r = -errno;
    apart_close(a);
    return r;
}

/* ---- can it be had? ---- */

/* In a child: all that a run will need. */
static int try_all(const char *const *directories, const char *scratch, char *why, size_t size)
{
    struct apart visit;
    int r = apart_begin(why, size);

    if (!r)
        r = apart_visit(directories, scratch, &visit, why, size);
    if (!r && (r = apart_leave(&visit)))
        explain(&(struct reason){ why, size }, r, "the way back out of a namespace is refused: %s", strerror(-r));
    return r;
}

/* 1: the path, or the directory that it is to be made in, lies in the other, which is an absolute path. */
static int lies_in(const char *path, const char *directory)
{
    char *copy = strdup(path), *real = copy ? realpath(copy, NULL) : NULL, *slash;
    size_t n = strlen(directory);
    int in;

    if (copy && !real) {
        slash = strrchr(copy, '/');
        if (slash)
            slash[slash == copy] = '\0';
        real = realpath(slash ? copy : ".", NULL);
    }
    in = real && !strncmp(real, directory, n) && (real[n] == '/' || !real[n] || n == 1);
    free(real);
    free(copy);
    return in;
}

/* What is written in a view is gone with it. */
static int check_places(const struct inject_options *options, const struct reason *why)
{
    for (const char *const *d = options->private_directories; d && *d; d++) {
        if (options->recording && lies_in(options->recording, *d))
            return explain(why, -EINVAL, "--private %s: the recording %s lies in it; put it elsewhere with -r", *d,
                           options->recording);
        if (options->recordings && lies_in(options->recordings, *d))
            return explain(why, -EINVAL, "--private %s: the directory %s of --keep lies in it; choose another", *d,
                           options->recordings);
    }
    return 0;
}

int inject_check_apart(const struct inject_options *options, char *why, size_t size)
{
    int ends[2], status = 0, r = 0;
    char *scratch;
    pid_t child;
    ssize_t n;

    if (!apart_is_wanted(options))
        return 0;
    r = check_places(options, &(struct reason){ why, size });
    if (r)
        return r;
    scratch = scratch_make();
    if (!scratch)
        return explain(&(struct reason){ why, size }, -errno, "no temporary directory can be made: %s",
                       strerror(errno));
    if (pipe2(ends, O_CLOEXEC)) {
        r = explain(&(struct reason){ why, size }, -errno, "%s", strerror(errno));
        goto out;
    }
    child = fork();
    if (child == 0) {
        why[0] = '\0';
        r = try_all(options->private_directories, scratch, why, size);
        _exit(r && write(ends[1], why, strlen(why)) < 0 ? EIO : -r);
    }
    close(ends[1]);
    n = read(ends[0], why, size - 1);
    why[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        r = explain(&(struct reason){ why, size }, -ECHILD, "the namespaces could not be tried");
    else
        r = -WEXITSTATUS(status);
out:
    scratch_remove(scratch);
    return r ? r : 1;
}

/* catalogue.c - the targets that there are: their names, their heads, and what this host lets them do. */
#include "targets/tests/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tries something that cannot be taken back, in a child. 1: it worked. */
static int works_in_child(int (*attempt)(const char *), const char *argument)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(attempt(argument));
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* All that the targets with "Needs: root" do with their ids. */
static int drop_to_www(const char *unused)
{
    static const gid_t groups[] = { 0, 4, 27 };

    (void)unused;
    return setgroups(3, groups) || setresgid(33, 33, 33) || setresuid(33, 33, 33);
}

/* A ring whose submissions a kernel thread takes, made by an ordinary user. */
static int ring_as_www(const char *unused)
{
    struct io_uring_params parameters = { .flags = IORING_SETUP_SQPOLL };

    return drop_to_www(unused) || syscall(SYS_io_uring_setup, 2, &parameters) < 0;
}

static int namespace_as_www(const char *unused)
{
    return drop_to_www(unused) || unshare(CLONE_NEWUSER);
}

/* A private view of the user database, as the suite makes it for "Member:". */
static int view_is_private(const char *unused)
{
    (void)unused;
    return !getpwuid(33) || unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
           mount("/etc/group", "/etc/group", NULL, MS_BIND, NULL) || access("/usr/bin/unshare", X_OK);
}

static int reach_as_nobody(const char *programs)
{
    const struct passwd *nobody = getpwnam("nobody");

    return !nobody || setgroups(0, NULL) || setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) ||
           setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) || access(programs, X_OK);
}

/* As an ordinary user with subordinate ids: what drop_to_www() does, then `command`, as root of a user namespace. */
static int drop_as_fake_root(const char *command)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, STDERR_FILENO) < 0) /* what it says of this host is no failure of ours */
        return 127;
    execl("/usr/bin/unshare", "unshare", "--user", "--map-root-user", "--map-auto", "/usr/bin/setpriv", "--reuid=33",
          "--regid=33", "--groups=0,4,27", "/bin/sh", "-c", command, (char *)NULL);
    return 127;
}

static int ring_as_us(const char *unused)
{
    struct io_uring_params parameters = { .flags = IORING_SETUP_SQPOLL };

    (void)unused;
    return syscall(SYS_io_uring_setup, 2, &parameters) < 0;
}

/* What this host lets the targets do, as root or as root of a user namespace. */
struct means {
    int root, drops, nobody, userns, ring, views;
};

static void means_find(struct means *m, const char *programs)
{
    m->root = geteuid() == 0;
    if (m->root) {
        m->drops = works_in_child(drop_to_www, NULL);
        m->nobody = works_in_child(reach_as_nobody, programs);
        m->userns = m->drops && works_in_child(namespace_as_www, NULL);
        m->ring = m->drops && works_in_child(ring_as_www, NULL);
        m->views = works_in_child(view_is_private, NULL);
    } else {
        m->drops = works_in_child(drop_as_fake_root, ":");
        m->userns = m->drops && works_in_child(drop_as_fake_root, "exec unshare --user /bin/true");
        m->ring = m->drops && works_in_child(ring_as_us, NULL);
        m->views = m->drops && getpwuid(33);
    }
}

static const char *target_skip(const struct target *t, const struct means *m)
{
    if (t->expect.needs_root && !m->drops)
        return m->root ? "needs root that may take uid 33 and groups 0, 4, 27 and 33"
                       : "needs root, or subordinate ids (subuid(5)) for a user namespace";
    if (t->expect.needs_userns && !m->userns)
        return "needs user namespaces for uid 33";
    if (t->expect.needs_io_uring && !m->ring)
        return "needs io_uring with a kernel thread for uid 33";
    if (t->expect.member.n && !m->views)
        return "needs a mount namespace and a user 33";
    if (t->expect.needs_user && m->root && !m->nobody)
        return "needs an ordinary user, and nobody cannot reach the build directory";
    return NULL;
}

/* What of a target's needs this host does not give. */
static void targets_find_skips(struct catalogue *c, const char *programs)
{
    struct means means = { 0 };
    size_t i;

    means_find(&means, programs);
    for (i = 0; i < c->n; i++) {
        struct target *t = &c->targets[i];

        t->skip = target_skip(t, &means);
        t->as_nobody = t->expect.needs_user && means.root;
        t->as_fake_root = t->expect.needs_root && !means.root;
    }
}

/* Reads a whole file of at most `size` - 1 bytes. */
static int text_read(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = read(fd, buffer, size);
    close(fd);
    if (n < 0 || (size_t)n == size)
        return n < 0 ? -EIO : -EFBIG;
    buffer[n] = '\0';
    return 0;
}

static int target_read(const char *path, struct target *t)
{
    static char text[65536];
    const char *base = strrchr(path, '/') + 1;
    size_t length = strlen(base) - 2; /* without ".c" */
    int error;

    if (length >= sizeof t->name)
        return -ENAMETOOLONG;
    memcpy(t->name, base, length);
    t->name[length] = '\0';
    error = text_read(path, text, sizeof text);
    if (error)
        return error;
    if (!expect_parse(t->name, text, &t->expect, t->wrong, sizeof t->wrong))
        t->wrong[0] = '\0';
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct target *)a)->name, ((const struct target *)b)->name);
}

static int catalogue_fill(const glob_t *found, struct catalogue *ret)
{
    size_t i;
    int error;

    for (i = 0; i < found->gl_pathc; i++, ret->n++) {
        if (ret->n == CATALOGUE_MAX)
            return -E2BIG;
        error = target_read(found->gl_pathv[i], &ret->targets[ret->n]);
        if (error)
            return error;
    }
    qsort(ret->targets, ret->n, sizeof ret->targets[0], compare_names);
    for (i = 1; i < ret->n; i++)
        if (!compare_names(&ret->targets[i - 1], &ret->targets[i]))
            return -EEXIST;
    return 0;
}

int catalogue_read(const char *programs, struct catalogue *ret)
{
    glob_t found;
    int error;

    memset(ret, 0, sizeof *ret);
    if (glob("targets/{fd,rng,id}/*.c", GLOB_BRACE | GLOB_ERR, NULL, &found))
        return -ENOENT;
    error = catalogue_fill(&found, ret);
    globfree(&found);
    if (!error)
        targets_find_skips(ret, programs);
    return error;
}

/* catalogue.c - the targets that there are: their names, their heads, and what this host lets them do. */
#include "targets/tests/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int reach_as_nobody(const char *programs)
{
    const struct passwd *nobody = getpwnam("nobody");

    return !nobody || setgroups(0, NULL) || setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) ||
           setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) || access(programs, X_OK);
}

/* What of a target's needs this host does not give. */
static void targets_find_skips(struct catalogue *c, const char *programs)
{
    int root = geteuid() == 0, drops = root && works_in_child(drop_to_www, NULL);
    int nobody = root && works_in_child(reach_as_nobody, programs);
    size_t i;

    for (i = 0; i < c->n; i++) {
        struct target *t = &c->targets[i];

        if (t->expect.needs_root && !root)
            t->skip = "needs root";
        else if (t->expect.needs_root && !drops)
            t->skip = "needs root that may take uid 33 and groups 0, 4, 27 and 33";
        else if (t->expect.needs_user && root && !nobody)
            t->skip = "needs an ordinary user, and nobody cannot reach the build directory";
        t->as_nobody = t->expect.needs_user && root;
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

/* fake_root.c - become root of a user namespace with mapped ids, by newuidmap(1) and newgidmap(1). */
#include "harness/cli/fake_root.h"
#include "harness/cli/subid.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* One of the two maps, and the child that will ask for it. It is made before the namespace, and stays outside. */
struct mapper {
    const char *tool, *file; /* "newuidmap", "/etc/subuid" */
    unsigned own;            /* the id outside that becomes 0 */
    struct subid_range range;
    char path[PATH_MAX]; /* of the tool */
    char numbers[5][16];
    char *argv[9];
    pid_t pid;
    int fd; /* a byte sent lets it run; then what it prints comes back */
};

/* Where the sentence for the user goes. */
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
    return error ? error : -EIO;
}

static int find_tool(struct mapper *m, const struct reason *why)
{
    const char *path = getenv("PATH");
    char *list = NULL, *rest, *folder;
    int is_found;

    if (asprintf(&list, "/usr/bin:/usr/local/bin:%s", path ? path : "/bin") < 0)
        return explain(why, -ENOMEM, "out of memory");
    rest = list;
    while ((folder = strsep(&rest, ":"))) {
        if (*folder == '/' && snprintf(m->path, sizeof m->path, "%s/%s", folder, m->tool) < (int)sizeof m->path &&
            !access(m->path, X_OK))
            break;
    }
    is_found = folder != NULL;
    free(list);
    return is_found ? 0 : explain(why, -ENOENT, "%s is missing; install the package uidmap", m->tool);
}

static int find_range(struct mapper *m, const struct reason *why)
{
    const struct passwd *user = getpwuid(getuid());
    int r;

    if (!user)
        return explain(why, -ENOENT, "uid %u has no name ('getent passwd %u' shows none), and %s needs one",
                       (unsigned)getuid(), (unsigned)getuid(), m->tool);
    r = subid_find(m->file, user->pw_name, user->pw_uid, m->own, &m->range);
    if (r == -ENOENT || r == -ENODATA)
        return explain(why, r,
                       "%s gives user %s no ids that can be used; as root run: usermod --add-subuids 100000-165535 "
                       "--add-subgids 100000-165535 %s (or other ids, when another line has these)",
                       m->file, user->pw_name, user->pw_name);
    return r ? explain(why, r, "cannot read %s: %s", m->file, strerror(-r)) : 0;
}

/* "newuidmap PID 0 OWN 1 1 FIRST COUNT", made before the fork. */
static void prepare_arguments(struct mapper *m)
{
    const unsigned numbers[] = { (unsigned)getpid(), m->own, m->range.first, m->range.count };
    static char zero[] = "0", one[] = "1";

    for (size_t i = 0; i < 4; i++)
        snprintf(m->numbers[i], sizeof m->numbers[i], "%u", numbers[i]);
    char *const argv[] = { m->path, m->numbers[0], zero, m->numbers[1], one, one, m->numbers[2], m->numbers[3], NULL };
    memcpy(m->argv, argv, sizeof argv);
}

/* In the child. Should the parent die, or give up, the read gives no byte. */
__attribute__((noreturn)) static void mapper_run(const struct mapper *m, int fd)
{
    char byte;
    ssize_t n;

    close(m->fd); /* or the read would never come to an end */
    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0)
        execv(m->path, m->argv);
    _exit(127);
}

static int mapper_start(struct mapper *m, const struct reason *why)
{
    int ends[2], r = 0;

    prepare_arguments(m);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return explain(why, -errno, "cannot make a socket: %s", strerror(errno));
    m->fd = ends[0];
    m->pid = fork();
    if (!m->pid)
        mapper_run(m, ends[1]);
    if (m->pid < 0)
        r = explain(why, -errno, "cannot fork: %s", strerror(errno));
    close(ends[1]);
    return r;
}

/* Why a set-uid program was refused what it asked for, as far as it can be seen. */
static const char *find_cause(const struct mapper *m)
{
    struct stat st;

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return "no_new_privs is set here, so set-uid programs gain nothing; start forkaudit from where it is not set";
    if (!stat(m->path, &st) && !(st.st_mode & S_ISUID) && getxattr(m->path, "security.capability", NULL, 0) < 0)
        return "it is not set-uid root and has no capabilities; install the package uidmap again";
    return "it must be set-uid root on a file system without nosuid, its ids must exist here (/proc/self/uid_map), "
           "your "
           "group must be your first one in /etc/passwd, and no debugger may trace it";
}

static int mapper_wait(struct mapper *m)
{
    int status = -1;

    while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
        ;
    m->pid = 0;
    return status;
}

static int mapper_finish(struct mapper *m, const struct reason *why)
{
    ssize_t n = send(m->fd, "", 1, MSG_NOSIGNAL);
    char text[1024];

    if (!mapper_wait(m) && n == 1)
        return 0;
    n = recv(m->fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n < 0 ? 0 : n] = '\0';
    text[strcspn(text, "\n")] = '\0'; /* its first line; usage may follow */
    return explain(why, -EPERM, "%s was refused (%s): %s", m->tool, *text ? text : "it does not say why",
                   find_cause(m));
}

static void mapper_release(struct mapper *m)
{
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    if (m->pid > 0)
        mapper_wait(m);
}

static int has_number(const char *path, int number)
{
    FILE *file = fopen(path, "re");
    int found, value;

    if (!file)
        return 0;
    found = fscanf(file, "%d", &value) == 1 && value == number;
    fclose(file);
    return found;
}

static const char apparmor[] = "AppArmor takes privilege away in user namespaces; as root run: sysctl -w "
                               "kernel.apparmor_restrict_unprivileged_userns=0";

static int explain_unshare(int error, const struct reason *why)
{
    const char *todo = "the kernel, or a container's seccomp profile, does not let you make one";

    if (has_number("/proc/sys/user/max_user_namespaces", 0))
        todo = "as root run: sysctl -w user.max_user_namespaces=10000";
    else if (has_number("/proc/sys/kernel/unprivileged_userns_clone", 0))
        todo = "as root run: sysctl -w kernel.unprivileged_userns_clone=1";
    else if (has_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1))
        todo = apparmor;
    else if (error == ENOSPC || error == EUSERS)
        todo = "there are too many, or too many within each other; see /proc/sys/user/max_user_namespaces";
    else if (error == EINVAL)
        todo = "the kernel needs CONFIG_USER_NS";
    return explain(why, -error, "no user namespace: %s; %s", strerror(error), todo);
}

/* A namespace may be had that gives no privilege (AppArmor): whether privilege can be dropped is tried, in a child. */
static int try_drop(const struct reason *why)
{
    pid_t pid = fork();
    int status = -1, error;

    if (!pid) {
        if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, 1, 1, 1) || syscall(SYS_setresuid, 1, 1, 1))
            _exit(errno);
        _exit(0);
    }
    if (pid < 0)
        return explain(why, -errno, "cannot fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!status)
        return 0;
    error = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
    return explain(why, -error, "the user namespace does not let its root change ids: %s; %s", strerror(error),
                   has_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1)
                       ? apparmor
                       : "a security module or a seccomp profile forbids it");
}

/* What the kernel has, not what was asked for. */
static int read_map(const char *kind, FILE *text)
{
    unsigned inside, outside, count;
    char path[32];
    FILE *file;
    int n = 0;

    snprintf(path, sizeof path, "/proc/self/%s_map", kind);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    for (; fscanf(file, "%u %u %u", &inside, &outside, &count) == 3; n++)
        fprintf(text, "%s%s %u %u %u", ftell(text) > 0 ? ", " : "", kind, inside, outside, count);
    fclose(file);
    return n ? 0 : -ENODATA;
}

static int read_maps(char **ret, const struct reason *why)
{
    char *maps = NULL;
    size_t size;
    FILE *text = open_memstream(&maps, &size);
    int r = text ? 0 : -ENOMEM;

    if (!r)
        r = read_map("uid", text);
    if (!r)
        r = read_map("gid", text);
    if (text && fclose(text) && !r)
        r = -ENOMEM;
    if (!r && (geteuid() || getegid() || !fake_root_has(maps, "uid", 1) || !fake_root_has(maps, "gid", 1)))
        r = -EPERM;
    if (r) {
        free(maps);
        return explain(why, r, "the ids of the user namespace are not as asked for: %s", strerror(-r));
    }
    *ret = maps;
    return 0;
}

static int enter_namespace(struct mapper *mappers, const struct reason *why)
{
    int r = mapper_start(&mappers[0], why);

    if (!r)
        r = mapper_start(&mappers[1], why);
    if (!r && unshare(CLONE_NEWUSER))
        r = explain_unshare(errno, why);
    if (!r)
        r = mapper_finish(&mappers[0], why);
    if (!r)
        r = mapper_finish(&mappers[1], why);
    if (!r)
        r = try_drop(why);
    return r;
}

int fake_root_enter(char **ret_id_maps, char *why, size_t why_size)
{
    struct mapper mappers[2] = {
        { .tool = "newuidmap", .file = "/etc/subuid", .own = getuid(), .fd = -1 },
        { .tool = "newgidmap", .file = "/etc/subgid", .own = getgid(), .fd = -1 },
    };
    struct sigaction plain = { .sa_handler = SIG_DFL }, before;
    struct reason reason = { why, why_size };
    int r = 0;

    for (int i = 0; i < 2 && !r; i++) {
        r = find_tool(&mappers[i], &reason);
        if (!r)
            r = find_range(&mappers[i], &reason);
    }
    if (r)
        return r;
    /* A starter that ignores SIGCHLD would keep the statuses of our children from us. */
    sigaction(SIGCHLD, &plain, &before);
    r = enter_namespace(mappers, &reason);
    /* In this order: the second child holds our end of the first one's socket too. */
    mapper_release(&mappers[1]);
    mapper_release(&mappers[0]);
    sigaction(SIGCHLD, &before, NULL);
    return r ? r : read_maps(ret_id_maps, &reason);
}

int fake_root_probe(char *why, size_t why_size)
{
    struct reason reason = { why, why_size };
    int said[2], status = -1;
    size_t n = 0;
    ssize_t more;
    pid_t pid;

    if (pipe2(said, O_CLOEXEC))
        return explain(&reason, -errno, "cannot make a pipe: %s", strerror(errno));
    pid = fork();
    if (!pid) {
        char *maps = NULL;
        int r = fake_root_enter(&maps, why, why_size);

        if (r && write(said[1], why, strlen(why)) < 0)
            _exit(EIO);
        _exit(-r);
    }
    close(said[1]);
    while (pid > 0 && n + 1 < why_size && (more = read(said[0], why + n, why_size - 1 - n)) > 0)
        n += (size_t)more;
    why[n] = '\0';
    close(said[0]);
    if (pid < 0)
        return explain(&reason, -EAGAIN, "cannot fork");
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : explain(&reason, -EINTR, "the attempt was killed");
}

int fake_root_has(const char *id_maps, const char *kind, unsigned id)
{
    while (id_maps) {
        unsigned inside, outside, count;
        char of[4];

        if (sscanf(id_maps, " %3s %u %u %u", of, &inside, &outside, &count) == 4 && !strcmp(of, kind) && id >= inside &&
            id - inside < count)
            return 1;
        id_maps = strchr(id_maps, ',');
        id_maps = id_maps ? id_maps + 1 : NULL;
    }
    return 0;
}

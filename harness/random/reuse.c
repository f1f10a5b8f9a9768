/* reuse.c - which pid the next child gets: a dead ancestor's whose memory it inherits, else a dead sibling's. */
#include "harness/random/reuse.h"

#include "harness/random/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEAD_MAX      256 /* remembered, the last ones */
#define ANCESTORS_MAX 64

struct dead {
    int64_t process, parent, image;
    pid_t pid; /* in the namespace; 0: given away */
};

struct reuse {
    pid_t init;
    int request, outside; /* to the first process; our own pid namespace */
    int has_gap;
    struct dead dead[DEAD_MAX];
    unsigned n;
};

/* ---- the first process of the namespace: only async-signal-safe calls ---- */

static size_t number_write(char *text, unsigned number)
{
    char digits[12];
    size_t n = 0, size;

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    size = n;
    while (n)
        *text++ = digits[--n];
    return size;
}

static int last_pid_set(pid_t last)
{
    char text[16];
    size_t size = number_write(text, (unsigned)last);
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC), error = 0;

    if (fd < 0)
        return errno;
    if (write(fd, text, size) != (ssize_t)size)
        error = errno ? errno : EIO;
    close(fd);
    return error;
}

__attribute__((noreturn)) static void init_run(int socket, const sigset_t *mask)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT };
    pid_t last;
    int error;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid(); /* no signal of the terminal */
    sigaction(SIGCHLD, &ignore, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    dup2(socket, 0);
    syscall(SYS_close_range, 1U, ~0U, 0U);
    while (recv(0, &last, sizeof last, 0) == sizeof last) {
        error = last_pid_set(last);
        send(0, &error, sizeof error, MSG_NOSIGNAL);
    }
    _exit(0);
}

/* ---- ours ---- */

static int init_start(struct reuse *r)
{
    int pair[2];
    sigset_t none;

    sigemptyset(&none);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return -errno;
    r->init = fork();
    if (!r->init)
        init_run(pair[1], &none);
    close(pair[1]);
    if (r->init < 0) {
        close(pair[0]);
        return -errno;
    }
    r->request = pair[0];
    return 0;
}

/* 0, or the errno with which the kernel refused. */
static int init_ask(struct reuse *r, pid_t last)
{
    int error;

    if (send(r->request, &last, sizeof last, MSG_NOSIGNAL) != sizeof last ||
        recv(r->request, &error, sizeof error, 0) != sizeof error)
        return ECONNRESET;
    return error;
}

int reuse_begin(struct reuse **ret, char *why, size_t why_size)
{
    struct reuse *r = calloc(1, sizeof *r);
    int error = -ENOMEM;

    if (!r)
        return error;
    r->request = -1;
    r->outside = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
    if (r->outside < 0 || unshare(CLONE_NEWPID)) {
        error = -errno;
        snprintf(why, why_size,
                 "--reuse-pid needs a pid namespace, which is refused: %s; start as root, or use --fake-root",
                 strerror(-error));
        goto fail;
    }
    error = init_start(r);
    if (!error)
        error = -init_ask(r, 1);
    if (error) {
        snprintf(why, why_size, "--reuse-pid: the next pid cannot be set here (/proc/sys/kernel/ns_last_pid): %s",
                 strerror(-error));
        goto fail;
    }
    *ret = r;
    return 0;
fail:
    reuse_free(r);
    return error;
}

/* Where our own namespace is not ours to enter again (user_namespaces(7)), the poke and the rebuilt copies are born in the program's
 * too: they take pids, but none that is asked for while a process of the program is stopped at its fork. */
int reuse_launched(struct reuse *r)
{
    return setns(r->outside, CLONE_NEWPID) && errno != EPERM ? -errno : 0;
}

void reuse_free(struct reuse *r)
{
    if (!r)
        return;
    if (r->request >= 0)
        close(r->request);
    if (r->init > 0) {
        kill(r->init, SIGKILL);
        while (waitpid(r->init, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (r->outside >= 0) {
        setns(r->outside, CLONE_NEWPID);
        close(r->outside);
    }
    free(r);
}

void reuse_ended(struct observe *o, const struct subject *s)
{
    struct reuse *r = o->random ? o->random->reuse : NULL;
    struct dead *slot;

    if (!r || s->ns_pid <= 0)
        return;
    slot = &r->dead[r->n++ % DEAD_MAX];
    slot->process = s->id;
    slot->parent = s->parent;
    slot->image = s->image;
    slot->pid = s->ns_pid;
}

/* The last one that died first. by_parent: among the children of `id`. */
static struct dead *dead_find(struct reuse *r, int64_t id, int64_t image, int by_parent)
{
    unsigned n = r->n < DEAD_MAX ? r->n : DEAD_MAX;

    for (unsigned i = 1; i <= n; i++) {
        struct dead *d = &r->dead[(r->n - i) % DEAD_MAX];

        if ((by_parent ? d->parent : d->process) == id && d->image == image && d->pid)
            return d;
    }
    return NULL;
}

static int64_t parent_of(const struct observe *o, struct reuse *r, int64_t id)
{
    unsigned n = r->n < DEAD_MAX ? r->n : DEAD_MAX;

    for (const struct subject *s = o->subjects; s; s = s->next)
        if (s->id == id)
            return s->parent;
    for (unsigned i = 0; i < n; i++)
        if (r->dead[i].process == id)
            return r->dead[i].parent;
    return 0;
}

/* Whose memory the child of `s` has, to the extent that it never ran exec(2); else a child of s that is dead. */
static struct dead *dead_choose(const struct observe *o, struct reuse *r, const struct subject *s)
{
    struct dead *d = NULL;
    int64_t id = s->parent;

    for (unsigned i = 0; !d && id > 0 && i < ANCESTORS_MAX; i++) {
        d = dead_find(r, id, s->image, 0);
        id = parent_of(o, r, id);
    }
    return d ? d : dead_find(r, s->id, s->image, 1);
}

static int makes_process(pid_t tid, const struct trace_call *call)
{
    uint64_t flags = call->args[0];

    if (!strcmp(call->name, "fork") || !strcmp(call->name, "vfork"))
        return 1;
    if (!strcmp(call->name, "clone3") && trace_read(tid, call->args[0], &flags, sizeof flags) != sizeof flags)
        return 0;
    return !(flags & CLONE_THREAD);
}

static int is_fork(const char *name)
{
    return !strcmp(name, "fork") || !strcmp(name, "vfork") || !strcmp(name, "clone") || !strcmp(name, "clone3");
}

int reuse_call(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct reuse *r = o->random ? o->random->reuse : NULL;
    struct dead *d;
    int error;

    if (!r || !is_fork(e->call.name))
        return 0;
    d = makes_process(e->tid, &e->call) ? dead_choose(o, r, s) : NULL;
    if (!d)
        return 1;
    error = init_ask(r, d->pid - 1);
    d->pid = 0;
    if (!error || r->has_gap)
        return 1;
    r->has_gap = 1;
    error = facts_add_gap(o->f, s->id, FACTS_NULL, "generator", error,
                          "the pid of a dead process could not be given to a child");
    return error ? error : 1;
}

/* plays_prove.c - programs that change who they are. */
#include "harness/prove/tests/plays_prove.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP(n) ((uint64_t)1 << (n))

static void step(struct board *b)
{
    int n = atomic_fetch_add(&b->ready, 1) + 1;

    while (*(volatile long *)&b->values[VALUE_SEEN] < n)
        sched_yield();
}

static int set_caps(uint64_t permitted, uint64_t effective)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { (uint32_t)effective, (uint32_t)permitted, 0 },
                                              { effective >> 32, permitted >> 32, 0 } };

    return (int)syscall(SYS_capset, &header, data);
}

struct identity {
    uid_t ids[6];
};

static struct identity identity_take(void)
{
    struct identity i;

    memset(&i, 0, sizeof i);
    getresuid(&i.ids[0], &i.ids[1], &i.ids[2]);
    getresgid(&i.ids[3], &i.ids[4], &i.ids[5]);
    return i;
}

/* Waits to be tried, and sees that it is who it was. */
static int last(struct board *b, int in, int failed)
{
    struct identity before = identity_take(), after;
    char byte;

    if (failed)
        b->result = errno;
    b->values[VALUE_DUMPABLE] = prctl(PR_GET_DUMPABLE);
    b->values[VALUE_SECUREBITS] = prctl(PR_GET_SECUREBITS);
    *(volatile long *)&b->values[VALUE_LAST] = 1;
    if (read(in, &byte, 1) != 1)
        return board_complain(b, "read: %s", strerror(errno));
    after = identity_take();
    if (memcmp(&before, &after, sizeof before))
        return board_complain(b, "it is somebody else");
    return waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD ? 0 : board_complain(b, "there is a child");
}

static int begin(struct board *b)
{
    const gid_t groups[] = { 60010, 60011 };
    int failed = !geteuid() && setgroups(2, groups);

    step(b);
    return failed || setgroups(0, NULL);
}

static int play_dropped(struct board *b, int in)
{
    return last(b, in, begin(b) || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, WORKER));
}

static int play_securebits(struct board *b, int in)
{
    return last(b, in,
                begin(b) || prctl(PR_SET_SECUREBITS, 0x3) || setresgid(WORKER, WORKER, WORKER) ||
                    setresuid(WORKER, WORKER, WORKER) || prctl(PR_SET_DUMPABLE, 1));
}

/* With a saved root its capabilities stay permitted (capabilities(7)): these are given up by themselves. */
static int play_saved_uid(struct board *b, int in)
{
    return last(b, in, begin(b) || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, 0) || set_caps(0, 0));
}

static int play_saved_gid(struct board *b, int in)
{
    return last(b, in, begin(b) || setresgid(WORKER, WORKER, 0) || setresuid(WORKER, WORKER, WORKER));
}

static int play_effective(struct board *b, int in)
{
    return last(b, in, begin(b) || setegid(WORKER) || seteuid(WORKER));
}

static int keep_caps(struct board *b, uint64_t permitted, uint64_t effective)
{
    return begin(b) || prctl(PR_SET_KEEPCAPS, 1) || setresgid(WORKER, WORKER, WORKER) ||
           setresuid(WORKER, WORKER, WORKER) || set_caps(permitted, effective);
}

static int play_setuid_permitted(struct board *b, int in)
{
    return last(b, in, keep_caps(b, CAP(CAP_SETUID) | CAP(CAP_CHOWN), 0));
}

static int play_setgid_permitted(struct board *b, int in)
{
    return last(b, in, keep_caps(b, CAP(CAP_SETGID), 0));
}

static int play_setgid_effective(struct board *b, int in)
{
    return last(b, in, keep_caps(b, CAP(CAP_SETGID), CAP(CAP_SETGID)));
}

static int play_no_new_privs(struct board *b, int in)
{
    return last(b, in,
                begin(b) || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, WORKER) ||
                    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static int filter_install(unsigned action)
{
#define REFUSE(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_clone),
        REFUSE(SYS_setuid),
        REFUSE(SYS_setgid),
        REFUSE(SYS_setresuid),
        REFUSE(SYS_setresgid),
        REFUSE(SYS_setreuid),
        REFUSE(SYS_setregid),
        REFUSE(SYS_setfsuid),
        REFUSE(SYS_setfsgid),
        REFUSE(SYS_setgroups),
        REFUSE(SYS_capset),
        REFUSE(SYS_prctl),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Could become root again, had it not the filter. */
static int filtered(struct board *b, int in, unsigned action)
{
    char byte;

    if (begin(b) || setresgid(WORKER, WORKER, 0) || setresuid(WORKER, WORKER, 0) || filter_install(action))
        b->result = errno;
    *(volatile long *)&b->values[VALUE_LAST] = 1;
    return read(in, &byte, 1) == 1 && geteuid() == WORKER ? 0 : 1;
}

static int play_filter_kill(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_KILL_PROCESS);
}

static int play_filter_trap(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_TRAP);
}

static int play_filter_errno(struct board *b, int in)
{
    return filtered(b, in, SECCOMP_RET_ERRNO | EPERM);
}

static int play_no_room(struct board *b, int in)
{
    const struct rlimit none = { 0, 0 };

    return last(b, in,
                begin(b) || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, 0) || set_caps(0, 0) ||
                    setrlimit(RLIMIT_NPROC, &none));
}

static int write_file(pid_t pid, const char *name, const char *text)
{
    char path[64];
    int fd, r;

    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    r = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return r;
}

/* Root of a namespace of its own, in which nobody else exists. */
static int play_namespace_alone(struct board *b, int in)
{
    char map[64];
    uid_t uid;
    int failed = !geteuid() && (begin(b) || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, WORKER) ||
                                prctl(PR_SET_DUMPABLE, 1));

    uid = getuid();
    step(b);
    snprintf(map, sizeof map, "0 %u 1\n", uid);
    failed = failed || unshare(CLONE_NEWUSER) || write_file(getpid(), "uid_map", map);
    return last(b, in, failed);
}

/* The same, and has given up there what it could do. */
static int play_namespace_dropped(struct board *b, int in)
{
    char map[64];
    uid_t uid = getuid();
    int failed;

    step(b);
    snprintf(map, sizeof map, "0 %u 1\n", uid);
    failed = unshare(CLONE_NEWUSER) || write_file(getpid(), "uid_map", map);
    step(b);
    return last(b, in, failed || set_caps(CAP(CAP_CHOWN), 0));
}

/* A child in a namespace in which everybody has the number that he has outside. */
static int play_namespace_same(struct board *b, int in)
{
    int ready[2], go[2], status;
    pid_t pid;
    char byte;

    if (pipe(ready) || pipe(go))
        return board_complain(b, "pipe: %s", strerror(errno));
    pid = fork();
    if (!pid) {
        int failed = unshare(CLONE_NEWUSER) || write(ready[1], "", 1) != 1 || read(go[0], &byte, 1) != 1;

        step(b);
        failed = failed || setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, 0) || set_caps(0, 0);
        _exit(last(b, in, failed));
    }
    b->values[VALUE_PID] = pid;
    if (read(ready[0], &byte, 1) != 1)
        return board_complain(b, "the child did not begin");
    if (write_file(pid, "uid_map", "0 0 65535\n") || write_file(pid, "gid_map", "0 0 65535\n"))
        b->result = errno;
    if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid)
        return board_complain(b, "the child: %s", strerror(errno));
    return status ? board_complain(b, "the child ended with %#x", status) : 0;
}

int play_prove(const char *name, struct board *b, int in)
{
    static const struct {
        const char *name;
        int (*run)(struct board *b, int in);
    } plays[] = {
        { "dropped", play_dropped },
        { "securebits", play_securebits },
        { "saved-uid", play_saved_uid },
        { "saved-gid", play_saved_gid },
        { "effective", play_effective },
        { "setuid-permitted", play_setuid_permitted },
        { "setgid-permitted", play_setgid_permitted },
        { "setgid-effective", play_setgid_effective },
        { "no-new-privs", play_no_new_privs },
        { "filter-kill", play_filter_kill },
        { "filter-trap", play_filter_trap },
        { "filter-errno", play_filter_errno },
        { "no-room", play_no_room },
        { "namespace-alone", play_namespace_alone },
        { "namespace-dropped", play_namespace_dropped },
        { "namespace-same", play_namespace_same },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run(b, in);
    return 99;
}

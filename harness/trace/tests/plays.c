/* plays.c - behaviours that are hard on a tracer, each a function of a few lines. Exit status 0: it went as without a tracer. */
#include "harness/trace/tests/plays.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int play_wait_status(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

static int play_fork(void)
{
    pid_t pid = fork();

    if (!pid)
        _exit(7);
    return WEXITSTATUS(play_wait_status(pid)) == 7 ? 0 : 1;
}

static int play_vfork(void)
{
    char *const argv[] = { "true", NULL };
    pid_t pid = vfork();

    if (!pid) {
        execv("/bin/true", argv);
        _exit(1);
    }
    return play_wait_status(pid);
}

/* The middle process ends at once; the last one ends when the pipe does. */
static int play_orphan(void)
{
    int pipe_fds[2];
    char byte;

    if (pipe2(pipe_fds, O_CLOEXEC))
        return 1;
    if (!fork()) {
        if (!fork()) {
            close(pipe_fds[1]);
            setsid();
            _exit(read(pipe_fds[0], &byte, 1) == 0 ? 0 : 1);
        }
        _exit(0);
    }
    return wait(NULL) > 0 ? 0 : 1;
}

static int play_clone_untraced(void)
{
    pid_t pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);

    if (!pid)
        _exit(syscall(SYS_setresuid, -1, -1, -1) ? 1 : 0);
    return play_wait_status(pid);
}

static int play_clone3_untraced(void)
{
    struct clone_args args = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
    pid_t pid = syscall(SYS_clone3, &args, sizeof args);

    if (!pid)
        _exit(syscall(SYS_setresuid, -1, -1, -1) ? 1 : 0);
    if (pid < 0 || args.flags != CLONE_UNTRACED) /* our own memory must be as we left it */
        return 2;
    return play_wait_status(pid);
}

static void *thread_exec(void *unused)
{
    char *const argv[] = { "true", NULL };

    execv("/bin/true", argv);
    return unused;
}

static int play_thread_exec(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_exec, NULL))
        return 1;
    pthread_join(thread, NULL);
    return 2;
}

static void *thread_nothing(void *unused)
{
    return unused;
}

static int play_threads(void)
{
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        if (pthread_create(&threads[i], NULL, thread_nothing, NULL))
            return 1;
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

static int play_calls(void)
{
    uid_t uid = getuid();

    if (syscall(SYS_setresuid, uid, uid, uid))
        return 1;
    if (syscall(SYS_setgroups, -1, NULL) != -1 || (errno != EINVAL && errno != EPERM))
        return 2;
    return 0;
}

/* The 32-bit table, from 64-bit code: setresuid32 is 208 there (int 0x80). */
static int play_i386(void)
{
#ifdef __x86_64__
    long result;
    uid_t uid = getuid();

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(208), "b"(uid), "c"(uid), "d"(uid)
                     : "memory", "r8", "r9", "r10", "r11");
    return result == 0 || result == -ENOSYS ? 0 : 1;
#else
    return 0;
#endif
}

/* A filter of our own that asks for a tracer which we do not have: getppid must fail with ENOSYS. */
static int play_own_filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 5),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 1;
    return syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 2;
}

static int play_stop(void)
{
    int status, go[2];
    char byte = 0;
    pid_t pid;

    if (pipe2(go, O_CLOEXEC))
        return 4;
    pid = fork();
    if (!pid) {
        raise(SIGSTOP);
        /* It ends only when its parent has seen it go on: an end would hide that. */
        _exit(read(go[0], &byte, 1) == 1 ? 3 : 4);
    }
    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
        return 1;
    kill(pid, SIGCONT);
    if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status) || write(go[1], &byte, 1) != 1)
        return 2;
    return WEXITSTATUS(play_wait_status(pid)) == 3 ? 0 : 3;
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    handled = signal;
}

/* int3 of our own is our own SIGTRAP. */
static int play_trap(void)
{
    signal(SIGTRAP, handle);
#ifdef __x86_64__
    __asm__ volatile("int3");
#else
    raise(SIGTRAP);
#endif
    return handled == SIGTRAP ? 0 : 1;
}

static int play_signal(void)
{
    raise(SIGKILL);
    return 1;
}

/* What we were given by exec: signals, ids, descriptors, limits, environment. Compared with a bare run. */
static int play_inherit(void)
{
    static const char *const lines[] = { "SigBlk", "SigIgn", "SigCgt", "Uid", "Gid", "Groups", "CapEff", "NoNewPrivs" };
    FILE *status = fopen("/proc/self/status", "re");
    char line[4096];

    while (status && fgets(line, sizeof line, status))
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            if (!strncmp(line, lines[i], strlen(lines[i])))
                fputs(line, stdout);
    for (int fd = 0; fd < 256; fd++)
        if (fd != fileno(status) && fcntl(fd, F_GETFD) >= 0)
            printf("fd %d\n", fd);
    for (char **e = environ; *e; e++)
        puts(*e);
    return 0;
}

/* Writes a byte to descriptor 1 and waits for ever. */
static int play_wait(void)
{
    if (write(STDOUT_FILENO, "x", 1) != 1)
        return 1;
    for (;;)
        pause();
}

int play(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "fork", play_fork },
        { "vfork", play_vfork },
        { "orphan", play_orphan },
        { "clone-untraced", play_clone_untraced },
        { "clone3-untraced", play_clone3_untraced },
        { "thread-exec", play_thread_exec },
        { "threads", play_threads },
        { "calls", play_calls },
        { "i386", play_i386 },
        { "own-filter", play_own_filter },
        { "stop", play_stop },
        { "trap", play_trap },
        { "signal", play_signal },
        { "inherit", play_inherit },
        { "wait", play_wait },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return play_hostile(name);
}

/* plays_hostile.c - programs that try to get away from a tracer, to deafen it or to keep it for ever. */
#include "harness/trace/tests/plays.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any kernel's, zero behind: accepted (clone3 checks the rest for zeros). */
static int play_clone3_long(void)
{
    static union {
        struct clone_args args;
        char room[256];
    } long_args;
    pid_t pid;

    long_args.args = (struct clone_args){ .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
    pid = syscall(SYS_clone3, &long_args, sizeof long_args);
    if (!pid)
        _exit(syscall(SYS_setresuid, -1, -1, -1) ? 1 : 0);
    if (pid < 0 || long_args.args.flags != CLONE_UNTRACED)
        return 2;
    return play_wait_status(pid);
}

/* clone3 of the 32-bit table (435 there too), from 64-bit code. A kernel without that table has nothing to hide. */
static int play_clone3_i386(void)
{
#ifdef __x86_64__
    struct clone_args *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    long pid;

    if (args == MAP_FAILED)
        return 1;
    *args = (struct clone_args){ .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
    __asm__ volatile("int $0x80"
                     : "=a"(pid)
                     : "a"(435), "b"(args), "c"(sizeof *args)
                     : "memory", "r8", "r9", "r10", "r11");
    if (pid == -ENOSYS)
        pid = syscall(SYS_clone3, args, sizeof *args);
    if (!pid)
        _exit(syscall(SYS_setresuid, -1, -1, -1) ? 1 : 0);
    if (pid < 0 || args->flags != CLONE_UNTRACED)
        return 2;
    return play_wait_status(pid);
#else
    return 99;
#endif
}

static struct clone_args flickering = { .exit_signal = SIGCHLD };
static atomic_int flicker_end;

static void *thread_flicker(void *unused)
{
    volatile __u64 *flags = &flickering.flags;

    while (!atomic_load(&flicker_end)) {
        *flags = CLONE_UNTRACED;
        *flags = 0;
    }
    return unused;
}

/* Another thread changes the flags while the tracer looks at them: PLAY_CHILDREN children, some of which escape. */
static int play_clone3_flicker(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_flicker, NULL))
        return 1;
    for (int i = 0; i < PLAY_CHILDREN; i++) {
        pid_t pid = syscall(SYS_clone3, &flickering, sizeof flickering);

        if (!pid)
            _exit(0);
        if (pid < 0 || play_wait_status(pid))
            return 2;
    }
    atomic_store(&flicker_end, 1);
    return pthread_join(thread, NULL);
}

/* Each child's number is in shared memory before it is born; a second process kills what it finds there. */
static pid_t start_killer(atomic_int *number)
{
    pid_t pid = fork(), victim;

    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while ((victim = atomic_load(number)) >= 0) {
        for (int i = 0; victim && i < 1000; i++)
            kill(victim, SIGKILL);
        if (victim)
            atomic_store(number, 0);
    }
    _exit(0);
}

/* Newborns die before their maker can report them. */
static int play_killed_newborns(void)
{
    atomic_int *number = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t killer = start_killer(number);

    for (int i = 0; i < PLAY_CHILDREN; i++) {
        pid_t pid = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, number, 0, 0);

        if (!pid)
            for (;;)
                pause();
        play_wait_status(pid);
        while (atomic_load(number))
            sched_yield();
    }
    atomic_store(number, -1);
    return play_wait_status(killer);
}

static void play_busy(void)
{
    pid_t pid = fork();

    if (!pid)
        _exit(0);
    play_wait_status(pid);
}

/* Makers die before they can report their newborn, which must run all the same, and the rest of the tree never rests. */
static int play_killed_makers(void)
{
    atomic_int *numbers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 5; i++) {
        pid_t maker;

        atomic_store(&numbers[0], 0);
        atomic_store(&numbers[1], 0);
        maker = fork();
        if (!maker) {
            if (!syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, numbers, 0, 0))
                atomic_store(&numbers[1], 1);
            else
                pause();
            _exit(0);
        }
        while (!atomic_load(&numbers[0]))
            ;
        kill(maker, SIGKILL);
        play_wait_status(maker);
        while (!atomic_load(&numbers[1]))
            play_busy();
    }
    return 0;
}

/* Changes its number all the time and hears no request to end: for trace_kill(). */
static int play_chain(void)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;)
        if (fork())
            _exit(0);
}

/* Asks for calls of interest after a filter of its own has stopped at every call there is. */
static int play_many_names(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 5), /* nobody's: each of them fails with ENOSYS */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    uid_t uid = getuid();

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 1;
#ifdef __x86_64__
    for (long nr = 0; nr < 334; nr++) /* of the x32 table */
        if (syscall(0x40000000 | nr, -1L) != -1 || errno != ENOSYS)
            return 3;
#endif
    return syscall(SYS_setresuid, uid, uid, uid) ? 2 : 0;
}

int play_hostile(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "clone3-long", play_clone3_long },       { "clone3-i386", play_clone3_i386 },
        { "clone3-flicker", play_clone3_flicker }, { "killed-newborns", play_killed_newborns },
        { "killed-makers", play_killed_makers },   { "chain", play_chain },
        { "many-names", play_many_names },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

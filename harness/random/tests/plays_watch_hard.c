/* plays_watch_hard.c - programs that are hard on breakpoints: threads, signals, processes that share memory or
 * lose their maker. */
#include "harness/random/tests/plays_watch.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define DRAWS   3000

static unsigned sum_of(unsigned seed)
{
    unsigned sum = 0;

    for (int i = 0; i < DRAWS; i++)
        sum = sum * 31 + (unsigned)rand_r(&seed);
    return sum;
}

static void *thread_draws(void *argument)
{
    unsigned *seed = argument;

    for (int i = 0; i < DRAWS; i++)
        rand();
    *seed = sum_of(*seed);
    return NULL;
}

/* Each has a stream of its own, and it must be what it is without us. */
static int play_threads(void)
{
    pthread_t threads[THREADS];
    unsigned sums[THREADS];
    int wrong = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        sums[i] = i;
        if (pthread_create(&threads[i], NULL, thread_draws, &sums[i]))
            return 1;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        wrong |= sums[i] != sum_of(i);
    }
    return wrong;
}

static void *thread_draws_on(void *argument)
{
    unsigned seed = 1;

    while (!__atomic_load_n((int *)argument, __ATOMIC_ACQUIRE)) {
        rand_r(&seed);
        rand();
        drand48();
    }
    return NULL;
}

/* Forks while other threads of it are at breakpoints. */
static int play_storm(void)
{
    pthread_t threads[3];
    int is_over = 0, wrong = 0;

    for (int i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, thread_draws_on, &is_over))
            return 1;
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();

        if (!pid) {
            unsigned seed = 1;

            for (int n = 0; n < 20; n++)
                rand_r(&seed);
            _exit(0);
        }
        wrong |= play_reap(pid);
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return wrong;
}

static int share_run(void *argument)
{
    unsigned seed = 3;

    (void)argument;
    for (int i = 0; i < DRAWS; i++)
        rand_r(&seed);
    return 0;
}

/* A process that shares the memory and runs at the same time. */
static int play_shared(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    pid_t pid = clone(share_run, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    unsigned sum = sum_of(9);

    return play_reap(pid) || sum != sum_of(9);
}

static volatile sig_atomic_t traps;

static void count_trap(int signal)
{
    (void)signal;
    traps++;
}

/* SIGTRAP is the program's own to use. */
static int play_trap(void)
{
    struct sigaction action = { .sa_handler = count_trap };

    sigaction(SIGTRAP, &action, NULL);
    rand();
    raise(SIGTRAP);
    rand();
#if defined __x86_64__ || defined __i386__
    __asm__ volatile("int3");
#else
    raise(SIGTRAP);
#endif
    rand();
    kill(getpid(), SIGTRAP);
    return traps == 3 ? 0 : 1;
}

static sigjmp_buf jump;
static volatile sig_atomic_t jumps;

static void jump_out(int signal)
{
    (void)signal;
    jumps++;
    siglongjmp(jump, 1);
}

/* Calls that never return: a handler leaves them. */
static int play_jump(void)
{
    struct sigaction action = { .sa_handler = jump_out };
    struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
    unsigned seed = 1;

    sigaction(SIGALRM, &action, NULL);
    sigsetjmp(jump, 1);
    setitimer(ITIMER_REAL, &often, NULL);
    while (jumps < 100)
        rand_r(&seed);
    setitimer(ITIMER_REAL, &never, NULL);
    for (int i = 0; i < 100; i++)
        rand_r(&seed);
    return 0;
}

/* A handler draws while the program does. */
static void draw_within(int signal)
{
    unsigned seed = 5;

    (void)signal;
    jumps += rand_r(&seed) != 0;
}

static int play_handler(void)
{
    struct sigaction action = { .sa_handler = draw_within };
    struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
    unsigned wanted = sum_of(4), wrong = 0;

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (jumps < 50)
        wrong |= sum_of(4) != wanted;
    setitimer(ITIMER_REAL, &never, NULL);
    return wrong ? 1 : 0;
}

/* Many processes that draw, for a recording that breaks on the way. */
static int play_many(void)
{
    int wrong = 0;

    for (int i = 0; i < 60; i++) {
        pid_t pid = fork();

        rand();
        if (!pid) {
            unsigned seed = 2;

            for (int n = 0; n < 40; n++)
                rand_r(&seed);
            wrong = sum_of(2) != sum_of(2);
            if (i % 10 == 0) {
                char *const argv[] = { "true", NULL };

                execv("/bin/true", argv);
            }
            _exit(wrong);
        }
        wrong |= play_reap(pid);
    }
    return wrong;
}

#define ORPHAN_ROUNDS 25

/* Forks until it is killed, in the middle of a fork as a rule. */
__attribute__((noreturn)) static void orphan_maker(void)
{
    unsigned seed = 1;

    for (int n = 0; n < 20; n++)
        if (!fork()) {
            for (int i = 0; i < 3; i++)
                rand_r(&seed);
            _exit(0);
        }
    for (;;)
        pause();
}

/* Newborns whose maker nobody can ask any more: they have our breakpoints all the same. */
static int play_orphans(void)
{
    int status, wrong = 0;
    pid_t pid;

    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        return PLAY_NOT_HERE;
    rand();
    for (int i = 0; i < ORPHAN_ROUNDS; i++) {
        struct timespec pause = { 0, 1000000 + i * 37000 };

        pid = fork();
        if (!pid)
            orphan_maker();
        nanosleep(&pause, NULL);
        kill(pid, SIGKILL);
        while (waitpid(-1, &status, 0) > 0)
            wrong |= WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL ? WTERMSIG(status) : 0;
    }
    return wrong;
}

/* Somebody else's breakpoint, there before we look: the program's own. */
static volatile sig_atomic_t foreign;
static unsigned char foreign_byte;

static void foreign_lift(int signal)
{
    (void)signal;
    foreign++;
    *(volatile unsigned char *)(uintptr_t)play_own_next = foreign_byte;
}

#if defined __x86_64__
/* Behind the breakpoint: the first instruction again. */
static void foreign_back(int signal, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)info;
    u->uc_mcontext.gregs[REG_RIP]--;
    foreign_lift(signal);
}
#endif

__attribute__((no_sanitize("address", "undefined"), no_profile_instrument_function)) static int is_equal(const char *a,
                                                                                                         const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Before the program's entry, and before its libraries are ready: only system calls. */
__attribute__((no_sanitize("address", "undefined"), no_profile_instrument_function)) static void
foreign_plant(int argc, char **argv, char **environment)
{
    uintptr_t at = (uintptr_t)play_own_next, page = at & ~(uintptr_t)4095;

    (void)environment;
    if (argc < 3 || !is_equal(argv[1], "--play") || !is_equal(argv[2], "foreign"))
        return;
    if (syscall(SYS_mprotect, page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
        return;
    foreign_byte = *(volatile unsigned char *)at;
    *(volatile unsigned char *)at = 0xcc;
    syscall(SYS_mprotect, page, 8192, PROT_READ | PROT_EXEC);
}
__attribute__((section(".preinit_array"), used)) static void (*const foreign_first)(int, char **,
                                                                                    char **) = foreign_plant;

static int play_foreign(void)
{
#if defined __x86_64__
    struct sigaction action = { .sa_sigaction = foreign_back, .sa_flags = SA_SIGINFO };
    uintptr_t at = (uintptr_t)play_own_next, page = at & ~(uintptr_t)4095;

    if (*(volatile unsigned char *)at != 0xcc || mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
        return PLAY_NOT_HERE;
    sigaction(SIGTRAP, &action, NULL);
    play_own_next();
    return foreign == 1 ? 0 : 2;
#else
    return PLAY_NOT_HERE;
#endif
}

int play_watch_hard(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "threads", play_threads }, { "storm", play_storm },     { "shared", play_shared },
        { "trap", play_trap },       { "jump", play_jump },       { "handler", play_handler },
        { "many", play_many },       { "orphans", play_orphans }, { "foreign", play_foreign },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

/* test_spc_fork.c - spc_fork() and spc_fork_with() where they succeed: what the child has, what the parent keeps. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

static void test_spc_fork__child_and_parent(void)
{
    pid_t self = getpid(), pid = spc_fork();

    if (pid == 0)
        _exit(getppid() == self ? 7 : 1);
    CU_ASSERT(pid > 0);
    CU_ASSERT_EQUAL(child_result(pid), 7);
}

static void test_spc_fork__child_has_only_std(void)
{
    int extra = open("/dev/null", O_RDONLY);
    pid_t pid = spc_fork();

    if (pid == 0)
        _exit(fds_count());
    CU_ASSERT_EQUAL(child_result(pid), 3);
    CU_ASSERT(fd_is_open(extra));
    close(extra);
}

static void test_spc_fork__parent_keeps_no_descriptor(void)
{
    int before = fds_count();
    pid_t pid = spc_fork();

    if (pid == 0)
        _exit(0);
    CU_ASSERT_EQUAL(fds_count(), before);
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork__keep_list(void)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    int ends[2], keep[2];
    char byte = 0;
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    keep[0] = dup2(2, 200);
    keep[1] = ends[1];
    options.keep = keep;
    options.n_keep = 2;
    pid = spc_fork_with(&options);
    if (pid == 0)
        _exit(fd_is_open(200) && !fd_is_open(ends[0]) && fds_count() == 5 && write(ends[1], "k", 1) == 1 ? 0 : 1);
    CU_ASSERT_EQUAL(child_result(pid), 0);
    CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(byte, 'k');
    close(ends[0]);
    close(ends[1]);
    close(200);
}

/* The error pipe itself must not take the places of 0 to 2. */
static int case_std_closed(void)
{
    pid_t pid;
    int fd;

    for (fd = 0; fd <= 2; fd++)
        close(fd);
    pid = spc_fork();
    if (pid == 0)
        _exit(fds_count() == 3 && write(1, "x", 1) == 1 && write(2, "x", 1) == 1 ? 0 : 1);
    for (fd = 0; fd <= 2; fd++)
        if (fd_is_open(fd))
            return 2; /* the parent is as it was */
    return child_result(pid);
}

static void test_spc_fork__std_closed_in_parent(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_std_closed());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork__new_session(void)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    pid_t pid;

    options.new_session = 1;
    pid = spc_fork_with(&options);
    if (pid == 0)
        _exit(getsid(0) == getpid() ? 0 : 1);
    CU_ASSERT_EQUAL(child_result(pid), 0);
    pid = spc_fork();
    if (pid == 0)
        _exit(getsid(0) != getpid() ? 0 : 1);
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static bool is_default_and_open(void)
{
    struct sigaction action;
    sigset_t mask;

    return sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL &&
           sigaction(SIGRTMIN, NULL, &action) == 0 && action.sa_handler == SIG_DFL &&
           pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGTERM) &&
           !sigismember(&mask, SIGUSR1);
}

static int case_signals(unsigned reset)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    sigset_t term, mask;
    pid_t pid;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGRTMIN, SIG_IGN);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    NEED(pthread_sigmask(SIG_SETMASK, &term, NULL) == 0);
    options.reset_signals = reset & 1;
    pid = spc_fork_with(&options);
    if (pid == 0) {
        pthread_sigmask(SIG_SETMASK, NULL, &mask);
        if (reset)
            _exit(is_default_and_open() ? 0 : 1);
        _exit(sigismember(&mask, SIGTERM) && !sigismember(&mask, SIGUSR1) && !is_default_and_open() ? 0 : 1);
    }
    NEED(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0);
    NEED(sigismember(&mask, SIGTERM) && !sigismember(&mask, SIGUSR1));
    return child_result(pid);
}

static void test_spc_fork__signals_reset(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_signals(1));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork__signals_kept(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_signals(0));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

struct seeds {
    unsigned char last[SPC_PRNG_SEED_SIZE];
    int n;
};

static int seed_note(void *context, const unsigned char *seed, size_t size)
{
    struct seeds *seeds = context;

    memcpy(seeds->last, seed, size);
    seeds->n++;
    return 0;
}

static void test_spc_fork__generators_reseeded_on_both_sides(void)
{
    struct seeds seeds = { .n = 0 };
    unsigned char *of_child = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    CU_ASSERT_FATAL(of_child != MAP_FAILED);
    CU_ASSERT_EQUAL(spc_prng_register(seed_note, &seeds), 0);
    pid = spc_fork();
    if (pid == 0) {
        memcpy(of_child, seeds.last, sizeof seeds.last);
        _exit(seeds.n);
    }
    CU_ASSERT_EQUAL(child_result(pid), 1);
    CU_ASSERT_EQUAL(seeds.n, 1);
    CU_ASSERT(memcmp(of_child, seeds.last, sizeof seeds.last) != 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(seed_note, &seeds), 0);
    munmap(of_child, 4096);
}

#define N_THREADS 8
#define N_FORKS   12
struct forker {
    unsigned char (*draws)[16];
    int n_bad;
};

static void *fork_on(void *argument)
{
    struct forker *forker = argument;
    int i;

    for (i = 0; i < N_FORKS; i++) {
        pid_t pid = spc_fork();

        if (pid == 0) {
            alarm(30);
            _exit(fds_count() == 3 && spc_rand(forker->draws[i], 16) == 0 ? 0 : 1);
        }
        forker->n_bad += pid < 0 || child_result(pid) != 0;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void test_spc_fork__threads_forking_at_once(void)
{
    size_t size = (size_t)N_THREADS * N_FORKS * 16, i;
    unsigned char(*draws)[16] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct seeds seeds = { .n = 0 };
    struct forker forkers[N_THREADS];
    pthread_t threads[N_THREADS];
    int before = fds_count();

    CU_ASSERT_FATAL((void *)draws != MAP_FAILED);
    CU_ASSERT_EQUAL(spc_prng_register(seed_note, &seeds), 0);
    for (i = 0; i < N_THREADS; i++) {
        forkers[i] = (struct forker){ .draws = draws + i * N_FORKS };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, fork_on, &forkers[i]), 0);
    }
    for (i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(forkers[i].n_bad, 0);
    }
    CU_ASSERT_EQUAL(seeds.n, N_THREADS * N_FORKS);
    CU_ASSERT_EQUAL(fds_count(), before);
    qsort(draws, N_THREADS * N_FORKS, 16, compare);
    for (i = 1; i < N_THREADS * N_FORKS; i++)
        CU_ASSERT(memcmp(draws[i - 1], draws[i], 16) != 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(seed_note, &seeds), 0);
    munmap(draws, size);
}

static void test_spc_fork__spc_fork_in_the_child(void)
{
    pid_t pid = spc_fork();

    if (pid == 0) {
        pid_t grandchild = spc_fork();

        if (grandchild == 0)
            _exit(5);
        _exit(child_result(grandchild));
    }
    CU_ASSERT_EQUAL(child_result(pid), 5);
}

TEST_MAIN("test_spc_fork", TEST(test_spc_fork__child_and_parent), TEST(test_spc_fork__child_has_only_std),
          TEST(test_spc_fork__parent_keeps_no_descriptor), TEST(test_spc_fork__keep_list),
          TEST(test_spc_fork__std_closed_in_parent), TEST(test_spc_fork__new_session),
          TEST(test_spc_fork__signals_reset), TEST(test_spc_fork__signals_kept),
          TEST(test_spc_fork__generators_reseeded_on_both_sides), TEST(test_spc_fork__threads_forking_at_once),
          TEST(test_spc_fork__spc_fork_in_the_child))

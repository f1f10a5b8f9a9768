/* test_spc_rand.c - spc_rand(): no two processes and no two threads ever give the same bytes, however made. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define DRAW 32

static pid_t raw_fork(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static bool is_all_zero(const unsigned char *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, DRAW);
}

/* Whether all `n` draws differ; sorts them. */
static bool are_different(unsigned char (*draws)[DRAW], size_t n)
{
    size_t i;

    qsort(draws, n, DRAW, compare);
    for (i = 1; i < n; i++)
        if (memcmp(draws[i - 1], draws[i], DRAW) == 0)
            return false;
    return n > 0 && !is_all_zero(draws[0], DRAW);
}

static unsigned char (*shared_draws(size_t n))[DRAW]
{
    void *memory = mmap(NULL, n * DRAW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void test_spc_rand__draws_differ(void)
{
    unsigned char draws[200][DRAW];
    size_t i;

    for (i = 0; i < 200; i++)
        CU_ASSERT_EQUAL(spc_rand(draws[i], DRAW), 0);
    CU_ASSERT(are_different(draws, 200));
}

/* Sizes around a block, a chunk, and past the point where a new seed is taken; what lies behind is not touched. */
static void test_spc_rand__sizes(void)
{
    static const size_t sizes[] = { 1, 31, 64, 65, 65535, 65536, 65537, 1500000 };
    unsigned char *bytes = malloc(1500001);
    size_t i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(bytes, 0, 1500001);
        CU_ASSERT_EQUAL(spc_rand(bytes, sizes[i]), 0);
        CU_ASSERT(sizes[i] < 16 || !is_all_zero(bytes + sizes[i] - 16, 16));
        CU_ASSERT_EQUAL(bytes[sizes[i]], 0);
    }
    CU_ASSERT_EQUAL(spc_rand(bytes, 0), 0);
    free(bytes);
}

/* Half of all bits are set, within ten standard deviations: a cipher that was not keyed, or not run, fails this. */
static void test_spc_rand__bits_are_even(void)
{
    unsigned char bytes[65536];
    size_t i;
    long n = 0;

    CU_ASSERT_EQUAL(spc_rand(bytes, sizeof bytes), 0);
    for (i = 0; i < sizeof bytes; i++)
        n += __builtin_popcount(bytes[i]);
    CU_ASSERT(labs(n - (long)sizeof bytes * 4) < 3620);
}

/* Three generations by raw clone, each drawing at once; the parent draws before and after. */
static void test_spc_rand__raw_clone(void)
{
    unsigned char(*draws)[DRAW] = shared_draws(7);
    pid_t pid;
    int i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(draws);
    CU_ASSERT_EQUAL(spc_rand(draws[0], DRAW), 0);
    for (i = 1; i <= 4; i += 3) {
        pid = raw_fork();
        if (pid == 0) {
            pid_t grandchild = raw_fork(); /* made before this process has drawn */

            if (grandchild == 0)
                _exit(spc_rand(draws[i + 1], DRAW) ? 1 : 0);
            _exit(spc_rand(draws[i], DRAW) || child_result(grandchild) ? 1 : 0);
        }
        CU_ASSERT_EQUAL(spc_rand(draws[i + 2], DRAW), 0);
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    CU_ASSERT(are_different(draws, 7));
    munmap(draws, 7 * DRAW);
}

static void test_spc_rand__siblings_by_spc_fork(void)
{
    unsigned char(*draws)[DRAW] = shared_draws(10);
    size_t i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(draws);
    for (i = 0; i < 10; i += 2) {
        pid_t pid = spc_fork();

        if (pid == 0)
            _exit(spc_rand(draws[i], DRAW) ? 1 : 0);
        CU_ASSERT_EQUAL(spc_rand(draws[i + 1], DRAW), 0);
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    CU_ASSERT(are_different(draws, 10));
    munmap(draws, 10 * DRAW);
}

static atomic_bool must_stop;

/* Large draws, so that the lock is held nearly all the time. */
static void *draw_on(void *argument)
{
    static __thread unsigned char bytes[65536];
    bool *ret_failed = argument;

    while (!atomic_load(&must_stop))
        if (spc_rand(bytes, sizeof bytes))
            *ret_failed = true;
    return NULL;
}

/* The lock is held by another thread at the clone, and that thread does not exist in the child. */
static void test_spc_rand__raw_clone_while_threads_draw(void)
{
    unsigned char(*draws)[DRAW] = shared_draws(40);
    bool has_failed[8] = { false };
    pthread_t threads[8];
    int i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(draws);
    CU_ASSERT_EQUAL(spc_rand(draws[0], DRAW), 0);
    atomic_store(&must_stop, false);
    for (i = 0; i < 8; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, draw_on, &has_failed[i]), 0);
    for (i = 0; i < 40; i++) {
        pid_t pid = i % 2 ? raw_fork() : spc_fork();

        if (pid == 0) {
            alarm(20); /* a child that waits for a lost lock ends with SIGALRM */
            _exit(spc_rand(draws[i], DRAW) ? 1 : 0);
        }
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    atomic_store(&must_stop, true);
    for (i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_FALSE(has_failed[i]);
    }
    CU_ASSERT(are_different(draws, 40));
    munmap(draws, 40 * DRAW);
}

static bool must_fork_in_cipher;
static pid_t forked_in_cipher;

/* Stands before the library's own: forks when the key stream has been made and nobody has it yet, as a signal handler
 * could. */
int EVP_EncryptUpdate(EVP_CIPHER_CTX *context, unsigned char *out, int *ret_n, const unsigned char *in, int n)
{
    static int (*next)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
    int result;

    if (!next)
        next = (int (*)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *,
                        int))dlsym(RTLD_NEXT, "EVP_EncryptUpdate");
    result = next(context, out, ret_n, in, n);
    if (must_fork_in_cipher && n == DRAW / 2) {
        must_fork_in_cipher = false;
        forked_in_cipher = raw_fork();
    }
    return result;
}

/* Both come out of the same call; the child must not have the bytes that were ready before it was born. */
static void test_spc_rand__fork_in_the_middle_of_a_draw(void)
{
    unsigned char(*draws)[DRAW] = shared_draws(2), bytes[DRAW / 2];
    int result;

    CU_ASSERT_PTR_NOT_NULL_FATAL(draws);
    CU_ASSERT_EQUAL(spc_rand(bytes, 1), 0);
    must_fork_in_cipher = true;
    forked_in_cipher = -1;
    result = spc_rand(bytes, sizeof bytes);
    memcpy(draws[forked_in_cipher == 0], bytes, sizeof bytes);
    if (forked_in_cipher == 0)
        _exit(result ? 1 : 0);
    CU_ASSERT_FALSE(must_fork_in_cipher);
    CU_ASSERT_EQUAL(result, 0);
    CU_ASSERT_EQUAL(child_result(forked_in_cipher), 0);
    CU_ASSERT(are_different(draws, 2));
    munmap(draws, 2 * DRAW);
}

/* The protection itself, as the kernel shows it: a mapping with the flag "wf". */
static void test_spc_rand__page_is_wiped_on_fork(void)
{
    char *line = NULL;
    size_t room = 0;
    FILE *in = fopen("/proc/self/smaps", "re");
    int n = 0;
    unsigned char byte;

    CU_ASSERT_EQUAL(spc_rand(&byte, 1), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    while (getline(&line, &room, in) > 0)
        n += strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " wf ");
    free(line);
    fclose(in);
    CU_ASSERT_EQUAL(n, 1);
}

static int madvise_break(int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = -1;

    if (filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error), SCMP_SYS(madvise), 1,
                                   SCMP_A2(SCMP_CMP_EQ, MADV_WIPEONFORK)) == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

/* Must be the first to draw in its process: run in an exec'd copy of this program. */
static int case_no_wiped_page(unsigned char (*draws)[DRAW])
{
    pid_t pid;

    NEED(madvise_break(EINVAL) == 0);
    NEED(spc_rand(draws[0], DRAW) == 0);
    pid = raw_fork();
    if (pid == 0)
        _exit(spc_rand(draws[1], DRAW) ? 1 : 0);
    NEED(spc_rand(draws[2], DRAW) == 0);
    NEED(child_result(pid) == 0);
    NEED(are_different(draws, 3));
    return 0;
}

static void test_spc_rand__without_a_wiped_page(void)
{
    unsigned char(*draws)[DRAW] = shared_draws(3);
    pid_t pid;

    CU_ASSERT_PTR_NOT_NULL_FATAL(draws);
    if (getenv("SPC_TEST_FRESH")) {
        CU_ASSERT_EQUAL(case_no_wiped_page(draws), 0);
    } else {
        pid = fork();
        if (pid == 0) {
            char self[4096];
            ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

            self[n < 0 ? 0 : n] = '\0';
            setenv("SPC_TEST_FRESH", "1", 1);
            dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO); /* one summary is enough */
            execl(self, "test_spc_rand", "without_a_wiped_page", NULL);
            _exit(127);
        }
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    munmap(draws, 3 * DRAW);
}

/* A child that cannot be seeded says so, and gives no bytes of its parent's stream. */
static int case_no_entropy(void)
{
    unsigned char bytes[DRAW];

    NEED(call_break(SCMP_SYS(getrandom), ENOSYS) == 0);
    NEED(spc_rand(bytes, sizeof bytes) == -1);
    NEED(errno == ENOSYS);
    return 0;
}

static void test_spc_rand__no_entropy_is_an_error(void)
{
    unsigned char byte;
    pid_t pid;

    CU_ASSERT_EQUAL(spc_rand(&byte, 1), 0);
    pid = fork();
    if (pid == 0)
        _exit(case_no_entropy());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_rand", TEST(test_spc_rand__draws_differ), TEST(test_spc_rand__sizes),
          TEST(test_spc_rand__bits_are_even), TEST(test_spc_rand__raw_clone), TEST(test_spc_rand__siblings_by_spc_fork),
          TEST(test_spc_rand__raw_clone_while_threads_draw), TEST(test_spc_rand__fork_in_the_middle_of_a_draw),
          TEST(test_spc_rand__page_is_wiped_on_fork), TEST(test_spc_rand__without_a_wiped_page),
          TEST(test_spc_rand__no_entropy_is_an_error))

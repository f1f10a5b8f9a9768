/* test_spc_prng.c - the registry of generators: what is in it, and what spc_prng_reseed_all() gives to each. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct generator {
    unsigned char seed[SPC_PRNG_SEED_SIZE];
    int n_reseeds;
    int error; /* to fail with; -1: without an errno */
};

static int reseed(void *context, const unsigned char *seed, size_t size)
{
    struct generator *generator = context;

    generator->n_reseeds++;
    if (generator->error) {
        errno = generator->error > 0 ? generator->error : 0;
        return -1;
    }
    if (size != sizeof generator->seed)
        return -1;
    memcpy(generator->seed, seed, size);
    return 0;
}

static void test_spc_prng__each_gets_its_own_seed(void)
{
    struct generator a = { .error = 0 }, b = { .error = 0 };
    unsigned char first[SPC_PRNG_SEED_SIZE];

    CU_ASSERT_EQUAL(spc_prng_register(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &b), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    CU_ASSERT(memcmp(a.seed, b.seed, sizeof a.seed) != 0);
    memcpy(first, a.seed, sizeof first);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    CU_ASSERT(memcmp(a.seed, first, sizeof first) != 0);
    CU_ASSERT_EQUAL(a.n_reseeds, 2);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &b), 0);
}

static void test_spc_prng__unregistered_is_left_alone(void)
{
    struct generator a = { .error = 0 }, b = { .error = 0 };

    CU_ASSERT_EQUAL(spc_prng_register(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &b), 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    CU_ASSERT_EQUAL(a.n_reseeds, 0);
    CU_ASSERT_EQUAL(b.n_reseeds, 1);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &b), 0);
}

static void test_spc_prng__twice_is_refused(void)
{
    struct generator a = { .error = 0 };

    CU_ASSERT_EQUAL(spc_prng_register(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &a), -1);
    CU_ASSERT_EQUAL(errno, EEXIST);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &a), 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &a), -1);
    CU_ASSERT_EQUAL(errno, ENOENT);
}

static void test_spc_prng__no_function_is_refused(void)
{
    CU_ASSERT_EQUAL(spc_prng_register(NULL, NULL), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
}

static void test_spc_prng__full(void)
{
    static struct generator many[SPC_PRNG_MAX + 1];
    int i;

    for (i = 0; i < SPC_PRNG_MAX; i++)
        CU_ASSERT_EQUAL(spc_prng_register(reseed, &many[i]), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &many[SPC_PRNG_MAX]), -1);
    CU_ASSERT_EQUAL(errno, ENOSPC);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    for (i = 0; i < SPC_PRNG_MAX; i++) {
        CU_ASSERT_EQUAL(many[i].n_reseeds, 1);
        CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &many[i]), 0);
    }
}

/* The first error is told, and the generators after it are reseeded all the same. */
static void test_spc_prng__one_failure_spares_the_others(void)
{
    struct generator bad = { .error = ENXIO }, worse = { .error = -1 }, good = { .error = 0 };

    CU_ASSERT_EQUAL(spc_prng_register(reseed, &bad), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &worse), 0);
    CU_ASSERT_EQUAL(spc_prng_register(reseed, &good), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), -1);
    CU_ASSERT_EQUAL(errno, ENXIO);
    CU_ASSERT_EQUAL(good.n_reseeds, 1);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &bad), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), -1);
    CU_ASSERT_EQUAL(errno, EIO);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &worse), 0);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed, &good), 0);
}

static int reseed_calls_back(void *context, const unsigned char *seed, size_t size)
{
    int *errors = context;

    (void)seed, (void)size;
    errors[0] = spc_prng_register(reseed, context) ? errno : 0;
    errors[1] = spc_prng_unregister(reseed, context) ? errno : 0;
    errors[2] = spc_prng_reseed_all() ? errno : 0;
    errors[3] = spc_restore_privileges() ? errno : 0;
    errors[4] = spc_drop_privileges(0) ? errno : 0;
    errors[5] = spc_drop_privileges(1) ? errno : 0;
    return 0;
}

static void test_spc_prng__calling_back_does_not_hang(void)
{
    int errors[6] = { 0 }, i;

    CU_ASSERT_EQUAL(spc_prng_register(reseed_calls_back, errors), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    for (i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(errors[i], EDEADLK);
    CU_ASSERT_EQUAL(spc_prng_unregister(reseed_calls_back, errors), 0);
}

static int reseed_forks(void *context, const unsigned char *seed, size_t size)
{
    pid_t *pid = context;

    (void)seed, (void)size;
    *pid = fork();
    return 0;
}

/* Parent and child both come out of it with a registry that works, and with the signals they had. */
static void test_spc_prng__a_reseed_function_that_forks(void)
{
    struct generator a = { .error = 0 };
    sigset_t mask;
    bool is_right;
    pid_t pid = -1;

    CU_ASSERT_EQUAL(spc_prng_register(reseed_forks, &pid), 0);
    CU_ASSERT_EQUAL(spc_prng_reseed_all(), 0);
    is_right = spc_prng_unregister(reseed_forks, &pid) == 0 && spc_prng_register(reseed, &a) == 0 &&
               spc_prng_reseed_all() == 0 && a.n_reseeds == 1 && spc_prng_unregister(reseed, &a) == 0 &&
               pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGTERM);
    if (pid == 0)
        _exit(is_right ? 0 : 1);
    CU_ASSERT(is_right);
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_no_entropy(void)
{
    struct generator a = { .error = 0 };

    NEED(spc_prng_register(reseed, &a) == 0);
    NEED(call_break(SCMP_SYS(getrandom), ENOSYS) == 0);
    NEED(spc_prng_reseed_all() == -1);
    NEED(errno == ENOSYS);
    NEED(a.n_reseeds == 0);
    return 0;
}

static void test_spc_prng__no_entropy(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_no_entropy());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static atomic_bool must_stop;

static void *register_on(void *context)
{
    while (!atomic_load(&must_stop))
        if (spc_prng_register(reseed, context) || spc_prng_unregister(reseed, context))
            return context;
    return NULL;
}

/* Children of an ordinary fork(2) while other threads hold the lock: theirs is free, and their registry whole. */
static void test_spc_prng__fork_while_threads_register(void)
{
    static struct generator generators[4];
    pthread_t threads[4];
    void *failed;
    int i;

    atomic_store(&must_stop, false);
    for (i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, register_on, &generators[i]), 0);
    for (i = 0; i < 50; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            alarm(20);
            _exit(spc_prng_reseed_all() ? 1 : 0);
        }
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    atomic_store(&must_stop, true);
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        CU_ASSERT_PTR_NULL(failed);
    }
}

TEST_MAIN("test_spc_prng", TEST(test_spc_prng__each_gets_its_own_seed), TEST(test_spc_prng__unregistered_is_left_alone),
          TEST(test_spc_prng__twice_is_refused), TEST(test_spc_prng__no_function_is_refused), TEST(test_spc_prng__full),
          TEST(test_spc_prng__one_failure_spares_the_others), TEST(test_spc_prng__calling_back_does_not_hang),
          TEST(test_spc_prng__a_reseed_function_that_forks), TEST(test_spc_prng__no_entropy),
          TEST(test_spc_prng__fork_while_threads_register))

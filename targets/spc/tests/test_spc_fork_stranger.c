/* test_spc_fork_stranger.c - spc_fork() while code of somebody else forks as well: the parent never waits for a
 * stranger. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/trouble.h"

#include <pthread.h>

static int expect_success(void)
{
    pid_t pid;

    alarm(60);
    pid = spc_fork();
    if (pid == 0)
        _exit(3);
    NEED(pid > 0);
    NEED(child_result(pid) == 3);
    return 0;
}

/* A stranger: forked by other code between the making of the error pipe and its closing, holding every descriptor.
 * Here a fork handler does it, which runs at just that moment. */
static bool must_fork_stranger;
static pid_t stranger = -1;

static void stranger_fork(void)
{
    if (!must_fork_stranger)
        return;
    must_fork_stranger = false;
    stranger = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    while (stranger == 0)
        pause();
}

static int case_stranger(int kind, bool has_pidfd)
{
    struct trouble trouble = { getpid(), kind };
    pid_t pid;

    NEED(pthread_atfork(stranger_fork, NULL, NULL) == 0);
    NEED(spc_prng_register(reseed_with_trouble, &trouble) == 0);
    NEED(has_pidfd || call_break(SCMP_SYS(pidfd_open), ENOSYS) == 0);
    must_fork_stranger = true;
    alarm(60);
    pid = spc_fork();
    if (pid == 0)
        _exit(99);
    NEED(stranger > 0);
    NEED(waitpid(stranger, NULL, WNOHANG) == 0); /* it lives, and holds the pipe */
    NEED(kill(stranger, SIGKILL) == 0 && child_result(stranger) == 128 + SIGKILL);
    NEED(pid == -1);
    errno = 0;
    NEED(has_no_child());
    return 0;
}

static void test_spc_fork_stranger__holds_the_pipe(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_stranger(TROUBLE_CHILD_DIES, true));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_stranger__and_no_pidfd(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_stranger(TROUBLE_CHILD_DIES, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_stranger__parent_fails_and_no_pidfd(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_stranger(TROUBLE_PARENT_FAILS, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Success does not wait for the end of file either. */
static int case_stranger_success(void)
{
    NEED(pthread_atfork(stranger_fork, NULL, NULL) == 0);
    must_fork_stranger = true;
    NEED(expect_success() == 0);
    NEED(waitpid(stranger, NULL, WNOHANG) == 0);
    NEED(kill(stranger, SIGKILL) == 0 && child_result(stranger) == 128 + SIGKILL);
    return 0;
}

static void test_spc_fork_stranger__does_not_delay_success(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_stranger_success());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_fork_stranger", TEST(test_spc_fork_stranger__holds_the_pipe),
          TEST(test_spc_fork_stranger__and_no_pidfd), TEST(test_spc_fork_stranger__parent_fails_and_no_pidfd),
          TEST(test_spc_fork_stranger__does_not_delay_success))

/* test_spc_fork_failure.c - spc_fork() where it fails: the parent hears -1 and errno, no child is left. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/trouble.h"

#include <sys/resource.h>

/* Runs in a child of its own, so that "no child is left" can be asked. */
static int expect_failure(const struct spc_fork_options *options, int error)
{
    int before = fds_count();
    pid_t pid;

    alarm(60);
    pid = spc_fork_with(options);
    if (pid == 0)
        _exit(99); /* never a half-made worker */
    NEED(pid == -1);
    NEED(errno == error);
    NEED(has_no_child());
    NEED(fds_count() == before);
    return 0;
}

static int keep_refused(const int *keep, size_t n, int error)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;

    options.keep = keep;
    options.n_keep = n;
    return expect_failure(&options, error);
}

static void test_spc_fork_failure__keep_list(void)
{
    static const int is_std[] = { 2 }, is_negative[] = { -1 }, is_closed[] = { 777 };

    CU_ASSERT_EQUAL(keep_refused(is_std, 1, EBADF), 0);
    CU_ASSERT_EQUAL(keep_refused(is_negative, 1, EBADF), 0);
    CU_ASSERT_EQUAL(keep_refused(is_closed, 1, EBADF), 0);
    CU_ASSERT_EQUAL(keep_refused(NULL, 1, EINVAL), 0);
}

static int ids_refused(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;

    options.target_uid = uid;
    options.target_gid = gid;
    options.groups = groups;
    options.n_groups = n_groups;
    return expect_failure(&options, EINVAL);
}

static void test_spc_fork_failure__ids_that_do_not_go_together(void)
{
    static const gid_t groups[] = { 1 };

    CU_ASSERT_EQUAL(ids_refused(1, (gid_t)-1, NULL, 0), 0);
    CU_ASSERT_EQUAL(ids_refused(SPC_KEEP_IDS, 1, NULL, 0), 0);
    CU_ASSERT_EQUAL(ids_refused(SPC_KEEP_IDS, (gid_t)-1, groups, 1), 0);
    CU_ASSERT_EQUAL(ids_refused(1, 1, NULL, 1), 0);
    CU_ASSERT_EQUAL(ids_refused(1, 1, groups, 1u << 20), 0);
}

static int case_trouble(int kind, int error)
{
    struct trouble trouble = { getpid(), kind };

    NEED(spc_prng_register(reseed_with_trouble, &trouble) == 0);
    return expect_failure(NULL, error);
}

static void test_spc_fork_failure__reseed_in_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_trouble(TROUBLE_CHILD_FAILS, EDOM));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__reseed_in_parent(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_trouble(TROUBLE_PARENT_FAILS, EDOM));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__child_dies_without_a_word(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_trouble(TROUBLE_CHILD_DIES, ECANCELED));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__child_loses_the_pipe(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_trouble(TROUBLE_CHILD_CLOSES, ECANCELED));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_sigchld_ignored(void)
{
    NEED(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    return case_trouble(TROUBLE_CHILD_FAILS, EDOM);
}

static void test_spc_fork_failure__sigchld_ignored(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_sigchld_ignored());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* A call of the child's half fails; the parent does not make it. */
static int case_call(int call, int error, bool new_session)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;

    NEED(call_break(call, error) == 0);
    options.new_session = new_session;
    return expect_failure(&options, error);
}

static void test_spc_fork_failure__setsid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_call(SCMP_SYS(setsid), ENOMEM, true));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__setresuid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_call(SCMP_SYS(setresuid), EAGAIN, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__setresgid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_call(SCMP_SYS(setresgid), EAGAIN, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__capget(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_call(SCMP_SYS(capget), EINVAL, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_fork_failure__fork_itself(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_call(SCMP_SYS(clone), EAGAIN, false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_reset(void)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;

    options.reset_signals = 1;
    NEED(call_break(SCMP_SYS(rt_sigaction), EPERM) == 0);
    return expect_failure(&options, EPERM);
}

static void test_spc_fork_failure__signal_reset(void)
{
    pid_t pid;

    if (is_in_valgrind()) {
        test_skip("valgrind answers sigaction(2) itself");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_reset());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Both ways fail; the reason of the second is what is told. */
static int case_sanitize(void)
{
    NEED(call_break(SCMP_SYS(getdents64), EIO) == 0);
    NEED(call_break(SCMP_SYS(close_range), ENOSYS) == 0);
    return expect_failure(NULL, EIO);
}

static void test_spc_fork_failure__sanitising(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_sanitize());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* RLIMIT_NPROC counts only for users without CAP_SYS_RESOURCE and CAP_SYS_ADMIN. */
static int case_nproc(void)
{
    struct rlimit none = { 0, 0 };

    if (geteuid() == 0 && setresuid(NOBODY - 7, NOBODY - 7, NOBODY - 7))
        return 77;
    NEED(setrlimit(RLIMIT_NPROC, &none) == 0);
    return expect_failure(NULL, EAGAIN);
}

static void test_spc_fork_failure__too_many_processes(void)
{
    pid_t pid = fork();
    int result;

    if (pid == 0)
        _exit(case_nproc());
    result = child_result(pid);
    if (result == 77)
        test_skip("the process limit does not bind root, and there is nobody else to become");
    else
        CU_ASSERT_EQUAL(result, 0);
}

static int case_nofile(void)
{
    int n = fds_count(), room;

    /* Room for neither end, then for one only. */
    for (room = 0; room < 2; room++) {
        struct rlimit limit;
        int fd, next = 0;

        for (fd = 0; fd < 1024; fd++) /* no gaps below */
            if (fd_is_open(fd) && fd != next++)
                NEED(dup2(fd, next - 1) >= 0 && close(fd) == 0);
        NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = (rlim_t)(n + room);
        NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        NEED(expect_failure(NULL, EMFILE) == 0);
    }
    return 0;
}

static void test_spc_fork_failure__too_many_descriptors(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_nofile());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* With 0 to 2 closed the pipe is born there, and there is no number above to move it to. */
static int case_nofile_low(void)
{
    struct rlimit limit;
    pid_t pid;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 3;
    limit.rlim_cur = 3;
    if (syscall(SYS_close_range, 0u, ~0u, 0u) || setrlimit(RLIMIT_NOFILE, &limit))
        return 2;
    pid = spc_fork();
    if (pid == 0)
        _exit(99);
    return pid == -1 && (errno == EMFILE || errno == EINVAL) && fds_count() == 0 ? 0 : 1;
}

static void test_spc_fork_failure__no_number_above_std(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_nofile_low());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_fork_failure", TEST(test_spc_fork_failure__keep_list),
          TEST(test_spc_fork_failure__ids_that_do_not_go_together), TEST(test_spc_fork_failure__reseed_in_child),
          TEST(test_spc_fork_failure__reseed_in_parent), TEST(test_spc_fork_failure__child_dies_without_a_word),
          TEST(test_spc_fork_failure__child_loses_the_pipe), TEST(test_spc_fork_failure__sigchld_ignored),
          TEST(test_spc_fork_failure__setsid), TEST(test_spc_fork_failure__setresuid),
          TEST(test_spc_fork_failure__setresgid), TEST(test_spc_fork_failure__capget),
          TEST(test_spc_fork_failure__fork_itself), TEST(test_spc_fork_failure__signal_reset),
          TEST(test_spc_fork_failure__sanitising), TEST(test_spc_fork_failure__too_many_processes),
          TEST(test_spc_fork_failure__too_many_descriptors), TEST(test_spc_fork_failure__no_number_above_std))

/* test_spc_files.c - spc_sanitize_files(): what is open afterwards, by each way, and when it must fail closed. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool is_null(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static int case_std(void)
{
    int fd, report = fcntl(STDERR_FILENO, F_DUPFD, 10);

    for (fd = 0; fd <= 2; fd++)
        close(fd);
    if (spc_sanitize_files() || fds_count() != 3)
        return 2;
    for (fd = 0; fd <= 2; fd++)
        if (!is_null(fd) || fcntl(fd, F_GETFD) != 0 || write(fd, "x", 1) != 1)
            return 3;
    return fd_is_open(report) ? 4 : 0;
}

static void test_spc_files__closed_std_becomes_null(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_std());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_one_std(void)
{
    struct stat before, after;

    NEED(fstat(2, &before) == 0);
    close(0);
    NEED(spc_sanitize_files() == 0);
    NEED(is_null(0) && fstat(2, &after) == 0);
    NEED(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
    return 0;
}

static void test_spc_files__open_std_stays_as_it_was(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_one_std());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Opens 20, 21, 40, 300; keeps 40 and 20 of them, in this order, one twice. */
static int case_keep(void)
{
    static const int keep[] = { 40, 20, 40 };

    NEED(dup2(2, 20) == 20 && dup2(2, 21) == 21 && dup2(2, 40) == 40 && dup3(2, 300, O_CLOEXEC) == 300);
    NEED(spc_sanitize_files_except(keep, 3) == 0);
    NEED(fd_is_open(20) && fd_is_open(40));
    NEED(!fd_is_open(21) && !fd_is_open(300));
    NEED(fds_count() == 5);
    return 0;
}

static void test_spc_files__keep_list(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_keep());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Nothing that is not open comes to be open, and numbers without meaning are passed over. */
static int case_odd_keep(void)
{
    static const int keep[] = { -1, 0, 2, 77, 2147483647 };

    NEED(spc_sanitize_files_except(keep, 5) == 0);
    NEED(fds_count() == 3);
    return 0;
}

static void test_spc_files__keep_list_with_odd_numbers(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_odd_keep());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_files__keep_list_missing(void)
{
    int before = fds_count();

    CU_ASSERT_EQUAL(spc_sanitize_files_except(NULL, 1), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(fds_count(), before);
}

static int case_lowered(void)
{
    struct rlimit limit;

    NEED(dup2(2, 500) == 500);
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(fd_is_open(500)); /* the limit does not close it */
    NEED(spc_sanitize_files() == 0);
    NEED(!fd_is_open(500));
    return 0;
}

static void test_spc_files__above_lowered_limit(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_lowered());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_without_close_range(int error, int (*then)(void))
{
    NEED(call_break(SCMP_SYS(close_range), error) == 0);
    NEED(syscall(SYS_close_range, 1000u, 1001u, 0u) == -1 && errno == error);
    return then();
}

static void test_spc_files__fallback_when_enosys(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_without_close_range(ENOSYS, case_keep));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_files__fallback_when_eperm(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_without_close_range(EPERM, case_std));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_files__fallback_above_lowered_limit(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_without_close_range(ENOSYS, case_lowered));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* More than fit into one getdents64(2) of the fallback. */
static int case_many(void)
{
    int fd;

    for (fd = 100; fd < 800; fd++)
        NEED(dup2(2, fd) == fd);
    NEED(spc_sanitize_files() == 0);
    NEED(fds_count() == 3);
    return 0;
}

static void test_spc_files__fallback_with_many(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_without_close_range(ENOSYS, case_many));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int proc_mask(void)
{
    if (mounts_unshare() || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL))
        return -1;
    return mount("none", "/proc", "tmpfs", 0, "");
}

/* Without either way nothing may be closed, and the errno is that of the missing call. */
static int case_neither(void)
{
    NEED(proc_mask() == 0);
    NEED(dup2(2, 50) == 50);
    NEED(call_break(SCMP_SYS(close_range), ENOSYS) == 0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == ENOSYS);
    NEED(fd_is_open(50));
    return 0;
}

static void test_spc_files__neither_way_fails_closed(void)
{
    pid_t pid;

    if (!can_unshare_mounts()) {
        test_skip("no private mount namespace: needs root or unprivileged user namespaces");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_neither());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_masked_proc(void)
{
    NEED(proc_mask() == 0);
    return case_keep();
}

static void test_spc_files__no_proc_needed(void)
{
    pid_t pid;

    if (!can_unshare_mounts()) {
        test_skip("no private mount namespace: needs root or unprivileged user namespaces");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_masked_proc());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* A directory that only looks like /proc/self/fd: what it lists must not be believed. */
static int case_false_proc(void)
{
    int fd;

    NEED(proc_mask() == 0);
    NEED(mkdir("/proc/self", 0755) == 0 && mkdir("/proc/self/fd", 0755) == 0);
    NEED((fd = open("/proc/self/fd/50", O_CREAT | O_WRONLY, 0600)) >= 0 && close(fd) == 0);
    NEED(dup2(2, 50) == 50);
    NEED(call_break(SCMP_SYS(close_range), EPERM) == 0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == EPERM);
    NEED(fd_is_open(50));
    return 0;
}

static void test_spc_files__false_proc_is_refused(void)
{
    pid_t pid;

    if (!can_unshare_mounts()) {
        test_skip("no private mount namespace: needs root or unprivileged user namespaces");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_false_proc());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_proc_broken(int call)
{
    NEED(dup2(2, 50) == 50);
    NEED(call_break(SCMP_SYS(close_range), ENOSYS) == 0);
    NEED(call_break(call, EIO) == 0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == EIO);
    NEED(fd_is_open(50));
    return 0;
}

static void test_spc_files__unreadable_list_fails_closed(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_proc_broken(SCMP_SYS(getdents64)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
    pid = fork();
    if (pid == 0)
        _exit(case_proc_broken(SCMP_SYS(lseek)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
    pid = fork();
    if (pid == 0)
        _exit(case_proc_broken(SCMP_SYS(fstatfs)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* No number left to open the list with. */
static int case_no_number(void)
{
    struct rlimit limit;

    NEED(dup2(2, 50) == 50);
    NEED(call_break(SCMP_SYS(close_range), ENOSYS) == 0);
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 3;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == EMFILE);
    NEED(fd_is_open(50));
    return 0;
}

static void test_spc_files__no_number_left_fails_closed(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_no_number());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_null_refused(void)
{
    NEED(dup2(2, 50) == 50);
    NEED(call_break(SCMP_SYS(openat), EACCES) == 0);
    close(0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == EACCES);
    NEED(fd_is_open(50));
    return 0;
}

static void test_spc_files__null_that_cannot_be_opened(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_null_refused());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_null_false(void)
{
    NEED(mounts_unshare() == 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
    NEED(mount("/dev/zero", "/dev/null", "none", MS_BIND, NULL) == 0);
    close(0);
    NEED(spc_sanitize_files() == -1);
    NEED(errno == ENODEV);
    NEED(!fd_is_open(0));
    return 0;
}

static void test_spc_files__null_that_is_another_device(void)
{
    pid_t pid;

    if (!can_unshare_mounts()) {
        test_skip("no private mount namespace: needs root or unprivileged user namespaces");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_null_false());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_files", TEST(test_spc_files__closed_std_becomes_null),
          TEST(test_spc_files__open_std_stays_as_it_was), TEST(test_spc_files__keep_list),
          TEST(test_spc_files__keep_list_with_odd_numbers), TEST(test_spc_files__keep_list_missing),
          TEST(test_spc_files__above_lowered_limit), TEST(test_spc_files__fallback_when_enosys),
          TEST(test_spc_files__fallback_when_eperm), TEST(test_spc_files__fallback_above_lowered_limit),
          TEST(test_spc_files__fallback_with_many), TEST(test_spc_files__neither_way_fails_closed),
          TEST(test_spc_files__no_proc_needed), TEST(test_spc_files__false_proc_is_refused),
          TEST(test_spc_files__unreadable_list_fails_closed), TEST(test_spc_files__no_number_left_fails_closed),
          TEST(test_spc_files__null_that_cannot_be_opened), TEST(test_spc_files__null_that_is_another_device))

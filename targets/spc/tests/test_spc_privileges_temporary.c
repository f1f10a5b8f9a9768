/* test_spc_privileges_temporary.c - the drop that can be taken back, and spc_restore_privileges(). */
#include "targets/spc/tests/dropped.h"

#include <linux/securebits.h>

static const gid_t roots[] = { 0, 27, 7001 };

/* As a set-user-ID root program started by USER, with root's groups. */
static bool become_set_user_id(void)
{
    return setgroups(3, roots) == 0 && setresgid(GROUP, 0, 0) == 0 && setresuid(USER, 0, 0) == 0;
}

static bool ids_are(uid_t r, uid_t e, uid_t s, gid_t rg, gid_t eg, gid_t sg)
{
    uid_t u[3];
    gid_t g[3];

    return getresuid(&u[0], &u[1], &u[2]) == 0 && getresgid(&g[0], &g[1], &g[2]) == 0 && u[0] == r && u[1] == e &&
           u[2] == s && g[0] == rg && g[1] == eg && g[2] == sg;
}

static bool is_lowered(void)
{
    gid_t groups[8];

    return ids_are(USER, USER, 0, GROUP, GROUP, 0) && getgroups(8, groups) == 1 && groups[0] == GROUP;
}

static bool is_raised(void)
{
    gid_t groups[8];

    return ids_are(USER, 0, 0, GROUP, 0, 0) && getgroups(8, groups) == 3 && memcmp(groups, roots, sizeof roots) == 0;
}

static uint32_t caps_effective(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };

    syscall(SYS_capget, &header, data);
    return data[0].effective;
}

static int case_there_and_back(int times)
{
    uint32_t caps = caps_effective();

    NEED(become_set_user_id());
    while (times--) {
        NEED(spc_drop_privileges(0) == 0);
        NEED(is_lowered() && caps_effective() == 0);
        NEED(spc_restore_privileges() == 0);
        NEED(is_raised() && caps_effective() == caps);
    }
    return 0;
}

static void test_spc_temporary__there_and_back(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_there_and_back(3));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* With SECBIT_NO_SETUID_FIXUP the kernel leaves the capabilities as they are; the library does not. */
static int case_no_fixup(void)
{
    NEED(prctl(PR_SET_SECUREBITS, (unsigned long)SECBIT_NO_SETUID_FIXUP, 0L, 0L, 0L) == 0);
    return case_there_and_back(2);
}

static void test_spc_temporary__capabilities_without_fixup(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_no_fixup());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* The second one must not take the lowered state for the one to go back to. */
static int case_twice(void)
{
    NEED(become_set_user_id());
    NEED(spc_drop_privileges(0) == 0 && spc_drop_privileges(0) == 0);
    NEED(is_lowered());
    NEED(spc_restore_privileges() == 0);
    NEED(is_raised());
    NEED(spc_restore_privileges() == -1 && errno == EPERM);
    return 0;
}

static void test_spc_temporary__twice(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_twice());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_temporary__nothing_to_restore(void)
{
    CU_ASSERT_EQUAL(spc_restore_privileges(), -1);
    CU_ASSERT_EQUAL(errno, EPERM);
}

/* Set-user-ID to another ordinary user, and set-group-ID: no capability is needed to go to and fro. */
static int case_ordinary(void)
{
    NEED(setgroups(1, &roots[2]) == 0);
    NEED(setresgid(GROUP, GROUP + 1, GROUP + 1) == 0 && setresuid(USER, USER + 1, USER + 1) == 0);
    NEED(spc_drop_privileges(0) == 0);
    NEED(ids_are(USER, USER, USER + 1, GROUP, GROUP, GROUP + 1));
    NEED(spc_restore_privileges() == 0);
    NEED(ids_are(USER, USER + 1, USER + 1, GROUP, GROUP + 1, GROUP + 1));
    NEED(spc_drop_privileges(1) == 0);
    NEED(ids_are(USER, USER, USER, GROUP, GROUP, GROUP));
    NEED(seteuid(USER + 1) == -1 && setegid(GROUP + 1) == -1);
    return 0;
}

static void test_spc_temporary__set_user_id_of_an_ordinary_user(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_ordinary());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* A restore that cannot be had in full is not had at all. */
static int case_restore_fails(int call, int error, int expected)
{
    NEED(become_set_user_id());
    NEED(spc_drop_privileges(0) == 0);
    NEED(call_break(call, error) == 0);
    NEED(spc_restore_privileges() == -1);
    NEED(errno == expected);
    NEED(geteuid() == USER && getegid() == GROUP);
    return 0;
}

static void test_spc_temporary__restore_that_fails(void)
{
    static const struct {
        int call, error, expected;
    } cases[] = { { SCMP_SYS(setgroups), ENOMEM, ENOMEM },
                  { SCMP_SYS(setgroups), 0, EPERM },
                  { SCMP_SYS(setresgid), EAGAIN, EAGAIN },
                  { SCMP_SYS(setresuid), EAGAIN, EAGAIN },
                  { SCMP_SYS(capget), EINVAL, EINVAL } };
    size_t i;

    NEED_ROOT();
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(case_restore_fails(cases[i].call, cases[i].error, cases[i].expected));
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
}

/* A drop that fails half way is undone, and there is nothing to restore. */
static int case_drop_fails(int call, int error, int expected)
{
    NEED(become_set_user_id());
    NEED(call_break(call, error) == 0);
    NEED(spc_drop_privileges(0) == -1);
    NEED(errno == expected);
    NEED(is_raised());
    NEED(spc_restore_privileges() == -1 && errno == EPERM);
    return 0;
}

static void test_spc_temporary__drop_that_fails(void)
{
    static const struct {
        int call, error, expected;
    } cases[] = { { SCMP_SYS(setgroups), ENOMEM, ENOMEM }, { SCMP_SYS(setgroups), 0, EPERM },
                  { SCMP_SYS(setresgid), EAGAIN, EAGAIN }, { SCMP_SYS(setresuid), EAGAIN, EAGAIN },
                  { SCMP_SYS(setresuid), 0, EPERM },       { SCMP_SYS(capget), EINVAL, EINVAL } };
    size_t i;

    NEED_ROOT();
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(case_drop_fails(cases[i].call, cases[i].error, cases[i].expected));
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
}

TEST_MAIN("test_spc_privileges_temporary", TEST(test_spc_temporary__there_and_back),
          TEST(test_spc_temporary__capabilities_without_fixup), TEST(test_spc_temporary__twice),
          TEST(test_spc_temporary__nothing_to_restore), TEST(test_spc_temporary__set_user_id_of_an_ordinary_user),
          TEST(test_spc_temporary__restore_that_fails), TEST(test_spc_temporary__drop_that_fails))

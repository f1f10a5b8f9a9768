/* test_spc_privileges.c - the permanent drop: what is left afterwards, from every state it can start in. */
#include "targets/spc/tests/dropped.h"

static int case_to(void)
{
    static const gid_t groups[] = { 7002, 7001 };

    NEED(spc_drop_privileges_to(USER, GROUP, groups, 2) == 0);
    NEED(groups_are(2, 7001, 7002));
    return need_dropped(USER, GROUP);
}

static void test_spc_privileges__to_named_ids(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_to());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_to_groups(const gid_t *groups, int expected)
{
    static const gid_t foreign[] = { 0, 27 };

    NEED(setgroups(2, foreign) == 0);
    NEED(spc_drop_privileges_to(USER, GROUP, groups, 0) == 0);
    NEED(groups_are(expected, GROUP, 0));
    return need_dropped(USER, GROUP);
}

static void test_spc_privileges__no_groups_named(void)
{
    static const gid_t none[1];
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_to_groups(NULL, 1)); /* only the gid */
    CU_ASSERT_EQUAL(child_result(pid), 0);
    pid = fork();
    if (pid == 0)
        _exit(case_to_groups(none, 0)); /* an empty list is empty */
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* More than one page of them, in falling order and with one twice. */
static int case_many_groups(void)
{
    static gid_t groups[5000];
    gid_t i;

    for (i = 0; i < 5000; i++)
        groups[i] = 20000 - i;
    groups[17] = groups[16];
    NEED(spc_drop_privileges_to(USER, GROUP, groups, 5000) == 0);
    NEED(getgroups(0, NULL) == 5000);
    return need_dropped(USER, GROUP);
}

static void test_spc_privileges__many_groups(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_many_groups());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_set_user_id_root(void)
{
    NEED(setresgid(GROUP, 0, 0) == 0 && setresuid(USER, 0, 0) == 0);
    NEED(spc_drop_privileges(1) == 0);
    NEED(groups_are(1, GROUP, 0));
    return need_dropped(USER, GROUP);
}

static void test_spc_privileges__to_the_real_ids(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_set_user_id_root());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* The recipe's own pair leaves saved uid 0 here. */
static int case_after_temporary(bool by_fork)
{
    pid_t pid;

    NEED(setresgid(GROUP, 0, 0) == 0 && setresuid(USER, 0, 0) == 0);
    NEED(spc_drop_privileges(0) == 0);
    NEED(geteuid() == USER);
    if (by_fork) {
        pid = spc_fork();
        if (pid == 0)
            _exit(need_dropped(USER, GROUP) || !groups_are(1, GROUP, 0) || spc_restore_privileges() != -1);
        NEED(child_result(pid) == 0);
        NEED(spc_restore_privileges() == 0); /* the parent still can */
        NEED(geteuid() == 0);
        return 0;
    }
    NEED(spc_drop_privileges(1) == 0);
    NEED(spc_restore_privileges() == -1 && errno == EPERM);
    return need_dropped(USER, GROUP);
}

static void test_spc_privileges__permanent_after_temporary(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_after_temporary(false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_privileges__spc_fork_after_temporary(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_after_temporary(true));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_fork_with(void)
{
    static const gid_t groups[] = { 7001, 7002 };
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    pid_t pid;

    options.target_uid = USER;
    options.target_gid = GROUP;
    pid = spc_fork_with(&options);
    if (pid == 0)
        _exit(need_dropped(USER, GROUP) || !groups_are(1, GROUP, 0));
    NEED(child_result(pid) == 0);
    options.groups = groups;
    options.n_groups = 2;
    pid = spc_fork_with(&options);
    if (pid == 0)
        _exit(need_dropped(USER, GROUP) || !groups_are(2, 7001, 7002));
    NEED(child_result(pid) == 0);
    NEED(geteuid() == 0 && !caps_are_empty());
    return 0;
}

static void test_spc_privileges__spc_fork_with_ids(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_fork_with());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* As the recipe, and as the header says: nothing to drop to. */
static int case_root_daemon(void)
{
    uid_t u[3];

    NEED(spc_drop_privileges(1) == 0);
    NEED(getresuid(&u[0], &u[1], &u[2]) == 0 && u[0] == 0 && u[1] == 0 && u[2] == 0);
    NEED(!caps_are_empty());
    return 0;
}

static void test_spc_privileges__real_root_stays_root(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_root_daemon());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* The recipe aborts here: seteuid() back to the old id succeeds, because root can do anything. It is no failure. */
static int case_set_user_id_other_run_by_root(void)
{
    NEED(setresgid(0, GROUP, GROUP) == 0 && setresuid(0, USER, USER) == 0);
    NEED(spc_drop_privileges(1) == 0);
    NEED(getuid() == 0 && geteuid() == 0 && getegid() == 0);
    return 0;
}

static void test_spc_privileges__other_user_run_by_root(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_set_user_id_other_run_by_root());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Without privilege: the ids are what they were, and the groups, which cannot be changed, too. */
static int case_ordinary(void)
{
    static const gid_t groups[] = { 7001, 7002 };
    gid_t before[64], after[64];
    int n;

    if (can_become_others())
        NEED(setgroups(2, groups) == 0 && setresgid(GROUP, GROUP, GROUP) == 0 && setresuid(USER, USER, USER) == 0);
    n = getgroups(64, before);
    NEED(spc_drop_privileges(1) == 0);
    NEED(n >= 0 && getgroups(64, after) == n && memcmp(before, after, (size_t)n * sizeof before[0]) == 0);
    NEED(spc_drop_privileges(0) == 0);
    NEED(spc_restore_privileges() == -1 && errno == EPERM);
    return need_dropped(getuid(), getgid());
}

static void test_spc_privileges__ordinary_user_keeps_groups(void)
{
    pid_t pid;

    if (geteuid() == 0 && !can_become_others()) {
        test_skip("root, with no ordinary user to become");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_ordinary());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_ordinary_to_other(void)
{
    if (can_become_others())
        NEED(setgroups(0, NULL) == 0 && setresgid(GROUP, GROUP, GROUP) == 0 && setresuid(USER, USER, USER) == 0);
    NEED(spc_drop_privileges_to(NOBODY, NOBODY, NULL, 0) == -1);
    NEED(errno == EPERM);
    return 0;
}

static void test_spc_privileges__ordinary_user_to_another(void)
{
    pid_t pid;

    if (geteuid() == 0 && !can_become_others()) {
        test_skip("root, with no ordinary user to become");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_ordinary_to_other());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_privileges__ids_that_mean_unchanged(void)
{
    static const gid_t groups[1];

    CU_ASSERT_EQUAL(spc_drop_privileges_to((uid_t)-1, 1, NULL, 0), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(spc_drop_privileges_to(1, (gid_t)-1, NULL, 0), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(spc_drop_privileges_to(1, 1, NULL, 1), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(spc_drop_privileges_to(1, 1, groups, 1u << 20), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
}

TEST_MAIN("test_spc_privileges", TEST(test_spc_privileges__to_named_ids), TEST(test_spc_privileges__no_groups_named),
          TEST(test_spc_privileges__many_groups), TEST(test_spc_privileges__to_the_real_ids),
          TEST(test_spc_privileges__permanent_after_temporary), TEST(test_spc_privileges__spc_fork_after_temporary),
          TEST(test_spc_privileges__spc_fork_with_ids), TEST(test_spc_privileges__real_root_stays_root),
          TEST(test_spc_privileges__other_user_run_by_root), TEST(test_spc_privileges__ordinary_user_keeps_groups),
          TEST(test_spc_privileges__ordinary_user_to_another), TEST(test_spc_privileges__ids_that_mean_unchanged))

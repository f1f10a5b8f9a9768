/* test_spc_distrust.c - the permanent drop where calls fail or lie, capabilities are kept, and threads differ. */
#include "targets/spc/tests/dropped.h"

#include <linux/securebits.h>
#include <pthread.h>

/* The call fails with `error`, or with 0 claims success and does nothing: then the reading back must notice. */
static int case_broken(int call, int error)
{
    static const gid_t foreign[] = { 0, 27 };

    NEED(setgroups(2, foreign) == 0);
    NEED(call_break(call, error) == 0);
    NEED(spc_drop_privileges_to(USER, GROUP, NULL, 0) == -1);
    NEED(errno == (error ? error : EPERM));
    return 0;
}

static void test_spc_distrust__failing_and_lying_calls(void)
{
    const int calls[] = { SCMP_SYS(setgroups), SCMP_SYS(setresgid), SCMP_SYS(setresuid), SCMP_SYS(getgroups),
                          SCMP_SYS(capset),    SCMP_SYS(capget),    SCMP_SYS(getresuid) };
    size_t i;

    NEED_ROOT();
    for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(case_broken(calls[i], EAGAIN));
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
    for (i = 0; i < 3; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(case_broken(calls[i], 0));
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
}

static int case_broken_in_child(int call)
{
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    pid_t pid;

    NEED(call_break(call, 0) == 0);
    options.target_uid = USER;
    options.target_gid = GROUP;
    pid = spc_fork_with(&options);
    if (pid == 0)
        _exit(99);
    NEED(pid == -1 && errno == EPERM);
    NEED(has_no_child());
    return 0;
}

static void test_spc_distrust__lying_call_in_child(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_broken_in_child(SCMP_SYS(setresuid)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* The groups cannot be dropped, and the recipe goes on. */
static int case_no_cap_setgid(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };
    static const gid_t foreign[] = { 0, 4, 27 };

    NEED(setgroups(3, foreign) == 0);
    NEED(syscall(SYS_capget, &header, data) == 0);
    data[0].effective &= ~(1u << CAP_SETGID);
    data[0].permitted &= ~(1u << CAP_SETGID);
    NEED(syscall(SYS_capset, &header, data) == 0);
    NEED(spc_drop_privileges_to(USER, 0, NULL, 0) == -1);
    NEED(errno == EPERM);
    NEED(getuid() == 0);
    return 0;
}

static void test_spc_distrust__groups_that_cannot_be_dropped(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_no_cap_setgid());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_keepcaps(unsigned long securebits)
{
    NEED(securebits ? prctl(PR_SET_SECUREBITS, securebits, 0L, 0L, 0L) == 0
                    : prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) == 0);
    NEED(spc_drop_privileges_to(USER, GROUP, NULL, 0) == 0);
    return need_dropped(USER, GROUP);
}

static void test_spc_distrust__kept_capabilities_go(void)
{
    static const unsigned long bits[] = { 0, SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED,
                                          SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED };
    size_t i;

    NEED_ROOT();
    for (i = 0; i < 3; i++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(case_keepcaps(bits[i]));
        CU_ASSERT_EQUAL(child_result(pid), 0);
    }
}

static int case_ambient(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };

    NEED(syscall(SYS_capget, &header, data) == 0);
    data[0].inheritable = data[0].permitted;
    NEED(syscall(SYS_capset, &header, data) == 0);
    NEED(prctl(PR_SET_SECUREBITS, (unsigned long)SECBIT_NO_SETUID_FIXUP, 0L, 0L, 0L) == 0);
    NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)CAP_NET_BIND_SERVICE, 0L, 0L) == 0);
    NEED(spc_drop_privileges_to(USER, GROUP, NULL, 0) == 0);
    NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (unsigned long)CAP_NET_BIND_SERVICE, 0L, 0L) == 0);
    return need_dropped(USER, GROUP);
}

static void test_spc_distrust__ambient_capabilities_go(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_ambient());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* A second thread, which first does as told, waits for the drop, and then looks at itself. */
struct other {
    bool keeps_caps;
    pthread_barrier_t barrier;
    int result;
};

static void *other_run(void *argument)
{
    struct other *other = argument;

    if (other->keeps_caps)
        prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L);
    pthread_barrier_wait(&other->barrier);
    pthread_barrier_wait(&other->barrier);
    other->result = need_dropped(USER, GROUP);
    return NULL;
}

static int case_threads(bool keeps_caps)
{
    struct other other = { .keeps_caps = keeps_caps };
    pthread_t thread;
    int result, error;

    NEED(pthread_barrier_init(&other.barrier, NULL, 2) == 0);
    NEED(pthread_create(&thread, NULL, other_run, &other) == 0);
    pthread_barrier_wait(&other.barrier);
    result = spc_drop_privileges_to(USER, GROUP, NULL, 0);
    error = errno;
    pthread_barrier_wait(&other.barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&other.barrier);
    if (keeps_caps) {
        NEED(result == -1 && error == EPERM);
        return 0;
    }
    NEED(result == 0);
    NEED(other.result == 0);
    return need_dropped(USER, GROUP);
}

static void test_spc_distrust__every_thread(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_threads(false));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_thread_keeps_caps(void)
{
    int report = dup(2), result;

    /* The other thread's complaint is expected here. */
    dup2(open("/dev/null", O_WRONLY), 2);
    result = case_threads(true);
    dup2(report, 2);
    return result;
}

static void test_spc_distrust__a_thread_that_keeps_capabilities(void)
{
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0)
        _exit(case_thread_keeps_caps());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static bool leader_has_ended(void)
{
    char path[64], line[256];
    bool has_ended = false;
    FILE *in;

    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)getpid());
    in = fopen(path, "re");
    while (in && fgets(line, sizeof line, in))
        has_ended |= strncmp(line, "State:\tZ", 8) == 0;
    if (in)
        fclose(in);
    return has_ended;
}

/* The first thread is over, but stands in the list with the ids it had. It can do nothing with them. */
static void *drop_without_leader(void *argument)
{
    (void)argument;
    alarm(60);
    while (!leader_has_ended())
        sched_yield();
    _exit(spc_drop_privileges_to(USER, GROUP, NULL, 0) || need_dropped(USER, GROUP));
}

static void test_spc_distrust__leader_that_has_ended(void)
{
    pthread_t thread;
    pid_t pid;

    NEED_ROOT();
    pid = fork();
    if (pid == 0) {
        if (pthread_create(&thread, NULL, drop_without_leader, NULL))
            _exit(2);
        syscall(SYS_exit, 0); /* this thread alone, without the unwinding of pthread_exit(3) */
        _exit(3);
    }
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* Root of a user namespace that forbids setgroups(2): the real ids can be gone to, the groups stay. */
static int case_namespace(void)
{
    char uid_map[64], gid_map[64];
    pid_t pid;

    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER))
        return 77;
    NEED(file_write("/proc/self/setgroups", "deny"));
    NEED(file_write("/proc/self/uid_map", uid_map) && file_write("/proc/self/gid_map", gid_map));
    pid = spc_fork();
    if (pid == 0)
        _exit(getuid());
    NEED(pid > 0);
    NEED(child_result(pid) == 0);
    return 0;
}

static void test_spc_distrust__namespace_without_setgroups(void)
{
    pid_t pid = fork();
    int result;

    if (pid == 0)
        _exit(case_namespace());
    result = child_result(pid);
    if (result == 77)
        test_skip("user namespaces are not allowed here");
    else
        CU_ASSERT_EQUAL(result, 0);
}

TEST_MAIN("test_spc_distrust", TEST(test_spc_distrust__failing_and_lying_calls),
          TEST(test_spc_distrust__lying_call_in_child), TEST(test_spc_distrust__groups_that_cannot_be_dropped),
          TEST(test_spc_distrust__kept_capabilities_go), TEST(test_spc_distrust__ambient_capabilities_go),
          TEST(test_spc_distrust__every_thread), TEST(test_spc_distrust__a_thread_that_keeps_capabilities),
          TEST(test_spc_distrust__leader_that_has_ended), TEST(test_spc_distrust__namespace_without_setgroups))

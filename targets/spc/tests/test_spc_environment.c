/* test_spc_environment.c - spc_sanitize_environment() and spc_limit_core(). */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <paths.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static size_t environment_count(void)
{
    size_t n = 0;

    while (environ && environ[n])
        n++;
    return n;
}

static bool is_value(const char *name, const char *value)
{
    const char *is = getenv(name);

    return value ? is && strcmp(is, value) == 0 : !is;
}

static int case_hostile(void)
{
    static char *hostile[] = { (char *)"LD_PRELOAD=/tmp/evil.so",
                               (char *)"PATH=.:/tmp",
                               (char *)"IFS=/",
                               (char *)"HOME=/home/x",
                               (char *)"TZ=Europe/Berlin",
                               (char *)"TERM=xterm",
                               (char *)"LANG=C.UTF-8",
                               (char *)"LC_ALL=C",
                               (char *)"PATHX=1",
                               (char *)"=nameless",
                               (char *)"novalue",
                               NULL };

    environ = hostile;
    NEED(spc_sanitize_environment(NULL) == 0);
    NEED(is_value("PATH", _PATH_STDPATH) && is_value("IFS", " \t\n"));
    NEED(is_value("TZ", "Europe/Berlin") && is_value("TERM", "xterm"));
    NEED(is_value("LANG", "C.UTF-8") && is_value("LC_ALL", "C"));
    NEED(environment_count() == 6);
    return 0;
}

static void test_spc_environment__only_the_safe_stay(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_hostile());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_preserve(void)
{
    static char *given[] = { (char *)"HOME=/home/x", (char *)"HOMER=no", (char *)"EMPTY=", (char *)"PATH=/evil", NULL };
    static const char *const preserve[] = { "HOME", "EMPTY", "MISSING", "PATH", "", NULL };

    environ = given;
    NEED(spc_sanitize_environment(preserve) == 0);
    NEED(is_value("HOME", "/home/x") && is_value("EMPTY", "") && is_value("MISSING", NULL));
    NEED(is_value("PATH", _PATH_STDPATH)); /* not even when asked for */
    NEED(environment_count() == 4);
    return 0;
}

static void test_spc_environment__preserve(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_preserve());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* A name twice: the value that getenv(3) gave is the one that stays, so that no check of it is outwitted. */
static int case_twice(void)
{
    static char *given[] = { (char *)"TERM=first", (char *)"TERM=second", NULL };

    environ = given;
    NEED(spc_sanitize_environment(NULL) == 0);
    NEED(is_value("TERM", "first"));
    NEED(environment_count() == 3);
    return 0;
}

static void test_spc_environment__a_name_twice(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_twice());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* The usual names, with values that lead to files or formats of somebody's choice. */
static int case_values(void)
{
    static char *given[] = { (char *)"TZ=/tmp/zone", (char *)"LANG=../../tmp/x", (char *)"LC_TIME=%n",
                             (char *)"TERM=/tmp/t",  (char *)"LC_ALL=a\nb",      NULL };
    static char *given_more[] = { (char *)"TZ=:/tmp/zone", NULL }, *given_last[] = { (char *)"TZ=a/../../x", NULL };
    static const char *const preserve[] = { "TZ", NULL };

    environ = given;
    NEED(spc_sanitize_environment(NULL) == 0 && environment_count() == 2);
    environ = given_more;
    NEED(spc_sanitize_environment(NULL) == 0 && environment_count() == 2);
    environ = given_last;
    NEED(spc_sanitize_environment(NULL) == 0 && environment_count() == 2);
    environ = given; /* asked for by name it stays, whatever it is */
    NEED(spc_sanitize_environment(preserve) == 0 && is_value("TZ", "/tmp/zone"));
    return 0;
}

static void test_spc_environment__dangerous_values(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_values());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_none(void)
{
    environ = NULL;
    NEED(spc_sanitize_environment(NULL) == 0);
    NEED(environment_count() == 2);
    NEED(spc_sanitize_environment(NULL) == 0);
    NEED(environment_count() == 2);
    return 0;
}

static void test_spc_environment__none(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_none());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

/* No memory: -1, and nothing has been let through. */
static int case_no_memory(void)
{
    static char *given[] = { NULL, NULL };
    static const char *const preserve[] = { "BIG", NULL };
    size_t size = (size_t)256 << 20;
    struct rlimit limit = { size + (size / 2), size + (size / 2) };
    char *big = malloc(size);

    NEED(big);
    memset(big, 'x', size - 1);
    memcpy(big, "BIG=", 4);
    big[size - 1] = '\0';
    given[0] = big;
    environ = given;
    NEED(setrlimit(RLIMIT_AS, &limit) == 0);
    NEED(spc_sanitize_environment(preserve) == -1);
    NEED(errno == ENOMEM);
    NEED(environment_count() == 0);
    return 0;
}

static void test_spc_environment__no_memory(void)
{
    pid_t pid;
#ifdef __SANITIZE_ADDRESS__
    bool has_shadow = true;
#else
    bool has_shadow = is_in_valgrind();
#endif

    if (has_shadow) {
        test_skip("an address space limit would hit the memory checker itself");
        return;
    }
    pid = fork();
    if (pid == 0)
        _exit(case_no_memory());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_core(void)
{
    struct rlimit limit = { 1, 1 };

    NEED(spc_limit_core() == 0);
    NEED(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
    NEED(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0);
    raise(SIGABRT);
    return 1;
}

static void test_spc_limit_core__no_dump(void)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(case_core());
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && !WCOREDUMP(status));
}

static int case_core_refused(int call)
{
    NEED(call_break(call, EPERM) == 0);
    NEED(spc_limit_core() == -1);
    NEED(errno == EPERM);
    return 0;
}

static void test_spc_limit_core__failure(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_core_refused(SCMP_SYS(prlimit64)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
    pid = fork();
    if (pid == 0)
        _exit(case_core_refused(SCMP_SYS(prctl)));
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_environment", TEST(test_spc_environment__only_the_safe_stay), TEST(test_spc_environment__preserve),
          TEST(test_spc_environment__a_name_twice), TEST(test_spc_environment__dangerous_values),
          TEST(test_spc_environment__none), TEST(test_spc_environment__no_memory), TEST(test_spc_limit_core__no_dump),
          TEST(test_spc_limit_core__failure))

/* test_launch.c - many programs at once: status, output, bound of time, and nothing left behind. */
#include "harness/testing.h"
#include "targets/tests/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char paths[8][4200];

/* A launch of `sh -c script`, its output in file number `i` of the test's directory. */
static struct launch shell(size_t i, char **arguments, char *script)
{
    static char sh[] = "/bin/sh", c[] = "-c";

    arguments[0] = sh, arguments[1] = c, arguments[2] = script, arguments[3] = NULL;
    snprintf(paths[i], sizeof paths[i], "%s/%zu", test_directory(), i);
    return (struct launch){ .arguments = arguments, .output = paths[i], .errors = "/dev/null", .seconds = 60 };
}

static const char *output(size_t i)
{
    static char text[256];
    int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void test_launch__keeps_status_and_output_apart(void)
{
    char scripts[8][64], *arguments[8][4];
    struct launch l[8];
    size_t i;

    for (i = 0; i < 8; i++) {
        snprintf(scripts[i], sizeof scripts[i], "echo number %zu; exit %zu", i, i);
        l[i] = shell(i, arguments[i], scripts[i]);
    }
    launch_all(l, 8, 3);
    for (i = 0; i < 8; i++) {
        char expected[32];

        snprintf(expected, sizeof expected, "number %zu\n", i);
        CU_ASSERT_EQUAL(l[i].error, 0);
        CU_ASSERT_TRUE(WIFEXITED(l[i].status) && WEXITSTATUS(l[i].status) == (int)i);
        CU_ASSERT_STRING_EQUAL(output(i), expected);
    }
}

static void test_launch__tells_a_signal(void)
{
    char script[] = "kill -SEGV $$", *arguments[4];
    struct launch l = shell(0, arguments, script);

    launch_all(&l, 1, 1);
    CU_ASSERT_TRUE(WIFSIGNALED(l.status) && WTERMSIG(l.status) == SIGSEGV);
}

static void test_launch__missing_program(void)
{
    char missing[] = "/no/such/program", *arguments[] = { missing, NULL }, script[] = "exit 3", *others[4];
    struct launch l[2] = { { .arguments = arguments, .output = "/dev/null", .errors = "/dev/null", .seconds = 60 } };

    l[1] = shell(0, others, script);
    launch_all(l, 2, 2);
    CU_ASSERT_EQUAL(l[0].error, ENOENT);
    CU_ASSERT_EQUAL(l[1].error, 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(l[1].status), 3);
}

static void test_launch__what_never_ends_is_killed(void)
{
    char script[] = "while :; do sleep 1000; done", *arguments[4];
    struct launch l = shell(0, arguments, script);

    l.seconds = 0;
    launch_all(&l, 1, 1);
    CU_ASSERT_EQUAL(l.error, ETIMEDOUT);
    CU_ASSERT_TRUE(WIFSIGNALED(l.status) && WTERMSIG(l.status) == SIGKILL);
}

static void test_launch__leaves_no_process(void)
{
    char script[] = "sleep 1000 & echo $!", *arguments[4];
    struct launch l = shell(0, arguments, script);
    int status;
    pid_t left;

    /* The orphan becomes ours, so that its end can be waited for. */
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    launch_all(&l, 1, 1);
    left = (pid_t)atoi(output(0));
    CU_ASSERT_TRUE_FATAL(left > 1);
    CU_ASSERT_EQUAL(waitpid(left, &status, 0), left);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void test_launch__hands_on_no_descriptor(void)
{
    char script[] = "for n in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n; done; echo done", *arguments[4];
    struct launch l = shell(0, arguments, script);
    int fd = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */

    CU_ASSERT_TRUE_FATAL(fd >= 3);
    CU_ASSERT_EQUAL_FATAL(dup2(fd, 9), 9);
    launch_all(&l, 1, 1);
    close(9);
    close(fd);
    CU_ASSERT_STRING_EQUAL(output(0), "done\n");
}

static void test_launch__no_arguments_run_nothing(void)
{
    struct launch l = { .output = "/dev/null", .errors = "/dev/null" };

    launch_all(&l, 1, 1);
    CU_ASSERT_EQUAL(l.pid, 0);
    CU_ASSERT_EQUAL(l.error, 0);
}

TEST_MAIN("test_launch", TEST(test_launch__keeps_status_and_output_apart), TEST(test_launch__tells_a_signal),
          TEST(test_launch__missing_program), TEST(test_launch__what_never_ends_is_killed),
          TEST(test_launch__leaves_no_process), TEST(test_launch__hands_on_no_descriptor),
          TEST(test_launch__no_arguments_run_nothing))

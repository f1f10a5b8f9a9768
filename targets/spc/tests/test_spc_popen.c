/* test_spc_popen.c - spc_popen() and spc_pclose(): both pipes work, the program gets nothing else, a failing exec is
 * told. */
#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct spc_pipe *shell(const char *script)
{
    char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

    return spc_popen("/bin/sh", argv, NULL);
}

/* What `script` prints, at most `size` - 1 bytes; its wait status, or -1. */
static int shell_read(const char *script, char *text, size_t size)
{
    struct spc_pipe *pipe = shell(script);
    size_t n;

    text[0] = '\0';
    if (!pipe)
        return -1;
    n = fread(text, 1, size - 1, pipe->read_stream);
    text[n] = '\0';
    return spc_pclose(pipe);
}

static void test_spc_popen__there_and_back(void)
{
    struct spc_pipe *pipe = shell("read line; echo \"got $line\"");
    char text[64] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT(fputs("payload\n", pipe->write_stream) >= 0);
    CU_ASSERT_EQUAL(fflush(pipe->write_stream), 0);
    CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof text, pipe->read_stream));
    CU_ASSERT_STRING_EQUAL(text, "got payload\n");
    CU_ASSERT_EQUAL(spc_pclose(pipe), 0);
}

/* cat(1) ends only when its input does: spc_pclose() closes the writing end before it waits. */
static void test_spc_popen__input_ends_at_pclose(void)
{
    char *argv[] = { (char *)"cat", NULL };
    struct spc_pipe *pipe = spc_popen("/bin/cat", argv, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT_EQUAL(spc_pclose(pipe), 0);
}

static void test_spc_popen__status(void)
{
    char text[8];
    int status = shell_read("exit 42", text, sizeof text);

    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    status = shell_read("kill -9 $$", text, sizeof text);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* ls(1) itself opens the directory it lists, as 3. */
static void test_spc_popen__program_has_only_std(void)
{
    char *argv[] = { (char *)"ls", (char *)"/proc/self/fd", NULL }, text[256];
    int extra = fcntl(2, F_DUPFD, 100);
    struct spc_pipe *pipe = spc_popen("/bin/ls", argv, NULL);
    size_t n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    n = fread(text, 1, sizeof text - 1, pipe->read_stream);
    text[n] = '\0';
    CU_ASSERT_STRING_EQUAL(text, "0\n1\n2\n3\n");
    CU_ASSERT_EQUAL(spc_pclose(pipe), 0);
    close(extra);
}

static void test_spc_popen__parent_keeps_no_descriptor(void)
{
    int before = fds_count();
    struct spc_pipe *pipe = shell("exit 0");

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT_EQUAL(fds_count(), before + 2);
    CU_ASSERT(fcntl(fileno(pipe->read_stream), F_GETFD) & FD_CLOEXEC);
    CU_ASSERT(fcntl(fileno(pipe->write_stream), F_GETFD) & FD_CLOEXEC);
    spc_pclose(pipe);
    CU_ASSERT_EQUAL(fds_count(), before);
}

static int case_std_closed(void)
{
    struct spc_pipe *pipe;
    char text[16] = "";
    int fd;

    for (fd = 0; fd <= 2; fd++)
        close(fd);
    pipe = shell("read line; echo \"got $line\"; echo error >&2");
    if (!pipe || fputs("it\n", pipe->write_stream) < 0 || fflush(pipe->write_stream))
        return 2;
    if (!fgets(text, sizeof text, pipe->read_stream) || strcmp(text, "got it\n") != 0)
        return 3;
    return spc_pclose(pipe) == 0 ? 0 : 4;
}

static void test_spc_popen__std_closed_in_parent(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_std_closed());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int exec_refused(const char *path, int error)
{
    char *argv[] = { (char *)path, NULL };
    int before = fds_count();

    NEED(spc_popen(path, argv, NULL) == NULL);
    NEED(errno == error);
    NEED(fds_count() == before);
    NEED(has_no_child());
    return 0;
}

static void test_spc_popen__failing_exec(void)
{
    char path[4200];
    int fd;

    CU_ASSERT_EQUAL(exec_refused("/nonexistent/program", ENOENT), 0);
    CU_ASSERT_EQUAL(exec_refused("/", EACCES), 0);
    snprintf(path, sizeof path, "%s/text", test_directory());
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
    CU_ASSERT(fd >= 0 && write(fd, "not a program", 13) == 13);
    close(fd);
    CU_ASSERT_EQUAL(exec_refused(path, ENOEXEC), 0);
}

/* What the parent had not written yet is written once, and by the parent. */
static void test_spc_popen__failing_exec_writes_nothing(void)
{
    char path[4200], *argv[] = { (char *)"program", NULL };
    struct stat st = { .st_size = -1 };
    FILE *out;

    snprintf(path, sizeof path, "%s/buffered", test_directory());
    out = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fputs("line\n", out);
    CU_ASSERT_PTR_NULL(spc_popen("/nonexistent/program", argv, NULL));
    CU_ASSERT_EQUAL(fstat(fileno(out), &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 0);
    fclose(out);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 5);
}

static void test_spc_popen__environment(void)
{
    char *argv[] = { (char *)"env", NULL }, *envp[] = { (char *)"ONLY=this", NULL }, text[4096];
    struct spc_pipe *pipe = spc_popen("/usr/bin/env", argv, envp);
    size_t n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    n = fread(text, 1, sizeof text - 1, pipe->read_stream);
    text[n] = '\0';
    CU_ASSERT_STRING_EQUAL(text, "ONLY=this\n");
    CU_ASSERT_EQUAL(spc_pclose(pipe), 0);
    setenv("SPC_TEST_WORD", "present", 1);
    CU_ASSERT_EQUAL(shell_read("echo $SPC_TEST_WORD", text, sizeof text), 0);
    CU_ASSERT_STRING_EQUAL(text, "present\n");
    unsetenv("SPC_TEST_WORD");
}

/* Ignored and blocked signals would be the program's for life. */
static int case_signals(void)
{
    char text[256];
    sigset_t all;

    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    NEED(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    NEED(shell_read("grep -E '^Sig(Blk|Ign)' /proc/self/status", text, sizeof text) == 0);
    NEED(strcmp(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n") == 0);
    return 0;
}

static void test_spc_popen__program_gets_default_signals(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_signals());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static void test_spc_popen__no_arguments(void)
{
    char *argv[] = { (char *)"true", NULL }, *empty[] = { NULL };

    CU_ASSERT_PTR_NULL(spc_popen(NULL, argv, NULL));
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_PTR_NULL(spc_popen("/bin/true", NULL, NULL));
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_PTR_NULL(spc_popen("/bin/true", empty, NULL));
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(spc_pclose(NULL), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
}

/* At every number of descriptors that is too small it fails whole; at the first that suffices it works. */
static int case_descriptors(void)
{
    int before = fds_count(), room;

    for (room = 0; room < 12; room++) {
        struct spc_pipe *pipe;
        struct rlimit limit;

        NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = (rlim_t)(before + room);
        NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        pipe = shell("exit 0");
        if (pipe) {
            NEED(room >= 6); /* three pipes */
            NEED(spc_pclose(pipe) == 0);
            return 0;
        }
        NEED(errno == EMFILE);
        NEED(fds_count() == before);
        NEED(has_no_child());
    }
    return 1;
}

static void test_spc_popen__too_many_descriptors(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        int fd, next = 0;

        for (fd = 0; fd < 1024; fd++)
            if (fd_is_open(fd) && fd != next++)
                dup2(fd, next - 1), close(fd);
        _exit(case_descriptors());
    }
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

static int case_somebody_else_waited(void)
{
    struct spc_pipe *pipe;

    signal(SIGCHLD, SIG_IGN);
    pipe = shell("exit 0");
    NEED(pipe);
    NEED(spc_pclose(pipe) == -1);
    NEED(errno == ECHILD);
    return 0;
}

static void test_spc_popen__status_lost(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(case_somebody_else_waited());
    CU_ASSERT_EQUAL(child_result(pid), 0);
}

TEST_MAIN("test_spc_popen", TEST(test_spc_popen__there_and_back), TEST(test_spc_popen__input_ends_at_pclose),
          TEST(test_spc_popen__status), TEST(test_spc_popen__program_has_only_std),
          TEST(test_spc_popen__parent_keeps_no_descriptor), TEST(test_spc_popen__std_closed_in_parent),
          TEST(test_spc_popen__failing_exec), TEST(test_spc_popen__failing_exec_writes_nothing),
          TEST(test_spc_popen__environment), TEST(test_spc_popen__program_gets_default_signals),
          TEST(test_spc_popen__no_arguments), TEST(test_spc_popen__too_many_descriptors),
          TEST(test_spc_popen__status_lost))

/* test_trace.c - the tracer against programs that are hard on it: nothing escapes, nothing is changed. */
#include "harness/testing.h"
#include "harness/trace/tests/log.h"
#include "harness/trace/tests/plays.h"
#include "harness/trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_launch__events_of_a_plain_program(void)
{
    char *const argv[] = { "/bin/true", NULL };
    enum trace_stage stage;
    struct log log;

    CU_ASSERT_EQUAL(log_program(argv, &log, &stage), 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_EXEC], 1);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_EXIT], 1);
    CU_ASSERT_EQUAL(log.last_exits, 1);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_END], 1);
    CU_ASSERT_EQUAL(log.n_calls, 0);
    CU_ASSERT_EQUAL(log.status, 0);
}

static void test_launch__exec_fails(void)
{
    char *const argv[] = { "/nonexistent/program", NULL };
    enum trace_stage stage = N_TRACE_STAGE;
    struct log log;

    CU_ASSERT_EQUAL(log_program(argv, &log, &stage), -ENOENT);
    CU_ASSERT_EQUAL(stage, TRACE_STAGE_EXEC);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
}

static void test_launch__not_executable(void)
{
    char *const argv[] = { "/proc/self/status", NULL };
    enum trace_stage stage = N_TRACE_STAGE;
    struct log log;

    CU_ASSERT_EQUAL(log_program(argv, &log, &stage), -EACCES);
    CU_ASSERT_EQUAL(stage, TRACE_STAGE_EXEC);
}

static void test_launch__user_refused(void)
{
    char *const argv[] = { "/bin/true", NULL };
    struct trace_launch launch = {
        .path = argv[0], .argv = argv, .envp = environ, .terminal = -1, .switch_user = 1, .uid = 0, .gid = 0
    };
    enum trace_stage stage = N_TRACE_STAGE;
    struct trace *t = NULL;
    pid_t pid;

    if (!geteuid()) {
        test_skip("root may take any user's ids");
        return;
    }
    CU_ASSERT_EQUAL(trace_launch(&launch, &t, &pid, &stage), -EPERM);
    CU_ASSERT_EQUAL(stage, TRACE_STAGE_USER);
}

static void test_end__status_is_the_programs(void)
{
    struct log log;

    log_play("no such play", &log);
    CU_ASSERT(WIFEXITED(log.status) && WEXITSTATUS(log.status) == 99);
    log_play("signal", &log);
    CU_ASSERT(WIFSIGNALED(log.status) && WTERMSIG(log.status) == SIGKILL);
}

static void test_fork__child_is_born_once(void)
{
    struct log log;

    log_play("fork", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 1);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_END], 2);
    CU_ASSERT_EQUAL(log.last_exits, 2);
}

static void test_fork__vfork_and_exec(void)
{
    struct log log;

    log_play("vfork", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_STRING_EQUAL(log.born, "vfork");
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_EXEC], 2);
}

static void test_fork__orphan_is_followed_to_its_end(void)
{
    struct log log;

    log_play("orphan", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 2);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_END], 3);
}

static void test_fork__untraced_clone_does_not_escape(void)
{
    static const char *const plays[] = { "clone-untraced", "clone3-untraced" };
    struct log log;

    for (int i = 0; i < 2; i++) {
        log_play(plays[i], &log);
        CU_ASSERT_EQUAL(log.status, 0);
        CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 1);
        CU_ASSERT_EQUAL(log_calls(&log, "setresuid"), 1);
    }
}

static void test_thread__exec_by_another_than_the_leader(void)
{
    struct log log;

    log_play("thread-exec", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_EXEC], 2);
    CU_ASSERT_NOT_EQUAL(log.former, log.first);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_END], 1);
    CU_ASSERT_EQUAL(log.last_exits, 1);
}

static void test_thread__threads_are_no_births(void)
{
    struct log log;

    log_play("threads", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_BORN], 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_EXIT], 9);
    CU_ASSERT_EQUAL(log.last_exits, 1);
}

static void test_call__arguments_and_results(void)
{
    struct log log;

    log_play("calls", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL_FATAL(log.n_calls, 2);
    CU_ASSERT_EQUAL_FATAL(log.n_returns, 2);
    CU_ASSERT_STRING_EQUAL(log.call_names[0], "setresuid");
    CU_ASSERT_EQUAL((uid_t)log.calls[0].args[2], getuid());
    CU_ASSERT_EQUAL(log.returns[0].error, 0);
    CU_ASSERT_STRING_EQUAL(log.return_names[1], "setgroups");
    CU_ASSERT(log.returns[1].error == EINVAL || log.returns[1].error == EPERM);
    CU_ASSERT_EQUAL(log.returns[1].result, -1);
}

static void test_call__other_system_call_table(void)
{
    struct log log;

    log_play("i386", &log);
    CU_ASSERT_EQUAL(log.status, 0);
#ifdef __x86_64__
    CU_ASSERT_EQUAL_FATAL(log.n_calls, 1);
    CU_ASSERT_STRING_EQUAL(log.call_names[0], "setresuid");
    CU_ASSERT_EQUAL(log.calls[0].nr, 208);
#endif
}

static void test_call__own_filter_sees_no_tracer(void)
{
    struct log log;

    log_play("own-filter", &log);
    CU_ASSERT_EQUAL(log.status, 0);
}

static void test_signal__job_control_is_the_parents(void)
{
    struct log log;

    log_play("stop", &log);
    CU_ASSERT_EQUAL(log.status, 0);
    CU_ASSERT_EQUAL(log.counts[TRACE_EVENT_STOPPED], 1);
}

static void test_signal__foreign_trap_is_delivered(void)
{
    struct log log;

    log_play("trap", &log);
    CU_ASSERT_EQUAL(log.status, 0);
}

/* Output of "inherit", bare or traced, in a buffer. */
static void read_inherit(int traced, char *buffer, size_t size)
{
    char *const argv[] = { "/proc/self/exe", "--play", "inherit", NULL };
    enum trace_stage stage;
    struct log log;
    int saved = dup(STDOUT_FILENO), file = open(test_directory(), O_TMPFILE | O_RDWR, 0600);
    ssize_t n;
    pid_t pid;

    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    if (traced)
        CU_ASSERT_EQUAL(log_program(argv, &log, &stage), 0);
    if (!traced) {
        /* Not posix_spawn(3): glibc's leaves signals 32 and 33 ignored. */
        pid = fork();
        if (!pid) {
            execve(argv[0], argv, environ);
            _exit(127);
        }
        waitpid(pid, NULL, 0);
    }
    dup2(saved, STDOUT_FILENO);
    n = pread(file, buffer, size - 1, 0);
    buffer[n < 0 ? 0 : n] = '\0';
    close(saved);
    close(file);
}

static void test_launch__program_inherits_nothing_of_ours(void)
{
    static char bare[1 << 16], traced[1 << 16];

    if (geteuid()) {
        test_skip("without CAP_SYS_ADMIN the filter needs no_new_privs, which the program can see");
        return;
    }
    read_inherit(0, bare, sizeof bare);
    read_inherit(1, traced, sizeof traced);
    CU_ASSERT(strstr(bare, "fd 0\n") && strstr(bare, "SigIgn") && strstr(bare, "="));
    CU_ASSERT_STRING_EQUAL(bare, traced);
}

/* A tracer in a process of its own, tracing "wait"; the pipe tells when the target runs. */
__attribute__((noreturn)) static void trace_wait(int out)
{
    char *const argv[] = { "/proc/self/exe", "--play", "wait", NULL };
    enum trace_stage stage;
    struct log log;

    dup2(out, STDOUT_FILENO);
    log_program(argv, &log, &stage);
    _exit(1);
}

static void test_free__death_of_the_tracer_ends_the_target(void)
{
    struct pollfd ends;
    int out[2];
    char byte;
    pid_t tracer;

    CU_ASSERT_EQUAL_FATAL(pipe2(out, O_CLOEXEC), 0);
    tracer = fork();
    if (!tracer)
        trace_wait(out[1]);
    close(out[1]);
    CU_ASSERT_EQUAL(read(out[0], &byte, 1), 1);
    kill(tracer, SIGKILL);
    waitpid(tracer, NULL, 0);
    /* The target holds the other end: it is gone when this ends. */
    ends = (struct pollfd){ out[0], POLLIN, 0 };
    CU_ASSERT_EQUAL(poll(&ends, 1, 20000), 1);
    CU_ASSERT_EQUAL(read(out[0], &byte, 1), 0);
    close(out[0]);
}

static void test_free__kills_what_is_left(void)
{
    char *const argv[] = { "/bin/sh", "-c", "while :; do :; done", NULL };
    struct trace_launch launch = { .path = argv[0], .argv = argv, .envp = environ, .terminal = -1 };
    enum trace_stage stage;
    struct trace_event event;
    struct trace *t = NULL;
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &t, &pid, &stage), 0);
    CU_ASSERT_EQUAL(trace_next(t, -1, &event), 0);
    CU_ASSERT_EQUAL(event.kind, TRACE_EVENT_EXEC);
    trace_resume(t, &event, TRACE_ON);
    trace_free(t);
    CU_ASSERT_EQUAL(kill(pid, 0), -1);
    CU_ASSERT_EQUAL(errno, ESRCH);
}

static void test_memory__strings_are_bounded(void)
{
    char *const argv[] = { "/bin/true", "0123456789", NULL };
    struct trace_launch launch = { .path = argv[0], .argv = argv, .envp = environ, .terminal = -1 };
    uint64_t registers[TRACE_REGISTERS], pc, words[4];
    enum trace_stage stage;
    struct trace_event event;
    struct trace *t = NULL;
    char text[8];
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &t, &pid, &stage), 0);
    CU_ASSERT_EQUAL(trace_next(t, -1, &event), 0);
    CU_ASSERT_EQUAL_FATAL(trace_registers(pid, registers, &pc), 0);
    /* At the start of a program the stack holds argc and argv (System V ABI). */
    CU_ASSERT_EQUAL_FATAL(trace_read(pid, registers[7], words, sizeof words), sizeof words);
    CU_ASSERT_EQUAL(words[0], 2);
    CU_ASSERT_EQUAL(trace_read_string(pid, words[2], text, sizeof text), 7);
    CU_ASSERT_STRING_EQUAL(text, "0123456");
    CU_ASSERT_EQUAL(trace_read_string(pid, 8, text, sizeof text), -EFAULT);
    CU_ASSERT_EQUAL(trace_read(pid, 8, text, sizeof text), 0);
    CU_ASSERT(trace_write_byte(pid, 8, 0, NULL) < 0);
    trace_free(t);
}

static const struct test tests[] = {
    TEST(test_launch__events_of_a_plain_program),
    TEST(test_launch__exec_fails),
    TEST(test_launch__not_executable),
    TEST(test_launch__user_refused),
    TEST(test_launch__program_inherits_nothing_of_ours),
    TEST(test_end__status_is_the_programs),
    TEST(test_fork__child_is_born_once),
    TEST(test_fork__vfork_and_exec),
    TEST(test_fork__orphan_is_followed_to_its_end),
    TEST(test_fork__untraced_clone_does_not_escape),
    TEST(test_thread__exec_by_another_than_the_leader),
    TEST(test_thread__threads_are_no_births),
    TEST(test_call__arguments_and_results),
    TEST(test_call__other_system_call_table),
    TEST(test_call__own_filter_sees_no_tracer),
    TEST(test_signal__job_control_is_the_parents),
    TEST(test_signal__foreign_trap_is_delivered),
    TEST(test_free__death_of_the_tracer_ends_the_target),
    TEST(test_free__kills_what_is_left),
    TEST(test_memory__strings_are_bounded),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_trace", tests, argc, argv);
}

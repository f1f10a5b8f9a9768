/* test_terminal.c - forkaudit run on a terminal: the target has it as if a shell had started it. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct session {
    pid_t pid;
    int master;
    char text[65536]; /* all that came out of the terminal */
    size_t size;
};

/* "sh -c command" as the leader of a session of its own on a new terminal; $F is the built program, $D test_directory(). */
static void session_start(struct session *s, const char *command)
{
    memset(s, 0, sizeof *s);
    setenv("F", program_forkaudit(), 1);
    setenv("D", test_directory(), 1);
    unsetenv("NO_COLOR");
    fflush(NULL);
    s->pid = forkpty(&s->master, NULL, NULL, NULL);
    if (!s->pid) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    CU_ASSERT_FATAL(s->pid > 0);
}

/* Reads on until `text` has come. 1: it came, 0: the terminal closed or a minute passed. */
static int session_expect(struct session *s, const char *text)
{
    struct pollfd ready = { s->master, POLLIN, 0 };

    while (!strstr(s->text, text)) {
        ssize_t n;

        if (poll(&ready, 1, 60000) != 1 || s->size == sizeof s->text - 1)
            return 0;
        n = read(s->master, s->text + s->size, sizeof s->text - 1 - s->size);
        if (n <= 0) /* EIO: nobody has the other side any more */
            return strstr(s->text, text) != NULL;
        s->size += n;
        s->text[s->size] = '\0';
    }
    return 1;
}

static void session_type(const struct session *s, const char *text)
{
    CU_ASSERT_EQUAL(write(s->master, text, strlen(text)), (ssize_t)strlen(text));
}

static int session_end(struct session *s)
{
    int status = 0;

    session_expect(s, "\001no such text\001");
    close(s->master);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void test_terminal__is_the_targets(void)
{
    struct session s;

    session_start(&s, "exec \"$F\" run -q --without 'rng-*' -r \"$D/a.fork\" -- sh -c 'read line; echo \"got $line\"'");
    session_type(&s, "hello\n");
    CU_ASSERT(session_expect(&s, "got hello"));
    CU_ASSERT_EQUAL(session_end(&s), 0);
}

static void test_terminal__interrupt_goes_to_the_target_and_is_reported(void)
{
    struct session s;

    session_start(&s, "exec \"$F\" run --without 'rng-*' -r \"$D/a.fork\" -- sh -c 'echo ready; read line'");
    CU_ASSERT(session_expect(&s, "ready"));
    session_type(&s, "\003");
    CU_ASSERT(session_expect(&s, "SIGINT"));
    CU_ASSERT_EQUAL(session_end(&s), 0);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select target_status from audit"), SIGINT);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select complete from audit"), 1);
}

static void test_terminal__stop_key_stops_the_auditor_too(void)
{
    struct session s;
    int status = 0;

    session_start(
        &s,
        "exec \"$F\" run -q --without 'rng-*' -r \"$D/a.fork\" -- sh -c 'echo ready; read line; echo \"got $line\"'");
    CU_ASSERT(session_expect(&s, "ready"));
    session_type(&s, "\032");
    CU_ASSERT_EQUAL(waitpid(s.pid, &status, WUNTRACED), s.pid);
    CU_ASSERT(WIFSTOPPED(status));
    kill(s.pid, SIGCONT);
    session_type(&s, "again\n");
    CU_ASSERT(session_expect(&s, "got again"));
    CU_ASSERT_EQUAL(session_end(&s), 0);
}

static void test_terminal__colour_and_progress_only_there(void)
{
    struct session s;

    session_start(&s, "TERM=xterm exec \"$F\" run --without 'rng-*' -r \"$D/a.fork\" --until-settled -- sleep 1000");
    CU_ASSERT(session_expect(&s, "settled"));
    CU_ASSERT(session_expect(&s, "\033["));
    CU_ASSERT_EQUAL(session_end(&s), 0);
}

static void test_terminal__is_the_starters_again_after_the_end(void)
{
    struct session s;

    session_start(
        &s, "\"$F\" run -q -o ids=/dev/null --without 'rng-*' -r \"$D/a.fork\" -- true; read line; echo \"got $line\"");
    session_type(&s, "hello\n");
    CU_ASSERT(session_expect(&s, "got hello"));
    CU_ASSERT_EQUAL(session_end(&s), 0);
}

/* The program has ended; what it left behind is in a session of its own, and the interrupt key is for the auditor. */
static void test_terminal__interrupt_ends_what_was_left_behind(void)
{
    struct session s;

    session_start(&s, "exec \"$F\" run --without 'rng-*' -r \"$D/a.fork\" -- sh -c 'setsid sleep 1000 & exit 0'");
    CU_ASSERT(session_expect(&s, "processes of it remain"));
    session_type(&s, "\003");
    CU_ASSERT_EQUAL(session_end(&s), 0);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select complete from audit"), 1);
    CU_ASSERT_EQUAL(program_ask("a.fork",
                                "select count(*) from process where ending = 'ended-by-audit' and status = 15"),
                    1);
}

TEST_MAIN("test_terminal", TEST(test_terminal__is_the_targets),
          TEST(test_terminal__is_the_starters_again_after_the_end),
          TEST(test_terminal__interrupt_ends_what_was_left_behind),
          TEST(test_terminal__interrupt_goes_to_the_target_and_is_reported),
          TEST(test_terminal__stop_key_stops_the_auditor_too), TEST(test_terminal__colour_and_progress_only_there))

/* test_run.c - forkaudit run as its user meets it: exit status, errors that say what to do, and a target that does not notice. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct program p;

#define SAYS(text) CU_ASSERT(strstr(p.errors, text) != NULL)

/* A check that finds a fault of this severity in every process. */
static void write_check(const char *severity)
{
    char path[4200];
    FILE *file;

    snprintf(path, sizeof path, "%s/always-found.sql", test_directory());
    file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(
        file,
        "-- always-found.sql: a finding for every process\n-- title: Always found\n-- severity: %s\n"
        "-- strength: observed\n-- cwe: none\n-- cert: none\n-- needs: cred\n-- why: a test\n-- accepted: none\n"
        "-- fix: none\nselect 'found' as result, id as process, null as look, 'all' as subject, 'it runs' as evidence "
        "from process\n",
        severity);
    fclose(file);
}

#define WITHOUT_RANDOM "--without 'rng-*' "

static void test_exit__clean_and_complete_is_0(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM "-r \"$D/a.fork\" -- /bin/true"), 0);
    CU_ASSERT(strstr(p.text, "nothing") != NULL);
    CU_ASSERT_STRING_EQUAL(p.errors, "");
}

static void test_exit__findings_are_1(void)
{
    write_check("high");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM
                                    "--checks \"$D/always-found.sql\" -r \"$D/a.fork\" -- /bin/true"),
                    1);
    CU_ASSERT(strstr(p.text, "always-found") != NULL);
}

static void test_exit__findings_below_the_threshold_are_0(void)
{
    write_check("medium");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM
                                    "--checks \"$D/always-found.sql\" -r \"$D/a.fork\" -- /bin/true"),
                    0);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM
                                    "--fail-on medium --checks \"$D/always-found.sql\" -r \"$D/a.fork\" -- /bin/true"),
                    1);
}

static void test_exit__usage_is_2(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run"), 2);
    SAYS("no program given");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run --for soon -- /bin/true"), 2);
    SAYS("30s");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run --user no-such-user -- /bin/true"), 2);
    SAYS("no-such-user");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run -o jason -- /bin/true"), 2);
    SAYS("json");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run --pokee x -- /bin/true"), 2);
    SAYS("--poke");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" rnu -- /bin/true"), 2);
    SAYS("run");
}

static void test_exit__incomplete_is_4(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM "-r \"$D/a.fork\" --poke true -- /bin/true"), 4);
    CU_ASSERT(strstr(p.text, "INCOMPLETE") != NULL);
    CU_ASSERT(strstr(p.text, "before it had settled") != NULL);
}

static void test_program__does_not_exist(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run -r \"$D/a.fork\" -- /nonexistent/daemon"), 3);
    SAYS("/nonexistent/daemon: No such file");
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run -r \"$D/a.fork\" -- no-such-daemon"), 3);
    SAYS("no such program in PATH");
    CU_ASSERT_EQUAL(program_run(&p, "test -e \"$D/a.fork\""), 1);
}

static void test_program__is_not_executable(void)
{
    CU_ASSERT_EQUAL(program_run(&p, ": > \"$D/text\"; \"$F\" run -r \"$D/a.fork\" -- \"$D/text\""), 3);
    SAYS("chmod");
}

static void test_program__has_no_format(void)
{
    CU_ASSERT_EQUAL(
        program_run(&p, "echo hello > \"$D/text\"; chmod +x \"$D/text\"; \"$F\" run -r \"$D/a.fork\" -- \"$D/text\""),
        3);
    SAYS("interpreter");
}

static void test_program__dies_at_once(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM "-r \"$D/a.fork\" -- sh -c 'kill -SEGV $$'"), 0);
    CU_ASSERT(strstr(p.text, "SIGSEGV") || strstr(p.text, "signal 11"));
}

static void test_output__is_tried_before_the_program_starts(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run -o json=/nonexistent/x.json -r \"$D/a.fork\" -- touch \"$D/started\""),
                    3);
    SAYS("/nonexistent/x.json");
    CU_ASSERT_EQUAL(program_run(&p, "test -e \"$D/started\""), 1);
}

static void test_record__other_files_are_not_overwritten(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "echo precious > \"$D/a.txt\"; \"$F\" run -r \"$D/a.txt\" -- touch \"$D/started\""),
                    3);
    SAYS("a.txt");
    CU_ASSERT_EQUAL(program_run(&p, "cat \"$D/a.txt\"; test -e \"$D/started\""), 1);
    CU_ASSERT_STRING_EQUAL(p.text, "precious\n");
}

static void test_record__default_is_named_after_the_program(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "cd \"$D\" && \"$F\" run -q " WITHOUT_RANDOM
                                    "true && \"$F\" check -q " WITHOUT_RANDOM "true.fork"),
                    0);
}

/* Starts a daemon under audit, and waits until it runs. Returns its pid. */
static long start_daemon(const char *options)
{
    char command[1024], path[4200], line[32] = "";
    struct pollfd ready = { -1, POLLIN, 0 };

    snprintf(path, sizeof path, "%s/fifo", test_directory());
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    ready.fd = open(path, O_RDWR | O_CLOEXEC);
    snprintf(command, sizeof command,
             "exec \"$F\" run " WITHOUT_RANDOM
             "%s -r \"$D/a.fork\" -- sh -c 'echo $$ > \"$D/fifo\"; while :; do sleep 1000; done'",
             options);
    program_start(&p, command);
    CU_ASSERT_EQUAL(poll(&ready, 1, 60000), 1);
    CU_ASSERT(read(ready.fd, line, sizeof line - 1) > 1);
    close(ready.fd);
    return atol(line);
}

static void test_end__interrupt_ends_the_target_and_still_reports(void)
{
    long pid = start_daemon("");

    kill(p.pid, SIGINT);
    CU_ASSERT_EQUAL(program_wait(&p), 0);
    CU_ASSERT(strstr(p.text, "ended by the user") != NULL);
    CU_ASSERT_EQUAL(kill(pid, 0), -1);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select complete from audit"), 1);
}

static void test_end__interrupted_before_its_plan_is_incomplete(void)
{
    start_daemon("--for 1h");
    kill(p.pid, SIGTERM);
    CU_ASSERT_EQUAL(program_wait(&p), 4);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select complete from audit"), 0);
}

/* Gone, or dead and not yet waited for: process 1 of a container may never do that. */
static int is_dead(long pid)
{
    char path[64], text[512] = "", *state;
    int fd, n = 0;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, text, sizeof text - 1);
        close(fd);
    }
    state = n > 0 ? strrchr(text, ')') : NULL;
    return !state || state[2] == 'Z' || state[2] == 'X';
}

/* Waits until the auditor sleeps: what it has seen by then is in the recording. */
static void wait_until_asleep(pid_t pid)
{
    char path[64], text[64];
    long number = -1;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    while (number != SYS_poll) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

        if (fd >= 0)
            close(fd);
        CU_ASSERT_FATAL(n > 0);
        text[n] = '\0';
        number = text[0] >= '0' && text[0] <= '9' ? atol(text) : -1;
        usleep(1000);
    }
}

static void test_end__killed_auditor_leaves_a_recording(void)
{
    long pid = start_daemon("");

    wait_until_asleep(p.pid);
    kill(p.pid, SIGKILL);
    CU_ASSERT_EQUAL(program_wait(&p), 256 + SIGKILL);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" report \"$D/a.fork\""), 0);
    CU_ASSERT(strstr(p.text, "INCOMPLETE") != NULL);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" check " WITHOUT_RANDOM "\"$D/a.fork\""), 4);
    CU_ASSERT(program_ask("a.fork", "select count(*) from process") >= 1);
    CU_ASSERT(program_ask("a.fork", "select count(*) from look where moment = 'exec' and fd_table is not null") >= 1);
    /* The kernel has ended the target with its tracer: wait for that, it is not in our hands. */
    while (!is_dead(pid))
        usleep(1000);
}

static void test_target__exit_status_and_streams_are_its_own(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "echo in | \"$F\" run -q " WITHOUT_RANDOM "-o ids=/dev/null -r \"$D/a.fork\" -- "
                                    "sh -c 'read x; echo out $x; echo err >&2; exit 42'"),
                    0);
    CU_ASSERT_STRING_EQUAL(p.text, "out in\n");
    CU_ASSERT_STRING_EQUAL(p.errors, "err\n");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select target_status from audit"), 42 << 8);
}

static void test_target__set_uid_program_keeps_its_privilege(void)
{
    if (geteuid()) {
        test_skip("needs root: an ordinary user's audit has no_new_privs");
        return;
    }
    CU_ASSERT_EQUAL(program_run(&p, "cp /usr/bin/id \"$D/id\" && chmod 4755 \"$D/id\" && \"$F\" run -q -o "
                                    "ids=/dev/null -u 65534 -r \"$D/a.fork\" -- "
                                    "\"$D/id\" -u"),
                    0);
    CU_ASSERT_EQUAL(atoi(p.text), 0);
    CU_ASSERT_EQUAL(program_ask("a.fork", "select max(secure) from image"), 1);
}

static void test_target__set_uid_program_without_its_privilege_is_a_gap(void)
{
    if (geteuid()) {
        test_skip("needs root to make a set-uid program of another user");
        return;
    }
    CU_ASSERT_EQUAL(
        program_run(&p, "cp /usr/bin/id \"$D/id\" && chmod 4755 \"$D/id\" && chmod 777 \"$D\" && chmod +t \"$D\" && "
                        "cd \"$D\" && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$F\" run -q "
                        "--without 'rng-*' -r n.fork -- ./id -u"),
        4);
    CU_ASSERT_EQUAL(program_ask("n.fork", "select count(*) from gap where source = 'cred' and detail like '%set-uid%'"),
                    1);
}

static void test_user__ids_and_groups(void)
{
    if (geteuid()) {
        test_skip("needs root to take another user's ids");
        return;
    }
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run -q -o ids=/dev/null -u www-data -r \"$D/a.fork\" -- id"), 0);
    CU_ASSERT_STRING_EQUAL(p.text, "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n");
}

/* Becomes a process in which ptrace(2) is refused, as in a container without the permission. */
__attribute__((noreturn)) static void run_without_ptrace(int err, const char *command)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    dup2(err, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ptrace), 0) || seccomp_load(filter))
        _exit(99);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(98);
}

static void test_copies__can_be_left_out(void)
{
    if (geteuid()) {
        test_skip("needs root to drop privilege");
        return;
    }
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run " WITHOUT_RANDOM "-r \"$D/a.fork\" -- /usr/bin/setpriv --reuid 33 "
                                    "--regid 33 --clear-groups /bin/true"),
                    0);
    CU_ASSERT(strstr(p.text, "in a copy") != NULL);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" run --no-copies " WITHOUT_RANDOM "-r \"$D/a.fork\" -- /usr/bin/setpriv "
                                    "--reuid 33 --regid 33 --clear-groups /bin/true"),
                    0);
    CU_ASSERT(strstr(p.text, "in a copy") == NULL);
}

static int without_ptrace(const char *command, char *text, size_t size)
{
    int err = open(test_directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), status;
    pid_t pid = fork();
    ssize_t n;

    if (!pid)
        run_without_ptrace(err, command);
    waitpid(pid, &status, 0);
    n = pread(err, text, size - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    close(err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_launch__ptrace_refused_says_what_to_change(void)
{
    char text[8192];

    program_run(&p, "true"); /* sets $F and $D */
    CU_ASSERT_EQUAL(without_ptrace("\"$F\" run -r \"$D/a.fork\" /bin/true", text, sizeof text), 3);
    CU_ASSERT(strstr(text, "doctor") && strstr(text, "ptrace_scope"));
    CU_ASSERT_EQUAL(without_ptrace("\"$F\" doctor", text, sizeof text), 3);
    CU_ASSERT(strstr(text, "missing trace a child") && strstr(text, "--cap-add=SYS_PTRACE"));
}

static void test_doctor__says_what_the_host_allows(void)
{
    int status = program_run(&p, "\"$F\" doctor");

    CU_ASSERT(status == 0 || status == 4);
    CU_ASSERT(strstr(p.text, "ok      trace a child") != NULL);
    CU_ASSERT(strstr(p.text, "rebuild a process and run it under a gate (--generators)") != NULL);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" doctor --help"), 0);
    CU_ASSERT_EQUAL(program_run(&p, "\"$F\" doctor x"), 2);
}

TEST_MAIN("test_run", TEST(test_exit__clean_and_complete_is_0), TEST(test_exit__findings_are_1),
          TEST(test_exit__findings_below_the_threshold_are_0), TEST(test_exit__usage_is_2),
          TEST(test_exit__incomplete_is_4), TEST(test_program__does_not_exist), TEST(test_program__is_not_executable),
          TEST(test_program__has_no_format), TEST(test_program__dies_at_once),
          TEST(test_output__is_tried_before_the_program_starts), TEST(test_record__other_files_are_not_overwritten),
          TEST(test_record__default_is_named_after_the_program),
          TEST(test_end__interrupt_ends_the_target_and_still_reports),
          TEST(test_end__interrupted_before_its_plan_is_incomplete), TEST(test_end__killed_auditor_leaves_a_recording),
          TEST(test_target__exit_status_and_streams_are_its_own),
          TEST(test_target__set_uid_program_keeps_its_privilege),
          TEST(test_target__set_uid_program_without_its_privilege_is_a_gap), TEST(test_user__ids_and_groups),
          TEST(test_launch__ptrace_refused_says_what_to_change), TEST(test_copies__can_be_left_out),
          TEST(test_doctor__says_what_the_host_allows))

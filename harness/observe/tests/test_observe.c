/* test_observe.c - what an audit writes down, asked of the recording: processes, images, looks, descriptors, calls, ends. */
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_process__parents_and_ends(void)
{
    struct audit a;

    audit_shell(&a, "(exit 3); /bin/true; exit 5");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process"), 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process where parent = 1"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process where status = 3 << 8 and ending = 'exited'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select target_status from audit"), 5 << 8);
    CU_ASSERT_EQUAL(a.result.processes, 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    audit_release(&a);
}

static void test_image__path_and_arguments(void)
{
    struct audit a;

    audit_shell(&a, "/bin/true one two");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from image"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from image where path like '%/true' and hex(args) = "
                                  "'2F62696E2F74727565006F6E650074776F00' "
                                  "and markers = 0 and build_id is not null"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'execve' and result = 0"), 1);
    audit_release(&a);
}

static void test_look__moments_of_a_life(void)
{
    struct audit a;

    audit_shell(&a, "(:) ; :");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look where moment = 'exec'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look where moment = 'born' and process = 2"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look where moment = 'exit'"), 2);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from look where moment = 'exec' and map_table is not null and "
                      "limit_table is not null and environ_table is not null and cwd is not null and root = '/'"),
        1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from cred where euid <> (select tracer_uid from audit)"), 0);
    audit_release(&a);
}

static void test_fd__those_at_exec(void)
{
    struct audit a;

    audit_shell(&a, "exec 5</dev/null 7</dev/null; exec 5<&-; /bin/true; :");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look l join fd using (fd_table) join image i on l.image = i.id "
                                  "where l.moment = 'exec' and i.path like '%/true' and fd = 5"),
                    0);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from look l join fd using (fd_table) join description d on d.id = description "
                      "join image i on l.image = i.id where l.moment = 'exec' and i.path like '%/true' and fd = 7 "
                      "and name = '/dev/null' and kind = 'char' and access = 'r' and not cloexec"),
        1);
    audit_release(&a);
}

static void test_fd__one_description_across_fork_and_dup(void)
{
    struct audit a;

    audit_shell(&a, "exec 5</etc/passwd 6<&5 7</etc/passwd; (/bin/true; :)");
    /* 5 and 6 are one description everywhere, 7 another of the same file. */
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(distinct description) from look join fd using (fd_table) where fd in (5, 6)"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct description) from look join fd using (fd_table) where fd = 7"),
                    1);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(distinct description) from look join fd using (fd_table) where fd in (5, 7)"), 2);
    CU_ASSERT(audit_ask(&a, "select count(distinct process) from look join fd using (fd_table) where fd = 7") >= 2);
    audit_release(&a);
}

static void test_fd__starters_descriptors_are_told_apart(void)
{
    struct audit a;

    audit_shell(&a, "exec 9</etc/passwd; /bin/true; :");
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select max(from_starter) from look join fd using (fd_table) join description d on d.id = "
                      "description where fd = 9 and name = '/etc/passwd'"),
        0);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select min(from_starter) from look join fd using (fd_table) join description d on d.id = "
                      "description where fd = 2"),
        1);
    audit_release(&a);
}

static void test_until__settled_ends_the_program(void)
{
    char *const argv[] = { "/bin/cat", NULL };
    struct audit a;
    int pipe_fds[2], saved = dup(STDIN_FILENO);

    CU_ASSERT_EQUAL_FATAL(pipe2(pipe_fds, O_CLOEXEC), 0);
    dup2(pipe_fds[0], STDIN_FILENO);
    audit_init(&a, argv);
    a.options.until = OBSERVE_UNTIL_SETTLED;
    audit_run(&a);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    CU_ASSERT_EQUAL(a.result.has_target_status, 0);
    CU_ASSERT(
        audit_ask(&a,
                  "select count(*) from look where moment = 'settled' and waiting = 'read' and fd_table is not null") >
        0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process where ending = 'ended-by-audit'"), 1);
    audit_release(&a);
}

static void poke_audit(struct audit *a, const char *script, const char *poke)
{
    char *const argv[] = { "/bin/sh", "-c", (char *)script, NULL };

    audit_init(a, argv);
    a->options.until = OBSERVE_UNTIL_POKE;
    a->options.poke = poke;
    audit_run(a);
}

/* A daemon in a line: waits on a FIFO, forks once for a request, waits again. */
static void test_poke__makes_the_daemon_work(void)
{
    struct audit a;
    char fifo[4200], script[8600], poke[4300];

    snprintf(fifo, sizeof fifo, "%s/fifo", test_directory());
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    snprintf(script, sizeof script, "exec 3<> '%s'; read line <&3; (exit 4); read line <&3", fifo);
    snprintf(poke, sizeof poke, "echo x > '%s'", fifo);
    poke_audit(&a, script, poke);
    CU_ASSERT_EQUAL(a.r, 0);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select poke_status from audit"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process where status = 4 << 8"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    audit_release(&a);
}

static void test_poke__failure_is_a_gap(void)
{
    struct audit a;

    poke_audit(&a, "sleep 1000", "exit 9");
    CU_ASSERT_EQUAL(audit_ask(&a, "select poke_status from audit"), 9 << 8);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'poke'"), 1);
    audit_release(&a);
}

static void test_poke__that_never_ends_is_killed(void)
{
    char *const argv[] = { "/bin/sh", "-c", "sleep 1000", NULL };
    struct audit a;

    audit_init(&a, argv);
    a.options.until = OBSERVE_UNTIL_POKE;
    a.options.poke = "sleep 1000 & wait";
    a.options.poke_timeout = 50;
    audit_run(&a);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'poke' and error = 110"), 1);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    audit_release(&a);
}

static void test_poke__program_gone_before_it_is_incomplete(void)
{
    struct audit a;

    poke_audit(&a, "exit 0", "true");
    CU_ASSERT_EQUAL(a.r, 0);
    CU_ASSERT_EQUAL(a.result.complete, 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select complete from audit"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from audit where why like '%before it had settled%'"), 1);
    audit_release(&a);
}

static void test_until__time_ends_a_busy_program(void)
{
    char *const argv[] = { "/bin/sh", "-c", "trap '' TERM; while :; do :; done", NULL };
    struct audit a;

    audit_init(&a, argv);
    a.options.until = OBSERVE_UNTIL_TIME;
    a.options.time = 50;
    a.options.end_timeout = 50; /* it ignores SIGTERM: it is killed */
    audit_run(&a);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process where status = 9 and ending = 'ended-by-audit'"), 1);
    audit_release(&a);
}

static void test_settle__busy_program_is_a_gap(void)
{
    char *const argv[] = { "/bin/sh", "-c", "while :; do :; done", NULL };
    struct audit a;

    audit_init(&a, argv);
    a.options.until = OBSERVE_UNTIL_SETTLED;
    a.options.settle_timeout = 50;
    audit_run(&a);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'settled'"), 1);
    audit_release(&a);
}

static void test_launch__failure_is_recorded(void)
{
    char *const argv[] = { "/nonexistent/program", NULL };
    struct audit a;

    audit_init(&a, argv);
    audit_run(&a);
    CU_ASSERT_EQUAL(a.r, -ENOENT);
    CU_ASSERT_EQUAL(a.result.stage, TRACE_STAGE_EXEC);
    CU_ASSERT_EQUAL(audit_ask(&a, "select complete from audit"), 0);
    audit_release(&a);
}

static void test_call__credential_change_has_a_before_and_an_after(void)
{
    struct audit a;

    if (geteuid()) {
        test_skip("needs root to change ids");
        return;
    }
    audit_shell(&a, "/usr/sbin/chroot --userspec=33:33 --groups= / /bin/true");
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from call c join look l on l.call = c.id join cred on cred.look = l.id where "
                      "c.name = 'setuid' and l.moment = 'before-change' and euid = 0"),
        1);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from call c join look l on l.call = c.id join cred on cred.look = l.id where "
                      "c.name = 'setuid' and l.moment = 'after-change' and euid = 33 and suid = 33 and cap_prm = 0"),
        1);
    CU_ASSERT_EQUAL(audit_ask(&a,
                              "select count(*) from account where uid = 33 and name = 'www-data' and groups = '33'"),
                    1);
    audit_release(&a);
}

static void test_seccomp__our_own_filter_is_not_the_targets(void)
{
    struct audit a;

    audit_shell(&a, "(:)");
    CU_ASSERT_EQUAL(audit_ask(&a, "select max(seccomp) from cred"), 0);
    audit_release(&a);
}

static void test_record__full_disk_leaves_the_target_unharmed(void)
{
    char *const argv[] = { "/bin/sh", "-c", "i=0; while [ $i -lt 400 ]; do (exit 0); i=$((i+1)); done; exit 6", NULL };
    struct rlimit limit, small = { 300000, RLIM_INFINITY };
    struct audit a;

    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    audit_init(&a, argv);
    setrlimit(RLIMIT_FSIZE, &small);
    audit_run(&a);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT_EQUAL(a.r, 0);
    CU_ASSERT(a.result.record_error < 0);
    CU_ASSERT_EQUAL(a.result.complete, 0);
    CU_ASSERT_EQUAL(a.result.target_status, 6 << 8);
    facts_close(a.f);
}

TEST_MAIN("test_observe", TEST(test_process__parents_and_ends), TEST(test_image__path_and_arguments),
          TEST(test_look__moments_of_a_life), TEST(test_fd__those_at_exec),
          TEST(test_fd__one_description_across_fork_and_dup), TEST(test_fd__starters_descriptors_are_told_apart),
          TEST(test_until__settled_ends_the_program), TEST(test_poke__makes_the_daemon_work),
          TEST(test_poke__failure_is_a_gap), TEST(test_poke__that_never_ends_is_killed),
          TEST(test_poke__program_gone_before_it_is_incomplete), TEST(test_until__time_ends_a_busy_program),
          TEST(test_settle__busy_program_is_a_gap), TEST(test_launch__failure_is_recorded),
          TEST(test_call__credential_change_has_a_before_and_an_after),
          TEST(test_seccomp__our_own_filter_is_not_the_targets),
          TEST(test_record__full_disk_leaves_the_target_unharmed))

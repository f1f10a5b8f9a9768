/* test_copies.c - when an audit makes disposable copies, and the rows that they leave. */
#include "harness/include/forkaudit.h"
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKER   60001 /* uid and gid that the plays become */
#define NOT_HERE 77    /* exit status of a play that this host does not let */

/* ---- the programs ---- */

static int become(uid_t real, uid_t effective, uid_t saved)
{
    return setresgid(WORKER, WORKER, WORKER) || setresuid(real, effective, saved) ? NOT_HERE : 0;
}

static int play_rest(void)
{
    if (become(WORKER, WORKER, WORKER))
        return NOT_HERE;
    for (;;)
        pause();
}

/* root again whenever it is needed: at rest it is not, but could be. */
static int play_temporary(void)
{
    if (become(0, WORKER, 0))
        return NOT_HERE;
    for (;;)
        pause();
}

static int play_moments(void)
{
    FORKAUDIT_MOMENT("root");
    if (become(WORKER, WORKER, 0))
        return NOT_HERE;
    FORKAUDIT_MOMENT("saved");
    FORKAUDIT_MOMENT("saved again");
    if (setresuid(WORKER, WORKER, WORKER))
        return 1;
    FORKAUDIT_MOMENT("dropped");
    return waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD ? 0 : 2;
}

static int play_exec(void)
{
    char *const argv[] = { "true", NULL };

    if (become(WORKER, WORKER, 0))
        return NOT_HERE;
    execv("/bin/true", argv);
    return 1;
}

/* A worker that a master made, with what its master had been. */
static int play_worker(void)
{
    int status;
    pid_t pid = fork();

    if (!pid) {
        if (become(WORKER, WORKER, WORKER))
            _exit(NOT_HERE);
        for (;;)
            pause();
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void *thread_keeps(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* By the call itself, not libc's function: of this thread alone. */
static void *thread_saves(void *unused)
{
    if (syscall(SYS_setresuid, WORKER, WORKER, 0))
        _exit(NOT_HERE);
    return thread_keeps(unused);
}

static int play_threads(void)
{
    pthread_t threads[2];

    if (become(WORKER, WORKER, WORKER) == NOT_HERE)
        return NOT_HERE;
    return pthread_create(&threads[0], NULL, thread_keeps, NULL) || pthread_join(threads[0], NULL);
}

/* One thread could become root again, the other could not. */
static int play_threads_differ(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_saves, NULL))
        return 1;
    if (syscall(SYS_setresuid, WORKER, WORKER, WORKER))
        return NOT_HERE;
    return pthread_join(thread, NULL);
}

static int play_no_room(void)
{
    const struct rlimit none = { 0, 0 };

    if (become(WORKER, WORKER, 0) || setrlimit(RLIMIT_NPROC, &none))
        return NOT_HERE;
    for (;;)
        pause();
}

/* ---- the suite ---- */

/* Runs the play of that name. 1: it became who it is to be. */
static int run_play(struct audit *a, const char *name, enum observe_until until, int no_copies)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, argv);
    a->options.until = until;
    a->options.no_copies = no_copies;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    if (!a->result.has_target_status || a->result.target_status != NOT_HERE << 8)
        return 1;
    test_skip("the program must be root, and the ids of an ordinary user must exist");
    return 0;
}

#define ROWS(a, where) audit_ask(a, "select count(*) from proof p join look l on l.id = p.look where " where)

static int is_root(void)
{
    if (!geteuid())
        return 1;
    test_skip("the program must be root to have something to lose");
    return 0;
}

static void test_copies__at_rest(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "rest", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(ROWS(&a,
                             "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused' and l.moment = 'settled'"),
                        1);
        CU_ASSERT_EQUAL(ROWS(&a, "p.outcome in ('regained', 'killed', 'hung', 'not-made')"), 0);
        CU_ASSERT(ROWS(&a, "p.kind = 'cap' and p.outcome = 'refused' and p.wanted like '%cap_setuid%'") == 1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'proof'"), 0);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process"), 1);
        /* What /proc does not show, the copy has told. */
        CU_ASSERT_EQUAL(audit_ask(&a, "select c.securebits from cred c join look l on l.id = c.look "
                                      "where l.moment = 'settled'"),
                        0);
        CU_ASSERT(audit_ask(&a, "select c.dumpable from cred c join look l on l.id = c.look "
                                "where l.moment = 'settled'") >= 0);
    }
    audit_release(&a);
}

static void test_copies__none_when_they_are_not_wanted(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "rest", OBSERVE_UNTIL_SETTLED, 1)) {
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from proof"), 0);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from cred where securebits is not null"), 0);
    }
    audit_release(&a);
}

static void test_copies__of_a_temporary_drop(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "temporary", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(ROWS(&a,
                             "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'regained' and p.call like 'setuid(0)' "
                             "and p.detail like 'uid % 0 % 0, gid%' and l.moment = 'settled'"),
                        1);
    }
    audit_release(&a);
}

/* The same identity is tried once in each program. */
static void test_copies__at_markers(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "moments", OBSERVE_UNTIL_EXIT, 0)) {
        CU_ASSERT_EQUAL(a.result.target_status, 0);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where kind = 'moment'"), 4);
        CU_ASSERT_EQUAL(ROWS(&a,
                             "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'regained' and l.moment = 'marker'"),
                        1);
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused' and l.moment = 'marker'"),
                        1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from proof p join look l on l.id = p.look join marker m "
                                      "on m.id = l.marker where m.name in ('root', 'saved again')"),
                        0);
    }
    audit_release(&a);
}

/* Another program is tried anew, before it has run an instruction. */
static void test_copies__at_an_exec(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "exec", OBSERVE_UNTIL_EXIT, 0)) {
        CU_ASSERT_EQUAL(a.result.target_status, 0);
        /* An exec makes the saved uid the effective one (execve(2)). */
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused' and l.moment = 'exec'"),
                        1);
        CU_ASSERT_EQUAL(ROWS(&a, "p.outcome = 'regained'"), 0);
    }
    audit_release(&a);
}

static void test_copies__of_a_worker(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "worker", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process"), 2); /* copies are no processes */
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from proof where process = 1"), 0);
        CU_ASSERT_EQUAL(ROWS(&a, "p.process = 2 and p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused'"), 1);
    }
    audit_release(&a);
}

static void test_copies__of_one_thread_where_all_are_alike(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "threads", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused'"), 1);
        CU_ASSERT_EQUAL(ROWS(&a, "p.outcome = 'regained'"), 0);
    }
    audit_release(&a);
}

static void test_copies__of_each_thread_that_differs(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "threads-differ", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'refused'"), 1);
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and p.outcome = 'regained'"), 1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct tid) from proof where kind = 'uid'"), 2);
    }
    audit_release(&a);
}

static void test_copies__that_cannot_be_made(void)
{
    struct audit a;

    if (!is_root())
        return;
    if (run_play(&a, "no-room", OBSERVE_UNTIL_SETTLED, 0)) {
        CU_ASSERT_EQUAL(ROWS(&a, "p.kind = 'uid' and p.wanted = '0' and (p.outcome = 'not-made' or "
                                 "p.detail like '%tried by a process of the audit%')"),
                        1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) > 0 from proof where outcome = 'not-made'"),
                        audit_ask(&a, "select count(*) > 0 from gap where source = 'proof'"));
    }
    audit_release(&a);
}

/* Whoever has lost nothing is left alone. */
static void test_copies__none_of_a_program_that_stays_who_it_is(void)
{
    struct audit a;

    audit_shell(&a, "exec true");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from proof"), 0);
    audit_release(&a);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "rest", play_rest },       { "temporary", play_temporary },
        { "moments", play_moments }, { "exec", play_exec },
        { "worker", play_worker },   { "threads", play_threads },
        { "no-room", play_no_room }, { "threads-differ", play_threads_differ },
    };
    static const struct test tests[] = {
        TEST(test_copies__at_rest),
        TEST(test_copies__none_when_they_are_not_wanted),
        TEST(test_copies__of_a_temporary_drop),
        TEST(test_copies__at_markers),
        TEST(test_copies__at_an_exec),
        TEST(test_copies__of_a_worker),
        TEST(test_copies__of_one_thread_where_all_are_alike),
        TEST(test_copies__of_each_thread_that_differs),
        TEST(test_copies__that_cannot_be_made),
        TEST(test_copies__none_of_a_program_that_stays_who_it_is),
        { NULL, NULL },
    };

    for (size_t i = 0; argc == 3 && !strcmp(argv[1], "--play") && i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, argv[2]))
            return plays[i].run();
    return test_main("test_copies", tests, argc, argv);
}

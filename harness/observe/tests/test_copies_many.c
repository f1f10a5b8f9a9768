/* test_copies_many.c - copies of many processes: some that keep the audit waiting, or are never at rest, take nothing from the others
 * and do not keep it from hearing. */
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#define QUIET    60001 /* uids and gids that the plays become */
#define NOISY    60002
#define N_QUIET  30
#define N_NOISY  10
#define N_VFORKS 30
#define NOT_HERE 77 /* exit status of a play that this host does not let */

/* ---- the programs ---- */

static void handle(int signal)
{
    (void)signal;
}

static void become(uid_t id)
{
    if (setresgid(id, id, id) || setresuid(id, id, id))
        _exit(NOT_HERE);
}

/* A signal every millisecond, and always back to the same rest. */
static void be_noisy(void)
{
    const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
    struct sigaction action = { .sa_handler = handle };

    become(NOISY);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (;;)
        pause();
}

__attribute__((noreturn)) static void play_noisy(void)
{
    for (int i = 0; i < N_QUIET + N_NOISY; i++)
        if (!fork()) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (i % 4 == 3)
                be_noisy();
            become(QUIET);
            for (;;)
                pause();
        }
    for (;;)
        pause();
}

/* Uninterruptibly, for a vfork child that does nothing. */
__attribute__((noreturn)) static void wait_for_ever(void)
{
    become(QUIET);
    if (!vfork())
        for (;;)
            pause();
    _exit(1);
}

__attribute__((noreturn)) static void play_vforks(void)
{
    for (int i = 0; i < N_VFORKS; i++)
        if (!fork())
            wait_for_ever();
    for (;;)
        pause();
}

/* ---- the suite ---- */

/* 1: the play ran. */
static int run_play(struct audit *a, const char *name, int64_t settle_ms)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, argv);
    a->options.until = OBSERVE_UNTIL_SETTLED;
    a->options.settle_timeout = settle_ms;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    if (audit_ask(a, "select count(*) from process where status = 77 << 8") == 0)
        return 1;
    test_skip("the program must be root, and the ids of an ordinary user must exist");
    return 0;
}

static void test_copies_many__beside_some_that_are_never_at_rest(void)
{
    struct audit a;

    if (geteuid()) {
        test_skip("the program must be root to have something to lose");
        return;
    }
    if (run_play(&a, "noisy", 5000)) {
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct p.process) from proof p join look l on l.id = p.look join "
                                      "cred c on c.look = l.id where c.euid = 60001 and p.kind = 'uid' and p.wanted = "
                                      "'0' and p.outcome = 'refused'"),
                        N_QUIET);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from proof p join look l on l.id = p.look join cred c on c.look "
                                      "= l.id where c.euid = 60001 and p.outcome = 'not-made'"),
                        0);
        /* Being looked at does not depend on who else is noisy: one settled look, and the last one. */
        CU_ASSERT_EQUAL(audit_ask(&a, "select max(n) from (select count(*) as n from look l join cred c on c.look = "
                                      "l.id where l.moment = 'settled' and c.euid = 60001 group by l.process)"),
                        2);
    }
    audit_release(&a);
}

static void test_copies_many__that_keep_the_audit_waiting(void)
{
    struct audit a;

    if (geteuid()) {
        test_skip("the program must be root to have something to lose");
        return;
    }
    if (run_play(&a, "vforks", 1000)) {
        /* How many it comes to before the bound is the machine's affair. */
        CU_ASSERT(audit_ask(&a, "select count(distinct process) from proof where outcome = 'not-made'") > 0);
        CU_ASSERT(audit_ask(&a, "select (ended - began) / 1000000 from audit") < 1000 * N_VFORKS);
    }
    audit_release(&a);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = { TEST(test_copies_many__beside_some_that_are_never_at_rest),
                                         TEST(test_copies_many__that_keep_the_audit_waiting),
                                         { NULL, NULL } };

    if (argc == 3 && !strcmp(argv[1], "--play"))
        (strcmp(argv[2], "noisy") ? play_vforks : play_noisy)();
    return test_main("test_copies_many", tests, argc, argv);
}

/* test_watch_hard.c - programs that are hard on breakpoints: they run as they do without us. */
#include "harness/random/tests/plays_watch.h"
#include "harness/random/tests/watch_audit.h"
#include "harness/testing.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Programs that are hard on breakpoints; each knows what it must get, and ends with 0 when it does. */
static void check_unharmed(const char *play)
{
    struct audit a;

    if (!watch_play(&a, play))
        return;
    CU_ASSERT(audit_ask(&a, "select count(*) from generator_call where kind = 'draw'") > 0);
    audit_release(&a);
}

static void test_watch__threads_that_draw_at_once(void)
{
    check_unharmed("threads");
}

static void test_watch__forks_among_threads(void)
{
    check_unharmed("storm");
}

static void test_watch__newborns_of_a_maker_that_was_killed(void)
{
    check_unharmed("orphans");
}

static void test_watch__memory_shared_by_processes(void)
{
    check_unharmed("shared");
}

static void test_watch__trap_of_the_programs_own(void)
{
    check_unharmed("trap");
}

static void test_watch__calls_that_never_return(void)
{
    check_unharmed("jump");
}

static void test_watch__handlers_that_draw(void)
{
    check_unharmed("handler");
}

static void test_watch__breakpoint_of_somebody_else(void)
{
    static const char *const own[] = { PLAY_OWN, NULL };
    struct audit a;

    watch_setup(&a, "foreign");
    a.options.own_generators = own;
    audit_run(&a);
    if (a.result.target_status == PLAY_NOT_HERE << 8) {
        test_skip("the program may not change its text");
    } else {
        CU_ASSERT_EQUAL(a.result.target_status, 0);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where detail like 'another tool has a breakpoint%'"),
                        1);
    }
    audit_release(&a);
}

/* Breakpoints are in the programs when the disk is full: they run as before. */
static void broken_at(rlim_t size)
{
    struct rlimit limit, small;
    struct audit a;

    getrlimit(RLIMIT_FSIZE, &limit);
    small = (struct rlimit){ size, limit.rlim_max };
    watch_setup(&a, "many");
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    audit_run(&a);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT(a.result.record_error < 0);
    CU_ASSERT_EQUAL(a.result.complete, 0);
    CU_ASSERT_EQUAL(a.result.target_status, 0);
    CU_ASSERT(a.result.has_target_status);
    facts_close(a.f);
}

static void test_watch__recording_that_breaks(void)
{
    broken_at(400000);
    broken_at(450000);
    broken_at(500000);
}

/* What a program can notice, and until when: the documentation says so. */
static void test_watch__text_is_ours_for_a_while(void)
{
    check_unharmed("text");
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_watch__threads_that_draw_at_once),
        TEST(test_watch__forks_among_threads),
        TEST(test_watch__newborns_of_a_maker_that_was_killed),
        TEST(test_watch__memory_shared_by_processes),
        TEST(test_watch__trap_of_the_programs_own),
        TEST(test_watch__calls_that_never_return),
        TEST(test_watch__handlers_that_draw),
        TEST(test_watch__breakpoint_of_somebody_else),
        TEST(test_watch__recording_that_breaks),
        TEST(test_watch__text_is_ours_for_a_while),
        { NULL, NULL },
    };

    if (argc == 4 && !strcmp(argv[1], "--play"))
        return play_watch(argv[2], argv[3]);
    return test_main("test_watch_hard", tests, argc, argv);
}

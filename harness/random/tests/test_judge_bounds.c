/* test_judge_bounds.c - whole audits with generators: too much of something, and that what is left out is said. */
#include "harness/random/internal.h"
#include "harness/random/tests/judging.h"
#include "harness/random/tests/plays_judge.h"
#include "harness/testing.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void test_judge_bounds__more_children_than_are_wanted(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "many");
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM snapshot WHERE moment = 'born'"), 16);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 16);
    /* Each with the one before it and with the first. */
    CU_ASSERT_EQUAL(judging_count(&a, "sibling", "shared", RAND), 15 + 14);
    CU_ASSERT_EQUAL(judging_gaps(&a, "24 of its 40 children were not drawn from"), 1);
    audit_release(&a);
}

static void test_judge_bounds__children_that_only_execute_do_not_count(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_run(&a, "executes-many");
    CU_ASSERT_EQUAL(judging_gaps(&a, ""), 0);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 1);
    audit_release(&a);
}

static void test_judge_bounds__more_memory_than_is_allowed(void)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    judging_begin(&a, judging_self("shared"), NULL);
    a.options.generator_memory = 4096;
    judging_finish(&a);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM snapshot"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM comparison"), 0);
    CU_ASSERT_EQUAL(judging_gaps(&a, "more than --generator-memory allows"), 2);
    audit_release(&a);
}

#define MB ((int64_t)1 << 20)

/* Lives that are over are judged while their parent forks on: nothing of it may be lost, or said twice. */
static void test_judge_bounds__a_store_that_is_nearly_full(void)
{
    struct audit a;
    uint64_t room = keep_room;
    int64_t bytes;

    if (!judging_is_possible())
        return;
    judging_run(&a, "unused");
    bytes = audit_ask(&a, "SELECT max(bytes) FROM snapshot");
    audit_release(&a);
    judging_begin(&a, judging_self("generations-many"), NULL);
    /* For the program, and for some of its ten children: each has a megabyte of its own. */
    keep_room = (uint64_t)(bytes + 6 * MB);
    judging_finish(&a);
    keep_room = room;
    CU_ASSERT_EQUAL(judging_gaps(&a, ""), 0);
    CU_ASSERT_EQUAL(judging_count(&a, "newborn", "shared", RAND), 20);
    CU_ASSERT_EQUAL(judging_count(&a, "fork", "shared", RAND), 20);
    CU_ASSERT_EQUAL(judging_count(&a, "parent", "shared", RAND), 20);
    CU_ASSERT_EQUAL(judging_count(&a, "sibling", "shared", RAND), 9 + 8);
    audit_release(&a);
}

static void test_judge_bounds__a_store_that_is_full(void)
{
    struct audit a;
    uint64_t room = keep_room;

    if (!judging_is_possible())
        return;
    judging_begin(&a, judging_self("shared"), NULL);
    keep_room = 8192;
    judging_finish(&a);
    keep_room = room;
    CU_ASSERT_EQUAL(audit_ask(&a, "SELECT count(*) FROM snapshot"), 0);
    CU_ASSERT_EQUAL(judging_gaps(&a, "the store is full"), 2);
    audit_release(&a);
}

/* As Ctrl-C would, when the drawing has begun. */
static void interrupt(void *context, enum observe_news news, unsigned processes)
{
    unsigned *most = context;

    if (news != OBSERVE_NEWS_DRAWING)
        return;
    if (!*most)
        kill(getpid(), SIGTERM);
    *most = processes > *most ? processes : *most;
}

static void test_judge_bounds__ended_while_it_draws(void)
{
    struct audit a;
    unsigned most = 0;

    if (!judging_is_possible())
        return;
    judging_begin(&a, judging_self("many"), NULL);
    a.options.news = interrupt;
    a.options.context = &most;
    judging_finish(&a);
    CU_ASSERT_EQUAL(most, 17);
    CU_ASSERT_EQUAL(judging_gaps(&a, "the audit was ended before all generators were drawn from"), 1);
    CU_ASSERT_TRUE(audit_ask(&a, "SELECT count(DISTINCT process) FROM comparison") < 16);
    audit_release(&a);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_judge_bounds__more_children_than_are_wanted),
        TEST(test_judge_bounds__children_that_only_execute_do_not_count),
        TEST(test_judge_bounds__more_memory_than_is_allowed),
        TEST(test_judge_bounds__a_store_that_is_nearly_full),
        TEST(test_judge_bounds__a_store_that_is_full),
        TEST(test_judge_bounds__ended_while_it_draws),
        { NULL, NULL },
    };

    if (argc == 3 && !strcmp(argv[1], "--play"))
        play_judge(argv[2]);
    return test_main("test_judge_bounds", tests, argc, argv);
}

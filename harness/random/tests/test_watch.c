/* test_watch.c - calls, values and seeds as breakpoints see them, against what the programs say themselves. */
#include "harness/random/tests/plays_watch.h"
#include "harness/random/tests/watch_audit.h"
#include "harness/testing.h"

#include <stdio.h>
#include <string.h>

#define WORDS_ARE_RIGHT(a, wanted)                                                                                     \
    do {                                                                                                               \
        unsigned said;                                                                                                 \
        CU_ASSERT_EQUAL(watch_words_wrong(a, &said), 0);                                                               \
        CU_ASSERT_EQUAL(said, wanted);                                                                                 \
    } while (0)

#define DRAWS(a, where) audit_ask(a, "select count(*) from generator_call where kind = 'draw' and " where)

static void test_draw__values_of_parent_and_child(void)
{
    struct audit a;

    if (!watch_play(&a, "rand"))
        return;
    WORDS_ARE_RIGHT(&a, 7);
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libc rand' and process = 1"), 4);
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libc rand' and process = 2"), 3);
    CU_ASSERT_EQUAL(DRAWS(&a, "context is not null and generator = 'libc rand'"), 0);
    /* Each process and generator has a stream of its own, without holes. */
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from draw d where offset <> (select count(*) * 4 from draw e where "
                                  "e.process = d.process and e.generator = d.generator and e.id < d.id)"),
                    0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from draw d join process p on p.id = d.process where tid <> pid"),
                    0);
    /* The inner function of the same call. */
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libc random' and process = 2"), 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator_present join generator g on g.id = generator where "
                                  "g.name = 'libc rand'"),
                    2);
    CU_ASSERT(audit_ask(&a, "select count(*) from generator_call where stack is not null and generator = 'libc "
                            "rand' and kind = 'draw'") >= 1);
    audit_release(&a);
}

static void test_draw__is_bounded(void)
{
    struct audit a;

    if (!watch_play(&a, "rand-much"))
        return;
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libc rand'"), 16);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from draw where generator = 'libc rand'"), 16);
    audit_release(&a);
}

static void test_draw__buffers(void)
{
    struct audit a;

    if (!watch_play(&a, "bytes"))
        return;
    WORDS_ARE_RIGHT(&a, 8);
    CU_ASSERT_EQUAL(audit_ask(&a, "select max(offset) from draw where generator = 'OpenSSL RAND_bytes'"), 65);
    audit_release(&a);
}

static void test_draw__contexts(void)
{
    struct audit a;
    struct play_word word;
    FILE *file;

    if (!watch_play(&a, "context"))
        return;
    WORDS_ARE_RIGHT(&a, 3);
    file = fopen(watch_words(), "re");
    while (file && fread(&word, sizeof word, 1, file) == 1) {
        char sql[256];

        snprintf(sql, sizeof sql, "select context from generator_call where kind = 'draw' and generator = '%s'",
                 word.generator);
        CU_ASSERT_EQUAL(audit_ask(&a, sql), word.context ? (int64_t)word.context : -1);
    }
    if (file)
        fclose(file);
    audit_release(&a);
}

static void check_seed(const char *play, const char *condition)
{
    struct audit a;
    char sql[512];

    if (!watch_play(&a, play))
        return;
    snprintf(sql, sizeof sql, "select count(*) from generator_call where kind = 'seed' and symbol = 'srand' and %s",
             condition);
    CU_ASSERT_EQUAL(audit_ask(&a, sql), 1);
    /* What it calls itself is not the program's doing. */
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator_call where kind = 'draw' or symbol <> 'srand'"), 0);
    audit_release(&a);
}

static void test_seed__is_recognised(void)
{
    check_seed("seed-time", "seed_is = 'time' and is_added = 0 and length(seed) = 4 and generator = 'libc rand'");
    check_seed("seed-pid", "seed_is = 'pid'");
    check_seed("seed-both", "seed_is = 'time and pid'");
    check_seed("seed-small", "seed_is = 'constant' and hex(seed) = '2A000000'");
    check_seed("seed-code", "seed_is = 'constant' and hex(seed) = '1D3C5B7A'");
    check_seed("seed-kernel", "seed_is is null and length(seed) = 4");
}

static void test_seed__in_a_buffer(void)
{
    struct audit a;

    if (!watch_play(&a, "seed-buffer"))
        return;
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator_call where symbol = 'RAND_seed' and seed_is = "
                                  "'constant' and cast(seed as text) like 'a constant%'"),
                    1);
    CU_ASSERT_EQUAL(
        audit_ask(&a,
                  "select count(*) from generator_call where symbol = 'RAND_add' and seed_is = 'time' and is_added"),
        1);
    audit_release(&a);
}

static void test_watch__library_that_came_later(void)
{
    struct audit a;

    if (!watch_play(&a, "dlopen"))
        return;
    WORDS_ARE_RIGHT(&a, 4);
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libuuid uuid_generate_random'"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'generator' and detail not like '%memory%'"),
                    0);
    audit_release(&a);
}

static void test_watch__vfork(void)
{
    struct audit a;

    if (!watch_play(&a, "vfork"))
        return;
    WORDS_ARE_RIGHT(&a, 1);
    CU_ASSERT_EQUAL(DRAWS(&a, "generator = 'libc rand' and process = 2 and image = 1"), 1);
    /* The new program is looked through again. */
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator_present join generator g on g.id = generator where "
                                  "g.name = 'libc rand' and process = 2 and image = 2"),
                    1);
    audit_release(&a);
}

static void test_watch__exec(void)
{
    struct audit a;

    if (!watch_play(&a, "exec"))
        return;
    WORDS_ARE_RIGHT(&a, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct image) from generator_present where process = 1"), 2);
    audit_release(&a);
}

static void test_watch__generator_of_an_option(void)
{
    static const char *const own[] = { PLAY_OWN, NULL };
    struct audit a;

    watch_setup(&a, "own");
    a.options.own_generators = own;
    audit_run(&a);
    CU_ASSERT_EQUAL(a.result.target_status, 0);
    WORDS_ARE_RIGHT(&a, 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator where source = 'option' and symbol = "
                                  "'play_own_next' and offset > 0"),
                    1);
    audit_release(&a);
}

static void test_watch__option_that_is_not_understood(void)
{
    static const char *const own[] = { "play_own_next=u33()", NULL };
    struct audit a;

    watch_setup(&a, "own");
    a.options.own_generators = own;
    audit_run(&a);
    CU_ASSERT_EQUAL(a.r, -22);
    CU_ASSERT(strstr(a.result.why, "u33") != NULL);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process"), 0);
    audit_release(&a);
}

static void test_watch__generator_of_a_marker(void)
{
    struct audit a;

    if (!watch_play(&a, "marker"))
        return;
    WORDS_ARE_RIGHT(&a, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator where source = 'marker'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'generator' and detail like "
                                  "'%FORKAUDIT_GENERATOR%'"),
                    2);
    audit_release(&a);
}

static void test_watch__marker_where_a_call_returns(void)
{
    struct audit a;

    if (!watch_play(&a, "beside"))
        return;
    WORDS_ARE_RIGHT(&a, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where name = 'beside'"), 1);
    audit_release(&a);
}

static void test_watch__nothing_without_the_option(void)
{
    struct audit a;

    watch_setup(&a, "rand");
    a.options.generators = 0;
    audit_run(&a);
    CU_ASSERT_EQUAL(a.result.target_status, 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from generator_call"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select generators from audit"), 0);
    audit_release(&a);
}

static void test_end__processes_that_rest_are_looked_at(void)
{
    struct audit a;

    watch_setup(&a, "rest");
    a.options.until = OBSERVE_UNTIL_SETTLED;
    a.options.generator_memory = 0;
    audit_run(&a);
    CU_ASSERT_EQUAL(a.r, 0);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    WORDS_ARE_RIGHT(&a, 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from snapshot where moment = 'born' and process = 2"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from snapshot where moment = 'end'"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from snapshot where moment = 'exit'"), 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from comparison") > 0);
    audit_release(&a);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_draw__values_of_parent_and_child),
        TEST(test_draw__is_bounded),
        TEST(test_draw__buffers),
        TEST(test_draw__contexts),
        TEST(test_seed__is_recognised),
        TEST(test_seed__in_a_buffer),
        TEST(test_watch__library_that_came_later),
        TEST(test_watch__vfork),
        TEST(test_watch__exec),
        TEST(test_watch__generator_of_an_option),
        TEST(test_watch__option_that_is_not_understood),
        TEST(test_watch__generator_of_a_marker),
        TEST(test_watch__marker_where_a_call_returns),
        TEST(test_watch__nothing_without_the_option),
        TEST(test_end__processes_that_rest_are_looked_at),
        { NULL, NULL },
    };

    if (argc == 4 && !strcmp(argv[1], "--play"))
        return play_watch(argv[2], argv[3]);
    return test_main("test_watch", tests, argc, argv);
}

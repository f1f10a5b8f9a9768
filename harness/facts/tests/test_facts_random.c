/* test_facts_random.c - every row about generators comes back from the file as it was given. */
#include "harness/facts/tests/recording.h"

static const struct facts_generator generator = { "libc rand", "known",    "rand", "/lib/libc.so.6",
                                                  4096,        "ordinary", "pid",  "libc random" };

static void test_facts_random__generator(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_generator code = { "MT19937", "code", NULL, "/bin/x", 7, NULL, NULL, NULL };
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, &id), 0);
    CU_ASSERT_EQUAL(id, 1);
    CU_ASSERT_EQUAL(facts_add_generator(f, &code, NULL), 0);
    f = reopen(f, path);
    ASK(f, "SELECT name||source||symbol||object||offset||purpose||guard||state_of FROM generator WHERE id=1",
        "libc randknownrand/lib/libc.so.64096ordinarypidlibc random");
    ASK(f,
        "SELECT name||source||ifnull(symbol,'N')||object||offset||ifnull(purpose,'N')||ifnull(guard,'N')||"
        "ifnull(state_of,'N') FROM generator WHERE id=2",
        "MT19937codeN/bin/x7NNN");
    facts_close(f);
}

static void test_facts_random__generator_once(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_generator other = generator;
    int64_t first = 0, again = 0, id = 0;

    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, &first), 0);
    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, &again), 0);
    CU_ASSERT_EQUAL(again, first);
    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, NULL), 0);
    /* Another name, source, file or place is another generator. */
    other.name = "rand";
    CU_ASSERT_EQUAL(facts_add_generator(f, &other, &id), 0);
    CU_ASSERT_NOT_EQUAL(id, first);
    other = generator;
    other.source = "option";
    CU_ASSERT_EQUAL(facts_add_generator(f, &other, NULL), 0);
    other = generator;
    other.object = "/lib/musl.so";
    CU_ASSERT_EQUAL(facts_add_generator(f, &other, NULL), 0);
    other = generator;
    other.offset++;
    CU_ASSERT_EQUAL(facts_add_generator(f, &other, NULL), 0);
    /* What the first one was said to be stays. */
    other = generator;
    other.purpose = "cryptographic";
    CU_ASSERT_EQUAL(facts_add_generator(f, &other, &again), 0);
    CU_ASSERT_EQUAL(again, first);
    f = reopen(f, path);
    ASK(f, "SELECT count(*)||min(purpose) FROM generator", "5ordinary");
    facts_close(f);
}

static void test_facts_random__present(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, &id), 0);
    CU_ASSERT_EQUAL(facts_add_generator_present(f, 1, 2, id), 0);
    CU_ASSERT_EQUAL(facts_add_generator_present(f, 1, 2, id), 0);
    CU_ASSERT_EQUAL(facts_add_generator_present(f, 3, 2, id), 0);
    f = reopen(f, path);
    ASK(f, "SELECT group_concat(process||image||generator) FROM generator_present", "121,321");
    facts_close(f);
}

static void test_facts_random__call(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_generator_call seed = { 1,       2,          42,       3, 4,      "seed", "libc rand",
                                               "srand", FACTS_NULL, "\0\1\2", 3, "time", 0,      5 };
    const struct facts_generator_call draw = { 1,        FACTS_NULL, 42,   3, 4,    "draw",     "libc rand_r",
                                               "rand_r", 0x7fff1234, NULL, 0, NULL, FACTS_NULL, FACTS_NULL };
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_generator_call(f, &seed, &id), 0);
    CU_ASSERT_EQUAL(id, 1);
    CU_ASSERT_EQUAL(facts_add_generator_call(f, &draw, NULL), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT process||image||tid||seq||at||kind||generator||symbol||ifnull(context,'N')||hex(seed)||seed_is||"
        "is_added||stack FROM generator_call WHERE id=1",
        "124234seedlibc randsrandN000102time05");
    ASK(f,
        "SELECT ifnull(image,'N')||kind||symbol||context||ifnull(seed,'N')||ifnull(seed_is,'N')||ifnull(is_added,'N')"
        "||ifnull(stack,'N') FROM generator_call WHERE id=2",
        "Ndrawrand_r2147422772NNNN");
    facts_close(f);
}

static void test_facts_random__snapshot(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_snapshot row = { 1, 42, 3, 4, FACTS_NULL, "born", 2, 123456, 789 };
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_snapshot(f, &row, &id), 0);
    CU_ASSERT_EQUAL(id, 1);
    f = reopen(f, path);
    ASK(f, "SELECT process||tid||seq||at||ifnull(image,'N')||moment||threads||bytes||held FROM snapshot",
        "14234Nborn2123456789");
    facts_close(f);
}

static void test_facts_random__comparison(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_comparison shared = {
        .kind = "fork",
        .generator = 1,
        .process = 2,
        .other = 1,
        .snapshot = 3,
        .other_snapshot = 4,
        .verdict = "shared",
        .value_size = 4,
        .shift = 0,
        .other_shift = 2,
        .equal = 62,
        .partial = 1,
        .pid_repeats = 0,
        .own = "\0\xff",
        .own_size = 2,
        .other_values = "ab\0",
        .other_size = 3,
    };
    const struct facts_comparison undecided = {
        .kind = "sibling",
        .generator = 1,
        .process = 3,
        .other = 2,
        .snapshot = 3,
        .other_snapshot = 4,
        .verdict = "undecided",
        .reason = "a lock is held",
        .value_size = FACTS_NULL,
        .shift = FACTS_NULL,
        .other_shift = FACTS_NULL,
        .equal = FACTS_NULL,
        .partial = FACTS_NULL,
        .pid_repeats = 1,
    };

    CU_ASSERT_EQUAL(facts_add_comparison(f, &shared, NULL), 0);
    CU_ASSERT_EQUAL(facts_add_comparison(f, &undecided, NULL), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT "
        "kind||generator||process||other||snapshot||other_snapshot||verdict||ifnull(reason,'N')||value_size||shift"
        "||other_shift||equal||partial||pid_repeats||hex(own)||hex(other_values) FROM comparison WHERE id=1",
        "fork12134sharedN402621000FF616200");
    ASK(f,
        "SELECT kind||verdict||reason||ifnull(value_size,'N')||ifnull(shift,'N')||ifnull(other_shift,'N')||"
        "ifnull(equal,'N')||ifnull(partial,'N')||pid_repeats||ifnull(own,'N')||ifnull(other_values,'N') FROM "
        "comparison "
        "WHERE id=2",
        "siblingundecideda lock is heldNNNNN1NN");
    facts_close(f);
}

static void test_facts_random__token(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_token row = { 2, 1, 9, 8, "3f\0a", 4 };

    CU_ASSERT_EQUAL(facts_add_token(f, &row), 0);
    f = reopen(f, path);
    ASK(f, "SELECT process||other||seq||other_seq||hex(bytes) FROM token", "219833660061");
    facts_close(f);
}

/* What the tables cannot do without. */
static void test_facts_random__incomplete_rows_are_refused(void)
{
    const char *path = test_path("a.fork");
    const struct facts_generator nameless = { NULL, "known", "x", "/x", 1, NULL, NULL, NULL };
    const struct facts_comparison pidless = { .kind = "fork", .verdict = "shared", .pid_repeats = FACTS_NULL };
    struct facts *f = begin(path);

    CU_ASSERT_EQUAL(facts_add_generator(f, &nameless, NULL), -EIO);
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
    f = begin(path);
    CU_ASSERT_EQUAL(facts_add_comparison(f, &pidless, NULL), -EIO);
    /* The recording is broken: nothing more is written. */
    CU_ASSERT_EQUAL(facts_add_generator(f, &generator, NULL), -EIO);
    CU_ASSERT_EQUAL(facts_add_generator_present(f, 1, 1, 1), -EIO);
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
}

TEST_MAIN("test_facts_random", TEST(test_facts_random__generator), TEST(test_facts_random__generator_once),
          TEST(test_facts_random__present), TEST(test_facts_random__call), TEST(test_facts_random__snapshot),
          TEST(test_facts_random__comparison), TEST(test_facts_random__token),
          TEST(test_facts_random__incomplete_rows_are_refused))

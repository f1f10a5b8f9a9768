/* test_draw.c - verdicts on generators of every kind, held against what two real processes draw. */
#include "harness/draw/tests/plays.h"

#include <errno.h>
#include <string.h>

/* The child at its snapshot with its newborn self: whether equal values are found must be what really happened. */
#define VERDICT(play, verdict, reason) verdict_of(&(play), verdict, reason, __LINE__)
static struct draw_result verdict_of(const struct play *play, enum draw_verdict verdict, const char *reason, int line)
{
    struct draw_result result;
    struct stage s;
    int repeats;

    memset(&result, 0, sizeof result);
    if (stage_open(&s, play)) {
        stage_expect(&s, CHILD, FOSSIL, verdict, reason, line);
        repeats = stage_repeats(&s);
        /* Throws of a dice repeat anyway. */
        if (!play->draws_nothing && verdict != DRAW_UNDECIDED && play != &play_dice &&
            repeats != (verdict == DRAW_SHARED || verdict == DRAW_UNSEEDED))
            stage_fail(line, "%s: the processes really %s", play->shape, repeats ? "repeat values" : "diverge");
        /* What copies give is what the processes really draw. */
        if ((verdict == DRAW_SHARED || verdict == DRAW_UNSEEDED) && !play->draws_nothing)
            CU_ASSERT(!memcmp(s.result.own, s.truth->child,
                              s.result.equal < STAGE_CHILD ? s.result.value_size : 16 * s.result.value_size));
        result = s.result;
    }
    stage_close(&s);
    return result;
}

static void test_draw__shared_states(void)
{
    struct draw_result r = VERDICT(play_xorshift, DRAW_SHARED, NULL);

    if (!r.runs)
        return;
    CU_ASSERT_EQUAL(r.value_size, 8);
    CU_ASSERT_EQUAL(r.n_own, 512);
    CU_ASSERT_EQUAL(r.equal, 512);
    CU_ASSERT(!r.shift_own && !r.shift_other && !r.is_partial);
    CU_ASSERT(r.own_size == 256 && r.other_size == 256 && !memcmp(r.own, r.other, 256));
    CU_ASSERT_EQUAL(r.runs, 2);
    VERDICT(play_rand_seeded, DRAW_SHARED, NULL);
    VERDICT(play_rand_r, DRAW_SHARED, NULL);
    VERDICT(play_random_r, DRAW_SHARED, NULL);
    VERDICT(play_drand48, DRAW_SHARED, NULL);
    VERDICT(play_erand48, DRAW_SHARED, NULL);
    VERDICT(play_bytes, DRAW_SHARED, NULL); /* five bytes on: no value of one is a value of the other */
}

static void test_draw__other_states(void)
{
    VERDICT(play_xorshift_reseeded, DRAW_DIVERGED, "state");
    VERDICT(play_rand_reseeded, DRAW_DIVERGED, "state");
    VERDICT(play_atfork, DRAW_DIVERGED, "state");
    VERDICT(play_late, DRAW_DIVERGED, "state");
    VERDICT(play_waits, DRAW_DIVERGED, "state");
}

static void test_draw__a_bare_clone_calls_no_handler(void)
{
    struct play play = play_atfork;

    play.is_bare_clone = 1;
    VERDICT(play, DRAW_SHARED, NULL);
}

static void test_draw__unseeded(void)
{
    const uint32_t first[2] = { 1804289383, 846930886 };
    struct stage s;

    if (stage_open(&s, &play_rand)) {
        memcpy(s.kind.unseeded, first, sizeof first);
        s.kind.n_unseeded = 2;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_UNSEEDED, NULL);
        CU_ASSERT(stage_repeats(&s));
    }
    stage_close(&s);
}

/* Wherever the two are in the common stream. */
static void test_draw__shifts(void)
{
    static const unsigned draws[][2] = { { 0, 60 }, { 60, 0 }, { 7, 2 }, { 1, 0 } };

    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct play play = play_rand_seeded;
        struct stage s;

        play.child = draws[i][0];
        play.parent = draws[i][1];
        if (stage_open(&s, &play)) {
            STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_SHARED, NULL);
            CU_ASSERT_EQUAL(s.result.shift_own, 0);
            CU_ASSERT_EQUAL(s.result.shift_other, draws[i][0]);
            CU_ASSERT_EQUAL(s.result.equal, 512 - draws[i][0]);
            STAGE_EXPECT(&s, CHILD, PARENT, DRAW_SHARED, NULL);
            CU_ASSERT_EQUAL(s.result.shift_own - s.result.shift_other, draws[i][1] - draws[i][0]);
            CU_ASSERT(!s.result.is_partial);
        }
        stage_close(&s);
    }
}

static void test_draw__a_value_that_was_left(void)
{
    struct draw_result r = VERDICT(play_buffered, DRAW_SHARED, NULL);

    if (r.runs)
        CU_ASSERT(r.equal == 1 && r.is_partial && !r.shift_own && !r.shift_other);
}

static void test_draw__reseeds(void)
{
    struct draw_result r = VERDICT(play_pidcheck, DRAW_DIVERGED, "reseed");

    if (!r.runs)
        return;
    CU_ASSERT(r.is_own_reseeded && r.would_repeat_with_pid);
    r = VERDICT(play_getrandom, DRAW_DIVERGED, "reseed");
    CU_ASSERT(r.is_own_reseeded && !r.would_repeat_with_pid);
    r = VERDICT(play_urandom, DRAW_DIVERGED, "reseed");
    CU_ASSERT(r.is_own_reseeded && !r.would_repeat_with_pid);
    VERDICT(play_wipe, DRAW_DIVERGED, "reseed");
}

/* The other way round it is the other that reseeds. */
static void test_draw__the_other_reseeds(void)
{
    struct stage s;

    if (stage_open(&s, &play_pidcheck)) {
        STAGE_EXPECT(&s, FOSSIL, NEWBORN, DRAW_DIVERGED, "reseed");
        CU_ASSERT(!s.result.is_own_reseeded);
    }
    stage_close(&s);
}

/* One state shown two pids: what the library does about a fork. */
static void test_draw__newborn(void)
{
    struct stage s;

    if (stage_open(&s, &play_openssl)) {
        STAGE_EXPECT(&s, NEWBORN, FOSSIL, DRAW_DIVERGED, "reseed");
        CU_ASSERT(s.result.would_repeat_with_pid && s.result.is_own_reseeded);
        CU_ASSERT(!stage_repeats(&s));
        STAGE_EXPECT(&s, FOSSIL, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT_EQUAL(s.result.equal, 64);
    }
    stage_close(&s);
    if (stage_open(&s, &play_xorshift))
        STAGE_EXPECT(&s, NEWBORN, FOSSIL, DRAW_SHARED, NULL);
    stage_close(&s);
    /* One run is no proof against itself. */
    if (stage_open(&s, &play_getrandom))
        STAGE_EXPECT(&s, FOSSIL, FOSSIL, DRAW_DIVERGED, "reseed");
    stage_close(&s);
}

/* A stop for each value is dear: what comes from the kernel alone is not drawn hundreds of times, and what never asks
 * for its pid is not drawn again for another one. */
static void test_draw__no_more_runs_than_it_takes(void)
{
    struct stage s;

    if (stage_open(&s, &play_getrandom)) {
        STAGE_EXPECT(&s, NEWBORN, FOSSIL, DRAW_DIVERGED, "reseed");
        CU_ASSERT(s.result.n_own == 24 && s.result.n_other == 24);
        CU_ASSERT_EQUAL(s.result.runs, 5);
        STAGE_EXPECT(&s, FOSSIL, NEWBORN, DRAW_DIVERGED, "reseed");
        CU_ASSERT_EQUAL(s.result.runs, 0);
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_DIVERGED, "reseed");
        CU_ASSERT_EQUAL(s.result.runs, 3);
    }
    stage_close(&s);
    /* One that asks once goes on with its own values. */
    if (stage_open(&s, &play_pidcheck)) {
        STAGE_EXPECT(&s, NEWBORN, FOSSIL, DRAW_DIVERGED, "reseed");
        CU_ASSERT(s.result.n_own == 512 && s.result.runs <= 6);
    }
    stage_close(&s);
}

static void test_draw__weak(void)
{
    struct draw_result r = VERDICT(play_pidmix, DRAW_WEAK, "pid");

    if (!r.runs)
        return;
    CU_ASSERT(r.would_repeat_with_pid);
    r = VERDICT(play_gettime, DRAW_WEAK, "clock");
    CU_ASSERT(!r.would_repeat_with_pid);
    CU_ASSERT_STRING_EQUAL(r.reason, "clock");
    r = VERDICT(play_timeofday, DRAW_WEAK, "clock");
    CU_ASSERT_STRING_EQUAL(r.reason, "clock");
    r = VERDICT(play_tsc, DRAW_WEAK, "tsc");
    CU_ASSERT_STRING_EQUAL(r.reason, "tsc");
    VERDICT(play_tscp, DRAW_WEAK, "tsc");
    r = VERDICT(play_malloc, DRAW_WEAK, "pid");
    CU_ASSERT_STRING_EQUAL(r.reason, "pid");
}

static void test_draw__the_processor_s_generator(void)
{
    struct draw_result r;

    if (!chip_is_there()) {
        test_skip("the processor has no RDRAND");
        return;
    }
    r = VERDICT(play_chip, DRAW_WEAK, "rdrand");
    if (r.runs)
        CU_ASSERT_STRING_EQUAL(r.reason, "rdrand");
    r = VERDICT(play_chip_careless, DRAW_WEAK, "rdrand");
    if (r.runs)
        CU_ASSERT_STRING_EQUAL(r.reason, "rdrand");
}

static void test_draw__memory_that_is_shared(void)
{
    struct stage s;
    uint64_t before;

    if (stage_open(&s, &play_shared)) {
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_ONE_GENERATOR, NULL);
        CU_ASSERT(!stage_repeats(&s));
    }
    stage_close(&s);
    /* A count in shared memory makes no generator of it. */
    VERDICT(play_counted, DRAW_SHARED, NULL);
    /* And nothing of ours goes there. */
    if (stage_open(&s, &play_writes)) {
        before = (uint64_t)s.truth->board[0];
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT_EQUAL((uint64_t)s.truth->board[0], before);
    }
    stage_close(&s);
}

static void test_draw__a_lock_that_is_held(void)
{
    VERDICT(play_lock, DRAW_SHARED, NULL);
    VERDICT(play_lock_reseeded, DRAW_UNDECIDED, "lock");
}

static void test_draw__refuses(void)
{
    struct stage s;

    if (stage_open(&s, &play_error)) {
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_REFUSES, "-1");
        CU_ASSERT_EQUAL(s.truth->n_child, 0);
        CU_ASSERT_EQUAL(s.truth->n_parent, STAGE_PARENT);
        STAGE_EXPECT(&s, FOSSIL, CHILD, DRAW_UNDECIDED, "the other gives no values");
        STAGE_EXPECT(&s, CHILD, NEWBORN, DRAW_REFUSES, "-1"); /* so do both: as siblings would */
    }
    stage_close(&s);
    VERDICT(play_needs, DRAW_UNDECIDED, "neither");
    VERDICT(play_abort, DRAW_REFUSES, "SIGABRT");
    VERDICT(play_exit, DRAW_REFUSES, "status 3");
}

/* Shown another pid it aborts: so each side is shown its own. */
static void test_draw__bound_to_its_pid(void)
{
    VERDICT(play_bound, DRAW_DIVERGED, "state");
    VERDICT(play_bound_with_clock, DRAW_WEAK, "clock");
}

static int script_draw(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    uint64_t is_there;

    if (c->read(c, addresses[0], &is_there, sizeof is_there))
        return -EIO;
    for (unsigned i = 0; is_there && i < n; i++)
        if (c->call(c, addresses[1], (const uint64_t[6]){ 0 }, 0, &ret[i]))
            return -EIO;
    return is_there ? 0 : -ENOTSUP;
}

/* A script that finds nothing to draw from, on either side. */
static void test_draw__nothing_is_there(void)
{
    static const struct generator_script script = { .symbols = { "flag", "function" }, .draw = script_draw };
    struct stage s;

    if (stage_open(&s, &play_flag)) {
        s.kind.script = &script;
        s.g.symbols[0] = (uint64_t)(uintptr_t)play_flag.context;
        s.g.symbols[1] = s.g.address;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_ABSENT, "none in this process");
        STAGE_EXPECT(&s, FOSSIL, CHILD, DRAW_ABSENT, "none in this process");
        STAGE_EXPECT(&s, CHILD, CHILD, DRAW_ABSENT, NULL);
        STAGE_EXPECT(&s, PARENT, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT_STRING_EQUAL(draw_verdict_name(DRAW_ABSENT), "absent");
        s.g.symbols[0] = 8; /* what fails of a script is no error of the generator */
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_UNDECIDED, "its script failed");
    }
    stage_close(&s);
}

static void test_draw__no_random_values(void)
{
    VERDICT(play_constant, DRAW_UNDECIDED, "no random values");
    VERDICT(play_counter, DRAW_UNDECIDED, "no random values");
    VERDICT(play_dice, DRAW_DIVERGED, "state"); /* a few equal throws in a row are nothing */
}

static void test_draw__undecided(void)
{
    struct stage s;

    if (stage_open(&s, &play_no_context)) {
        s.g.needs_context = 1;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_UNDECIDED, "context");
        CU_ASSERT_EQUAL(s.result.runs, 0);
    }
    stage_close(&s);
    VERDICT(play_crash, DRAW_UNDECIDED, "signal 11");
    VERDICT(play_forks, DRAW_UNDECIDED, "clone()");
    VERDICT(play_kills, DRAW_UNDECIDED, "signal to process");
    VERDICT(play_calls, DRAW_UNDECIDED, "system calls");
    /* A descriptor that the original had, and a generator that can do without it. */
    VERDICT(play_urandom_kept, DRAW_UNDECIDED, "descriptor");
    VERDICT(play_fallback, DRAW_UNDECIDED, "descriptor");
    /* But a file that is no device says nothing. */
    VERDICT(play_config, DRAW_SHARED, NULL);
}

/* context:*NAME: what the pointer leads to when it is drawn. */
static void test_draw__a_pointer_to_the_context(void)
{
    char why[160];
    struct stage s;

    if (stage_open(&s, &play_rand_r)) {
        CU_ASSERT_EQUAL(generator_shape_parse("u31(context:*plays_pointer)", &s.g.shape, why, sizeof why), 0);
        s.g.context = (uint64_t)(uintptr_t)&plays_pointer;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT(!memcmp(s.result.own, s.truth->child, 4 * STAGE_CHILD));
        s.g.context = (uint64_t)(uintptr_t)&plays_no_pointer;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_UNDECIDED, "plays_pointer points nowhere yet");
        CU_ASSERT_EQUAL(generator_shape_parse("u31(context)", &s.g.shape, why, sizeof why), 0);
        s.g.context = 8;
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_UNDECIDED, "signal 11");
    }
    stage_close(&s);
    VERDICT(play_few, DRAW_UNDECIDED, "only 2 values");
}

static void test_draw__loops_for_ever(void)
{
    struct draw_result r = VERDICT(play_loop, DRAW_UNDECIDED, "did not come back");

    CU_ASSERT(r.runs <= 1);
}

/* A state is compared with many at the cost of its own draws. */
static void test_draw__streams_are_kept(void)
{
    struct stage s;

    if (stage_open(&s, &play_xorshift)) {
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT_EQUAL(s.result.runs, 2);
        STAGE_EXPECT(&s, PARENT, FOSSIL, DRAW_SHARED, NULL);
        CU_ASSERT_EQUAL(s.result.runs, 1);
        STAGE_EXPECT(&s, PARENT, CHILD, DRAW_SHARED, NULL);
        CU_ASSERT_EQUAL(s.result.runs, 0);
    }
    stage_close(&s);
}

TEST_MAIN("test_draw", TEST(test_draw__shared_states), TEST(test_draw__other_states),
          TEST(test_draw__a_bare_clone_calls_no_handler), TEST(test_draw__unseeded), TEST(test_draw__shifts),
          TEST(test_draw__a_value_that_was_left), TEST(test_draw__reseeds), TEST(test_draw__the_other_reseeds),
          TEST(test_draw__newborn), TEST(test_draw__no_more_runs_than_it_takes), TEST(test_draw__weak),
          TEST(test_draw__the_processor_s_generator), TEST(test_draw__memory_that_is_shared),
          TEST(test_draw__a_lock_that_is_held), TEST(test_draw__refuses), TEST(test_draw__bound_to_its_pid),
          TEST(test_draw__nothing_is_there), TEST(test_draw__bound_to_its_pid), TEST(test_draw__nothing_is_there),
          TEST(test_draw__no_random_values), TEST(test_draw__undecided), TEST(test_draw__a_pointer_to_the_context),
          TEST(test_draw__loops_for_ever), TEST(test_draw__streams_are_kept))

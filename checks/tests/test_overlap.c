/* test_overlap.c - common runs of random streams: against a plain search, at the borders, and on hostile input. */
#include "checks/overlap.h"
#include "harness/testing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static size_t slow_longest(const unsigned char *a, size_t na, const unsigned char *b, size_t nb)
{
    size_t best = 0;

    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++) {
            size_t n = overlap_prefix(a + i, na - i, b + j, nb - j);

            best = n > best ? n : best;
        }
    return best >= OVERLAP_MIN ? best : 0;
}

/* Few different bytes make many long common runs. */
static void test_overlap__agrees_with_a_plain_search(void)
{
    unsigned state = 1, found = 0;

    for (int round = 0; round < 300; round++) {
        unsigned char a[120], b[90];
        size_t na = next_random(&state) % sizeof a, nb = next_random(&state) % sizeof b;
        struct overlap o;

        for (size_t i = 0; i < sizeof a; i++)
            a[i] = (unsigned char)(next_random(&state) % 3);
        for (size_t i = 0; i < sizeof b; i++)
            b[i] = (unsigned char)(next_random(&state) % 3);
        CU_ASSERT_EQUAL_FATAL(overlap_find(a, na, b, nb, &o), 0);
        CU_ASSERT_EQUAL(o.length, slow_longest(a, na, b, nb));
        if (o.length) {
            found++;
            CU_ASSERT_TRUE(o.at_a + o.length <= na && o.at_b + o.length <= nb);
            CU_ASSERT_EQUAL(memcmp(a + o.at_a, b + o.at_b, o.length), 0);
        }
    }
    CU_ASSERT_TRUE(found > 20);
}

static void test_overlap__eight_bytes_count_and_seven_do_not(void)
{
    const unsigned char a[] = "....12345678", b[] = "12345678____", c[] = "1234567____";
    struct overlap o;

    CU_ASSERT_EQUAL(overlap_find(a, 12, b, 12, &o), 0);
    CU_ASSERT_EQUAL(o.length, 8);
    CU_ASSERT_EQUAL(o.at_a, 4);
    CU_ASSERT_EQUAL(o.at_b, 0);
    CU_ASSERT_EQUAL(overlap_find(a, 12, c, 11, &o), 0);
    CU_ASSERT_EQUAL(o.length, 0);
    CU_ASSERT_EQUAL(overlap_find(a, 7, b, 12, &o), 0);
    CU_ASSERT_EQUAL(o.length, 0);
}

/* Streams of one byte value would make a search that goes from match to match quadratic. */
static void test_overlap__is_linear_on_hostile_streams(void)
{
    size_t size = 128 << 10;
    unsigned char *a = calloc(1, size), *b = calloc(1, size);
    struct timespec from, to;
    struct overlap o;

    CU_ASSERT_FATAL(a && b);
    b[size / 2] = 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    CU_ASSERT_EQUAL(overlap_find(a, size, b, size, &o), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    CU_ASSERT_EQUAL(o.length, size / 2);
    /* 2^34 comparisons would take some ten seconds, also under valgrind this takes less than five */
    CU_ASSERT_TRUE(to.tv_sec - from.tv_sec < 5);
    free(a);
    free(b);
}

static void test_overlap__finds_a_late_run_in_long_streams(void)
{
    size_t size = 64 << 10;
    unsigned char *a = malloc(size), *b = malloc(size);
    unsigned state = 7;
    struct overlap o;

    CU_ASSERT_FATAL(a && b);
    for (size_t i = 0; i < size; i++) {
        a[i] = (unsigned char)next_random(&state);
        b[i] = (unsigned char)(next_random(&state) >> 3);
    }
    CU_ASSERT_EQUAL(overlap_find(a, size, b, size / 2, &o), 0);
    CU_ASSERT_EQUAL(o.length, 0);
    memcpy(b + 100, a + size - 40, 40);
    CU_ASSERT_EQUAL(overlap_find(a, size, b, size / 2, &o), 0);
    CU_ASSERT_EQUAL(o.length, 40);
    CU_ASSERT_EQUAL(o.at_a, size - 40);
    CU_ASSERT_EQUAL(o.at_b, 100);
    free(a);
    free(b);
}

TEST_MAIN("test_overlap", TEST(test_overlap__agrees_with_a_plain_search),
          TEST(test_overlap__eight_bytes_count_and_seven_do_not), TEST(test_overlap__is_linear_on_hostile_streams),
          TEST(test_overlap__finds_a_late_run_in_long_streams))

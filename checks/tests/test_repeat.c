/* test_repeat.c - common parts of many random streams: who repeats whom, however many there are. */
#include "checks/overlap.h"
#include "checks/repeat.h"
#include "harness/testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t steps, steps_max;

static int spend(void *context, uint64_t n)
{
    (void)context;
    steps += n;
    return steps > steps_max;
}

static const struct repeat_budget budget = { spend, NULL };

/* "7-3 9-3 9-7" for the pairs of streams whose ids are their letters. */
static const char *pairs_of(const char *const *texts, size_t n, int is_narrow)
{
    static char said[2000];
    struct repeat_stream streams[64];
    struct repeat_pair *pairs = NULL;
    size_t n_pairs = 0, size = 0;

    steps = 0;
    steps_max = UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        streams[i] = (struct repeat_stream){ (int64_t)i, (const unsigned char *)texts[i], strlen(texts[i]) };
    said[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(repeat_find(streams, n, is_narrow, &budget, &pairs, &n_pairs), 0);
    for (size_t i = 0; i < n_pairs; i++)
        size += (size_t)snprintf(said + size, sizeof said - size, "%s%lld-%lld", i ? " " : "", (long long)pairs[i].id,
                                 (long long)pairs[i].other);
    free(pairs);
    return said;
}

#define PAIRS(expected, is_narrow, ...)                                                                                \
    do {                                                                                                               \
        const char *const texts[] = { __VA_ARGS__ };                                                                   \
        CU_ASSERT_STRING_EQUAL(pairs_of(texts, sizeof texts / sizeof *texts, is_narrow), expected);                    \
    } while (0)

static void test_repeat__eight_bytes_anywhere(void)
{
    PAIRS("", 0, "abcdefgh", "ABCDEFGH");
    PAIRS("1-0", 0, "abcdefgh", "abcdefgh");
    PAIRS("1-0", 0, "..abcdefgh", "abcdefgh,,,");
    PAIRS("", 0, "abcdefg", "abcdefg");
    PAIRS("", 0, "abcdefg.", "abcdefg,");
    PAIRS("", 0, "", "abcdefgh");
}

static void test_repeat__everyone_who_has_it(void)
{
    PAIRS("2-0 3-0 3-1 3-2", 0, "abcdefgh", "ABCDEFGH", "xabcdefgh", "ABCDEFGHabcdefgh");
    /* Within itself a stream may repeat. */
    PAIRS("", 0, "abcdefghabcdefgh", "ABCDEFGH");
}

static void test_repeat__names_the_first_ones(void)
{
    const char *texts[40];

    for (int i = 0; i < 40; i++)
        texts[i] = "abcdefgh";
    CU_ASSERT_PTR_NOT_NULL(strstr(pairs_of(texts, 40, 0), " 39-0 39-1 39-2 39-3 39-4 39-5 39-6 39-7"));
}

/* Ten others, each of which shares another part with the last one: the first eight of them are named. */
static void test_repeat__keeps_the_earliest(void)
{
    char parts[10][9], last[100] = "";
    const char *texts[11];

    for (int i = 0; i < 10; i++) {
        snprintf(parts[i], sizeof parts[i], "%c%c%c%c%c%c%c%c", 'a' + i, 'b' + i, 'A' + i, 'D' + i, 'c' + i, 'z' - i,
                 'Z' - i, 'k' + i);
        texts[i] = parts[i];
    }
    for (int i = 9; i >= 0; i--)
        strcat(last, parts[i]);
    texts[10] = last;
    CU_ASSERT_STRING_EQUAL(pairs_of(texts, 11, 0), "10-0 10-1 10-2 10-3 10-4 10-5 10-6 10-7");
}

static void test_repeat__narrow_streams(void)
{
    const unsigned char small[] = { 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0 };
    const struct repeat_stream two[] = { { 5, small, sizeof small }, { 6, small, sizeof small } };
    struct repeat_pair *pairs = NULL;
    size_t n = 0;

    steps = 0;
    steps_max = UINT64_MAX;
    CU_ASSERT_EQUAL_FATAL(repeat_find(two, 2, 1, &budget, &pairs, &n), 0);
    CU_ASSERT_EQUAL(n, 0);
    free(pairs);
    CU_ASSERT_EQUAL_FATAL(repeat_find(two, 2, 0, &budget, &pairs, &n), 0);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CU_ASSERT_EQUAL(pairs[0].id, 6);
    CU_ASSERT_EQUAL(pairs[0].other, 5);
    free(pairs);
    PAIRS("1-0", 1, "abcdefgh", ".abcdefgh");
}

static void test_repeat__looks_random(void)
{
    CU_ASSERT_TRUE(repeat_looks_random((const unsigned char *)"abcdefgh", 8));
    CU_ASSERT_TRUE(repeat_looks_random((const unsigned char *)"abc\0def\0", 8));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"abc\0de\0\0", 8));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"\xff\xff\xff"
                                                               "abcde",
                                        8));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"aaaaaaab", 8));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"abcde", 5));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"", 0));
    CU_ASSERT_FALSE(repeat_looks_random((const unsigned char *)"abcdef\0\0\0\0\0\0", 12));
}

static void test_repeat__the_budget_ends_it(void)
{
    const struct repeat_stream two[] = { { 1, (const unsigned char *)"abcdefghijklmnop", 16 },
                                         { 2, (const unsigned char *)"ABCDEFGHIJKLMNOP", 16 } };
    struct repeat_pair *pairs = NULL;
    size_t n = 0;

    steps = 0;
    steps_max = 10;
    CU_ASSERT_EQUAL(repeat_find(two, 2, 0, &budget, &pairs, &n), -EINTR);
    CU_ASSERT_PTR_NULL(pairs);
}

/* More than REPEAT_WINDOWS bytes together: each is cut, and the beginnings are still compared. */
static void test_repeat__many_long_streams(void)
{
    enum { N = 20 };
    static unsigned char bytes[N][OVERLAP_MAX];
    struct repeat_stream streams[N];
    struct repeat_pair *pairs = NULL;
    uint64_t state = 1;
    size_t n = 0;

    for (int i = 0; i < N; i++) {
        for (size_t k = 0; k < OVERLAP_MAX; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[i][k] = (unsigned char)(state >> 56);
        }
        streams[i] = (struct repeat_stream){ i, bytes[i], OVERLAP_MAX };
    }
    memcpy(bytes[17] + 1000, bytes[3] + 5, 8);
    steps = 0;
    steps_max = UINT64_MAX;
    CU_ASSERT_EQUAL_FATAL(repeat_find(streams, N, 0, &budget, &pairs, &n), 0);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CU_ASSERT_EQUAL(pairs[0].id, 17);
    CU_ASSERT_EQUAL(pairs[0].other, 3);
    free(pairs);
}

TEST_MAIN("test_repeat", TEST(test_repeat__eight_bytes_anywhere), TEST(test_repeat__everyone_who_has_it),
          TEST(test_repeat__names_the_first_ones), TEST(test_repeat__keeps_the_earliest),
          TEST(test_repeat__narrow_streams), TEST(test_repeat__looks_random), TEST(test_repeat__the_budget_ends_it),
          TEST(test_repeat__many_long_streams))

/* test_seed.c - what a seed is taken for, and above all what it is not. */
#include "harness/random/watch.h"
#include "harness/testing.h"

#include <string.h>

#define NOW ((int64_t)1790000000 * 1000000000 + 123456789)

static const struct seed_seen seen = { .pid = 4711, .ppid = 300, .tid = 4712, .now = NOW };

static const char *number(uint64_t value, size_t size)
{
    struct seed seed = { .size = size, .is_number = 1 };
    const char *word;

    memcpy(seed.bytes, &value, size);
    word = seed_recognise(&seed, &seen);
    return word ? word : "";
}

#define IS(value, size, word) CU_ASSERT_STRING_EQUAL(number(value, size), word)

static void test_seed__time(void)
{
    IS(1790000000, 4, "time");
    IS(1790000000, 8, "time");
    IS(1789999998, 4, "time");
    IS(1790000002, 4, "time");
    IS(1790000000123, 8, "time");
    IS((uint32_t)1790000000123, 4, "time");
    IS(1790000000123456, 8, "time");
    IS((uint32_t)1790000000123456, 4, "time");
    IS((uint64_t)NOW, 8, "time");
    IS(1790000000 ^ 123456, 4, "time");
}

static void test_seed__not_the_time(void)
{
    IS(1789999997, 4, "");
    IS(1790000003, 4, "");
    IS((uint32_t)1790000000123 + 50, 4, "");
    IS(123456, 4, ""); /* microseconds look like any number */
    IS(1790000000000000 + (uint64_t)10 * 1000000, 8, "");
    IS(0x9e3779b97f4a7c15, 8, "");
}

static void test_seed__pid(void)
{
    IS(4711, 4, "pid");
    IS(4712, 8, "pid");
    IS(300, 4, "pid");
    IS(4710, 4, "");
    IS(471100, 4, "");
}

static void test_seed__time_and_pid(void)
{
    IS(1790000000 ^ 4711, 4, "time and pid");
    IS(1790000001 + 4711, 4, "time and pid");
    IS((uint32_t)(1790000000u * 4711u), 4, "time and pid");
    IS(((uint32_t)4711 << 16) ^ 1790000000u ^ 123, 4, "time and pid"); /* nginx */
    IS((uint32_t)(1790000000u ^ 4711 ^ 123456), 4, "time and pid");    /* redis */
    IS(((uint64_t)4711 << 32) | 1790000000, 8, "time and pid");
}

static void test_seed__constant(void)
{
    struct seed text = { .bytes = "twenty bytes of text", .size = 20, .is_text = 1 }, zeros = { .size = 32 };

    IS(0, 4, "constant");
    IS(1, 8, "constant");
    IS(255, 4, "constant");
    IS(256, 4, "");
    CU_ASSERT_STRING_EQUAL(seed_recognise(&text, &seen), "constant");
    text.is_text = 0;
    CU_ASSERT_PTR_NULL(seed_recognise(&text, &seen));
    CU_ASSERT_STRING_EQUAL(seed_recognise(&zeros, &seen), "constant");
}

/* In a container the first process has pid 1, and 1 is the commonest constant. */
static void test_seed__pid_1_is_no_pid(void)
{
    struct seed seed = { .bytes = { 1 }, .size = 4, .is_number = 1 };
    struct seed_seen first = { .pid = 1, .ppid = 0, .tid = 1, .now = NOW };

    CU_ASSERT_STRING_EQUAL(seed_recognise(&seed, &first), "constant");
}

static void test_seed__times_in_buffers(void)
{
    struct seed seed = { .size = 16 };
    uint64_t words[2] = { 1790000000, 123456 };

    memcpy(seed.bytes, words, sizeof words);
    CU_ASSERT_STRING_EQUAL(seed_recognise(&seed, &seen), "time");
    words[1] = UINT64_MAX;
    memcpy(seed.bytes, words, sizeof words);
    CU_ASSERT_PTR_NULL(seed_recognise(&seed, &seen));
}

/* Too few bits to tell anything from anything. */
static void test_seed__short_ones_get_no_word(void)
{
    IS(4711, 2, "");
    IS(0, 1, "");
    IS(0, 0, "");
}

/* Of random numbers hardly any gets a word. A fixed series: the test is the same each time. */
static void test_seed__chance(void)
{
    uint64_t state = 88172645463325252u;
    int words = 0;

    for (int i = 0; i < 3000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words += *number((uint32_t)state, 4) != '\0';
        words += *number(state, 8) != '\0';
    }
    CU_ASSERT_EQUAL(words, 0);
}

TEST_MAIN("test_seed", TEST(test_seed__time), TEST(test_seed__not_the_time), TEST(test_seed__pid),
          TEST(test_seed__time_and_pid), TEST(test_seed__constant), TEST(test_seed__pid_1_is_no_pid),
          TEST(test_seed__times_in_buffers), TEST(test_seed__short_ones_get_no_word), TEST(test_seed__chance))

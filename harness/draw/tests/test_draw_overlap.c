/* test_draw_overlap.c - equal values in two streams: found wherever they are, and never where chance explains them. */
#include "harness/draw/internal.h"
#include "harness/testing.h"

#include <stdlib.h>
#include <string.h>

#define MOST 512

static uint64_t number = 88172645463325252u;

static uint64_t next_number(void)
{
    number ^= number << 13;
    number ^= number >> 7;
    return number ^= number << 17;
}

static struct generator generator_of(struct generator_kind *kind, const char *shape, enum generator_purpose purpose)
{
    struct generator g = { .kind = kind };
    char why[160];

    *kind = (struct generator_kind){ .name = "test", .shape = shape, .purpose = purpose };
    CU_ASSERT_EQUAL_FATAL(generator_shape_parse(shape, &g.shape, why, sizeof why), 0);
    return g;
}

/* Values of `bits` bits from the numbers that come next. */
static struct draw_stream stream_make(const struct generator *g, unsigned n, unsigned bits)
{
    struct draw_stream s = { .value_size = generator_value_size(&g->shape), .n = n };

    s.is_bytes = stream_is_bytes(g);
    s.values = calloc(n ? n : 1, s.value_size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.values);
    for (unsigned i = 0; i < n; i++) {
        uint64_t value = next_number() >> (64 - bits);

        memcpy(s.values + (size_t)i * s.value_size, &value, s.value_size < 8 ? s.value_size : 8);
    }
    CU_ASSERT_EQUAL(stream_measure(&s, g), 0);
    return s;
}

static struct draw_stream stream_from(const struct draw_stream *from, const struct generator *g, unsigned skip)
{
    struct draw_stream s = *from;

    s.n = from->n - skip;
    s.values = malloc((size_t)s.n * s.value_size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.values);
    memcpy(s.values, from->values + (size_t)skip * s.value_size, (size_t)s.n * s.value_size);
    CU_ASSERT_EQUAL(stream_measure(&s, g), 0);
    return s;
}

static const struct form {
    const char *shape;
    unsigned bits;
    enum generator_purpose purpose;
} forms[] = {
    { "u31()", 31, GENERATOR_ORDINARY },
    { "u32()", 32, GENERATOR_ORDINARY },
    { "u64()", 64, GENERATOR_ORDINARY },
    { "f64()", 52, GENERATOR_ORDINARY },
    { "one(out,size)", 64, GENERATOR_CRYPTOGRAPHIC },
    { "void(out16)", 64, GENERATOR_IDENTIFIER },
    { "u32()", 3, GENERATOR_ORDINARY },
    { "u32()", 1, GENERATOR_ORDINARY },
    { "u64()", 16, GENERATOR_ORDINARY },
};
#define N_FORMS (sizeof forms / sizeof *forms)

static void test_draw_overlap__never_by_chance(void)
{
    struct generator_kind kind;
    struct draw_overlap found;

    for (size_t i = 0; i < N_FORMS; i++) {
        struct generator g = generator_of(&kind, forms[i].shape, forms[i].purpose);

        for (int k = 0; k < 40; k++) {
            struct draw_stream a = stream_make(&g, MOST, forms[i].bits), b = stream_make(&g, MOST, forms[i].bits);

            CU_ASSERT_EQUAL(stream_overlap(&a, &b, DRAW_NEVER, DRAW_NEVER, &found), 0);
            stream_free(&a);
            stream_free(&b);
        }
    }
}

static void test_draw_overlap__every_shift(void)
{
    struct generator_kind kind;
    struct draw_overlap found;

    for (size_t i = 0; i < N_FORMS; i++) {
        struct generator g = generator_of(&kind, forms[i].shape, forms[i].purpose);
        struct draw_stream a = stream_make(&g, MOST, forms[i].bits);

        for (unsigned skip = 0; skip < 448; skip += 37) {
            struct draw_stream b = stream_from(&a, &g, skip);

            CU_ASSERT_EQUAL(stream_overlap(&a, &b, DRAW_NEVER, DRAW_NEVER, &found), 1);
            CU_ASSERT(found.own == skip && found.other == 0 && found.equal == MOST - skip && !found.is_partial);
            CU_ASSERT_EQUAL(stream_overlap(&b, &a, DRAW_NEVER, DRAW_NEVER, &found), 1);
            CU_ASSERT(found.own == 0 && found.other == skip && found.equal == MOST - skip);
            /* it begins too late to say something of the states */
            CU_ASSERT_EQUAL(stream_overlap(&a, &b, skip ? skip - 1 : 0, DRAW_NEVER, &found), skip == 0);
            stream_free(&b);
        }
        stream_free(&a);
    }
}

/* As many bits must be equal in a row as chance does not give: one value of 64, two of 31. */
static void test_draw_overlap__how_much_is_enough(void)
{
    struct generator_kind kind;
    struct draw_overlap found;

    for (size_t i = 0; i < 6; i++) {
        struct generator g = generator_of(&kind, forms[i].shape, forms[i].purpose);
        unsigned need = forms[i].bits < 62 ? 2 : 1;

        for (unsigned equal = 0; equal <= 2; equal++) {
            struct draw_stream a = stream_make(&g, 64, forms[i].bits), b = stream_make(&g, 64, forms[i].bits);

            memcpy(b.values + (size_t)5 * b.value_size, a.values + (size_t)30 * a.value_size,
                   (size_t)equal * a.value_size);
            CU_ASSERT_EQUAL(stream_overlap(&a, &b, DRAW_NEVER, DRAW_NEVER, &found), equal >= need);
            if (equal >= need)
                CU_ASSERT(found.own == 30 && found.other == 5 && found.equal == equal && found.is_partial);
            stream_free(&a);
            stream_free(&b);
        }
    }
}

/* Bytes are drawn in whatever portions: the streams meet between two values. */
static void test_draw_overlap__bytes(void)
{
    struct generator_kind kind;
    struct generator g = generator_of(&kind, "one(out,size)", GENERATOR_CRYPTOGRAPHIC);
    struct draw_stream a = stream_make(&g, 64, 64), b = stream_make(&g, 64, 64);
    struct draw_overlap found;

    memcpy(b.values, a.values + 83, 64 * 8 - 83);
    CU_ASSERT_EQUAL(stream_overlap(&a, &b, DRAW_NEVER, DRAW_NEVER, &found), 1);
    CU_ASSERT(found.own == 10 && found.other == 0 && found.equal == (64 * 8 - 83) / 8 && !found.is_partial);
    memset(a.values, 0, 256); /* nothing is not drawn twice */
    memset(b.values, 0, 512);
    CU_ASSERT_EQUAL(stream_overlap(&a, &b, DRAW_NEVER, DRAW_NEVER, &found), 0);
    stream_free(&a);
    stream_free(&b);
}

static void test_draw_overlap__what_is_random(void)
{
    struct generator_kind kind;
    struct generator g = generator_of(&kind, "u64()", GENERATOR_ORDINARY);
    struct draw_stream s = stream_make(&g, 64, 64);
    uint64_t values[64];

    CU_ASSERT(s.is_random && s.bits == 64);
    for (unsigned i = 0; i < 64; i++)
        values[i] = 1700000000000000000u + i * i * 1000;
    memcpy(s.values, values, sizeof values);
    CU_ASSERT_EQUAL(stream_measure(&s, &g), 0);
    CU_ASSERT_FALSE(s.is_random); /* a clock */
    for (unsigned i = 0; i < 64; i++)
        values[i] = (uint64_t)0 - i * 3;
    memcpy(s.values, values, sizeof values);
    CU_ASSERT_EQUAL(stream_measure(&s, &g), 0);
    CU_ASSERT_FALSE(s.is_random); /* downwards */
    for (unsigned i = 0; i < 64; i++)
        values[i] = i % 3;
    memcpy(s.values, values, sizeof values);
    CU_ASSERT_EQUAL(stream_measure(&s, &g), 0);
    CU_ASSERT_FALSE(s.is_random);
    for (unsigned i = 0; i < 64; i++)
        values[i] = next_number() >> 40;
    memcpy(s.values, values, sizeof values);
    CU_ASSERT_EQUAL(stream_measure(&s, &g), 0);
    CU_ASSERT(s.is_random && s.bits == 24);
    /* Few bits a value, whatever the largest is: as many are needed in a row. */
    for (unsigned i = 0; i < 64; i++)
        values[i] = i % 8 ? next_number() % 4 : next_number();
    memcpy(s.values, values, sizeof values);
    CU_ASSERT_EQUAL(stream_measure(&s, &g), 0);
    CU_ASSERT(s.is_random && s.bits >= 1 && s.bits <= 3);
    stream_free(&s);
    s = stream_make(&g, 0, 64);
    CU_ASSERT(!s.is_random && !s.bits);
    stream_free(&s);
}

TEST_MAIN("test_draw_overlap", TEST(test_draw_overlap__never_by_chance), TEST(test_draw_overlap__every_shift),
          TEST(test_draw_overlap__how_much_is_enough), TEST(test_draw_overlap__bytes),
          TEST(test_draw_overlap__what_is_random))

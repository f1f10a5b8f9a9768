/* test_generator_shape.c - how a generator is called, as text: what is understood, and where an error is said to be. */
#include "harness/generator/generator.h"
#include "harness/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_generator_shape__good(void)
{
    static const struct {
        const char *text;
        enum generator_result result;
        unsigned n, size, bits;
    } cases[] = {
        { "u31()", GENERATOR_U31, 0, 4, 31 },
        { "u32()", GENERATOR_U32, 0, 4, 32 },
        { "u64()", GENERATOR_U64, 0, 8, 64 },
        { "f64()", GENERATOR_F64, 0, 8, 53 },
        { "u31(context)", GENERATOR_U31, 1, 4, 31 },
        { "one(out,size)", GENERATOR_ONE, 2, 8, 64 },
        { "zero(2,out,size)", GENERATOR_ZERO, 3, 8, 64 },
        { "size(out,size,0)", GENERATOR_SIZE, 3, 8, 64 },
        { "positive(0xff,out,size)", GENERATOR_POSITIVE, 3, 8, 64 },
        { "void(size,out)", GENERATOR_VOID, 2, 8, 64 },
        { "void(out16)", GENERATOR_VOID, 1, 16, 128 },
        { "zero(context,out4)", GENERATOR_ZERO, 2, 4, 32 },
        { "void(out64)", GENERATOR_VOID, 1, 64, 512 },
        { "void(out1)", GENERATOR_VOID, 1, 1, 8 },
        { "u64(context:pg_global_prng_state)", GENERATOR_U64, 1, 8, 64 },
        { "u64(context:*a.b$0_Z)", GENERATOR_U64, 1, 8, 64 },
        { "u32(0,18446744073709551615,0XfFffFFFFffffffff)", GENERATOR_U32, 3, 4, 32 },
        { "zero(1,2,3,4,out,size)", GENERATOR_ZERO, 6, 8, 64 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct generator_shape shape;
        char why[256] = "";

        CU_ASSERT_EQUAL_FATAL(generator_shape_parse(cases[i].text, &shape, why, sizeof why), 0);
        CU_ASSERT_STRING_EQUAL(why, "");
        CU_ASSERT_EQUAL(shape.result, cases[i].result);
        CU_ASSERT_EQUAL(shape.n, cases[i].n);
        CU_ASSERT_EQUAL(generator_value_size(&shape), cases[i].size);
        CU_ASSERT_EQUAL(generator_value_bits(&shape), cases[i].bits);
    }
}

static void test_generator_shape__arguments(void)
{
    struct generator_shape s;

    CU_ASSERT_EQUAL_FATAL(generator_shape_parse("zero(context:*where,0x10,out,size)", &s, NULL, 0), 0);
    CU_ASSERT_EQUAL(s.arguments[0].kind, GENERATOR_CONTEXT_IN);
    CU_ASSERT_STRING_EQUAL(s.arguments[0].name, "where");
    CU_ASSERT_EQUAL(s.arguments[1].kind, GENERATOR_NUMBER);
    CU_ASSERT_EQUAL(s.arguments[1].number, 16);
    CU_ASSERT_EQUAL(s.arguments[2].kind, GENERATOR_OUT);
    CU_ASSERT_EQUAL(s.arguments[2].number, 0);
    CU_ASSERT_EQUAL(s.arguments[3].kind, GENERATOR_BYTES);
    CU_ASSERT_EQUAL_FATAL(generator_shape_parse("u31(context:where,18446744073709551615)", &s, NULL, 0), 0);
    CU_ASSERT_EQUAL(s.arguments[0].kind, GENERATOR_CONTEXT_AT);
    CU_ASSERT_EQUAL(s.arguments[1].number, UINT64_MAX);
}

#define RESULTS   "expected a result: u31, u32, u64, f64, void, zero, one, size or positive"
#define ARGUMENTS "expected an argument: out, outN, size, context, context:NAME, context:*NAME or a number"
#define LONG_63   "a23456789012345678901234567890123456789012345678901234567890123"

static void test_generator_shape__bad(void)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "at character 1: " RESULTS },
        { "int()", "at character 1: " RESULTS },
        { " u31()", "at character 1: " RESULTS },
        { "u312()", "at character 1: " RESULTS },
        { "u31", "at character 4: expected '('" },
        { "u31 ()", "at character 4: expected '('" },
        { "u31(", "at character 5: " ARGUMENTS },
        { "u31(,)", "at character 5: " ARGUMENTS },
        { "u31(1,)", "at character 7: " ARGUMENTS },
        { "u31(1 ,2)", "at character 6: expected ',' or ')'" },
        { "u31(1", "at character 6: expected ',' or ')'" },
        { "u31())", "at character 6: nothing may follow the ')'" },
        { "u31() ", "at character 6: nothing may follow the ')'" },
        { "u31(-1)", "at character 5: " ARGUMENTS },
        { "u31(0x)", "at character 7: expected a digit" },
        { "u31(12a)", "at character 7: expected ',' or ')'" },
        { "u31(18446744073709551616)", "at character 5: the number is larger than 64 bits" },
        { "u31(0x10000000000000000)", "at character 5: the number is larger than 64 bits" },
        { "u31(1,2,3,4,5,6,7)", "at character 17: there may be 6 arguments, this is one more" },
        { "void(out0)", "at character 9: outN takes 1 to 64 bytes" },
        { "void(out65)", "at character 9: outN takes 1 to 64 bytes" },
        { "void(outer)", "at character 9: expected ',' or ')'" },
        { "u31(contexts)", "at character 5: " ARGUMENTS },
        { "u31(context:)", "at character 13: expected the name of an object" },
        { "u31(context:*)", "at character 14: expected the name of an object" },
        { "u31(context:a-b)", "at character 14: expected ',' or ')'" },
        { "u31(context:" LONG_63 "4)", "at character 13: the name is longer than 63 characters" },
        { "u31(context,context:a)", "at character 13: a second context: there may be one" },
        { "void(out8,out8)", "at character 11: a second buffer: there may be one" },
        { "void(out,size,size)", "at character 15: a second size: there may be one" },
        { "u31(out,size)", "at character 1: the value is returned: a buffer or size does not belong here" },
        { "f64(out8)", "at character 1: the value is returned: a buffer or size does not belong here" },
        { "void()", "at character 1: the value is not returned: expected an argument out or outN" },
        { "one(size)", "at character 1: the value is not returned: expected an argument out or outN" },
        { "one(out)", "at character 1: `out` needs an argument `size`, or is outN" },
        { "one(out8,size)", "at character 1: outN says how many bytes: an argument `size` does not belong here" },
        { "size(out8)", "at character 1: the result `size` needs an argument `size`" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct generator_shape shape = { .n = 77 };
        char why[256] = "";

        CU_ASSERT_EQUAL(generator_shape_parse(cases[i].text, &shape, why, sizeof why), -EINVAL);
        CU_ASSERT_EQUAL(shape.n, 77);
        if (strcmp(why, cases[i].why))
            fprintf(stderr, "'%s': %s\n  not: %s\n", cases[i].text, why, cases[i].why);
        CU_ASSERT_STRING_EQUAL(why, cases[i].why);
    }
    CU_ASSERT_EQUAL(generator_shape_parse("u31(context:" LONG_63 ")", &(struct generator_shape){ 0 }, NULL, 0), 0);
}

static void test_generator_shape__little_room(void)
{
    struct generator_shape shape;
    char why[8] = "1234567";

    CU_ASSERT_EQUAL(generator_shape_parse("u31", &shape, NULL, 0), -EINVAL);
    CU_ASSERT_EQUAL(generator_shape_parse("u31", &shape, why, 4), -EINVAL);
    CU_ASSERT_EQUAL(memcmp(why,
                           "at \0"
                           "567",
                           8),
                    0);
}

static void test_generator_own__text(void)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { "my_random", "expected SYMBOL=SHAPE, as in 'my_random=u32()': there is no '='" },
        { "=u32()", "at character 1: expected the symbol of a function before the '='" },
        { "my_random=u33()", "at character 11: " RESULTS },
        { "my_random=u32(x)", "at character 15: " ARGUMENTS },
    };
    struct generator_cache *c;
    char text[600], why[256];

    CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(generator_add_own(c, bad[i].text, why, sizeof why), -EINVAL);
        CU_ASSERT_STRING_EQUAL(why, bad[i].why);
    }
    memset(text, 'a', sizeof text);
    strcpy(text + 256, "=u32()");
    CU_ASSERT_EQUAL(generator_add_own(c, text, why, sizeof why), -EINVAL);
    CU_ASSERT_STRING_EQUAL(why, "at character 1: the symbol is longer than 255 characters");
    CU_ASSERT_EQUAL(generator_add_own(c, text + 1, why, sizeof why), 0);
    CU_ASSERT_EQUAL(generator_add_own(c, "_ZN3foo4nextEv=u64()", why, sizeof why), 0);
    CU_ASSERT_EQUAL(generator_add_own(c, "_ZN3foo4nextEv=u64()", why, sizeof why), 0);
    generator_cache_free(c);
}

static void test_generator_marker__kinds(void)
{
    struct generator a, b, other;
    struct generator_cache *c;
    char why[256] = "", name[32];
    int error = 0;

    CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
    CU_ASSERT_EQUAL_FATAL(generator_from_marker(c, "mine", 0x1234, "u64()", &a, why, sizeof why), 0);
    CU_ASSERT_STRING_EQUAL(a.kind->name, "mine");
    CU_ASSERT_STRING_EQUAL(a.kind->source, "marker");
    CU_ASSERT_PTR_NULL(a.kind->symbol);
    CU_ASSERT_EQUAL(a.address, 0x1234);
    CU_ASSERT_EQUAL(a.needs_context, 0);
    CU_ASSERT_EQUAL_FATAL(generator_from_marker(c, "mine", 0x99, "u64()", &b, why, sizeof why), 0);
    CU_ASSERT_PTR_EQUAL(a.kind, b.kind);
    CU_ASSERT_EQUAL_FATAL(generator_from_marker(c, "mine", 0x99, "u64(context)", &other, why, sizeof why), 0);
    CU_ASSERT_PTR_NOT_EQUAL(a.kind, other.kind);
    CU_ASSERT_EQUAL(other.needs_context, 1);
    CU_ASSERT_EQUAL(other.has_context, 0);
    CU_ASSERT_EQUAL(generator_from_marker(c, "bad", 1, "u64", &other, why, sizeof why), -EINVAL);
    CU_ASSERT_STRING_EQUAL(why, "at character 4: expected '('");
    CU_ASSERT_EQUAL(other.address, 0x99);
    for (int i = 0; !error && i < 2000; i++) { /* a hostile program makes up names for ever */
        snprintf(name, sizeof name, "name %d", i);
        error = generator_from_marker(c, name, 1, "u64()", &other, why, sizeof why);
    }
    CU_ASSERT_EQUAL(error, -ENOSPC);
    CU_ASSERT_STRING_EQUAL(why, "there are more than 1024 different markers of generators");
    CU_ASSERT_EQUAL(generator_from_marker(c, "mine", 1, "u64()", &other, why, sizeof why), 0);
    generator_cache_free(c);
}

static void test_generator_purpose__names(void)
{
    CU_ASSERT_STRING_EQUAL(generator_purpose_name(GENERATOR_CRYPTOGRAPHIC), "cryptographic");
    CU_ASSERT_STRING_EQUAL(generator_purpose_name(GENERATOR_IDENTIFIER), "identifier");
    CU_ASSERT_STRING_EQUAL(generator_purpose_name(GENERATOR_ORDINARY), "ordinary");
    CU_ASSERT_STRING_EQUAL(generator_purpose_name(N_GENERATOR_PURPOSE), "unknown");
}

TEST_MAIN("generator_shape", TEST(test_generator_shape__good), TEST(test_generator_shape__arguments),
          TEST(test_generator_shape__bad), TEST(test_generator_shape__little_room), TEST(test_generator_own__text),
          TEST(test_generator_marker__kinds), TEST(test_generator_purpose__names))

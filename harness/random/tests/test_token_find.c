/* test_token_find.c - what is taken for a random token in output, and what is not. */
#include "harness/random/token.h"
#include "harness/testing.h"

#include <stdio.h>
#include <string.h>

struct found {
    unsigned n;
    char last[TOKEN_MAX + 1];
    size_t size;
};

static void take(void *context, const unsigned char *bytes, size_t n)
{
    struct found *f = context;

    f->n++;
    f->size = n;
    memcpy(f->last, bytes, n);
    f->last[n] = '\0';
}

static struct found find(const void *data, size_t size)
{
    struct found f = { 0 };
    const struct token_sink sink = { take, &f };

    token_find(data, size, &sink);
    return f;
}

static void test_token_find__in_text(void)
{
    static const struct {
        const char *text, *token; /* NULL: none */
    } cases[] = {
        { "session=9f86d081884c7d659a2feaa0c55ad015; path=/", "9f86d081884c7d659a2feaa0c55ad015" },
        { "id 6fa459ea-ee8a-3ca4-894e-db77e160355e\n", "6fa459ea-ee8a-3ca4-894e-db77e160355e" },
        { "Set-Cookie: k=Zm9vYmFyMTIzNDU2Nzg5MA==", "Zm9vYmFyMTIzNDU2Nzg5MA" },
        { "next 18446744073709551557\n", "18446744073709551557" },
        { "1804289383 846930886\n", "1804289383 846930886" },
        { "1804289383\n", NULL },
        { "Last-Modified: Tue, 24 Nov 2026 02:33:42 GMT\r\n", NULL },
        { "ETag: \"63a1b2c3-267\"\r\n", NULL },
        { "at 1732415622123456 us", NULL },
        { "/usr/lib/x86_64-linux-gnu/libgcrypt.so.20.4.1", NULL },
        { "ThisIsAVeryLongNameOfAFunctionInJava2", NULL },
        { "0000000000000000000000000000000000", NULL },
        { "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbb1", NULL },
        { "--------------------------------------------", NULL },
        { "deadbeefdeadbeef", NULL },
        { "worker_connections are not enough while connecting to upstream", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct found f = find(cases[i].text, strlen(cases[i].text));

        if (!cases[i].token) {
            CU_ASSERT_EQUAL(f.n, 0);
            if (f.n)
                printf("  '%s' gives '%s'\n", cases[i].text, f.last);
        } else {
            CU_ASSERT_EQUAL(f.n, 1);
            CU_ASSERT_STRING_EQUAL(f.last, cases[i].token);
        }
    }
}

static void test_token_find__a_long_one_is_cut(void)
{
    char text[300];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "0123456789abcdef"[(i * 7 + i / 16) % 16];
    CU_ASSERT_EQUAL(find(text, sizeof text).size, TOKEN_MAX);
}

static void test_token_find__in_binary(void)
{
    static const unsigned char value[16] = { 0x8f, 0x11, 0xe2, 0x93, 0x04, 0xb5, 0xc6, 0x77,
                                             0x18, 0xd9, 0xaa, 0x2b, 0xfc, 0x0d, 0x5e, 0x6f };
    unsigned char hello[64] = { 22, 3, 3, 0, 59, 2, 0, 0, 55, 3, 3 }, stream[TOKEN_BINARY_MAX + 1];
    struct found f = find(value, sizeof value);

    CU_ASSERT_EQUAL(f.n, 1);
    CU_ASSERT_EQUAL(f.size, sizeof value);
    CU_ASSERT_EQUAL(find(value, 15).n, 0); /* 64 bits are asked for, and more of a form that may be anything */
    for (size_t i = 0; i < 32; i++)
        hello[11 + i] = (unsigned char)(i * 37 + 129);
    f = find(hello, sizeof hello);
    CU_ASSERT_EQUAL(f.n, 1);
    CU_ASSERT_EQUAL(f.size, 32);
    CU_ASSERT_EQUAL(memcmp(f.last, hello + 11, 32), 0);
    for (size_t i = 0; i < sizeof stream; i++)
        stream[i] = (unsigned char)(i * 197 + 128);
    CU_ASSERT_EQUAL(find(stream, sizeof stream).n, 0);
    memset(hello, 0, sizeof hello);
    CU_ASSERT_EQUAL(find(hello, sizeof hello).n, 0);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = { TEST(test_token_find__in_text),
                                         TEST(test_token_find__a_long_one_is_cut),
                                         TEST(test_token_find__in_binary),
                                         { NULL, NULL } };

    return test_main("test_token_find", tests, argc, argv);
}

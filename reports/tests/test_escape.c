/* test_escape.c - hostile bytes become harmless, nothing is lost, and different names stay different. */
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>

#include "harness/testing.h"

struct escape_case {
    const char *bytes;
    size_t size;
    const char *utf8, *ascii; /* what is shown */
};
#define BYTES(s) s, sizeof s - 1

static const struct escape_case cases[] = {
    { BYTES("plain name"), "plain name", "plain name" },
    { BYTES(""), "", "" },
    { BYTES("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d", "a\\x0ab\\x09c\\x0d" },
    { BYTES("\033[2J\033]0;t\007"), "\\x1b[2J\\x1b]0;t\\x07", "\\x1b[2J\\x1b]0;t\\x07" },
    { BYTES("nul\0byte"), "nul\\x00byte", "nul\\x00byte" },
    { BYTES("\x7f"), "\\x7f", "\\x7f" },
    { BYTES("back\\slash"), "back\\\\slash", "back\\\\slash" },
    { BYTES("\\x41"), "\\\\x41", "\\\\x41" },
    { BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", "gr\\xc3\\xbc\\xc3\\x9f" },
    { BYTES("\xe2\x82\xac"), "\xe2\x82\xac", "\\xe2\\x82\\xac" },
    { BYTES("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80" },
    { BYTES("\xc2\x9b"
            "31m"),
      "\\xc2\\x9b31m", "\\xc2\\x9b31m" }, /* C1: CSI */
    { BYTES("\x9b"
            "31m"),
      "\\x9b31m", "\\x9b31m" }, /* the same as a raw byte */
    { BYTES("\xe2\x80\xae"
            "x"),
      "\\xe2\\x80\\xaex", "\\xe2\\x80\\xaex" },                      /* U+202E right-to-left override */
    { BYTES("\xe2\x80\xaa"), "\\xe2\\x80\\xaa", "\\xe2\\x80\\xaa" }, /* U+202A */
    { BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
    { BYTES("\xe2\x80\x8b"), "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b" },               /* U+200B zero width space */
    { BYTES("\xef\xbb\xbf"), "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf" },               /* U+FEFF */
    { BYTES("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81" }, /* U+E0041, a tag */
    { BYTES("\xff\xfe"), "\\xff\\xfe", "\\xff\\xfe" },
    { BYTES("\xc0\xaf"), "\\xc0\\xaf", "\\xc0\\xaf" }, /* overlong '/' */
    { BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf" },
    { BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },               /* a surrogate */
    { BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
    { BYTES("cut \xe2\x82"), "cut \\xe2\\x82", "cut \\xe2\\x82" },
    { BYTES("\xe2(\xa1"), "\\xe2(\\xa1", "\\xe2(\\xa1" },
};

static void test_escape__table(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *wide = escape_text(cases[i].bytes, cases[i].size, 0, 1);
        char *narrow = escape_text(cases[i].bytes, cases[i].size, 0, 0);

        CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
        CU_ASSERT_PTR_NOT_NULL_FATAL(narrow);
        CU_ASSERT_STRING_EQUAL(wide, cases[i].utf8);
        CU_ASSERT_STRING_EQUAL(narrow, cases[i].ascii);
        free(wide);
        free(narrow);
    }
}

static void test_escape__no_byte_acts(void)
{
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b += 5) {
            const unsigned char bytes[3] = { (unsigned char)a, (unsigned char)b, 0xbf };
            char *text = escape_text(bytes, sizeof bytes, 0, 0);

            CU_ASSERT_PTR_NOT_NULL_FATAL(text);
            for (const char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                    CU_FAIL("a byte outside printable ASCII came through");
            free(text);
        }
    }
    CU_PASS("all pairs were tried");
}

static void test_escape__long_is_cut(void)
{
    char *bytes = malloc(65536), *text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memset(bytes, 'a', 65536);
    text = escape_text(bytes, 65536, 100, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(strlen(text), 100 + strlen("...(65536 bytes)"));
    CU_ASSERT_STRING_EQUAL(text + 100, "...(65536 bytes)");
    free(text);
    free(bytes);
}

static void test_escape__cut_spares_characters(void)
{
    char *text = escape_text("ab\xe2\x82\xac"
                             "cd",
                             7, 4, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "ab...(7 bytes)");
    free(text);
}

static void test_escape__bound_not_reached(void)
{
    char *text = escape_text("abc", 3, 3, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "abc");
    free(text);
}

static void check_json(const char *json, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(escape_json(json, strlen(json), out), 0);
    fclose(out);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void test_escape__json(void)
{
    check_json("{\"a\":\"gr\xc3\xbc\"}", "{\"a\":\"gr\xc3\xbc\"}");
    check_json("\"\xc2\x9b\x7f\xe2\x80\xae\"", "\"\\u009b\\u007f\\u202e\"");
    check_json("\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\""); /* a surrogate pair */
    check_json("\"\xff\"", "\"\\ufffd\"");
}

static void test_escape__json_full_disk(void)
{
    FILE *out = fopen("/dev/full", "w");
    char json[8192];

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    setvbuf(out, NULL, _IONBF, 0);
    memset(json, '1', sizeof json);
    CU_ASSERT_TRUE(escape_json(json, sizeof json, out) < 0);
    fclose(out);
}

TEST_MAIN("escape", TEST(test_escape__table), TEST(test_escape__no_byte_acts), TEST(test_escape__long_is_cut),
          TEST(test_escape__cut_spares_characters), TEST(test_escape__bound_not_reached), TEST(test_escape__json),
          TEST(test_escape__json_full_disk))

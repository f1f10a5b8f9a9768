/* token_find.c - what in a piece of output looks like drawn at random: long enough that two processes do not come to it by chance, and
 * not a word, a path or a time. Pure. */
#include "harness/random/token.h"

#include <ctype.h>
#include <string.h>

#define HEX_MIN     16 /* digits: 64 bits */
#define DECIMAL_MIN 17 /* digits: 56 bits, and more than any time in microseconds has */
#define BASE64_MIN  16
#define NUMBER_MIN  8 /* digits of each of two numbers in a row: what a generator of 31 bits gives */
#define NUMBER_MAX  DECIMAL_MIN
#define BINARY_MIN  16

static unsigned count_distinct(const unsigned char *bytes, size_t n)
{
    unsigned char seen[256] = { 0 };
    unsigned distinct = 0;

    for (size_t i = 0; i < n; i++)
        distinct += !seen[bytes[i]]++;
    return distinct;
}

static int is_word_byte(unsigned char c)
{
    return isalnum(c) || c == '+' || c == '_' || c == '-';
}

/* Letters of one case and digits, the dashes of a UUID left out. */
static int is_hex(const unsigned char *bytes, size_t n)
{
    size_t digits = 0, lower = 0, upper = 0;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '-')
            continue;
        if (!isxdigit(bytes[i]))
            return 0;
        digits += isdigit(bytes[i]) != 0;
        lower += islower(bytes[i]) != 0;
        upper += isupper(bytes[i]) != 0;
    }
    return digits + lower + upper >= HEX_MIN && digits >= 2 && lower + upper >= 2 && !(lower && upper) &&
           count_distinct(bytes, n) >= 6;
}

static int is_decimal(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isdigit(bytes[i]))
            return 0;
    return n > 0;
}

static int class_of(unsigned char c)
{
    return isupper(c) ? 'A' : islower(c) ? 'a' : isdigit(c) ? '0' : '+';
}

/* Words and names keep to one class of characters for long; a random text changes it at every second one. */
static int is_base64(const unsigned char *bytes, size_t n)
{
    unsigned changes = 0, has_upper = 0, has_lower = 0, digits = 0;

    for (size_t i = 0; i < n; i++) {
        has_upper |= isupper(bytes[i]) != 0;
        has_lower |= islower(bytes[i]) != 0;
        digits += isdigit(bytes[i]) != 0;
        changes += i && class_of(bytes[i]) != class_of(bytes[i - 1]);
    }
    return n >= BASE64_MIN && has_upper && has_lower && digits >= 2 && 16 * digits >= n && 3 * changes >= n &&
           count_distinct(bytes, n) >= 10;
}

static int token_is_random(const unsigned char *bytes, size_t n)
{
    if (is_decimal(bytes, n))
        return n >= DECIMAL_MIN && count_distinct(bytes, n) >= 6;
    return is_hex(bytes, n) || is_base64(bytes, n);
}

static void token_give(const struct token_sink *sink, const unsigned char *bytes, size_t n)
{
    sink->take(sink->context, bytes, n < TOKEN_MAX ? n : TOKEN_MAX);
}

/* Two numbers in a row, as a program prints them that draws two. */
struct number {
    const unsigned char *at;
    size_t n;
};

static void numbers_give(const struct token_sink *sink, const struct number *before, const struct number *now)
{
    unsigned char both[2 * NUMBER_MAX + 1];

    if (!before->n || now->at - (before->at + before->n) > 3)
        return;
    memcpy(both, before->at, before->n);
    both[before->n] = ' ';
    memcpy(both + before->n + 1, now->at, now->n);
    if (memcmp(before->at, now->at, before->n < now->n ? before->n : now->n) &&
        count_distinct(both, before->n + now->n) >= 6)
        token_give(sink, both, before->n + 1 + now->n);
}

static void find_in_text(const unsigned char *bytes, size_t size, const struct token_sink *sink)
{
    struct number before = { NULL, 0 }, now;
    size_t end;

    for (size_t i = 0; i < size; i = end) {
        for (end = i; end < size && is_word_byte(bytes[end]); end++)
            ;
        now.at = bytes + i;
        now.n = end - i;
        if (is_decimal(now.at, now.n) && now.n >= NUMBER_MIN && now.n < NUMBER_MAX) {
            numbers_give(sink, &before, &now);
            before = now;
        } else if (token_is_random(now.at, now.n)) {
            token_give(sink, now.at, now.n);
        }
        end += end == i;
    }
}

static int is_binary(const unsigned char *bytes, size_t size)
{
    unsigned high = 0;

    for (size_t i = 0; i < size; i++)
        high += bytes[i] >= 0x80 || (bytes[i] < 0x20 && !isspace(bytes[i]));
    return 4 * high >= size;
}

/* RFC 5246, 7.4.1 and RFC 8446, 4.1: record type 22, hello 1 or 2, legacy_version, 32 random bytes. */
static int is_hello(const unsigned char *bytes, size_t size)
{
    return size >= 11 + 32 && bytes[0] == 22 && bytes[1] == 3 && (bytes[5] == 1 || bytes[5] == 2) && bytes[9] == 3;
}

void token_find(const void *data, size_t size, const struct token_sink *sink)
{
    const unsigned char *bytes = data;
    size_t n = size < TOKEN_MAX ? size : TOKEN_MAX;

    if (is_hello(bytes, size))
        token_give(sink, bytes + 11, 32);
    else if (size >= BINARY_MIN && size <= TOKEN_BINARY_MAX && is_binary(bytes, size)) {
        if (count_distinct(bytes, n) >= (n < 24 ? 12 : 16))
            token_give(sink, bytes, n);
    } else
        find_in_text(bytes, size, sink);
}

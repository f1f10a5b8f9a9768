/* escape.c - makes bytes that a target controls harmless for a reader's terminal. */
#include "reports/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t escape_decode(const void *bytes, size_t size, uint32_t *ret_code)
{
    const unsigned char *s = bytes;
    uint32_t code, lowest;
    size_t n;

    if (size == 0)
        return 0;
    if (s[0] < 0x80) {
        *ret_code = s[0];
        return 1;
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        n = 2, code = s[0] & 0x1f, lowest = 0x80;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        n = 3, code = s[0] & 0x0f, lowest = 0x800;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        n = 4, code = s[0] & 0x07, lowest = 0x10000;
    else
        return 0;
    if (size < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < lowest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return n;
}

int escape_is_unsafe(uint32_t code)
{
    /* Ranges of code points that act instead of being seen: Unicode general categories Cc, Cf, Zl, Zp, the default
     * ignorable ones, and noncharacters. Bidirectional marks: U+061C, U+200E-200F, U+202A-202E, U+2066-2069. */
    static const uint32_t ranges[][2] = {
        { 0x00, 0x1f },       { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },   { 0x600, 0x605 },
        { 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },     { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
        { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f }, { 0x3164, 0x3164 },
        { 0xfdd0, 0xfdef },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
        { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };

    if ((code & 0xfffe) == 0xfffe)
        return 1;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return 1;
    return 0;
}

/* Escapes the one character or stray byte at `s` into `out` (at most 16 bytes); returns the bytes read, *ret_out
 * those written. */
static size_t escape_one(const unsigned char *s, size_t size, int utf8, char *out, size_t *ret_out)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t code;
    size_t n = escape_decode(s, size, &code), used = 0;

    if (n == 1 && code == '\\') {
        memcpy(out, "\\\\", 2);
        *ret_out = 2;
        return 1;
    }
    if (n > 0 && !escape_is_unsafe(code) && (utf8 || code < 0x80)) {
        memcpy(out, s, n);
        *ret_out = n;
        return n;
    }
    if (n == 0)
        n = 1;
    for (size_t i = 0; i < n; i++) {
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = digits[s[i] >> 4];
        out[used++] = digits[s[i] & 15];
    }
    *ret_out = used;
    return n;
}

char *escape_text(const void *bytes, size_t size, size_t max, int utf8)
{
    const unsigned char *s = bytes;
    size_t shown = max && size > max ? max : size, used = 0, n;
    char *text;

    /* A name cut in the middle of a character would end in a stray byte. */
    if (shown < size)
        for (size_t back = 0; back < 3 && shown > 0 && (s[shown] & 0xc0) == 0x80; back++)
            shown--;
    if (shown > (SIZE_MAX - 64) / 4)
        return NULL;
    text = malloc(shown * 4 + 64);
    if (!text)
        return NULL;
    for (size_t i = 0; i < shown;) {
        i += escape_one(s + i, shown - i, utf8, text + used, &n);
        used += n;
    }
    if (shown < size)
        used += (size_t)snprintf(text + used, 64, "...(%zu bytes)", size);
    text[used] = '\0';
    return text;
}

int escape_json(const char *json, size_t size, FILE *out)
{
    for (size_t i = 0; i < size;) {
        uint32_t code = 0;
        size_t n = escape_decode(json + i, size - i, &code), same = i;

        /* Runs of harmless bytes are written at once. */
        while (n > 0 && (code == '\n' || !escape_is_unsafe(code))) {
            i += n;
            n = escape_decode(json + i, size - i, &code);
        }
        if (i > same && fwrite(json + same, 1, i - same, out) != i - same)
            return -EIO;
        if (i == size)
            break;
        if (n == 0) /* the caller promised valid text; a reader gets valid text all the same */
            n = 1, code = 0xfffd;
        if (code >= 0x10000) {
            if (fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff)) <
                0)
                return -EIO;
        } else if (fprintf(out, "\\u%04x", code) < 0) {
            return -EIO;
        }
        i += n;
    }
    return 0;
}

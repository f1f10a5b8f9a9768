/* numbers.c - numbers, blanks and lines out of a kernel file's text; every overflow is an error. */
#include "harness/look/read.h"

#include <errno.h>
#include <string.h>

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

int look_take_unsigned(const char **p, unsigned base, uint64_t max, uint64_t *ret)
{
    const char *s = *p;
    uint64_t value = 0;

    if (digit_value(*s) >= base)
        return -EBADMSG;
    for (; digit_value(*s) < base; s++) {
        unsigned digit = digit_value(*s);

        if (value > (UINT64_MAX - digit) / base)
            return -EBADMSG;
        value = value * base + digit;
    }
    if (value > max)
        return -EBADMSG;
    *p = s;
    *ret = value;
    return 0;
}

int look_take_signed(const char **p, int64_t min, int64_t max, int64_t *ret)
{
    const char *s = *p;
    int negative = *s == '-';
    uint64_t magnitude;
    int64_t value;

    s += negative;
    if (look_take_unsigned(&s, 10, INT64_MAX, &magnitude))
        return -EBADMSG;
    value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (value < min || value > max)
        return -EBADMSG;
    *p = s;
    *ret = value;
    return 0;
}

void look_take_blanks(const char **p)
{
    *p += strspn(*p, " \t");
}

int look_take_char(const char **p, char c)
{
    if (**p != c)
        return -EBADMSG;
    ++*p;
    return 0;
}

char *look_take_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');

    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

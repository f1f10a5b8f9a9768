/* page.c - laying out text: paragraphs of styled words, wrapped with a hanging indent. */
#include "reports/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "reports/escape.h"

#define MARK '\001' /* cannot come from a piece: escape_text() lets no control byte pass */

void page_init(struct page *p, FILE *out, const struct report_options *options)
{
    *p = (struct page){ .out = out, .options = options };
}

static void append(struct page *p, const char *bytes, size_t size)
{
    if (p->error || size == 0)
        return;
    if (p->room - p->size < size) {
        size_t room = (p->size + size) * 2 + 256;
        char *text = realloc(p->text, room);

        if (!text) {
            p->error = -ENOMEM;
            return;
        }
        p->text = text;
        p->room = room;
    }
    memcpy(p->text + p->size, bytes, size);
    p->size += size;
}

void page_style(struct page *p, enum page_style style)
{
    append(p, (char[]){ MARK, (char)('A' + style) }, 2);
}

void page_add(struct page *p, const char *words)
{
    append(p, words, strlen(words));
}

void page_put_cut(struct page *p, const void *bytes, size_t size, size_t max)
{
    char *text = escape_text(bytes, size, max, p->options->utf8);

    if (!text) {
        p->error = p->error ? p->error : -ENOMEM;
        return;
    }
    append(p, text, strlen(text));
    free(text);
}

void page_format(struct page *p, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    page_put_cut(p, text, strlen(text), 0);
}

void page_put(struct page *p, const void *bytes, size_t size)
{
    page_put_cut(p, bytes, size, PAGE_FIELD_MAX);
}

void page_put_text(struct page *p, const void *bytes, size_t size)
{
    const char *s = bytes;

    while (size > 0) {
        size_t n = 0;

        while (n < size && s[n] != '\n' && s[n] != '\r' && s[n] != '\t')
            n++;
        page_put_cut(p, s, n, 0);
        if (n < size)
            append(p, " ", 1), n++;
        s += n;
        size -= n;
    }
}

const char *page_sequence(enum page_style style)
{
    static const char *const sequences[N_PAGE_STYLE] = {
        [PAGE_PLAIN] = "\033[0m",   [PAGE_BOLD] = "\033[1m",  [PAGE_DIM] = "\033[2m",    [PAGE_RED] = "\033[1;31m",
        [PAGE_YELLOW] = "\033[33m", [PAGE_CYAN] = "\033[36m", [PAGE_GREEN] = "\033[32m",
    };
    return sequences[style];
}

enum page_style page_severity_style(const char *severity)
{
    if (!strcmp(severity, "critical") || !strcmp(severity, "high"))
        return PAGE_RED;
    return !strcmp(severity, "medium") ? PAGE_YELLOW : PAGE_CYAN;
}

/* Where the layout stands: the column, and the style that must begin again on a new line. */
struct layout {
    struct page *page;
    int indent, column, limit;
    enum page_style style;
};

static void change_style(struct layout *l, enum page_style style)
{
    if (l->page->options->color && style != l->style) {
        if (l->style != PAGE_PLAIN)
            fputs(page_sequence(PAGE_PLAIN), l->page->out);
        if (style != PAGE_PLAIN)
            fputs(page_sequence(style), l->page->out);
    }
    l->style = style;
}

static void new_line(struct layout *l)
{
    enum page_style style = l->style;

    change_style(l, PAGE_PLAIN);
    fprintf(l->page->out, "\n%*s", l->indent, "");
    l->column = l->indent;
    change_style(l, style);
}

/* Bytes and columns of the character at `s`. */
static size_t measure(const char *s, size_t size, int *ret_columns)
{
    uint32_t code = 0;
    size_t n = escape_decode(s, size, &code);
    int columns = n ? wcwidth((wchar_t)code) : 1;

    *ret_columns = columns < 0 ? 1 : columns;
    return n ? n : 1;
}

/* Bytes of the word at `s` with its style marks, and its columns. */
static size_t measure_word(const char *s, size_t size, int *ret_columns)
{
    size_t n = 0;
    int columns = 0, one;

    while (n < size && s[n] != ' ') {
        if (s[n] == MARK) {
            n += 2;
            continue;
        }
        n += measure(s + n, size - n, &one);
        columns += one;
    }
    *ret_columns = columns;
    return n;
}

/* Writes one word; one that is longer than a line is broken. */
static void write_word(struct layout *l, const char *s, size_t size)
{
    for (size_t i = 0; i < size;) {
        int columns;
        size_t n;

        if (s[i] == MARK) {
            change_style(l, (enum page_style)(s[i + 1] - 'A'));
            i += 2;
            continue;
        }
        n = measure(s + i, size - i, &columns);
        if (l->column + columns > l->limit && l->column > l->indent)
            new_line(l);
        fwrite(s + i, 1, n, l->page->out);
        l->column += columns;
        i += n;
    }
}

void page_end(struct page *p, int first, int rest)
{
    int limit = p->options->width > 0 ? p->options->width : 1 << 30;
    struct layout l = { .page = p, .indent = rest, .column = first, .limit = limit };
    size_t i = 0, n;
    int columns, blanks = 0;

    if (l.indent > limit / 2) /* a hanging indent that leaves no room helps nobody */
        l.indent = limit / 4;
    if (p->size > 0)
        fprintf(p->out, "%*s", first, "");
    while (!p->error && i < p->size) {
        if (p->text[i] == ' ') {
            blanks++, i++;
            continue;
        }
        n = measure_word(p->text + i, p->size - i, &columns);
        if (l.column + blanks + columns > limit && l.column > l.indent && columns > 0) {
            new_line(&l);
        } else {
            fprintf(p->out, "%*s", blanks, "");
            l.column += blanks;
        }
        write_word(&l, p->text + i, n);
        blanks = 0;
        i += n;
    }
    change_style(&l, PAGE_PLAIN);
    putc('\n', p->out);
    p->size = 0;
    if (ferror(p->out) && !p->error)
        p->error = -EIO;
}

char *page_take(struct page *p)
{
    char *text;

    append(p, "", 1);
    if (p->error)
        return NULL;
    text = p->text;
    p->text = NULL;
    p->size = p->room = 0;
    return text;
}

int page_columns(const char *text)
{
    size_t size = strlen(text), n = 0;
    int columns = 0, one;

    while (n < size) {
        n += measure_word(text + n, size - n, &one);
        columns += one;
        if (n < size)
            n++, columns++;
    }
    return columns;
}

void page_heading(struct page *p, const char *words)
{
    page_end(p, 0, 0);
    page_style(p, PAGE_BOLD);
    page_add(p, words);
    page_style(p, PAGE_PLAIN);
    page_end(p, 0, 0);
}

int page_finish(struct page *p)
{
    int r = p->error;

    if (r == 0 && p->out && ferror(p->out))
        r = -EIO;
    free(p->text);
    p->text = NULL;
    p->size = p->room = 0;
    return r;
}

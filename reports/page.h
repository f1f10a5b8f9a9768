/* page.h - laying out text: paragraphs of styled words, wrapped to the reader's width with a hanging indent.
 *
 * A paragraph is put together from pieces and then laid out by page_end(). What page_put() is given may hold any
 * byte and is escaped; page_add() is for our own words. Errors stick: page_finish() returns the first.
 */
#ifndef FORKAUDIT_PAGE_H
#define FORKAUDIT_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "reports/report.h"

#define PAGE_FIELD_MAX 512 /* bytes of one hostile field that are shown */

enum page_style {
    PAGE_PLAIN,
    PAGE_BOLD,
    PAGE_DIM,
    PAGE_RED,    /* critical, high, what failed */
    PAGE_YELLOW, /* medium, unknown */
    PAGE_CYAN,   /* low, info */
    PAGE_GREEN,  /* nothing found */
    N_PAGE_STYLE,
};

struct page {
    FILE *out;
    const struct report_options *options;
    char *text; /* the paragraph so far: printable text, with a style as the bytes 0x01, 'A' + style */
    size_t size, room;
    int error;
};

/* out NULL: a page to compose on, whose paragraphs are taken by page_take() and never ended. */
void page_init(struct page *p, FILE *out, const struct report_options *options);
void page_style(struct page *p, enum page_style style);
void page_add(struct page *p, const char *words);
void page_format(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_put(struct page *p, const void *bytes, size_t size);
/* The same with a bound of its own. */
void page_put_cut(struct page *p, const void *bytes, size_t size, size_t max);
/* The same without a bound, for texts of checks (why, fix); line ends count as blanks. */
void page_put_text(struct page *p, const void *bytes, size_t size);
/* Writes the paragraph: `first` blanks before its first line, `rest` before the others; then a new one begins. Without
 * a word it is an empty line. */
void page_end(struct page *p, int first, int rest);
/* Takes the paragraph so far instead of writing it: a text for page_add(), also of another page with the same options;
 * owned by the caller. NULL without memory. */
char *page_take(struct page *p);
/* How many columns such a text fills on a line. */
int page_columns(const char *text);
/* A heading of one word or a few, with an empty line before it. */
void page_heading(struct page *p, const char *words);
/* Forgets the paragraph, and 0 or the first error as -errno. */
int page_finish(struct page *p);

/* The escape sequence that begins a style (PAGE_PLAIN: ends all), for tables. */
const char *page_sequence(enum page_style style);
/* The style a severity or result is shown in. */
enum page_style page_severity_style(const char *severity);

#endif

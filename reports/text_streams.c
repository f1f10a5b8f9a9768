/* text_streams.c - two streams of random values side by side, as a table of the text report. */
#include "reports/text_random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text_table.h"

#define VALUE_SHOWN  16 /* bytes of a value that are shown */
#define BEFORE_MAX   1  /* rows before the first equal one */
#define EQUAL_MAX    4  /* rows of equal values */
#define AFTER_MAX    2  /* rows behind the equal ones */
#define VERBOSE_MORE 4  /* times so many with -v */

enum { MARGIN, LEFT_AT, LEFT, MARK, RIGHT_AT, RIGHT, N_CELLS };

/* The streams, and the table in the making. A row is a place in the common stream; the left value there is that of
 * index `row - left_ahead`, the right one of `row - right_ahead`. */
struct picture {
    const struct text_streams *s;
    struct page scratch;
    struct text_grid grid;
    size_t value, left_n, right_n; /* bytes of a value, values */
    size_t left_ahead, right_ahead, rows;
};

enum likeness { EQUAL, DIFFERENT, ALONE };

static int has_left(const struct picture *c, size_t row)
{
    return row >= c->left_ahead && row - c->left_ahead < c->left_n;
}

static int has_right(const struct picture *c, size_t row)
{
    return row >= c->right_ahead && row - c->right_ahead < c->right_n;
}

static const unsigned char *left_value(const struct picture *c, size_t row)
{
    return (const unsigned char *)c->s->left + (row - c->left_ahead) * c->value;
}

static const unsigned char *right_value(const struct picture *c, size_t row)
{
    return (const unsigned char *)c->s->right + (row - c->right_ahead) * c->value;
}

static enum likeness compare(const struct picture *c, size_t row)
{
    if (!has_left(c, row) || !has_right(c, row))
        return ALONE;
    return memcmp(left_value(c, row), right_value(c, row), c->value) ? DIFFERENT : EQUAL;
}

static int set_cell(struct picture *c, struct text_grid_row *line, int cell)
{
    line->cells[cell] = page_take(&c->scratch);
    return line->cells[cell] ? 0 : -ENOMEM;
}

static int set_value(struct picture *c, struct text_grid_row *line, int cell, const unsigned char *bytes, size_t index)
{
    size_t shown = c->value < VALUE_SHOWN ? c->value : VALUE_SHOWN;
    int r;

    for (size_t i = 0; i < shown; i++)
        page_format(&c->scratch, "%02x", bytes[i]);
    if (shown < c->value)
        page_add(&c->scratch, "...");
    r = set_cell(c, line, cell);
    if (r < 0 || (cell == RIGHT && c->left_ahead == c->right_ahead)) /* both at the same place: told once */
        return r;
    page_format(&c->scratch, "%zu", index * c->value);
    return set_cell(c, line, cell - 1);
}

static int add_row(struct picture *c, size_t row)
{
    struct text_grid_row *line = text_grid_add(&c->grid);
    enum likeness likeness = compare(c, row);
    int r = 0;

    if (!line)
        return -ENOMEM;
    page_add(&c->scratch, "   ");
    r = set_cell(c, line, MARGIN);
    if (r == 0 && has_left(c, row))
        r = set_value(c, line, LEFT, left_value(c, row), row - c->left_ahead);
    if (r == 0 && has_right(c, row))
        r = set_value(c, line, RIGHT, right_value(c, row), row - c->right_ahead);
    if (r < 0 || likeness == ALONE)
        return r;
    line->style = likeness == EQUAL ? PAGE_RED : PAGE_PLAIN;
    page_add(&c->scratch, likeness == EQUAL ? "=" : c->scratch.options->utf8 ? "\xe2\x89\xa0" : "!=");
    return set_cell(c, line, MARK);
}

static int add_gap(struct picture *c)
{
    struct text_grid_row *line = text_grid_add(&c->grid);

    if (!line)
        return -ENOMEM;
    page_add(&c->scratch, "...");
    return set_cell(c, line, LEFT);
}

/* 1: the row is among those that a short picture has: the last before the first equal one, some that are equal,
 * and the first behind them. */
static int is_shown(const struct picture *c, size_t row, size_t first, size_t last)
{
    const size_t more = c->scratch.options->verbose > 0 ? VERBOSE_MORE : 1;

    if (row < first)
        return first - row <= BEFORE_MAX * more;
    if (row <= last)
        return row - first < EQUAL_MAX * more;
    return row - last <= AFTER_MAX * more;
}

static int fill(struct picture *c)
{
    size_t first = c->left_ahead + c->s->left_shift, last = first;
    int is_skipped = 0, r = 0;

    while (last + 1 < c->rows && compare(c, last + 1) == EQUAL)
        last++;
    for (size_t row = 0; row < c->rows && r == 0; row++) {
        if (row > last && compare(c, row) == ALONE) /* only one of them was drawn so far */
            break;
        if (!is_shown(c, row, first, last)) {
            is_skipped = 1;
            continue;
        }
        if (is_skipped)
            r = add_gap(c);
        is_skipped = 0;
        if (r == 0)
            r = add_row(c, row);
    }
    return r == 0 && is_skipped ? add_gap(c) : r;
}

int text_streams_write(struct page *p, const struct text_streams *s)
{
    const char *names[N_CELLS] = { "   ", "BYTE", s->left_name, "", "BYTE", s->right_name };
    struct picture c = { .s = s, .grid = { .names = names, .n_columns = N_CELLS, .styled = MARK } };
    size_t left_end, right_end;
    int r = 0;

    c.value = s->value_size ? s->value_size : 8;
    c.left_n = s->left_size / c.value;
    c.right_n = s->right_size / c.value;
    if (s->left_shift >= c.left_n || s->right_shift >= c.right_n) /* the equal ones come behind what was kept */
        return 0;
    c.left_ahead = s->right_shift > s->left_shift ? s->right_shift - s->left_shift : 0;
    c.right_ahead = s->left_shift > s->right_shift ? s->left_shift - s->right_shift : 0;
    left_end = c.left_ahead + c.left_n;
    right_end = c.right_ahead + c.right_n;
    c.rows = left_end > right_end ? left_end : right_end;
    page_init(&c.scratch, NULL, p->options);
    r = fill(&c);
    if (r == 0 && c.grid.n > 0)
        r = text_grid_write(&c.grid, p);
    text_grid_release(&c.grid);
    page_finish(&c.scratch);
    return r;
}

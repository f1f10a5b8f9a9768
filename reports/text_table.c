/* text_table.c - tables of the text report: one whose cells are wrapped at words. */
#include "reports/text_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "reports/escape.h"

#define LEAST_WIDTH 5 /* of a column that gives way */
/* This part of the width is left to a column while another can give way, even at the cost of a word. */
#define READABLE 6

struct libscols_table *text_table_new(struct page *p)
{
    struct libscols_table *table = scols_new_table();
    int width = p->options->width;

    if (!table)
        return NULL;
    scols_table_set_stream(table, p->out);
    scols_table_enable_ascii(table, !p->options->utf8);
    scols_table_enable_colors(table, p->options->color);
    /* Cells are escaped already, and libsmartcols would escape the backslashes again. */
    scols_table_enable_noencoding(table, 1);
    /* What was given decides, not the terminal that happens to be there. */
    scols_table_set_termforce(table, width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (width > 0)
        scols_table_set_termwidth(table, (size_t)width);
    return table;
}

struct text_grid_row *text_grid_add(struct text_grid *g)
{
    if (g->n == g->room) {
        struct text_grid_row *more = reallocarray(g->rows, g->room * 2 + 16, sizeof *more);

        if (!more)
            return NULL;
        g->rows = more;
        g->room = g->room * 2 + 16;
    }
    g->rows[g->n] = (struct text_grid_row){ .style = PAGE_PLAIN };
    return &g->rows[g->n++];
}

void text_grid_release(struct text_grid *g)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t c = 0; c < g->n_columns; c++)
            free(g->rows[i].cells[c]);
    free(g->rows);
    g->rows = NULL;
    g->n = g->room = 0;
}

/* Columns of the longest word of a text. */
static int longest_word(char *text)
{
    int longest = 0;

    for (char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        char end = word[n];
        int columns;

        word[n] = '\0';
        columns = page_columns(word);
        word[n] = end;
        longest = columns > longest ? columns : longest;
        word += n + (end ? 1 : 0);
    }
    return longest;
}

/* The widest column that is above its least width gives way, until all fit into `width`; returns what they fill. */
static int give_way(int *widths, const int *least, size_t n, int sum, int width)
{
    while (sum > width) {
        size_t widest = n;

        for (size_t c = 0; c < n; c++)
            if (widths[c] > least[c] && (widest == n || widths[c] > widths[widest]))
                widest = c;
        if (widest == n)
            break;
        widths[widest]--;
        sum--;
    }
    return sum;
}

/* Widths that fit into the reader's: words are broken only where it cannot be helped. 0: left out. */
static void find_widths(const struct text_grid *g, int width, int *ret)
{
    int words[TEXT_GRID_COLUMNS], least[TEXT_GRID_COLUMNS], sum = 0;

    for (size_t c = 0; c < g->n_columns; c++) {
        int name = (int)strlen(g->names[c]);

        ret[c] = words[c] = 0;
        least[c] = name > LEAST_WIDTH ? name : LEAST_WIDTH;
        for (size_t i = 0; i < g->n; i++) {
            char *cell = g->rows[i].cells[c];
            int columns = cell ? page_columns(cell) : 0, word = cell ? longest_word(cell) : 0;

            ret[c] = columns > ret[c] ? columns : ret[c];
            words[c] = word > words[c] ? word : words[c];
        }
        if (ret[c] == 0)
            continue;
        ret[c] = ret[c] < name ? name : ret[c];
        words[c] = words[c] < least[c] ? least[c] : words[c];
        if (words[c] < width / READABLE) /* many short words below one another are hard to read */
            words[c] = ret[c] < width / READABLE ? ret[c] : width / READABLE;
        sum += ret[c] + 1;
    }
    if (width > 0)
        sum = give_way(ret, words, g->n_columns, sum, width + 1); /* no blank after the last one */
    if (width > 0)
        give_way(ret, least, g->n_columns, sum, width + 1);
}

/* Bytes of the character at `s`, and its columns. */
static size_t measure(const char *s, size_t size, int *ret_columns)
{
    uint32_t code = 0;
    size_t n = escape_decode(s, size, &code);
    int columns = n ? wcwidth((wchar_t)code) : 1;

    *ret_columns = columns < 0 ? 1 : columns;
    return n ? n : 1;
}

/* A copy with line ends, so that no line is wider than `width`; breaks at a blank where the line has one. */
static char *wrap(const char *text, int width)
{
    size_t size = strlen(text), used = 0, blank = SIZE_MAX, n;
    char *out = malloc(size * 2 + 1);
    int column = 0, since_blank = 0, one;

    if (!out)
        return NULL;
    for (size_t i = 0; i < size; i += n) {
        n = measure(text + i, size - i, &one);
        if (column + one > width && column > 0) {
            if (text[i] == ' ') { /* the blank itself is where the line ends */
                out[used++] = '\n';
                column = 0, blank = SIZE_MAX;
                continue;
            }
            if (blank != SIZE_MAX) {
                out[blank] = '\n';
                column = since_blank;
                blank = SIZE_MAX;
            } else {
                out[used++] = '\n';
                column = 0;
            }
        }
        if (text[i] == ' ')
            blank = used, since_blank = -one;
        memcpy(out + used, text + i, n);
        used += n;
        column += one;
        since_blank += one;
    }
    out[used] = '\0';
    return out;
}

static int fill_table(struct text_grid *g, struct page *p, struct libscols_table *table)
{
    int widths[TEXT_GRID_COLUMNS];

    find_widths(g, p->options->width, widths);
    for (size_t c = 0; c < g->n_columns; c++) {
        struct libscols_column *column =
            scols_table_new_column(table, g->names[c], 0, SCOLS_FL_WRAP | (widths[c] ? 0 : SCOLS_FL_HIDDEN));

        if (!column)
            return -ENOMEM;
        scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
    }
    for (size_t i = 0; i < g->n; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);

        if (!line)
            return -ENOMEM;
        for (size_t c = 0; c < g->n_columns; c++) {
            char *cell = g->rows[i].cells[c] ? wrap(g->rows[i].cells[c], widths[c]) : strdup("");

            if (!cell || scols_line_refer_data(line, c, cell) != 0) {
                free(cell);
                return -ENOMEM;
            }
        }
        if (g->rows[i].style != PAGE_PLAIN)
            scols_cell_set_color(scols_line_get_cell(line, g->styled), page_sequence(g->rows[i].style));
    }
    return 0;
}

int text_grid_write(struct text_grid *g, struct page *p)
{
    struct libscols_table *table = text_table_new(p);
    int r;

    if (!table)
        return -ENOMEM;
    r = fill_table(g, p, table);
    if (r == 0 && scols_print_table(table) != 0)
        r = -EIO;
    scols_unref_table(table);
    return r;
}

/* text_table.h - tables of the text report, by libsmartcols. */
#ifndef FORKAUDIT_TEXT_TABLE_H
#define FORKAUDIT_TEXT_TABLE_H

#include <libsmartcols/libsmartcols.h>

#include "reports/page.h"

/* An empty table that is printed to the page's stream as its options say; cells must be escaped. NULL: no memory. */
struct libscols_table *text_table_new(struct page *p);

/* Cells that are wrapped at words, so that nothing is cut off: the widest columns give way first. */
#define TEXT_GRID_COLUMNS 8
struct text_grid {
    const char *const *names; /* of the columns */
    size_t n_columns;
    struct text_grid_row {
        char *cells[TEXT_GRID_COLUMNS]; /* owned */
        enum page_style style;          /* of the cell in column `styled` */
    } * rows;
    size_t n, room, styled;
};
/* The next row, with no cell filled; NULL: no memory. A cell that stays NULL is blank. A column in which all are, is
 * left out. */
struct text_grid_row *text_grid_add(struct text_grid *g);
/* 0, -ENOMEM or -EIO. Rewrites the cells. */
int text_grid_write(struct text_grid *g, struct page *p);
void text_grid_release(struct text_grid *g);

#endif

/* terminal.h - what the reader of an output can do: colour, width, characters. The only look at the environment. */
#ifndef FORKAUDIT_TERMINAL_H
#define FORKAUDIT_TERMINAL_H

/* 1: colour. `choice`: 1 always, 0 never, -1 as the environment says: NO_COLOR (any value but the empty one) forbids,
 * then CLICOLOR_FORCE (any value but the empty one and "0") demands, then a terminal that is not TERM=dumb has it. */
int terminal_color(int choice, int fd);
/* Columns: COLUMNS, else the terminal's, else 80; between 20 and 120. */
int terminal_width(int fd);
/* 1: the locale's characters are UTF-8 (setlocale(3) has been called). */
int terminal_utf8(void);

#endif

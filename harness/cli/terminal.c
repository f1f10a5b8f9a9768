/* terminal.c - what the reader of an output can do: colour, width, characters. */
#include "harness/cli/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST   20
#define WIDTH_MOST    120 /* longer lines are hard to read */

static const char *get(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

int terminal_color(int choice, int fd)
{
    if (choice >= 0)
        return choice;
    if (*get("NO_COLOR")) /* https://no-color.org */
        return 0;
    if (*get("CLICOLOR_FORCE") && strcmp(get("CLICOLOR_FORCE"), "0"))
        return 1;
    return isatty(fd) == 1 && *get("TERM") && strcmp(get("TERM"), "dumb");
}

int terminal_width(int fd)
{
    const char *columns = get("COLUMNS");
    struct winsize size;
    char *end;
    long width = strtol(columns, &end, 10);

    if (*end || width <= 0)
        width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : (int)width;
}

int terminal_utf8(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

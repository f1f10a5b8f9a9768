/* message.c - what the command line says on standard error, and the nearest name to a mistyped one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "reports/escape.h"

/* Messages hold names of files, arguments and checks: they are escaped as in reports, in ASCII. One write, so that
 * the lines of a target that shares the terminal do not get in between. */
static void say(const char *before, const char *format, va_list arguments)
{
    char *message, *shown;
    int n = vasprintf(&message, format, arguments);

    if (n < 0) {
        fprintf(stderr, "forkaudit: %sout of memory\n", before);
        return;
    }
    shown = escape_text(message, (size_t)n, 4096, 0);
    fprintf(stderr, "forkaudit: %s%s\n", before, shown ? shown : "out of memory");
    free(shown);
    free(message);
}

void cli_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

void cli_note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("note: ", format, arguments);
    va_end(arguments);
}

#define WORD_MAX 48

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn `a` into `b`: insert, delete, replace, or swap two neighbours. Both at most WORD_MAX long. */
static size_t count_edits(const char *a, const char *b)
{
    size_t rows[WORD_MAX + 1][WORD_MAX + 1], m = strlen(a), n = strlen(b);

    for (size_t i = 0; i <= m; i++)
        rows[i][0] = i;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        for (size_t j = 1; j <= n; j++) {
            size_t best = least(rows[i - 1][j], rows[i][j - 1]) + 1;

            best = least(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[m][n];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t length = strlen(word), best = SIZE_MAX;

    if (length == 0 || length > WORD_MAX)
        return NULL;
    for (; *names; names++) {
        size_t edits, other = strlen(*names);

        if (other > WORD_MAX)
            continue;
        edits = count_edits(word, *names);
        if (length >= 3 && !strncmp(word, *names, length)) /* the beginning of a name */
            edits = 1;
        /* Nearer than a third of the longer word, or it would be a guess. */
        if (edits * 3 <= (length > other ? length : other) && edits < best) {
            best = edits;
            nearest = *names;
        }
    }
    return nearest;
}

/* errors.c - the list of check files that could not be used, and why. */
#include "checks/engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int errors_add(struct errors *e, const char *file, int line, const char *format, ...)
{
    struct judge_error *list = realloc(e->list, (e->n + 1) * sizeof *list);
    struct judge_error new = { .line = line };
    va_list args;
    int size;

    if (!list)
        return -ENOMEM;
    e->list = list;
    va_start(args, format);
    size = vasprintf(&new.message, format, args);
    va_end(args);
    if (size < 0)
        return -ENOMEM;
    new.file = strdup(file);
    if (!new.file) {
        free(new.message);
        return -ENOMEM;
    }
    e->list[e->n++] = new;
    return 0;
}

void errors_release(struct errors *e)
{
    for (size_t i = 0; i < e->n; i++) {
        free(e->list[i].file);
        free(e->list[i].message);
    }
    free(e->list);
    *e = (struct errors){ 0 };
}

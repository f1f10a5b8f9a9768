/* scratch.c - a private directory for what nobody keeps. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *scratch_make(void)
{
    const char *top = secure_getenv("TMPDIR");
    char *path = NULL, *real;

    if (asprintf(&path, "%s/forkaudit-XXXXXX", top && *top ? top : "/tmp") < 0)
        return NULL;
    if (!mkdtemp(path)) {
        free(path);
        return NULL;
    }
    real = realpath(path, NULL);
    if (!real)
        rmdir(path);
    free(path);
    return real;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

void scratch_remove(char *path)
{
    if (path)
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    free(path);
}

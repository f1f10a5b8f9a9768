/* catalogue.h - the targets that there are: their names, their heads, and what this host lets them do. */
#ifndef TARGETS_TESTS_CATALOGUE_H
#define TARGETS_TESTS_CATALOGUE_H

#include "targets/tests/expect.h"

#define CATALOGUE_MAX  256
#define CATALOGUE_NAME 64

struct target {
    char name[CATALOGUE_NAME]; /* "fd_pipe_kept_exec" */
    struct expect expect;
    char wrong[256];  /* what is wrong with its head; "" when nothing */
    const char *skip; /* why it cannot run here, or NULL; static */
    int as_nobody;    /* must be started as the user nobody, because we are root */
    int as_fake_root; /* must be started as root of a user namespace, because we are not root */
};
struct catalogue {
    struct target targets[CATALOGUE_MAX]; /* ascending by name */
    size_t n;
};

/* Reads every targets/{fd,rng,id}/NAME.c below the working directory. `programs` is the directory of the built ones.
 * 0 or -errno: -ENOENT when there is none, -E2BIG when there are too many, -EEXIST when a name stands twice. */
int catalogue_read(const char *programs, struct catalogue *ret);

#endif

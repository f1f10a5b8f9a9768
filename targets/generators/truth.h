/* truth.h - what the processes of one run wrote down of their own draws, and which of them drew the same. */
#ifndef TARGETS_GENERATORS_TRUTH_H
#define TARGETS_GENERATORS_TRUTH_H

#include <stddef.h>

enum role { ROLE_PARENT, ROLE_CHILD, ROLE_SIBLING, N_ROLE };

struct truth {
    char *text;              /* owned */
    const char **values;     /* owned; of all roles, in the order in which they were written */
    unsigned char *role_of;  /* owned; of each value */
    size_t n, n_of[N_ROLE];  /* values */
    int has_written[N_ROLE]; /* a line, if only an empty one */
};

/* Reads "ROLE VALUE..." lines. 0 or -errno: -EINVAL where a line is not of that form. */
int truth_read(const char *path, struct truth *ret);
void truth_release(struct truth *t);
/* How many values of `a` stand among those of `b` too. */
size_t truth_count_equal(const struct truth *t, enum role a, enum role b);

#endif

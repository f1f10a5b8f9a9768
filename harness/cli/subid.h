/* subid.h - the subordinate ids of a user: subuid(5) and subgid(5). */
#ifndef FORKAUDIT_CLI_SUBID_H
#define FORKAUDIT_CLI_SUBID_H

#include <sys/types.h>

struct subid_range {
    unsigned first, count;
};

/* The largest range that a file as /etc/subuid gives to the user with that name (NULL: none known) or number. One that
 * holds `own`, the user's own id, is left out: it could not be mapped beside it. 0, -ENODATA: the file gives none; or
 * another negative errno. */
int subid_find(const char *path, const char *name, uid_t uid, unsigned own, struct subid_range *ret);

#endif

/* user.h - USER[:GROUP] on the command line. */
#ifndef FORKAUDIT_CLI_USER_H
#define FORKAUDIT_CLI_USER_H

#include <stddef.h>
#include <sys/types.h>

struct cli_user {
    int is_set;
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* owned */
    size_t n_groups;
};

/* Looks up names or numbers. The groups are the user's own by the user database; for a number that no user has, only its group. 0, or
 * CLI_EXIT_USAGE with the reason said. */
int cli_user_find(const char *text, struct cli_user *ret);
void cli_user_release(struct cli_user *u);

#endif

/* as_user.h - run commands as an ordinary user with subordinate ids, whoever runs the tests.
 *
 * When root runs them that is nobody, also in group 4, in a private mount namespace with an /etc/subuid and /etc/subgid of
 * the test's own; the machine's files stay as they are. Else it is the one who runs the tests.
 */
#ifndef FORKAUDIT_CLI_AS_USER_H
#define FORKAUDIT_CLI_AS_USER_H

#include "harness/cli/tests/program.h"

#include <sys/types.h>

#define USER_GROUP 4 /* that nobody is in */

/* "test_directory()/name". Static string, until the next call. */
const char *user_path(const char *name);
/* Makes $D/home, the user's own folder of mode 0700; with these lines as /etc/subuid and /etc/subgid when root runs the
 * test. 0: it cannot be done here, and the test is skipped. */
int user_prepare(const char *ids);
/* The same with ids for nobody. Whether the user can have a namespace with them is asked of unshare(1). */
int user_prepare_whole(void);
/* program_run() as that user, in that folder. */
int user_run(struct program *p, const char *command);
uid_t user_uid(void);
/* Demands that every entry of the folder is the user's own, and that there are `n`. */
void user_check_entries(const char *folder, int n);
/* After prctl(PR_SET_CHILD_SUBREAPER, 1), by which orphans of a command become our children: they may be dead, but none
 * may live. Ends that. */
void user_check_no_process(void);

#endif

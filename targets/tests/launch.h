/* launch.h - run many programs at once, each with its output in a file and a bound on its time. */
#ifndef TARGETS_TESTS_LAUNCH_H
#define TARGETS_TESTS_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

/* One program. The caller fills the first four and owns them; `launch_all` fills the rest. */
struct launch {
    char **arguments;   /* arguments[0] is the program; NULL-ended. NULL: run nothing */
    const char *output; /* files for descriptors 1 and 2; descriptor 0 is /dev/null, no other is open */
    const char *errors;
    unsigned seconds; /* it is killed after so many */

    int error;  /* errno when it could not be started, ETIMEDOUT when it was killed after its time, else 0 */
    int status; /* as waitpid(2) gives it */
    pid_t pid;  /* also its process group */
    int pidfd;
    long deadline; /* seconds of CLOCK_MONOTONIC */
};

/* Runs all `n`, `at_once` at a time, and returns when none is left, with its whole process group. */
void launch_all(struct launch *launches, size_t n, size_t at_once);

#endif

/* program.h - start the built program (or another) from a test, and read what it said. */
#ifndef FORKAUDIT_CLI_PROGRAM_H
#define FORKAUDIT_CLI_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#define PROGRAM_TEXT_MAX 262144

struct program {
    pid_t pid;
    int out, err;                  /* unlinked files that hold its output */
    int status;                    /* wait status, after program_wait() */
    char text[PROGRAM_TEXT_MAX];   /* standard output, after program_wait() */
    char errors[PROGRAM_TEXT_MAX]; /* standard error */
};

/* "$FORKAUDIT_BUILD/forkaudit". Static string. */
const char *program_forkaudit(void);
/* Starts "sh -c command", "$F" in it is the built forkaudit, "$D" test_directory(), "$T" the built targets' folder. Its process is the shell's own
 * last command where the command begins with exec. */
void program_start(struct program *p, const char *command);
/* Waits for its end (two minutes at most, then it is killed and the test fails). Exit status, or 256 + signal. */
int program_wait(struct program *p);
/* Both at once. */
int program_run(struct program *p, const char *command);
/* Number in the first column of the first row that the query gives on the recording; -1: none. */
long program_ask(const char *recording, const char *sql);

#endif

/* launching.h - what the verbs that start a program share: what to start, as whom, for how long, and into which recording. */
#ifndef FORKAUDIT_CLI_LAUNCHING_H
#define FORKAUDIT_CLI_LAUNCHING_H

#include "harness/cli/cli.h"
#include "harness/cli/user.h"
#include "harness/observe/observe.h"

#include <time.h>

struct cli_launching {
    struct cli_judging judging;
    struct observe_options observe;
    struct cli_user user;
    char *recording; /* owned */
    char *path;      /* of the program, owned */
    int until_settled;
    int fake_root;
    char *id_maps;       /* owned; NULL: not root of a user namespace */
    time_t told_drawing; /* when that was said last */
};

/* getopt_long values of the options here; the verb's own must be below. */
#define CLI_LAUNCHING_OPTIONS 500
/* Long options to put in the verb's own table, those of judging.c among them; and the short ones. */
#define CLI_LAUNCHING_LONG                                                                                             \
    { "record", required_argument, NULL, 'r' }, { "until-settled", no_argument, NULL, CLI_LAUNCHING_OPTIONS + 0 },     \
        { "poke", required_argument, NULL, CLI_LAUNCHING_OPTIONS + 1 },                                                \
        { "poke-timeout", required_argument, NULL, CLI_LAUNCHING_OPTIONS + 2 },                                        \
        { "for", required_argument, NULL, CLI_LAUNCHING_OPTIONS + 3 },                                                 \
        { "settle-timeout", required_argument, NULL, CLI_LAUNCHING_OPTIONS + 4 },                                      \
        { "fake-root", no_argument, NULL, CLI_LAUNCHING_OPTIONS + 5 }, { "user", required_argument, NULL, 'u' },       \
        { "no-copies", no_argument, NULL, CLI_LAUNCHING_OPTIONS + 6 }, { "help", no_argument, NULL, 'h' },             \
        CLI_JUDGING_LONG
#define CLI_LAUNCHING_SHORT "hr:u:" CLI_JUDGING_SHORT

/* These options for a verb's --help. */
extern const char cli_launching_help[];

void cli_launching_init(struct cli_launching *l);
/* Takes one option as getopt_long(3) returned it, those of judging.c too. 1: taken, 0: not one of these, an exit status negated:
 * wrong (said on stderr). */
int cli_launching_option(struct cli_launching *l, int option, const char *argument);
/* "1500ms", "30s", "5m", "1h", "30" (seconds), as milliseconds. -1 when it is none of these. */
int64_t cli_launching_time(const char *text);
/* After the options: `argv` is the program with its arguments. Searches it, names the recording, makes l->observe ready and opens the
 * outputs. 0, or an exit status with the reason said. */
int cli_launching_prepare(struct cli_launching *l, char **argv);
/* The new recording. 0, or an exit status with the reason said. */
int cli_launching_record(struct cli_launching *l, struct facts **ret);
/* After the observation, which returned `observed`: says what went wrong, or judges and reports; closes `f`. An exit status. */
int cli_launching_finish(struct cli_launching *l, struct facts *f, int observed, const struct observe_result *result);
void cli_launching_release(struct cli_launching *l);

#endif

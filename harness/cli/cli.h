/* cli.h - what the verbs of the command line share. The cli is the only part that prints. */
#ifndef FORKAUDIT_CLI_H
#define FORKAUDIT_CLI_H

#include <stddef.h>

struct facts;
struct judge_options;

enum cli_exit {
    CLI_EXIT_CLEAN = 0,      /* nothing at or above --fail-on, and the evidence is complete */
    CLI_EXIT_FINDINGS = 1,   /* findings at or above --fail-on */
    CLI_EXIT_USAGE = 2,      /* the command line is wrong */
    CLI_EXIT_FAILED = 3,     /* the audit could not run, or a recording could not be read */
    CLI_EXIT_INCOMPLETE = 4, /* nothing found, but evidence is missing */
};

struct cli_verb {
    const char *name;
    const char *summary;               /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; returns an enum cli_exit */
};
extern const struct cli_verb cli_verbs[]; /* ended by a NULL name */

/* The verbs, one file each (verb_NAME.c). */
int verb_run(int argc, char **argv);
int verb_inject(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_doctor(int argc, char **argv);

/* ---- message.c: "forkaudit: ..." on standard error ---- */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The name in `names` (NULL-ended) nearest to `word`, or NULL when none is near. For "did you mean". */
const char *cli_nearest(const char *word, const char *const *names);

/* ---- options.c: what every verb does with its command line ---- */
struct option;
/* Says what is wrong after getopt_long(3) returned '?' (set opterr = 0 before the loop and begin the short options
 * with "+:" or ":"; then a missing argument comes as ':'), with the nearest option. Returns CLI_EXIT_USAGE. `code` is
 * what getopt_long returned, `arguments` the arguments as getopt_long has them. */
int cli_wrong_option(int code, char **arguments, const struct option *options);
/* A usage error in words, followed by where help is. Returns CLI_EXIT_USAGE. */
int cli_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The shared options (judging.c) for a verb's --help. */
extern const char cli_judging_help[];
/* facts_open() with its errors said. 0 or CLI_EXIT_FAILED. */
int cli_open_recording(const char *path, struct facts **ret);
/* The verb's and the program's entry: what main() does. */
int cli_main(int argc, char **argv);

/* ---- judging.c: the options of run and check and report that say how to judge and where to show ---- */
struct cli_judging {
    const char *checks[32];     /* --checks FILE, NULL-ended */
    const char *without[64];    /* --without PATTERN, NULL-ended */
    int fail_on;                /* --fail-on SEVERITY: an enum judge_severity; default high */
    struct cli_output *outputs; /* -o FORMAT[=PATH], owned; none given: text on standard output */
    size_t n_outputs;
    int verbose; /* -v 1, -q -1 */
    int color;   /* --color auto|always|never: -1, 1, 0 */
};
/* getopt_long values of the shared options start here; the verb's own must be below. */
#define CLI_JUDGING_OPTIONS 1000
/* Long options to put in the verb's own table (array of struct option without the end). */
#define CLI_JUDGING_LONG                                                                                               \
    { "checks", required_argument, NULL, CLI_JUDGING_OPTIONS + 0 },                                                    \
        { "without", required_argument, NULL, CLI_JUDGING_OPTIONS + 1 },                                               \
        { "fail-on", required_argument, NULL, CLI_JUDGING_OPTIONS + 2 }, { "output", required_argument, NULL, 'o' },   \
        { "verbose", no_argument, NULL, 'v' }, { "quiet", no_argument, NULL, 'q' },                                    \
    {                                                                                                                  \
        "color", required_argument, NULL, CLI_JUDGING_OPTIONS + 3                                                      \
    }
#define CLI_JUDGING_SHORT "o:vq"
void cli_judging_init(struct cli_judging *j);
/* Takes one option as getopt_long(3) returned it. 1: taken, 0: not one of these, CLI_EXIT_USAGE negated: wrong (said
 * on stderr). */
int cli_judging_option(struct cli_judging *j, int option, const char *argument);
/* Opens every output for writing (a temporary file beside it, O_EXCL, renamed into place at the end), so that one
 * that cannot be written is found before a target starts. 0, or CLI_EXIT_FAILED with the reason said. */
int cli_judging_open(struct cli_judging *j);
/* Judges `f`, writes every output, says on stderr what checks failed, and returns the exit status. store: 1 to copy
 * the findings into the recording (it is being written). */
int cli_judging_finish(struct cli_judging *j, struct facts *f, int store);
void cli_judging_release(struct cli_judging *j);

#endif

/* judging.c - the options that say how to judge and where to show, and what is done with them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/judge.h"
#include "harness/cli/cli.h"
#include "harness/cli/outputs.h"
#include "harness/cli/terminal.h"
#include "reports/report.h"

enum { OPTION_CHECKS = CLI_JUDGING_OPTIONS, OPTION_WITHOUT, OPTION_FAIL_ON, OPTION_COLOR };

const char cli_judging_help[] =
    "Judging and showing:\n"
    "      --checks FILE       use the checks in FILE too (may repeat)\n"
    "      --without PATTERN   leave out the checks whose id matches, as in 'rng-*' (may repeat)\n"
    "      --fail-on SEVERITY  exit with status 1 for findings from this severity on: critical, high\n"
    "                          (default), medium, low, info; none: never\n"
    "  -o, --output FORMAT[=PATH]\n"
    "                          write a report in this format, to PATH or ('-', default) standard output;\n"
    "                          may repeat. Without it: text on standard output\n"
    "  -v, --verbose           show what passed, all that is accepted, and the calls of interest\n"
    "  -q, --quiet             show the verdict and one line a finding\n"
    "      --color WHEN        auto (default), always, never\n"
    "  -h, --help              show this\n";

void cli_judging_init(struct cli_judging *j)
{
    *j = (struct cli_judging){ .fail_on = JUDGE_HIGH, .color = -1 };
}

static int wrong_word(const char *option, const char *word, const char *const *words)
{
    const char *nearest = cli_nearest(word, words);

    if (nearest)
        cli_error("%s does not know '%s'; did you mean '%s'?", option, word, nearest);
    else
        cli_error("%s does not know '%s'", option, word);
    for (; *words; words++)
        fprintf(stderr, "%s%s", *words, words[1] ? ", " : ": these are known\n");
    return -CLI_EXIT_USAGE;
}

static int add_string(const char **strings, size_t room, const char *option, const char *argument)
{
    size_t n = 0;

    while (strings[n])
        n++;
    if (n + 1 >= room) {
        cli_error("%s may be given at most %zu times", option, room - 1);
        return -CLI_EXIT_USAGE;
    }
    strings[n] = argument;
    return 1;
}

static int set_fail_on(struct cli_judging *j, const char *argument)
{
    const char *words[N_JUDGE_SEVERITY + 2] = { NULL };
    int severity = judge_severity(argument);

    if (!strcmp(argument, "none"))
        severity = N_JUDGE_SEVERITY;
    if (severity >= 0) {
        j->fail_on = severity;
        return 1;
    }
    for (int i = 0; i < N_JUDGE_SEVERITY; i++)
        words[i] = judge_severity_name((enum judge_severity)i);
    words[N_JUDGE_SEVERITY] = "none";
    return wrong_word("--fail-on", argument, words);
}

static int set_color(struct cli_judging *j, const char *argument)
{
    static const char *const words[] = { "never", "always", "auto", NULL };

    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], argument)) {
            j->color = i < 2 ? i : -1;
            return 1;
        }
    }
    return wrong_word("--color", argument, words);
}

static int add_output(struct cli_judging *j, const char *argument)
{
    struct cli_output o = { 0 }, *outputs;

    if (output_parse(argument, &o) < 0)
        return -CLI_EXIT_USAGE;
    for (size_t i = 0; i < j->n_outputs; i++) {
        const struct cli_output *other = &j->outputs[i];

        if (!o.path && !other->path)
            cli_error("two outputs to standard output; give all but one a file: -o FORMAT=PATH");
        else if (o.path && other->path && !strcmp(o.path, other->path))
            cli_error("two outputs to %s; give each its own file", o.path);
        else
            continue;
        output_release(&o);
        return -CLI_EXIT_USAGE;
    }
    outputs = reallocarray(j->outputs, j->n_outputs + 1, sizeof *outputs);
    if (!outputs) {
        cli_error("out of memory");
        output_release(&o);
        return -CLI_EXIT_USAGE;
    }
    j->outputs = outputs;
    j->outputs[j->n_outputs++] = o;
    return 1;
}

int cli_judging_option(struct cli_judging *j, int option, const char *argument)
{
    switch (option) {
    case OPTION_CHECKS:
        return add_string(j->checks, sizeof j->checks / sizeof j->checks[0], "--checks", argument);
    case OPTION_WITHOUT:
        return add_string(j->without, sizeof j->without / sizeof j->without[0], "--without", argument);
    case OPTION_FAIL_ON:
        return set_fail_on(j, argument);
    case OPTION_COLOR:
        return set_color(j, argument);
    case 'o':
        return add_output(j, argument);
    case 'v':
        j->verbose = 1;
        return 1;
    case 'q':
        j->verbose = -1;
        return 1;
    default:
        return 0;
    }
}

/* Check files that cannot be read are a mistake on the command line that is better found before a target starts; what
 * is wrong inside them is a matter of judging. */
static int check_files(const struct cli_judging *j)
{
    for (size_t i = 0; j->checks[i]; i++) {
        if (access(j->checks[i], R_OK) < 0) {
            cli_error("cannot read the checks in %s: %s", j->checks[i], strerror(errno));
            return CLI_EXIT_FAILED;
        }
    }
    return 0;
}

int cli_judging_open(struct cli_judging *j)
{
    if (j->n_outputs == 0 && add_output(j, "text") < 0)
        return CLI_EXIT_FAILED;
    if (check_files(j))
        return CLI_EXIT_FAILED;
    for (size_t i = 0; i < j->n_outputs; i++) {
        if (output_open(&j->outputs[i]) < 0)
            return CLI_EXIT_FAILED;
        for (size_t k = 0; k < i; k++) {
            if (output_is_same(&j->outputs[i], &j->outputs[k])) {
                cli_error("%s and %s are the same file; give each output its own", j->outputs[k].path,
                          j->outputs[i].path);
                return CLI_EXIT_FAILED;
            }
        }
    }
    return 0;
}

static int write_output(const struct cli_judging *j, struct facts *f, struct cli_output *o)
{
    struct report_options options = {
        .color = terminal_color(j->color, o->fd),
        .utf8 = terminal_utf8(),
        .width = terminal_width(o->fd),
        .verbose = j->verbose,
    };
    FILE *stream = output_stream(o);
    int r;

    if (!stream) {
        cli_error("out of memory");
        return -ENOMEM;
    }
    r = o->format->write(f, &options, stream);
    fclose(stream);
    if (r < 0 && !o->error) {
        cli_error("cannot make the %s report: %s", o->format->name, strerror(-r));
        return r;
    }
    return output_finish(o);
}

/* Every output is tried, also when one failed: what can be had is not lost. */
static int write_outputs(struct cli_judging *j, struct facts *f)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    int failed = 0;

    /* A reader of standard output that has gone away (head, less) is no reason to die before the files are written. */
    sigaction(SIGPIPE, &ignore, &before);
    for (size_t i = 0; i < j->n_outputs; i++)
        if (write_output(j, f, &j->outputs[i]) < 0)
            failed = 1;
    sigaction(SIGPIPE, &before, NULL);
    return failed;
}

static void say_errors(const struct judge_result *r)
{
    for (size_t i = 0; i < r->n_errors; i++) {
        const struct judge_error *e = &r->errors[i];

        if (e->line > 0)
            cli_error("check %s:%d: %s", e->file, e->line, e->message);
        else
            cli_error("check %s: %s", e->file, e->message);
    }
}

static int exit_status(const struct cli_judging *j, const struct judge_result *r)
{
    for (int i = j->fail_on; i < N_JUDGE_SEVERITY; i++)
        if (r->found[i] > 0)
            return CLI_EXIT_FINDINGS;
    return r->complete ? CLI_EXIT_CLEAN : CLI_EXIT_INCOMPLETE;
}

int cli_judging_finish(struct cli_judging *j, struct facts *f, int store)
{
    const struct judge_options options = { .files = j->checks, .without = j->without };
    struct judge_result result = { 0 };
    int status, r;

    r = judge_run(f, &options, &result);
    if (r < 0) {
        cli_error("the recording could not be judged: %s", strerror(-r));
        return CLI_EXIT_FAILED;
    }
    say_errors(&result);
    status = exit_status(j, &result);
    if (store && (r = judge_store(f)) < 0) {
        cli_error("the findings could not be written into the recording: %s", strerror(-r));
        if (status == CLI_EXIT_CLEAN)
            status = CLI_EXIT_INCOMPLETE;
    }
    if (write_outputs(j, f))
        status = CLI_EXIT_FAILED;
    judge_release(&result);
    return status;
}

void cli_judging_release(struct cli_judging *j)
{
    for (size_t i = 0; i < j->n_outputs; i++)
        output_release(&j->outputs[i]);
    free(j->outputs);
    cli_judging_init(j);
}

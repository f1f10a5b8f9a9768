/* verb_run.c - forkaudit run: launch a program, audit it, report. */
#include "harness/cli/cli.h"
#include "harness/cli/launching.h"

#include "harness/generator/generator.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_MAX 64 /* --generator options */

enum { OPTION_GENERATORS = 1, OPTION_GENERATOR, OPTION_CHILDREN, OPTION_MEMORY, OPTION_REUSE_PID };

struct run {
    struct cli_launching launching;
    const char *own[OWN_MAX + 1]; /* --generator, NULL-ended */
    size_t n_own;
    int needs_generators; /* an option was given that has no meaning without --generators */
};

static const char run_usage[] = "Usage: forkaudit run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
                                "Launch PROGRAM, follow everything it forks, judge what was seen, and report.\n"
                                "\n";

static const char run_help[] =
    "      --generators         find the random number generators of every process, see them used, and draw\n"
    "                           from copies of parent and child: do their values differ?\n"
    "      --generator SYMBOL=SHAPE  the same, with a function of your own: 'my_rand=u32()',\n"
    "                           'my_bytes=zero(out,size)'; see forkaudit(1) for shapes. May be repeated\n"
    "      --generator-children N  draw for at most N children of one process (default 64; all: every one)\n"
    "      --generator-memory MIB  leave out processes with more private memory (default 512)\n"
    "      --reuse-pid          the same, and give each new process the pid of a dead one whose state it may\n"
    "                           have, in a pid namespace: do the values of the dead one come again?\n"
    "\n";

static const char run_end[] =
    "\n"
    "Without --until-settled, --poke or --for the audit ends when PROGRAM and all it started have ended, or by "
    "Ctrl-C.\n"
    "Exit status: 0 clean and complete, 1 findings, 2 usage, 3 the audit could not run, 4 evidence incomplete.\n";

static void run_init(struct run *run)
{
    memset(run, 0, sizeof *run);
    cli_launching_init(&run->launching);
    run->launching.observe.own_generators = run->own;
    run->launching.observe.generator_children = 64;
    run->launching.observe.generator_memory = (uint64_t)512 << 20;
}

/* SYMBOL=SHAPE, understood before anything starts. */
static int option_generator(struct run *run, const char *text)
{
    const char *shape = strchr(text, '=');
    struct generator_shape parsed;
    char why[256];

    if (!shape || shape == text) {
        cli_error("--generator: '%s' is not of the form SYMBOL=SHAPE, as in 'my_rand=u32()'", text);
        return -CLI_EXIT_USAGE;
    }
    if (generator_shape_parse(shape + 1, &parsed, why, sizeof why)) {
        cli_error("--generator %s: %s", text, why);
        return -CLI_EXIT_USAGE;
    }
    if (run->n_own == OWN_MAX) {
        cli_error("--generator: at most %d of them", OWN_MAX);
        return -CLI_EXIT_USAGE;
    }
    run->own[run->n_own++] = text;
    run->launching.observe.generators = 1;
    return 1;
}

/* A whole number of at most `max`. */
static int option_number(const char *option, const char *text, unsigned long max, unsigned long *ret)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > max) {
        cli_error("--%s: '%s' is not a number up to %lu", option, text, max);
        return -CLI_EXIT_USAGE;
    }
    *ret = value;
    return 1;
}

static int run_option(struct run *run, int option, const char *argument)
{
    struct observe_options *observe = &run->launching.observe;
    unsigned long value = 0;
    int r;

    switch (option) {
    case OPTION_GENERATORS:
        observe->generators = 1;
        return 1;
    case OPTION_REUSE_PID:
        observe->generators = observe->reuse_pid = 1;
        return 1;
    case OPTION_GENERATOR:
        return option_generator(run, argument);
    case OPTION_CHILDREN:
        r = strcmp(argument, "all") ? option_number("generator-children", argument, 1000000, &value) : 1;
        observe->generator_children = (unsigned)value;
        run->needs_generators = 1;
        return r;
    case OPTION_MEMORY:
        r = option_number("generator-memory", argument, 1 << 20, &value);
        if (r > 0 && !value) {
            cli_error("--generator-memory: 0 MiB leave every process out");
            return -CLI_EXIT_USAGE;
        }
        observe->generator_memory = (uint64_t)value << 20;
        run->needs_generators = 1;
        return r;
    default:
        return cli_launching_option(&run->launching, option, argument);
    }
}

/* 0: go on; -1: help was printed; else an exit status. */
static int run_parse(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        { "generators", no_argument, NULL, OPTION_GENERATORS },
        { "generator", required_argument, NULL, OPTION_GENERATOR },
        { "generator-children", required_argument, NULL, OPTION_CHILDREN },
        { "generator-memory", required_argument, NULL, OPTION_MEMORY },
        { "reuse-pid", no_argument, NULL, OPTION_REUSE_PID },
        CLI_LAUNCHING_LONG,
        { NULL, 0, NULL, 0 },
    };
    int option, r;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:" CLI_LAUNCHING_SHORT, options, NULL)) != -1) {
        if (option == 'h') {
            printf("%s%s%s%s%s", run_usage, cli_launching_help, run_help, cli_judging_help, run_end);
            return -1;
        }
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv, options);
        r = run_option(run, option, optarg);
        if (r <= 0)
            return r ? -r : CLI_EXIT_USAGE;
    }
    if (run->needs_generators && !run->launching.observe.generators)
        return cli_usage("run", "--generator-children and --generator-memory need --generators");
    return optind == argc ? cli_usage("run", "no program given") : 0;
}

static int run_audit(struct cli_launching *run)
{
    struct observe_result result;
    struct facts *f;
    int status = cli_launching_record(run, &f);

    if (status)
        return status;
    return cli_launching_finish(run, f, observe_run(f, &run->observe, &result), &result);
}

int verb_run(int argc, char **argv)
{
    struct run run;
    int status;

    run_init(&run);
    status = run_parse(&run, argc, argv);
    if (!status)
        status = cli_launching_prepare(&run.launching, argv + optind);
    if (!status)
        status = run_audit(&run.launching);
    cli_launching_release(&run.launching);
    return status < 0 ? CLI_EXIT_CLEAN : status;
}

/* verb_run.c - forkaudit run: launch a program, audit it, report. */
#include "harness/cli/cli.h"
#include "harness/cli/launching.h"

#include <getopt.h>
#include <stdio.h>

static const char run_usage[] = "Usage: forkaudit run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
                                "Launch PROGRAM, follow everything it forks, judge what was seen, and report.\n"
                                "\n";

static const char run_end[] =
    "\n"
    "Without --until-settled, --poke or --for the audit ends when PROGRAM and all it started have ended, or by "
    "Ctrl-C.\n"
    "Exit status: 0 clean and complete, 1 findings, 2 usage, 3 the audit could not run, 4 evidence incomplete.\n";

/* 0: go on; -1: help was printed; else an exit status. */
static int run_parse(struct cli_launching *run, int argc, char **argv)
{
    static const struct option options[] = { CLI_LAUNCHING_LONG, { NULL, 0, NULL, 0 } };
    int option, r;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:" CLI_LAUNCHING_SHORT, options, NULL)) != -1) {
        if (option == 'h') {
            printf("%s%s%s%s", run_usage, cli_launching_help, cli_judging_help, run_end);
            return -1;
        }
        if (option == '?' || option == ':')
            return cli_wrong_option(option, argv, options);
        r = cli_launching_option(run, option, optarg);
        if (r <= 0)
            return r ? -r : CLI_EXIT_USAGE;
    }
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
    struct cli_launching run;
    int status;

    cli_launching_init(&run);
    status = run_parse(&run, argc, argv);
    if (!status)
        status = cli_launching_prepare(&run, argv + optind);
    if (!status)
        status = run_audit(&run);
    cli_launching_release(&run);
    return status < 0 ? CLI_EXIT_CLEAN : status;
}

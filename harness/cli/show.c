/* show.c - what check and report have in common: open a recording, judge it, show it. */
#include "harness/cli/show.h"

#include <getopt.h>
#include <stdio.h>

#include "harness/cli/cli.h"
#include "harness/facts/facts.h"

static const struct option options[] = { CLI_JUDGING_LONG, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };

/* Reads the options. 0 and the recording's path, or -1 when all is done and *ret_status says how. */
static int read_options(int argc, char **argv, const char *help, struct cli_judging *j, const char **ret_path,
                        int *ret_status)
{
    int option, r;

    opterr = 0;
    optind = 0; /* glibc: begin anew, also after another verb in the same process */
    while ((option = getopt_long(argc, argv, ":h" CLI_JUDGING_SHORT, options, NULL)) >= 0) {
        if (option == 'h') {
            printf("%s\n%s", help, cli_judging_help);
            *ret_status = CLI_EXIT_CLEAN;
            return -1;
        }
        r = option == '?' || option == ':' ? 0 : cli_judging_option(j, option, optarg);
        if (r <= 0) {
            *ret_status = r < 0 ? -r : cli_wrong_option(option, argv, options);
            return -1;
        }
    }
    if (argc - optind != 1) {
        if (argc == optind)
            *ret_status =
                cli_usage(argv[0], "%s needs a recording, a file that 'forkaudit run -r FILE' wrote", argv[0]);
        else
            *ret_status = cli_usage(argv[0], "%s takes one recording; '%s' is too many", argv[0], argv[optind + 1]);
        return -1;
    }
    *ret_path = argv[optind];
    return 0;
}

int show_recording(int argc, char **argv, const char *help)
{
    struct facts *facts = NULL;
    struct cli_judging j;
    const char *path;
    int status;

    cli_judging_init(&j);
    if (read_options(argc, argv, help, &j, &path, &status) == 0) {
        status = cli_open_recording(path, &facts);
        if (status == 0)
            status = cli_judging_open(&j);
        if (status == 0)
            status = cli_judging_finish(&j, facts, 0);
        facts_close(facts);
    }
    cli_judging_release(&j);
    return status;
}

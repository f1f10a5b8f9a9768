/* verb_report.c - forkaudit report: show a recording in any format; the exit status says only whether that was done. */
#include "harness/cli/cli.h"
#include "harness/cli/show.h"

static const char help[] =
    "Usage: forkaudit report [OPTION]... RECORDING\n"
    "\n"
    "Shows a recording that 'forkaudit run -r RECORDING' made, judged with the checks of this\n"
    "forkaudit, in one or several formats ('forkaudit list formats').\n"
    "\n"
    "Exit status: 0 the report was made, whatever it says; 2 wrong command line, 3 the recording\n"
    "could not be read or a report not written.\n";

int verb_report(int argc, char **argv)
{
    int status = show_recording(argc, argv, help);

    return status == CLI_EXIT_FINDINGS || status == CLI_EXIT_INCOMPLETE ? CLI_EXIT_CLEAN : status;
}

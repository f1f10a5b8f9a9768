/* verb_check.c - forkaudit check: judge a recording with today's checks; the exit status is the verdict. */
#include "harness/cli/cli.h"
#include "harness/cli/show.h"

static const char help[] =
    "Usage: forkaudit check [OPTION]... RECORDING\n"
    "\n"
    "Judges a recording that 'forkaudit run -r RECORDING' made, with the checks of this forkaudit,\n"
    "and shows the result. The recording is not changed.\n"
    "\n"
    "Exit status: 0 nothing found and evidence complete, 1 findings from --fail-on on, 2 wrong\n"
    "command line, 3 the recording could not be read, 4 evidence incomplete.\n";

int verb_check(int argc, char **argv)
{
    return show_recording(argc, argv, help);
}

/* show.h - what check and report have in common: open a recording, judge it, show it. */
#ifndef FORKAUDIT_SHOW_H
#define FORKAUDIT_SHOW_H

/* Reads "VERB [OPTION]... RECORDING", judges the recording with today's checks and writes the outputs. Returns an enum
 * cli_exit by the verdict. `help` is shown for --help, before the shared options. */
int show_recording(int argc, char **argv, const char *help);

#endif

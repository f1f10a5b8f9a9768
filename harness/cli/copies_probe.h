/* copies_probe.h - does what --generators stands on work here: a process taken, rebuilt and run under the gate? */
#ifndef FORKAUDIT_CLI_COPIES_PROBE_H
#define FORKAUDIT_CLI_COPIES_PROBE_H

#include <stddef.h>

/* Tries it on a child of ours. 0: a system call was made in a rebuilt copy; else a negative errno, and `why` says
 * what failed. */
int copies_probe(char *why, size_t why_size);

#endif

/* outputs.h - the places a report is written to: standard output, or a file that appears whole or not at all. */
#ifndef FORKAUDIT_OUTPUTS_H
#define FORKAUDIT_OUTPUTS_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct report_format;

struct cli_output {
    const struct report_format *format;
    char *path;      /* NULL: standard output */
    char *name;      /* last part of path */
    char *temporary; /* the file written to, in the same directory; NULL: `path` itself (a device or a pipe) */
    int directory;   /* descriptor of that directory; -1: none */
    dev_t dev;       /* of the directory */
    ino_t ino;
    mode_t mode; /* of the new file, before umask: that of the file it replaces */
    int fd;      /* -1: not open */
    int error;   /* errno of the first write that failed */
};

/* Fills *ret from "FORMAT" or "FORMAT=PATH". 0, or -CLI_EXIT_USAGE with the reason said. */
int output_parse(const char *argument, struct cli_output *ret);
/* Opens for writing. A regular file is written beside its place, as a new file; what stands there must not be a
 * directory, a link or a recording, and must be writable. 0, or -errno with the reason said. */
int output_open(struct cli_output *o);
/* 1: both write to the same place. Call it after output_open(). */
int output_is_same(const struct cli_output *a, const struct cli_output *b);
/* A stream that writes to it and remembers the first error in o->error; ended by fclose(), which leaves the output
 * open. NULL without memory. */
FILE *output_stream(struct cli_output *o);
/* Puts the file in its place. 0, or -errno with the reason said (also for an o->error; a reader of standard output
 * that has gone away is no error). */
int output_finish(struct cli_output *o);
/* Closes; removes a temporary file that was not put in its place. Accepts a zeroed struct. */
void output_release(struct cli_output *o);

#endif

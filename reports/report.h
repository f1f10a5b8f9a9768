/* report.h - show a judged recording. A report is a pure function of the recording: no clock, no environment, no
 * terminal query happens here; what the reader's terminal can do comes in through the options.
 */
#ifndef FORKAUDIT_REPORT_H
#define FORKAUDIT_REPORT_H

#include <stdio.h>

struct facts;

struct report_options {
    int color;   /* 1: ANSI colours */
    int utf8;    /* 1: line-drawing characters and signs beyond ASCII */
    int width;   /* columns to wrap at; 0: no wrapping */
    int verbose; /* 1: passes, accepted rows in full, calls; -1: verdict and findings only */
};

struct report_format {
    const char *name;    /* "text" */
    const char *summary; /* one line for --help and list */
    /* Writes the whole report of a judged recording (judge_run() was called on it) to `out`. 0 or -errno. */
    int (*write)(struct facts *f, const struct report_options *options, FILE *out);
};

/* All formats, ended by one whose name is NULL. */
extern const struct report_format report_formats[];
/* The format of that name, or NULL. */
const struct report_format *report_find(const char *name);

#endif

/* formats.h - the formats, one file each; formats.c lists them. Each writes a whole report: see report.h. */
#ifndef FORKAUDIT_FORMATS_H
#define FORKAUDIT_FORMATS_H

#include "reports/report.h"

int text_write(struct facts *f, const struct report_options *options, FILE *out);
int json_write(struct facts *f, const struct report_options *options, FILE *out);
int ids_write(struct facts *f, const struct report_options *options, FILE *out);

#endif

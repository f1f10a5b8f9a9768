/* embedded.h - text files of the source tree that are compiled into the program (made by embed.awk). */
#ifndef FORKAUDIT_EMBEDDED_H
#define FORKAUDIT_EMBEDDED_H

struct embedded_file {
    const char *path; /* "checks/fd/fd-across-exec.sql"; NULL ends a table */
    const char *text;
};
extern const struct embedded_file embedded_checks[]; /* checks/FAMILY/NAME.sql, and checks/views*.sql */

#endif

/* audit.h - run one audit for a test and ask its recording. */
#ifndef FORKAUDIT_OBSERVE_AUDIT_H
#define FORKAUDIT_OBSERVE_AUDIT_H

#include "harness/facts/facts.h"
#include "harness/observe/observe.h"

struct audit {
    struct observe_options options;
    struct observe_result result;
    struct facts *f;
    int r; /* of observe_run() */
};

/* Options with test-sized times; argv[0] is a path. */
void audit_init(struct audit *a, char *const argv[]);
/* Records into test_directory(); the recording is open until audit_release(). */
void audit_run(struct audit *a);
/* The program is `sh -c script`, to its end. */
void audit_shell(struct audit *a, const char *script);
/* First column of the first row as a number; -1 when there is no row or it is NULL. */
int64_t audit_ask(const struct audit *a, const char *sql);
void audit_release(struct audit *a);

#endif

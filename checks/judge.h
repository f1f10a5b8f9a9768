/* judge.h - judge a recording: run the checks over its facts and leave their results in the table `finding`.
 *
 * A check is one SQL query with a head comment (format: checks/README.md). The built-in ones are embedded; more come
 * from files. A check can neither write, nor read a file, nor run for ever. Judging never changes the recording:
 * results go to the temporary table `finding` of the same connection, which hides the recorded one, so that whoever
 * reports afterwards (reports/report.h) reads `finding` and nothing else.
 */
#ifndef FORKAUDIT_JUDGE_H
#define FORKAUDIT_JUDGE_H

#include <stddef.h>
#include <stdint.h>

struct facts;

enum judge_severity { JUDGE_INFO, JUDGE_LOW, JUDGE_MEDIUM, JUDGE_HIGH, JUDGE_CRITICAL, N_JUDGE_SEVERITY };

/* The head of a check. Strings are owned by the check and never NULL ("" when absent). */
struct check {
    const char *id;       /* "fd-across-exec" */
    const char *file;     /* where it was read: "checks/fd/fd-across-exec.sql" */
    const char *title;    /* one line: "Descriptor crosses fork and exec" */
    const char *severity; /* "critical" ... "info" */
    const char *strength; /* "proven", "observed", "suspect" */
    const char *cwe;      /* "CWE-403" or several, blank-separated */
    const char *cert;     /* "FIO22-C" */
    const char *kin;      /* real failures of this kind: "CVE-2006-2607 cups#185", blank-separated */
    const char *needs;    /* sources (gap.source) it cannot do without, blank-separated */
    const char *why;      /* why it matters, with the real failure it is kin to */
    const char *accepted; /* what is accepted by design */
    const char *fix;      /* how to mend it */
    const char *sql;      /* the query */
};

/* A check that could not be used, or stopped half way. */
struct judge_error {
    char *file;
    int line; /* 0: not known */
    char *message;
};

struct judge_options {
    const char *const *files;   /* --checks: paths of further check files, NULL-ended; NULL: none */
    const char *const *without; /* --without: fnmatch(3) patterns of check ids left out, NULL-ended; NULL: none */
    uint64_t max_steps;         /* steps after which a check is stopped; 0: the default, some seconds' worth */
};

struct judge_result {
    /* counts of `found` rows by severity, and of the other results */
    unsigned found[N_JUDGE_SEVERITY];
    unsigned accepted, passed, unknown;
    struct judge_error *errors; /* checks that could not be used; each makes the evidence incomplete */
    size_t n_errors;
    int complete; /* 1: the audit is complete, no unknown result and no error */
};

/* The built-in checks, ordered by id, and their number. */
const struct check *judge_checks(size_t *ret_n);
/* The built-in check of that id, or NULL. */
const struct check *judge_check(const char *id);
/* JUDGE_INFO...JUDGE_CRITICAL of a severity's name, -EINVAL else. And back. */
int judge_severity(const char *name);
const char *judge_severity_name(enum judge_severity severity);

/* Judges `f`. Returns 0, also when single checks failed (they are in ret->errors), or -errno when nothing could be
 * judged. The caller ends *ret with judge_release(). Tables left on the connection for reports:
 *   temp.finding        as in facts.sql
 *   temp.check_used     (id, title, severity, strength, cwe, cert, why, accepted, fix, found, accepted_n, passed, unknown)
 *   temp.check_failed   (file, line, message)
 *   temp.check_left_out (id)            asked for by options->without */
int judge_run(struct facts *f, const struct judge_options *options, struct judge_result *ret);
/* Copies the findings just judged into the recording itself (a recording that is being written, by facts_create). */
int judge_store(struct facts *f);
void judge_release(struct judge_result *r);

#endif

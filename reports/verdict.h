/* verdict.h - what a judged recording comes to, in numbers; all formats say the same. */
#ifndef FORKAUDIT_VERDICT_H
#define FORKAUDIT_VERDICT_H

#include <stdint.h>

struct facts;

#define VERDICT_SEVERITIES 5
extern const char *const verdict_severity[VERDICT_SEVERITIES]; /* "critical" first */

struct verdict {
    int64_t found[VERDICT_SEVERITIES]; /* as verdict_severity; any other word counts as info */
    int64_t all_found, accepted, passed, unknown;
    int64_t used, not_applicable, failed, left_out; /* checks */
    int64_t processes, programs;
    int audit_complete; /* the audit came to its planned end */
    int complete;       /* that, and no result is unknown, and no check failed */
};

/* 0 or -errno. */
int verdict_read(struct facts *f, struct verdict *ret);

/* SQL: the rank of the severity in column `x`, 0 for critical, as verdict_severity is ordered. */
#define VERDICT_RANK(x)                                                                                                \
    "CASE " x " WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END"

/* SQL: the checks that came to their end. One that failed is in temp.check_failed, by the name of its file. */
#define VERDICT_CHECKS                                                                                                 \
    "(SELECT * FROM temp.check_used u WHERE NOT EXISTS (SELECT 1 FROM temp.check_failed e"                             \
    " WHERE e.file = u.id || '.sql' OR e.file LIKE '%/' || u.id || '.sql'))"

#endif

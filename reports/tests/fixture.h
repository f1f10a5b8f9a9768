/* fixture.h - a judged recording for the tests of reports: daemon.sql and judged.sql, and what a format makes of
 * them. */
#ifndef FORKAUDIT_REPORTS_FIXTURE_H
#define FORKAUDIT_REPORTS_FIXTURE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/facts/facts.h"
#include "harness/testing.h"
#include "reports/report.h"

/* Text of a file beside this one; owned by the caller. The suite cannot go on without it. */
static inline char *fixture_read(const char *name)
{
    char path[4096], *text = NULL;
    size_t size = 0;
    const char *slash = strrchr(__FILE__, '/');
    FILE *file;

    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - __FILE__) : 0, __FILE__, name);
    file = fopen(path, "r");
    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        perror(path);
        exit(99);
    }
    fclose(file);
    return text;
}

static inline void fixture_sql(struct facts *f, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(facts_db(f), sql, NULL, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "fixture: %s in: %.200s\n", message, sql);
        exit(99);
    }
}

static inline void fixture_file(struct facts *f, const char *name)
{
    char *sql = fixture_read(name);

    fixture_sql(f, sql);
    free(sql);
}

/* The recording; judged 1: with its findings. Ended by facts_close(). */
static inline struct facts *fixture_open(int judged)
{
    char path[4200], why[512] = "";
    struct facts *f = NULL;

    snprintf(path, sizeof path, "%s/fixture.fork", test_directory());
    if (facts_create(path, &f, why, sizeof why) < 0) {
        fprintf(stderr, "fixture: %s: %s\n", path, why);
        exit(99);
    }
    fixture_file(f, "daemon.sql");
    if (judged)
        fixture_file(f, "judged.sql");
    return f;
}

/* Takes away what was found and what is unknown, so that a clean and complete recording is left. */
static inline void fixture_clean(struct facts *f)
{
    fixture_sql(f, "DELETE FROM temp.finding WHERE result IN ('found', 'unknown'); DELETE FROM temp.check_failed;"
                   "UPDATE temp.check_used SET found = 0, unknown = 0");
}

/* What the format writes; owned by the caller; *ret_size may be NULL. (Not inline: gcc 12 takes the buffer of
 * open_memstream(3) for the variable that points to it, and warns of what outlives that.) */
__attribute__((noinline, unused)) static char *fixture_report(struct facts *f, const char *format,
                                                              struct report_options options, size_t *ret_size)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct report_format *chosen = report_find(format);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_PTR_NOT_NULL_FATAL(chosen);
    CU_ASSERT_EQUAL(chosen->write(f, &options, out), 0);
    fclose(out);
    if (ret_size)
        *ret_size = size;
    return text;
}

/* How often `part` occurs. */
static inline int fixture_count(const char *text, const char *part)
{
    int n = 0;

    while ((text = strstr(text, part)))
        n++, text += strlen(part);
    return n;
}

#define ASSERT_HAS(text, part)   CU_ASSERT_PTR_NOT_NULL(strstr(text, part))
#define ASSERT_LACKS(text, part) CU_ASSERT_PTR_NULL(strstr(text, part))

#endif

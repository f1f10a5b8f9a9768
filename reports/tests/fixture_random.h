/* fixture_random.h - the section "Random numbers" of the text report that random.sql gives. */
#ifndef FORKAUDIT_REPORTS_FIXTURE_RANDOM_H
#define FORKAUDIT_REPORTS_FIXTURE_RANDOM_H

#include "reports/tests/fixture.h"

#define PLAIN   ((struct report_options){ .width = 80 })
#define UNBOUND ((struct report_options){ .width = 0 })
#define VERBOSE ((struct report_options){ .width = 0, .verbose = 1 })

static inline struct facts *open_random(const char *sql)
{
    struct facts *f = fixture_open(1);

    fixture_file(f, "random.sql");
    fixture_sql(f, sql ? sql : "");
    return f;
}

/* The section alone; owned by the caller. */
static inline char *section(struct facts *f, struct report_options options)
{
    char *text = fixture_report(f, "text", options, NULL), *found;
    const char *begin = strstr(text, "\nRandom numbers\n"),
               *end = begin ? strstr(begin, "\nProcesses, as last seen") : NULL;

    found = begin ? strndup(begin, end ? (size_t)(end - begin) : strlen(begin)) : strdup("");
    free(text);
    return found;
}

static inline char *section_of(const char *sql, struct report_options options)
{
    struct facts *f = open_random(sql);
    char *text = section(f, options);

    facts_close(f);
    return text;
}

#endif

/* test_text_inject.c - the section "Injected failures" of the text report. */
#include "reports/tests/fixture.h"

#define PLAIN   ((struct report_options){ .width = 80 })
#define UNBOUND ((struct report_options){ .width = 0 })
#define VERBOSE ((struct report_options){ .width = 0, .verbose = 1 })

static char *report_of(const char *sql, struct report_options options)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_file(f, "privilege.sql");
    fixture_sql(f, sql ? sql : "");
    text = fixture_report(f, "text", options, NULL);
    facts_close(f);
    return text;
}

/* The line of the table that has `part` in it, with each run of blanks made one; owned by the caller. */
static char *line_of(const char *text, const char *part)
{
    const char *found = strstr(text, part), *end;
    char *line, *to;

    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    while (found > text && found[-1] != '\n')
        found--;
    end = strchr(found, '\n');
    to = line = strndup(found, end ? (size_t)(end - found) : strlen(found));
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    for (const char *from = line; *from; from++)
        if (*from != ' ' || from[1] != ' ')
            *to++ = *from;
    *to = '\0';
    return line;
}

static void check_line(const char *text, const char *part, const char *expected)
{
    char *line = line_of(text, part);

    if (strcmp(line, expected))
        fprintf(stderr, "'%s'\n  not '%s'\n", line, expected);
    CU_ASSERT_STRING_EQUAL(line, expected);
    free(line);
}

static void test_text_inject__a_row_for_each_place_and_outcome(void)
{
    char *text = report_of(NULL, UNBOUND);

    check_line(text, "ROLE ", "ROLE CALL FROM ERRNO OUTCOME SERVED");
    check_line(
        text, "EPERM ENOMEM ",
        "served> setgroups(33) worker_drop (served), worker.c:123 EPERM ENOMEM WENT ON with privilege: groups 0 4 yes");
    check_line(text, "EAGAIN    ",
               "served> setresuid(33, 33, 33) served+0x1234 EAGAIN WENT ON with privilege: uid 0, gid 0, "
               "capabilities cap_setgid cap_setuid yes");
    check_line(text, "crashed by", "served fork() fork (libc.so.6) ENOMEM each time crashed by SIGSEGV no");
    /* of the place above */
    check_line(text, "gave up with", " EPERM gave up with status 1 no");
    free(text);
}

static void test_text_inject__sum(void)
{
    char *text = report_of(NULL, UNBOUND), *nothing;

    ASSERT_HAS(
        text,
        "6 trials of 3 calls: 3 went on with privilege, 1 gave up, 1 tried again, 1 crashed; 1 call was not tried\n");
    free(text);
    nothing = report_of("DELETE FROM injection", UNBOUND);
    ASSERT_HAS(nothing, "0 trials of 0 calls; 4 calls were not tried\n");
    free(nothing);
}

static void test_text_inject__each_outcome_in_words(void)
{
    static const char *const outcomes[][2] = {
        { "'ended', status = 0", "gave up with status 0" },
        { "'ended', status = 15", "gave up by SIGTERM" },
        { "'ended', status = NULL", "gave up " },
        { "'crashed', status = 139", "crashed by SIGSEGV" },
        { "'retried', status = NULL", "tried again" },
        { "'carried-on', status = NULL", "went on as before" },
        { "'hung', status = NULL", "hung " },
        { "'not-reached', status = NULL", "never reached" },
        { "'failed', status = NULL", "could not be judged" },
        { "'new-word', status = NULL", "new-word" },
        { "'retried', kept_groups = '4', status = NULL", "tried again with privilege: groups 4" },
        { "'carried-on', kept_caps = 128, kept_uid = 0, status = NULL",
          "WENT ON with privilege: uid 0, capabilities cap_setuid" },
    };

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        char sql[256], *text;

        snprintf(sql, sizeof sql, "DELETE FROM injection WHERE id <> 3; UPDATE injection SET outcome = %s",
                 outcomes[i][0]);
        text = report_of(sql, UNBOUND);
        if (!strstr(text, outcomes[i][1]))
            fprintf(stderr, "%s is not '%s'\n", outcomes[i][0], outcomes[i][1]);
        ASSERT_HAS(text, outcomes[i][1]);
        free(text);
    }
}

static void test_text_inject__the_bad_ones_are_told_in_full(void)
{
    char *text = report_of("UPDATE injection SET evidence = '' WHERE id = 6", UNBOUND), *all = report_of(NULL, VERBOSE);

    ASSERT_HAS(
        text,
        "- WENT ON with privilege: groups 0 4 - setgroups(33) failed with EPERM in served> (pid 711); then it served "
        "[served-1.fork]\n");
    ASSERT_HAS(text, "- crashed by SIGSEGV - fork() ENOMEM each time in served\n");
    ASSERT_LACKS(text, "it said why and exited");
    ASSERT_HAS(all, "it said why and exited");
    free(text);
    free(all);
}

static void test_text_inject__no_section_without_trials(void)
{
    char *text = report_of("DELETE FROM injection; DELETE FROM site", UNBOUND);

    ASSERT_LACKS(text, "Injected failures");
    free(text);
}

/* Where the poke was none, nobody can have been served. */
static void test_text_inject__columns_without_a_word_are_left_out(void)
{
    char *text = report_of("UPDATE injection SET served = NULL; UPDATE site SET stack = NULL", UNBOUND);

    check_line(text, "ROLE ", "ROLE CALL ERRNO OUTCOME");
    free(text);
}

static void test_text_inject__many_are_bounded(void)
{
    const char *sql = "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 599)"
                      "INSERT INTO site (id, role, name, calls, threads) SELECT i, 'r' || i, 'setuid', 1, 1 FROM n;"
                      "INSERT INTO injection (site, error, every, hits, outcome, evidence)"
                      " SELECT id, 1, 0, 1, 'hung', 'e' FROM site WHERE id >= 100";
    char *text = report_of(sql, PLAIN), *all = report_of(sql, VERBOSE);

    ASSERT_HAS(text, "... and 465 more trials (-v shows them)\n"); /* 40 rows, one of them for two trials */
    ASSERT_HAS(text, "... and 495 more (-v shows them)\n");        /* one of them for two trials here too */
    ASSERT_HAS(text, "506 trials of 503 calls: 3 went on with privilege");
    ASSERT_HAS(all, "r599");
    free(text);
    free(all);
}

static void test_text_inject__nulls_everywhere(void)
{
    char *text = report_of(
        "PRAGMA foreign_keys = OFF; DELETE FROM site WHERE id = 1; DELETE FROM frame;"
        "UPDATE injection SET status = NULL, kept_uid = NULL, kept_gid = NULL, kept_groups = NULL,"
        " kept_caps = NULL, served = NULL, recording = NULL; UPDATE site SET detail = NULL, first_call = NULL",
        PLAIN);

    ASSERT_HAS(text, "?()");
    ASSERT_HAS(text, "went on as before");
    ASSERT_LACKS(text, "privilege:");
    free(text);
}

static void test_text_inject__wraps_at_words(void)
{
    char *text = report_of(NULL, PLAIN);

    ASSERT_HAS(text, " worker_drop ");
    ASSERT_HAS(text, " worker.c:123 ");
    ASSERT_LACKS(text, "worker_dr\n");
    free(text);
}

TEST_MAIN("text_inject", TEST(test_text_inject__a_row_for_each_place_and_outcome), TEST(test_text_inject__sum),
          TEST(test_text_inject__each_outcome_in_words), TEST(test_text_inject__the_bad_ones_are_told_in_full),
          TEST(test_text_inject__no_section_without_trials),
          TEST(test_text_inject__columns_without_a_word_are_left_out), TEST(test_text_inject__many_are_bounded),
          TEST(test_text_inject__nulls_everywhere), TEST(test_text_inject__wraps_at_words))

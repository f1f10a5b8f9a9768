/* test_text.c - the text report: what it must say, what it must never say, and how it is laid out. */
#include <locale.h>
#include <wchar.h>

#include "reports/escape.h"
#include "reports/tests/fixture.h"

#define PLAIN ((struct report_options){ .width = 80 })

static char *report(struct report_options options)
{
    struct facts *f = fixture_open(1);
    char *text = fixture_report(f, "text", options, NULL);

    facts_close(f);
    return text;
}

static void test_text__verdict_first(void)
{
    char *text = report(PLAIN);

    CU_ASSERT_EQUAL(strncmp(text, "8 findings (1 critical, 7 medium), evidence INCOMPLETE: 1 result unknown", 72), 0);
    free(text);
}

static void test_text__says_what_was_audited(void)
{
    char *text = report(PLAIN);

    ASSERT_HAS(text, "/usr/sbin/littled -c '/etc/a b.conf'");
    ASSERT_HAS(text, "curl -s http://127.0.0.1:8080/, which exited with status 0");
    ASSERT_HAS(text, "2026-03-02 10:00:00 UTC by forkaudit 0.1.0");
    ASSERT_HAS(text, "lab, Linux 6.1.0-18-amd64, x86_64");
    ASSERT_HAS(text, "after 1.2 s, as planned");
    ASSERT_HAS(text, "had not ended by itself");
    free(text);
}

static void test_text__findings_by_severity(void)
{
    char *text = report(PLAIN);
    const char *critical = strstr(text, "CRITICAL  proven  id-recoverable: Privilege that was dropped can be");
    const char *medium = strstr(text, "MEDIUM    fd-across-exec: Descriptor crosses fork and exec");

    CU_ASSERT_PTR_NOT_NULL(critical);
    CU_ASSERT_PTR_NOT_NULL(medium);
    CU_ASSERT_TRUE(critical < medium);
    free(text);
}

static void test_text__finding_in_full(void)
{
    char *text = report(PLAIN);

    ASSERT_HAS(text, "littled (pid 4244), after seteuid: saved user id 0 is left");
    ASSERT_HAS(text, "after seteuid(33) the ids are real 0, effective 33, saved 0");
    ASSERT_HAS(text, "[proven]");
    ASSERT_HAS(text, "Why  Code that is injected");
    ASSERT_HAS(text, "Fix  Drop with setresuid(2)");
    ASSERT_HAS(text, "CWE-273, POS37-C");
    free(text);
}

static void test_text__same_fact_once(void)
{
    char *text = report(PLAIN);

    CU_ASSERT_EQUAL(fixture_count(text, "descriptor 11"), 1);
    ASSERT_HAS(text, "littled (pid 4243), littled (pid 4244), when born: descriptor 11");
    CU_ASSERT_EQUAL(fixture_count(text, "Fix  Open it with O_CLOEXEC."), 1);
    free(text);
}

static void test_text__many_are_capped(void)
{
    char *text = report(PLAIN), *all = report((struct report_options){ .width = 80, .verbose = 1 });

    ASSERT_HAS(text, "... and 1 more (-v shows all)");
    ASSERT_LACKS(text, "descriptor 12");
    ASSERT_LACKS(all, "-v shows all");
    ASSERT_HAS(all, "descriptor 12");
    free(text);
    free(all);
}

static void test_text__many_processes_are_capped(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(
        f, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 199)"
           "INSERT INTO process (id, seq, at, parent, pid, born, image) SELECT i, i, 0, 1, 5000 + i, 'fork', 1 FROM n;"
           "INSERT INTO temp.finding (check_id, result, severity, strength, process, subject, evidence)"
           " SELECT 'id-groups-kept', 'found', 'high', 'observed', id, 'groups', 'same' FROM process WHERE id >= 10");
    text = fixture_report(f, "text", PLAIN, NULL);
    ASSERT_HAS(text, "and 186 more (-v names them)");     /* 190 less the 4 that are named */
    ASSERT_HAS(text, "... and 134 more (-v shows more)"); /* 194 less the 60 in the tree */
    ASSERT_HAS(text, "HIGH      id-groups-kept");         /* a check that has no head here is shown all the same */
    free(text);
    facts_close(f);
}

static void test_text__unknown_and_accepted(void)
{
    char *text = report((struct report_options){ .width = 0 });

    ASSERT_HAS(text, "descriptors of process 4244 could not be read (EACCES)");
    ASSERT_HAS(text, "descriptor 6 tcp 127.0.0.1:8080 - a worker accepts on the socket it was given");
    free(text);
}

static void test_text__checks_and_hints(void)
{
    char *text = report((struct report_options){ .width = 0 });

    ASSERT_HAS(text, "4 used: 2 found something, 1 passed, 1 did not apply; 1 left out; 1 failed to run");
    ASSERT_HAS(text, "Failed: my/own.sql:12: no such column: ruit");
    ASSERT_HAS(text, "Left out as asked: cap-kept");
    ASSERT_HAS(text, "Did not apply: rng-shared");
    ASSERT_HAS(text, "FORKAUDIT_DRAW");
    free(text);
}

/* A check that failed has no results; that is not the same as having nothing to look at. */
static void test_text__failed_check_did_apply(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(f, "INSERT INTO temp.check_failed VALUES ('checks/rng/rng-shared.sql', 0, 'too many steps')");
    text = fixture_report(f, "text", (struct report_options){ .width = 0 }, NULL);
    ASSERT_HAS(text, "3 used: 2 found something, 1 passed, 0 did not apply; 1 left out; 2 failed to run");
    ASSERT_LACKS(text, "Did not apply:");
    ASSERT_HAS(text, "Failed: checks/rng/rng-shared.sql: too many steps");
    free(text);
    facts_close(f);
}

static void test_text__tree(void)
{
    char *text = report((struct report_options){ .width = 120, .utf8 = 1 }), *line;

    ASSERT_HAS(text, "\xe2\x94\x94\xe2\x94\x80"
                     "4244 littled");
    line = strstr(text, "4244 littled   ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    *strchr(line, '\n') = '\0';
    ASSERT_HAS(line, "fork");
    ASSERT_HAS(line, "0/33/0");
    ASSERT_HAS(line, "4 24 27 33");
    ASSERT_HAS(line, "SIGSEGV");
    ASSERT_HAS(line, "2 critical");
    free(text);
}

static void test_text__ascii_only(void)
{
    char *text = report((struct report_options){ .width = 80, .verbose = 1 });

    for (const char *c = text; *c; c++)
        if (*c != '\n' && (*c < ' ' || *c > '~'))
            CU_FAIL("a byte outside printable ASCII");
    ASSERT_HAS(text, "`-4244 littled");
    ASSERT_HAS(text, "\\xe2\\x80\\xae"); /* the right-to-left override of the fixture, made visible */
    free(text);
}

/* Shows no control character, no mark that reorders: neither with characters beyond ASCII nor in colour. */
static void test_text__hostile_names_are_harmless(void)
{
    char *text = report((struct report_options){ .width = 80, .utf8 = 1, .verbose = 1 });
    size_t size = strlen(text), n;
    uint32_t code;

    for (size_t i = 0; i < size; i += n) {
        n = escape_decode(text + i, size - i, &code);
        if (n == 0)
            CU_FAIL_FATAL("not UTF-8");
        if (code != '\n' && escape_is_unsafe(code))
            CU_FAIL("an unsafe character");
    }
    ASSERT_HAS(text, "/var/log/a\\x0afake line");
    ASSERT_HAS(text, "...(65550 bytes)");
    ASSERT_HAS(text, "\\xff\\xfe\\x80");
    free(text);
}

static void check_width(int width)
{
    char *text = report((struct report_options){ .width = width, .utf8 = 1, .verbose = 1 });
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before;

    CU_ASSERT_PTR_NOT_NULL_FATAL(locale);
    before = uselocale(locale);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        wchar_t wide[4096];

        CU_ASSERT_TRUE_FATAL(mbstowcs(wide, line, 4096) != (size_t)-1);
        if (wcswidth(wide, 4096) > width) {
            fprintf(stderr, "wider than %d: %s\n", width, line);
            CU_FAIL("a line is too wide");
        }
    }
    uselocale(before);
    freelocale(locale);
    free(text);
}

static void test_text__fits_the_width(void)
{
    check_width(40);
    check_width(80);
    check_width(120);
    CU_PASS("three widths");
}

static void test_text__width_0_does_not_wrap(void)
{
    char *text = report((struct report_options){ .width = 0 });

    ASSERT_HAS(
        text, "after seteuid(33) the ids are real 0, effective 33, saved 0; a copy of the process called setuid(0) and "
              "was root [proven]\n");
    free(text);
}

static void test_text__colour_only_when_asked(void)
{
    char *plain = report(PLAIN), *colour = report((struct report_options){ .width = 80, .color = 1 });

    CU_ASSERT_PTR_NULL(strchr(plain, '\033'));
    ASSERT_HAS(colour, "\033[1;31mCRITICAL\033[0m");
    ASSERT_HAS(colour, "\033[33m5 medium\033[0m"); /* in the table too */
    ASSERT_LACKS(colour, "\033[2J");               /* from the name of a program */
    free(plain);
    free(colour);
}

static void test_text__colour_changes_no_word(void)
{
    char *plain = report(PLAIN), *colour = report((struct report_options){ .width = 80, .color = 1 });
    char *to = colour;

    for (const char *from = colour; *from;) {
        if (*from == '\033')
            from += strcspn(from, "m") + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    CU_ASSERT_STRING_EQUAL(plain, colour);
    free(plain);
    free(colour);
}

static void test_text__quiet(void)
{
    char *text = report((struct report_options){ .width = 80, .verbose = -1 });

    CU_ASSERT_EQUAL(fixture_count(text, "\n"), 9); /* the verdict and eight findings */
    ASSERT_HAS(text, "CRITICAL  id-recoverable  littled (pid 4244): saved user id 0 is left\n");
    ASSERT_LACKS(text, "Why");
    free(text);
}

static void test_text__verbose_shows_passes_and_calls(void)
{
    char *text = report((struct report_options){ .width = 0, .verbose = 1 });

    ASSERT_HAS(text, "all ids are 33");
    ASSERT_HAS(text, "littled (pid 4243): setuid(33) = 0");
    ASSERT_HAS(text, "littled (pid 4244): seteuid(33, 0, 0) failed: EPERM");
    ASSERT_HAS(text, "execve(/srv/helper) did not return");
    free(text);
}

static void test_text__nothing_found_is_not_safe(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    text = fixture_report(f, "text", PLAIN, NULL);
    CU_ASSERT_EQUAL(strncmp(text, "nothing found by the 3 checks that applied, in 4 processes, evidence complete\n",
                            78),
                    0);
    ASSERT_LACKS(text, " safe");
    ASSERT_LACKS(text, "secure");
    free(text);
    facts_close(f);
}

static void test_text__nothing_checked(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(f, "DELETE FROM temp.finding; DELETE FROM temp.check_used");
    text = fixture_report(f, "text", PLAIN, NULL);
    CU_ASSERT_EQUAL(strncmp(text, "nothing was checked", 19), 0);
    free(text);
    facts_close(f);
}

static void test_text__killed_recorder(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    fixture_sql(f, "UPDATE audit SET ended = NULL, complete = 0, why = NULL");
    text = fixture_report(f, "text", (struct report_options){ .width = 0 }, NULL);
    ASSERT_HAS(text, "evidence INCOMPLETE: the audit did not come to its planned end");
    ASSERT_HAS(text, "the recorder was killed");
    free(text);
    facts_close(f);
}

static void test_text__nothing_forked(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(f, "DELETE FROM temp.finding; DELETE FROM cred; DELETE FROM look; DELETE FROM call; DELETE FROM gap;"
                   "DELETE FROM image WHERE process > 1; DELETE FROM process WHERE id > 1;"
                   "UPDATE audit SET until = 'exit', poke = NULL, poke_status = NULL, target_status = 256");
    text = fixture_report(f, "text", PLAIN, NULL);
    ASSERT_HAS(text, "Nothing forked");
    ASSERT_HAS(text, "--poke");
    ASSERT_HAS(text, "exited with status 1");
    free(text);
    facts_close(f);
}

/* Who has left those checks out need not be told to. */
static void test_text__no_random_bytes(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(f, "DELETE FROM draw");
    text = fixture_report(f, "text", PLAIN, NULL);
    ASSERT_HAS(text, "No random bytes were handed over");
    free(text);
    fixture_sql(f, "INSERT INTO temp.check_left_out SELECT id FROM temp.check_used WHERE id GLOB 'rng-*';"
                   "DELETE FROM temp.check_used WHERE id GLOB 'rng-*'");
    text = fixture_report(f, "text", PLAIN, NULL);
    ASSERT_LACKS(text, "No random bytes were handed over");
    free(text);
    facts_close(f);
}

static void test_text__empty_recording(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(f, "DELETE FROM temp.finding; DELETE FROM temp.check_used; DELETE FROM temp.check_failed;"
                   "DELETE FROM cred; DELETE FROM look; DELETE FROM call; DELETE FROM gap; DELETE FROM image;"
                   "DELETE FROM process; DELETE FROM audit");
    text = fixture_report(f, "text", PLAIN, NULL);
    ASSERT_HAS(text, "nothing was checked");
    ASSERT_HAS(text, "INCOMPLETE");
    free(text);
    facts_close(f);
}

/* Processes that are each other's parents, statuses and ids beyond any kernel's, text where numbers belong. */
static void test_text__damaged_recording(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_sql(
        f, "PRAGMA foreign_keys = OFF; UPDATE process SET parent = 4 WHERE id = 1; UPDATE process SET status = -1;"
           "UPDATE cred SET ruid = 'x' || char(27) || '[2J', groups = x'1b5b324a'; UPDATE look SET moment = char(27);"
           "UPDATE audit SET began = 9223372036854775807, ended = -9223372036854775808, command = x'',"
           " target_status = 77777777777, kernel = x'ff00ff'");
    text = fixture_report(f, "text", (struct report_options){ .width = 80, .verbose = 1 }, NULL);
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    ASSERT_HAS(text, "\\xff\\x00\\xff");
    ASSERT_HAS(text, "4250");
    free(text);
    facts_close(f);
}

static void test_text__full_disk(void)
{
    struct facts *f = fixture_open(1);
    struct report_options options = PLAIN;
    FILE *out = fopen("/dev/full", "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    setvbuf(out, NULL, _IONBF, 0);
    CU_ASSERT_TRUE(report_find("text")->write(f, &options, out) < 0);
    fclose(out);
    facts_close(f);
}

TEST_MAIN("text", TEST(test_text__verdict_first), TEST(test_text__says_what_was_audited),
          TEST(test_text__findings_by_severity), TEST(test_text__finding_in_full), TEST(test_text__same_fact_once),
          TEST(test_text__many_are_capped), TEST(test_text__many_processes_are_capped),
          TEST(test_text__unknown_and_accepted), TEST(test_text__checks_and_hints),
          TEST(test_text__failed_check_did_apply), TEST(test_text__tree), TEST(test_text__ascii_only),
          TEST(test_text__hostile_names_are_harmless), TEST(test_text__fits_the_width),
          TEST(test_text__width_0_does_not_wrap), TEST(test_text__colour_only_when_asked),
          TEST(test_text__colour_changes_no_word), TEST(test_text__quiet),
          TEST(test_text__verbose_shows_passes_and_calls), TEST(test_text__nothing_found_is_not_safe),
          TEST(test_text__nothing_checked), TEST(test_text__killed_recorder), TEST(test_text__nothing_forked),
          TEST(test_text__no_random_bytes), TEST(test_text__empty_recording), TEST(test_text__damaged_recording),
          TEST(test_text__full_disk))

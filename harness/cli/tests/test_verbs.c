/* test_verbs.c - the command line as its user meets it: verbs, options, exit statuses, and what is said when it is
 * wrong. */
#include "harness/cli/tests/run_cli.h"

#include <signal.h>

static void expect(struct cli_run run, int status, const char *in_out, const char *in_err)
{
    if (run.status != status || (in_out && !strstr(run.out, in_out)) || (in_err && !strstr(run.err, in_err)))
        fprintf(stderr, "status %d, expected %d\nout: %.400s\nerr: %.400s\n", run.status, status, run.out, run.err);
    CU_ASSERT_EQUAL(run.status, status);
    if (in_out)
        ASSERT_HAS(run.out, in_out);
    if (in_err)
        ASSERT_HAS(run.err, in_err);
    run_release(&run);
}

static void test_verbs__program(void)
{
    struct cli_run run = run_cli_to(NULL, (char *[]){ (char[]){ "forkaudit" }, NULL });

    expect(run, 2, NULL, "a verb is needed");
    expect(RUN("--help"), 0, "Usage: forkaudit VERB", NULL);
    expect(RUN("-h"), 0, "doctor", NULL);
    expect(RUN("--version"), 0, "forkaudit " FORKAUDIT_VERSION, NULL);
    expect(RUN("help", "explain"), 0, "Usage: forkaudit explain", NULL);
}

static void test_verbs__unknown(void)
{
    expect(RUN("reprot"), 2, NULL, "did you mean 'report'?");
    expect(RUN("zzzzz"), 2, NULL, "unknown verb 'zzzzz'");
    expect(RUN("--hlep"), 2, NULL, "did you mean '--help'?");
    expect(RUN("help", "chekc"), 2, NULL, "did you mean 'check'?");
    expect(RUN("\033[2Jx"), 2, NULL, "\\x1b[2Jx"); /* said harmlessly */
}

static void test_verbs__each_has_help(void)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
        char usage[64];

        snprintf(usage, sizeof usage, "Usage: forkaudit %s", verb->name);
        expect(RUN((char *)verb->name, "--help"), 0, usage, NULL);
    }
}

static void test_verbs__wrong_options(void)
{
    expect(RUN("check", "--colour", "x"), 2, NULL, "did you mean '--color'?");
    expect(RUN("check", "--frobnicate"), 2, NULL, "unknown option '--frobnicate'");
    expect(RUN("check", "-Z", "x"), 2, NULL, "unknown option '-Z'");
    expect(RUN("check", "x", "--checks"), 2, NULL, "'--checks' needs an argument");
    expect(RUN("check", "-o"), 2, NULL, "'-o' needs an argument");
    expect(RUN("check", "--verbose=yes", "x"), 2, NULL, "takes no argument");
    expect(RUN("check", "--color", "allways", "x"), 2, NULL, "did you mean 'always'?");
    expect(RUN("check", "--fail-on", "hihg", "x"), 2, NULL, "did you mean 'high'?");
    expect(RUN("check", "-o", "jsno", "x"), 2, NULL, "did you mean 'json'?");
    expect(RUN("list", "--al"), 2, NULL, "unknown option '--al'");
    expect(RUN("explain", "-x"), 2, NULL, "unknown option '-x'");
}

static void test_verbs__too_many_checks(void)
{
    char *argv[2 + 2 * 40 + 2] = { (char[]){ "forkaudit" }, (char[]){ "check" } }, option[] = "--checks",
                            file[] = "x.sql";
    struct cli_run run;

    for (int i = 0; i < 40; i++)
        argv[2 + 2 * i] = option, argv[3 + 2 * i] = file;
    run = run_cli_to(NULL, argv);
    expect(run, 2, NULL, "--checks may be given at most 31 times");
}

static void test_verbs__outputs_that_clash(void)
{
    char same[4300], other[4300];
    char *recording = run_recording("");

    snprintf(same, sizeof same, "json=%s", run_path("x"));
    snprintf(other, sizeof other, "text=%s", run_path("./x"));
    expect(RUN("check", "-o", "json", "-o", "text", recording), 2, NULL, "two outputs to standard output");
    expect(RUN("check", "-o", same, "-o", same, recording), 2, NULL, "give each its own file");
    expect(RUN("check", "-o", same, "-o", other, recording), 3, NULL, "the same file");
    CU_ASSERT_EQUAL(access(run_path("x"), F_OK), -1);
}

static void test_verbs__recording_that_is_none(void)
{
    expect(RUN("check"), 2, NULL, "needs a recording");
    expect(RUN("check", "a", "b"), 2, NULL, "'b' is too many");
    expect(RUN("check", (char *)run_path("missing")), 3, NULL, "forkaudit run -r FILE");
    run_write(run_path("text"), "no recording");
    expect(RUN("report", (char *)run_path("text")), 3, NULL, "note: name a file");
    expect(RUN("check", (char *)test_directory()), 3, NULL, "cannot read the recording");
}

#define ONLY_MINE                                                                                                      \
    "--without", "fd-*", "--without", "id-*", "--without", "cap-*", "--without", "rng-*", "--without", "evidence-*"

/* A check of our own, with one result of that kind. */
static char *own_check(const char *result, const char *severity)
{
    char text[1024];

    snprintf(text, sizeof text,
             "-- my-check.sql: always the same result.\n-- title: A result\n-- severity: %s\n-- strength: observed\n"
             "-- cwe: none\n-- cert: none\n-- needs: none\n-- why: Because.\n-- accepted: none\n-- fix: None.\n"
             "SELECT '%s' AS result, 2 AS process, NULL AS look, 'mine' AS subject, 'seen' AS evidence,"
             " 'reason' AS reason;\n",
             severity, result);
    run_write(run_path("my-check.sql"), text);
    return (char *)run_path("my-check.sql");
}

static void test_verbs__exit_status_of_check(void)
{
    char *recording = strdup(run_recording(""));

    expect(RUN("check", "--without", "*", recording), 0, "nothing was checked", NULL);
    expect(RUN("check", ONLY_MINE, "--checks", own_check("pass", "high"), recording), 0, "nothing found", NULL);
    expect(RUN("check", ONLY_MINE, "--checks", own_check("found", "high"), recording), 1, "1 finding (1 high)", NULL);
    expect(RUN("check", ONLY_MINE, "--checks", own_check("found", "medium"), recording), 0, "1 finding (1 medium)",
           NULL);
    expect(RUN("check", ONLY_MINE, "--checks", own_check("unknown", "high"), recording), 4, "1 result unknown", NULL);
    free(recording);
}

static void test_verbs__fail_on(void)
{
    char *recording = strdup(run_recording(""));

    expect(RUN("check", ONLY_MINE, "--fail-on", "low", "--checks", own_check("found", "low"), recording), 1, NULL,
           NULL);
    expect(RUN("check", ONLY_MINE, "--fail-on", "medium", "--checks", own_check("found", "low"), recording), 0, NULL,
           NULL);
    expect(RUN("check", ONLY_MINE, "--fail-on=none", "--checks", own_check("found", "critical"), recording), 0, NULL,
           NULL);
    free(recording);
}

static void test_verbs__incomplete_audit(void)
{
    char *recording = strdup(run_recording("UPDATE audit SET complete = 0"));

    expect(RUN("check", "--without", "*", recording), 4, "INCOMPLETE", NULL);
    /* findings win over missing evidence */
    expect(RUN("check", ONLY_MINE, "--checks", own_check("found", "critical"), recording), 1, "INCOMPLETE", NULL);
    free(recording);
}

static void test_verbs__bad_check_file(void)
{
    char *recording = strdup(run_recording(""));

    run_write(run_path("bad-check.sql"), "SELECT nonsense\n");
    expect(RUN("check", ONLY_MINE, "--checks", (char *)run_path("bad-check.sql"), recording), 4, "failed to run",
           "bad-check.sql:1:");
    expect(RUN("check", "--checks", (char *)run_path("none.sql"), recording), 3, NULL, "cannot read the checks");
    free(recording);
}

static void test_verbs__report_is_0(void)
{
    char *recording = strdup(run_recording(""));

    expect(RUN("report", ONLY_MINE, "--checks", own_check("found", "critical"), recording), 0, "1 finding (1 critical)",
           NULL);
    expect(RUN("report", ONLY_MINE, "-o", "ids", "--checks", own_check("unknown", "critical"), recording), 0,
           "unknown my-check\nincomplete\n", NULL);
    free(recording);
}

static void test_verbs__several_outputs(void)
{
    char *recording = strdup(run_recording("")), *json, file[4300];

    snprintf(file, sizeof file, "json=%s", run_path("r.json"));
    expect(RUN("report", ONLY_MINE, "-o", file, "-o", "ids", "--checks", own_check("found", "low"), recording), 0,
           "found my-check\ncomplete\n", NULL);
    json = run_read(run_path("r.json"));
    ASSERT_HAS(json, "\"check\":\"my-check\"");
    free(json);
    free(recording);
}

static void test_verbs__output_that_cannot_be_written(void)
{
    char *recording = strdup(run_recording(""));

    expect(RUN("check", "-o", "json=/nonexistent/x", recording), 3, NULL, "cannot write /nonexistent/x");
    expect(RUN("report", "--without", "*", "-o", "json=/dev/full", recording), 3, NULL, "No space left on device");
    /* what can be had is not lost */
    expect(RUN("report", "--without", "*", "-o", "json=/dev/full", "-o", "ids", recording), 3, "complete\n", NULL);
    free(recording);
}

static void test_verbs__standard_output_is_full(void)
{
    char *recording = run_recording("");
    struct cli_run run = run_cli_to("/dev/full", (char *[]){ "forkaudit", "check", "--without", "*", recording, NULL });

    expect(run, 3, NULL, "cannot write to standard output: No space left on device");
}

/* A reader that has gone away, as in "forkaudit report ... | head -1": silence, the status is that of the verdict,
 * and files are written all the same. */
static void test_verbs__reader_gone(void)
{
    char *recording = run_recording(""), file[4300], *json, *said;
    int ends[2], status;
    pid_t child;

    snprintf(file, sizeof file, "json=%s", run_path("r.json"));
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        run_redirect(run_path("err"), STDERR_FILENO);
        if (dup2(ends[1], STDOUT_FILENO) < 0)
            _exit(99);
        _exit(cli_main(9, (char *[]){ "forkaudit", "check", "--without", "*", "-o", "text", "-o", file, recording,
                                      NULL }));
    }
    close(ends[1]);
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    said = run_read(run_path("err"));
    CU_ASSERT_STRING_EQUAL(said, "");
    free(said);
    json = run_read(run_path("r.json"));
    ASSERT_HAS(json, "forkaudit-report");
    free(json);
}

static void test_verbs__colour(void)
{
    char *recording = strdup(run_recording(""));
    struct cli_run run = RUN("check", "--without", "*", "--color", "always", recording);

    ASSERT_HAS(run.out, "\033[");
    run_release(&run);
    run = RUN("check", "--without", "*", recording);
    ASSERT_LACKS(run.out, "\033[");
    run_release(&run);
    free(recording);
}

static void test_verbs__recording_is_unchanged(void)
{
    char *recording = strdup(run_recording(""));
    char before[200000], after[200000];
    size_t n, m;
    FILE *file;

    file = fopen(recording, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    n = fread(before, 1, sizeof before, file);
    fclose(file);
    expect(RUN("report", "-o", "json", recording), 0, "forkaudit-report", NULL);
    file = fopen(recording, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    m = fread(after, 1, sizeof after, file);
    fclose(file);
    CU_ASSERT_TRUE(n > 0 && n == m);
    CU_ASSERT_EQUAL(memcmp(before, after, n), 0);
    free(recording);
}

static void test_verbs__list(void)
{
    expect(RUN("list"), 0, "fd-across-exec", NULL);
    expect(RUN("list", "checks"), 0, "critical", NULL);
    expect(RUN("list", "formats"), 0, "json", NULL);
    expect(RUN("list", "generators"), 0, "one(out,size)", NULL);
    expect(RUN("list", "generators"), 0, "libc rand", NULL);
    expect(RUN("list", "format"), 2, NULL, "did you mean 'formats'?");
    expect(RUN("list", "zebras"), 2, NULL, "there are checks, cves, formats and generators");
    expect(RUN("list", "checks", "formats"), 2, NULL, "too many");
}

/* 1: a row begins with the two words, however wide the columns are. */
static int has_row(const char *table, const char *first, const char *second)
{
    for (const char *at = table; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        size_t n = strlen(first);

        if (strncmp(at, first, n) != 0 || at[n] != ' ')
            continue;
        n += strspn(at + n, " ");
        if (!strncmp(at + n, second, strlen(second)) && at[n + strlen(second)] == ' ')
            return 1;
    }
    return 0;
}

static void test_verbs__list_cves(void)
{
    struct cli_run run = RUN("list", "cves");
    const char *before = "CVE-0000", *at = run.out;
    int rows = 0;

    CU_ASSERT_EQUAL(run.status, 0);
    ASSERT_HAS(run.out, "CVE-2006-2607");
    ASSERT_HAS(run.out, "Failed privilege drop is ignored");
    /* One row for each check, by number: 2019-1549 before 2019-12210; what has no CVE number comes last. */
    CU_ASSERT_TRUE(has_row(run.out, "CVE-2003-0900", "rng-shared"));
    CU_ASSERT_TRUE(has_row(run.out, "CVE-2003-0900", "rng-siblings"));
    CU_ASSERT_TRUE(strstr(run.out, "CVE-2019-1549") < strstr(run.out, "CVE-2019-12210"));
    for (; *at; at += strcspn(at, "\n") + 1, rows++) {
        CU_ASSERT_FALSE(strncmp(at, "CVE-", 4) == 0 && strncmp(before, "CVE-", 4) != 0);
        before = at;
    }
    CU_ASSERT_TRUE(rows >= 40);
    run_release(&run);
    expect(RUN("list", "cves"), 0, "cups#185", NULL);
    expect(RUN("list", "cve"), 2, NULL, "did you mean 'cves'?");
    expect(RUN("list", "--help"), 0, "[checks|cves|formats|generators]", NULL);
}

static void test_verbs__explain(void)
{
    expect(RUN("explain", "id-drop-order"), 0, "Real failures of this kind", NULL);
    expect(RUN("explain", "id-drop-order"), 0, "cups#185", NULL);
    expect(RUN("explain"), 2, NULL, "needs the id");
    expect(RUN("explain", "fd-across-exec"), 0, "How to mend it", NULL);
    expect(RUN("explain", "fd-across-exec", "id-recoverable"), 0, "id-recoverable - ", NULL);
    expect(RUN("explain", "fd-acros-exec"), 2, NULL, "did you mean 'fd-across-exec'?");
    expect(RUN("explain", "fd-across-exec", "zebra"), 2, NULL, "there is no check 'zebra'");
}

TEST_MAIN("verbs", TEST(test_verbs__program), TEST(test_verbs__unknown), TEST(test_verbs__each_has_help),
          TEST(test_verbs__wrong_options), TEST(test_verbs__too_many_checks), TEST(test_verbs__outputs_that_clash),
          TEST(test_verbs__recording_that_is_none), TEST(test_verbs__exit_status_of_check), TEST(test_verbs__fail_on),
          TEST(test_verbs__incomplete_audit), TEST(test_verbs__bad_check_file), TEST(test_verbs__report_is_0),
          TEST(test_verbs__several_outputs), TEST(test_verbs__output_that_cannot_be_written),
          TEST(test_verbs__standard_output_is_full), TEST(test_verbs__reader_gone), TEST(test_verbs__colour),
          TEST(test_verbs__recording_is_unchanged), TEST(test_verbs__list), TEST(test_verbs__list_cves),
          TEST(test_verbs__explain))

/* test_targets.c - run every target under audit and bare, and demand exactly what its head comment says.
 *
 * All runs are made first, as many at once as there are processors; then each target is two tests: test_found__NAME
 * compares the result with the head, test_unharmed__NAME the audited program with the bare one. FORKAUDIT_KEEP in the
 * environment keeps the recordings.
 */
#include "checks/judge.h"
#include "harness/testing.h"
#include "targets/tests/catalogue.h"
#include "targets/tests/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define BOUND     60 /* seconds that one run may take on a machine under load; usual are milliseconds */
enum file {
    FILE_RECORDING,
    FILE_IDS,
    FILE_OUTPUT,
    FILE_ERRORS,
    FILE_BARE_OUTPUT,
    FILE_BARE_ERRORS,
    FILE_GROUP,
    N_FILE
};
static const char *const file_ends[N_FILE] = { "fork", "ids", "out", "err", "bare-out", "bare-err", "group" };

/* Both runs of one target. */
struct runs {
    char program[PATH_SIZE + 128], option[PATH_SIZE + 160], files[N_FILE][PATH_SIZE + 128];
    char *audited[48], *bare[8];
};

static struct catalogue catalogue;
static struct runs *runs;
static struct launch *launches; /* 2 for each target: audited, bare */
static char tool[PATH_SIZE], directory[PATH_SIZE],
    nobodys[PATH_SIZE]; /* nobodys: within directory, nobody may write there */

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    CU_assertImplementation(CU_FALSE, 0, text, "targets", "", CU_FALSE);
}

/* What stands in a file, cut at `size`; "" when there is none. */
static size_t slurp(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buffer, size - 1);

    if (fd >= 0)
        close(fd);
    buffer[n < 0 ? 0 : n] = '\0';
    return n < 0 ? 0 : (size_t)n;
}

/* The target whose test runs now, by the test's name. */
static size_t current(void)
{
    const char *name = strstr(CU_get_current_test()->pName, "__") + 2;
    size_t i = 0;

    while (i < catalogue.n && strcmp(catalogue.targets[i].name, name))
        i++;
    return i;
}

/* 1: the target ran, and `ret` is its number. 0: skipped or failed, and said so. */
static int has_run(size_t *ret, int bare)
{
    size_t i = current();
    const struct target *t = &catalogue.targets[i];
    const struct launch *l = &launches[2 * i + bare];

    if (t->wrong[0]) {
        fail("%s: its head: %s", t->name, t->wrong);
        return 0;
    }
    if (t->skip) {
        test_skip(t->skip);
        CU_PASS("skipped");
        return 0;
    }
    if (l->error) {
        fail("%s: %s: %s", t->name, l->arguments[0],
             l->error == ETIMEDOUT ? "took too long and was killed" : strerror(l->error));
        return 0;
    }
    *ret = i;
    return 1;
}

/* 1: each "found" row in the recording has the strength that the target's head says of its check. */
static int strengths_are_met(const struct target *t, const char *recording, char *why, size_t why_size)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    size_t i, ok = 0;

    if (!sqlite3_open_v2(recording, &db, SQLITE_OPEN_READONLY, NULL))
        sqlite3_prepare_v2(db,
                           "SELECT count(*) > 0, group_concat(DISTINCT strength) FROM finding WHERE result = 'found'"
                           " AND check_id = ?",
                           -1, &query, NULL);
    for (i = 0; query && i < t->expect.n_strengths; i++) {
        const char *got = NULL;

        sqlite3_reset(query);
        sqlite3_bind_text(query, 1, t->expect.strengths[i].id, -1, SQLITE_STATIC);
        if (sqlite3_step(query) == SQLITE_ROW)
            got = (const char *)sqlite3_column_text(query, 1);
        if (got && !strcmp(got, t->expect.strengths[i].strength))
            ok++;
        else
            snprintf(why, why_size, "%s: expected %s, got %s", t->expect.strengths[i].id,
                     t->expect.strengths[i].strength, got ? got : "nothing");
    }
    sqlite3_finalize(query);
    sqlite3_close(db);
    return ok == t->expect.n_strengths;
}

static void test_found(void)
{
    char text[65536], why[1200] = "", errors[600];
    struct expect_answer answer;
    const struct target *t;
    const struct launch *l;
    size_t i;

    if (!has_run(&i, 0))
        return;
    t = &catalogue.targets[i];
    l = &launches[2 * i];
    slurp(runs[i].files[FILE_ERRORS], errors, sizeof errors);
    slurp(runs[i].files[FILE_IDS], text, sizeof text);
    /* 0, 1 and 4 are the exit statuses of an audit that took place. */
    if (!WIFEXITED(l->status) || (WEXITSTATUS(l->status) & ~5))
        fail("%s: the audit ended with wait status %#x: %s", t->name, (unsigned)l->status, errors);
    else if (expect_read_ids(text, &answer, why, sizeof why) || !expect_is_met(&t->expect, &answer, why, sizeof why))
        fail("%s: %s%s%s", t->name, why, errors[0] ? "; it said: " : "", errors);
    else if (t->expect.n_strengths && !strengths_are_met(t, runs[i].files[FILE_RECORDING], why, sizeof why))
        fail("%s: strength of %s", t->name, why);
    else
        CU_PASS("as its head says");
}

/* The wait status of the target that the recording holds. */
static int recorded_status(const char *recording, int *ret)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    int got = -1;

    if (!sqlite3_open_v2(recording, &db, SQLITE_OPEN_READONLY, NULL) &&
        !sqlite3_prepare_v2(db, "SELECT target_status FROM audit WHERE target_status IS NOT NULL", -1, &query, NULL) &&
        sqlite3_step(query) == SQLITE_ROW) {
        *ret = sqlite3_column_int(query, 0);
        got = 0;
    }
    sqlite3_finalize(query);
    sqlite3_close(db);
    return got;
}

static void test_unharmed(void)
{
    char audited[65536], bare[65536];
    size_t i, sizes[2];
    int status;

    if (!has_run(&i, 1) || !has_run(&i, 0))
        return;
    sizes[0] = slurp(runs[i].files[FILE_OUTPUT], audited, sizeof audited);
    sizes[1] = slurp(runs[i].files[FILE_BARE_OUTPUT], bare, sizeof bare);
    if (launches[2 * i + 1].status) {
        slurp(runs[i].files[FILE_BARE_ERRORS], bare, sizeof bare);
        fail("%s: bare it ended with wait status %#x: %s", catalogue.targets[i].name,
             (unsigned)launches[2 * i + 1].status, bare);
    } else if (recorded_status(runs[i].files[FILE_RECORDING], &status)) {
        fail("%s: the recording holds no wait status of the target", catalogue.targets[i].name);
    } else if (status) {
        fail("%s: audited it ended with wait status %#x, bare with 0", catalogue.targets[i].name, (unsigned)status);
    } else if (sizes[0] != sizes[1] || memcmp(audited, bare, sizes[0])) {
        fail("%s: it wrote \"%s\" bare and \"%s\" audited", catalogue.targets[i].name, bare, audited);
    } else {
        CU_PASS("audited as bare");
    }
}

static void test_catalogue__is_large_enough(void)
{
    CU_ASSERT_TRUE(catalogue.n >= 100);
}

/* 1: some target must be found guilty of `id`, or, for what is unknown by nature, some audit must say unknown. */
static int is_expected_somewhere(const char *id)
{
    size_t i, j;

    for (i = 0; i < catalogue.n; i++) {
        const struct expect *e = &catalogue.targets[i].expect;

        for (j = 0; j < e->found.n; j++)
            if (!strcmp(e->found.rows[j].id, id))
                return 1;
        for (j = 0; j < e->unknown.n; j++)
            if (!strcmp(e->unknown.rows[j].id, id) && !strcmp(id, "evidence-gap"))
                return 1;
    }
    return 0;
}

static void test_catalogue__trips_every_check(void)
{
    size_t n, i;
    const struct check *checks = judge_checks(&n);

    CU_ASSERT_TRUE(n > 0);
    for (i = 0; i < n; i++)
        if (!is_expected_somewhere(checks[i].id))
            fail("no target expects %s", checks[i].id);
}

static void test_catalogue__expects_no_unknown_check(void)
{
    size_t i, j;

    CU_ASSERT_TRUE(catalogue.n > 0);
    for (i = 0; i < catalogue.n; i++)
        for (j = 0; j < catalogue.targets[i].expect.found.n; j++)
            if (!judge_check(catalogue.targets[i].expect.found.rows[j].id))
                fail("%s expects %s: there is no such check", catalogue.targets[i].name,
                     catalogue.targets[i].expect.found.rows[j].id);
}

/* 1: some check that the target expects has `name` among its kin. */
static int is_kin_of_expected(const struct expect *e, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 0; i < e->found.n; i++) {
        const struct check *check = judge_check(e->found.rows[i].id);
        const char *at = check ? check->kin : "";

        for (; *at; at += strcspn(at, " "), at += strspn(at, " "))
            if (strcspn(at, " ") == length && !strncmp(at, name, length))
                return 1;
    }
    return 0;
}

static void test_catalogue__re_enacts_the_kin_of_its_checks(void)
{
    size_t i, j, n = 0;

    for (i = 0; i < catalogue.n; i++) {
        const struct expect *e = &catalogue.targets[i].expect;

        for (j = 0; j < e->re_enacts.n; j++, n++)
            if (!is_kin_of_expected(e, e->re_enacts.words[j]))
                fail("%s re-enacts %s, which no check that it expects has among its kin", catalogue.targets[i].name,
                     e->re_enacts.words[j]);
    }
    CU_ASSERT_TRUE(n >= 10);
}

/* Adds words to the end of an argument list that is long enough and zeroed. */
static void words_add(char **list, char *const *words)
{
    while (*list)
        list++;
    while (*words)
        *list++ = *words++;
}

/* Writes a copy of /etc/group in which the user 33 is in the groups of the head's Member: line too. 0 or -1. */
static int group_file_write(const struct expect_words *member, const char *path)
{
    const struct passwd *user = getpwuid(33);
    FILE *from = fopen("/etc/group", "re"), *to = fopen(path, "we");
    char line[4096];
    int r = user && from && to ? 0 : -1;

    while (!r && fgets(line, sizeof line, from)) {
        char *gid = strchr(line, ':');
        size_t i;

        line[strcspn(line, "\n")] = '\0';
        gid = gid ? strchr(gid + 1, ':') : NULL;
        for (i = 0; gid && i < member->n; i++)
            if (atoi(gid + 1) == atoi(member->words[i]))
                break;
        if (fprintf(to, "%s%s%s\n", line, gid && i < member->n ? (line[strlen(line) - 1] == ':' ? "" : ",") : "",
                    gid && i < member->n ? user->pw_name : "") < 0)
            r = -1;
    }
    if (from)
        fclose(from);
    if (to && fclose(to))
        r = -1;
    return r;
}

static char *const as_nobody[] = { "/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", NULL };
static char *const as_fake_root[] = { "/usr/bin/unshare", "--user", "--map-root-user", "--map-auto", NULL };

/* The private view of /etc/group, around what follows: in it, a user namespace too where we are not root. */
static void words_add_view(char **list, const struct target *t, char *group)
{
    static char *const view[] = {
        "--mount", "--propagation", "private", "/bin/sh", "-c", "mount --bind \"$0\" /etc/group && exec \"$@\"", NULL
    };

    if (t->as_fake_root)
        words_add(list, as_fake_root);
    else
        words_add(list, (char *const[]){ "/usr/bin/unshare", NULL });
    words_add(list, view);
    words_add(list, (char *const[]){ group, NULL });
}

/* forkaudit run or inject, with its options, and the program. `whole`: forkaudit itself is nobody's. */
static void audited_prepare(struct target *t, struct runs *r, int whole)
{
    const int viewed = t->expect.member.n && !group_file_write(&t->expect.member, r->files[FILE_GROUP]);
    size_t i;

    if (viewed)
        words_add_view(r->audited, t, r->files[FILE_GROUP]);
    if (whole)
        words_add(r->audited, as_nobody);
    words_add(r->audited, (char *const[]){ tool, t->expect.inject.n ? "inject" : "run", "-q", "-o", r->option, "-r",
                                           r->files[FILE_RECORDING], NULL });
    for (i = 0; i < t->expect.inject.n; i++)
        words_add(r->audited, (char *const[]){ t->expect.inject.words[i], NULL });
    for (i = 0; i < t->expect.run.n; i++)
        words_add(r->audited, (char *const[]){ t->expect.run.words[i], NULL });
    if (t->as_nobody && !whole)
        words_add(r->audited, (char *const[]){ "-u", "nobody", NULL });
    if (t->as_fake_root && !viewed)
        words_add(r->audited, (char *const[]){ "--fake-root", NULL });
    words_add(r->audited, (char *const[]){ "--", r->program, NULL });
}

/* Fills in the command lines of one target's runs. */
static void runs_prepare(struct target *t, const char *build, struct runs *r, struct launch *l)
{
    const int whole = t->as_nobody && t->expect.needs_user_auditor;
    size_t i;

    snprintf(r->program, sizeof r->program, "%s/targets/%s", build, t->name);
    for (i = 0; i < N_FILE; i++)
        snprintf(r->files[i], sizeof r->files[i], "%s/%s.%s", whole ? nobodys : directory, t->name, file_ends[i]);
    snprintf(r->option, sizeof r->option, "ids=%s", r->files[FILE_IDS]);
    audited_prepare(t, r, whole);
    if (t->as_nobody)
        words_add(r->bare, as_nobody);
    if (t->as_fake_root)
        words_add(r->bare, as_fake_root);
    words_add(r->bare, (char *const[]){ r->program, NULL });
    l[0] = (struct launch){
        .output = r->files[FILE_OUTPUT], .errors = r->files[FILE_ERRORS], .arguments = r->audited, .seconds = BOUND
    };
    l[1] = (struct launch){ .output = r->files[FILE_BARE_OUTPUT],
                            .errors = r->files[FILE_BARE_ERRORS],
                            .arguments = r->bare,
                            .seconds = BOUND };
}

/* Runs what the tests that match `only` (NULL: all) will ask for. */
static int run_all(const char *build, const char *only)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t i;

    runs = calloc(catalogue.n, sizeof *runs);
    launches = calloc(2 * catalogue.n, sizeof *launches);
    if (!runs || !launches)
        return -1;
    for (i = 0; i < catalogue.n; i++) {
        struct target *t = &catalogue.targets[i];
        char found[CATALOGUE_NAME + 16], unharmed[CATALOGUE_NAME + 16];

        snprintf(found, sizeof found, "test_found__%s", t->name);
        snprintf(unharmed, sizeof unharmed, "test_unharmed__%s", t->name);
        if (!t->skip && !t->wrong[0] && (!only || strstr(found, only) || strstr(unharmed, only)))
            runs_prepare(t, build, &runs[i], &launches[2 * i]);
    }
    launch_all(launches, 2 * catalogue.n, processors > 0 ? (size_t)processors : 1);
    return 0;
}

/* The table of tests: four of the catalogue, two for each target. The names are kept until the end. */
static struct test *table_build(void)
{
    static const struct test fixed[] = { TEST(test_catalogue__is_large_enough), TEST(test_catalogue__trips_every_check),
                                         TEST(test_catalogue__expects_no_unknown_check),
                                         TEST(test_catalogue__re_enacts_the_kin_of_its_checks) };
    const size_t n_fixed = sizeof fixed / sizeof fixed[0];
    struct test *tests = calloc(n_fixed + 2 * catalogue.n + 1, sizeof *tests);
    size_t i;

    if (!tests)
        return NULL;
    memcpy(tests, fixed, sizeof fixed);
    for (i = 0; i < 2 * catalogue.n; i++) {
        struct test *test = &tests[n_fixed + i];
        char *name;

        if (asprintf(&name, "test_%s__%s", i % 2 ? "unharmed" : "found", catalogue.targets[i / 2].name) < 0)
            return NULL;
        test->name = name;
        test->run = i % 2 ? test_unharmed : test_found;
    }
    return tests;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* A private directory for the recordings, and in it one for nobody's. */
static int directory_make(const char *build)
{
    const struct passwd *nobody = getpwnam("nobody");

    snprintf(directory, sizeof directory, "%s/tmp", build);
    if (mkdir(directory, 0755) && errno != EEXIST)
        return -1;
    snprintf(directory, sizeof directory, "%s/tmp/targets-XXXXXX", build);
    if (!mkdtemp(directory) || chmod(directory, 0711))
        return -1;
    if (snprintf(nobodys, sizeof nobodys, "%s/nobody", directory) >= (int)sizeof nobodys || mkdir(nobodys, 0700))
        return -1;
    return geteuid() == 0 && nobody && chown(nobodys, nobody->pw_uid, nobody->pw_gid) ? -1 : 0;
}

int main(int argc, char **argv)
{
    const char *build = getenv("FORKAUDIT_BUILD") ? getenv("FORKAUDIT_BUILD") : "build";
    char programs[PATH_SIZE];
    struct test *tests;
    int result;

    snprintf(tool, sizeof tool, "%s/forkaudit", build);
    snprintf(programs, sizeof programs, "%s/targets", build);
    if ((result = catalogue_read(programs, &catalogue)) || directory_make(build)) {
        fprintf(stderr, "test_targets: %s: %s\n", result ? "targets/{fd,rng,id}/*.c" : directory,
                strerror(result ? -result : errno));
        return 99;
    }
    tests = table_build();
    if (!tests || run_all(build, argc > 1 ? argv[1] : NULL))
        return 99;
    result = test_main("test_targets", tests, argc, argv);
    if (getenv("FORKAUDIT_KEEP"))
        printf("kept: %s\n", directory);
    else
        nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return result;
}

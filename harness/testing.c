/* testing.c - the frame of every CUnit suite: runs named tests, counts skips, cleans their directories. */
#include "harness/testing.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *skip_reason;
static char directory[4096];

void test_skip(const char *reason)
{
    skip_reason = reason;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_directory(void)
{
    if (directory[0])
        nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    directory[0] = '\0';
}

const char *test_directory(void)
{
    const char *top = getenv("FORKAUDIT_BUILD");

    if (directory[0])
        return directory;
    snprintf(directory, sizeof directory, "%s/tmp", top ? top : "build");
    if (mkdir(directory, 0755) && errno != EEXIST) {
        perror(directory);
        exit(99);
    }
    snprintf(directory, sizeof directory, "%s/tmp/test-XXXXXX", top ? top : "build");
    if (!mkdtemp(directory) || chmod(directory, 0755)) {
        perror(directory);
        exit(99);
    }
    return directory;
}

static int run_one(CU_pSuite suite, const struct test *test)
{
    CU_pTest added = CU_add_test(suite, test->name, test->run);

    if (!added) {
        fprintf(stderr, "testing: CUnit refused %s: %s\n", test->name, CU_get_error_msg());
        exit(99);
    }
    skip_reason = NULL;
    fflush(NULL);
    CU_run_test(suite, added);
    remove_directory();
    /* CU_run_test starts its counts anew each time. */
    if (CU_get_number_of_failures() > 0) {
        CU_pFailureRecord r = CU_get_failure_list();

        for (; r; r = r->pNext)
            printf("FAIL %s: %s:%u: %s\n", test->name, r->strFileName ? r->strFileName : "?", r->uiLineNumber,
                   r->strCondition ? r->strCondition : "?");
        return 1;
    }
    if (skip_reason) {
        printf("SKIP %s: %s\n", test->name, skip_reason);
        return 2;
    }
    return 0;
}

int test_main(const char *suite_name, const struct test *tests, int argc, char **argv)
{
    unsigned count[3] = { 0, 0, 0 };
    CU_pSuite suite;

    if (CU_initialize_registry() != CUE_SUCCESS || !(suite = CU_add_suite(suite_name, NULL, NULL))) {
        fprintf(stderr, "testing: CUnit: %s\n", CU_get_error_msg());
        return 99;
    }
    CU_basic_set_mode(CU_BRM_SILENT);
    for (; tests->name; tests++)
        if (argc < 2 || strstr(tests->name, argv[1]))
            count[run_one(suite, tests)]++;
    CU_cleanup_registry();
    printf("%s: %u passed, %u failed, %u skipped\n", suite_name, count[0], count[1], count[2]);
    return count[1] ? 1 : 0;
}

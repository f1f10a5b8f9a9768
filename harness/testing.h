/* testing.h - what every CUnit suite here needs: one main, named tests, and skips that are counted with a reason.
 *
 * A test file is test_NAME.c with functions `static void test_<unit>__<case>(void)`, a table of them, and TEST_MAIN. One
 * argument runs only the tests whose name contains it. The last line is read by `make check`:
 * "test_NAME: N passed, N failed, N skipped"; exit status 1 when one failed.
 */
#ifndef FORKAUDIT_TESTING_H
#define FORKAUDIT_TESTING_H

#include <CUnit/Basic.h>

struct test {
    const char *name;
    void (*run)(void);
};
#define TEST(function)                                                                                                 \
    {                                                                                                                  \
#function, function                                                                                            \
    }

/* Marks the running test as skipped; return from it right after. */
void test_skip(const char *reason);
/* An empty private directory below build/tmp for the running test, removed when it ends. Owned by the frame. */
const char *test_directory(void);
/* Runs the tests; for TEST_MAIN. */
int test_main(const char *suite, const struct test *tests, int argc, char **argv);

#define TEST_MAIN(suite, ...)                                                                                          \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        static const struct test tests[] = { __VA_ARGS__, { 0, 0 } };                                                  \
        return test_main(suite, tests, argc, argv);                                                                    \
    }

#endif

/* trials.c - the clean run and the trials of one play, and questions on their recording. */
#include "harness/inject/tests/trials.h"
#include "harness/testing.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char self[4096], temporary[4200];

void trials_init(struct trials *t, const char *play, const char *argument, const char *calls)
{
    static char *argv[5];

    if (!realpath("/proc/self/exe", self))
        CU_FAIL_FATAL("/proc/self/exe");
    snprintf(temporary, sizeof temporary, "%s/temporary", test_directory());
    CU_ASSERT_FATAL(!mkdir(temporary, 0755));
    setenv("TMPDIR", temporary, 1);
    argv[0] = self;
    argv[1] = (char *)"--play";
    argv[2] = (char *)play;
    argv[3] = (char *)(argument ? argument : "");
    memset(t, 0, sizeof *t);
    t->options.observe =
        (struct observe_options){ .launch = { .path = self, .argv = argv, .envp = environ, .terminal = -1 },
                                  .until = OBSERVE_UNTIL_SETTLED,
                                  .poke_timeout = 60000,
                                  .settle_timeout = 60000,
                                  .end_timeout = 5000,
                                  .no_copies = 1,
                                  .tool = "test" };
    t->options.calls = calls;
}

void trials_learn(struct trials *t)
{
    char path[4200], why[512] = "";

    snprintf(path, sizeof path, "%s/main.fork", test_directory());
    CU_ASSERT_EQUAL_FATAL(facts_create(path, &t->f, why, sizeof why), 0);
    CU_ASSERT_EQUAL_FATAL(inject_learn(t->f, &t->options, &t->learnt), 0);
    CU_ASSERT_EQUAL_FATAL(t->learnt.record_error, 0);
    CU_ASSERT_EQUAL_FATAL(t->learnt.complete, 1);
}

void trials_run(struct trials *t)
{
    CU_ASSERT_EQUAL_FATAL(inject_plan(t->f, &t->options, &t->plan), 0);
    t->r = inject_run(t->f, &t->options, &t->plan);
}

void trials_of(struct trials *t, const char *play, const char *argument, const char *calls)
{
    trials_init(t, play, argument, calls);
    trials_learn(t);
    trials_run(t);
    CU_ASSERT_EQUAL(t->r, 0);
    CU_ASSERT_EQUAL(trials_ask(t, "select complete from audit"), 1);
    CU_ASSERT_EQUAL(trials_ask(t, "select count(*) from injection"), (int64_t)t->plan.n);
}

int64_t trials_ask(const struct trials *t, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(facts_db(t->f), sql, -1, &statement, NULL)) {
        fprintf(stderr, "trials_ask: %s\n", sqlite3_errmsg(facts_db(t->f)));
        return -2;
    }
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void trials_release(struct trials *t)
{
    inject_plan_release(&t->plan);
    CU_ASSERT_EQUAL(facts_close(t->f), 0);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
    /* Empty, or it could not be removed. */
    CU_ASSERT_EQUAL(rmdir(temporary), 0);
    unsetenv("TMPDIR");
}

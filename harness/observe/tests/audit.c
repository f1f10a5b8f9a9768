/* audit.c - run one audit for a test and ask its recording. */
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void audit_init(struct audit *a, char *const argv[])
{
    memset(a, 0, sizeof *a);
    a->options.launch.path = argv[0];
    a->options.launch.argv = argv;
    a->options.launch.envp = environ;
    a->options.launch.terminal = -1;
    a->options.poke_timeout = 60000;
    a->options.settle_timeout = 60000;
    a->options.end_timeout = 20000;
    a->options.tool = "test";
}

void audit_run(struct audit *a)
{
    char path[4200], why[512] = "";

    snprintf(path, sizeof path, "%s/audit.fork", test_directory());
    CU_ASSERT_EQUAL_FATAL(facts_create(path, &a->f, why, sizeof why), 0);
    a->r = observe_run(a->f, &a->options, &a->result);
}

void audit_shell(struct audit *a, const char *script)
{
    char *const argv[] = { "/bin/sh", "-c", (char *)script, NULL };

    audit_init(a, argv);
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    CU_ASSERT_EQUAL(a->result.complete, 1);
}

int64_t audit_ask(const struct audit *a, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(facts_db(a->f), sql, -1, &statement, NULL)) {
        fprintf(stderr, "audit_ask: %s\n", sqlite3_errmsg(facts_db(a->f)));
        return -2;
    }
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void audit_release(struct audit *a)
{
    CU_ASSERT_EQUAL(facts_close(a->f), 0);
    a->f = NULL;
}

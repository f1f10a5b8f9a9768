/* recording.h - what the suites of harness/facts share: recordings in a directory of their own, and questions. */
#ifndef FORKAUDIT_FACTS_TESTS_RECORDING_H
#define FORKAUDIT_FACTS_TESTS_RECORDING_H

#include "harness/facts/facts.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A path in the test's directory; good until the sixteenth call after this one. */
static inline const char *test_path(const char *name)
{
    static char paths[16][4096];
    static unsigned next;
    char *path = paths[next++ % 16];

    snprintf(path, sizeof paths[0], "%s/%s", test_directory(), name);
    return path;
}

static inline struct facts *begin(const char *path)
{
    struct facts *f = NULL;
    char why[512] = "";

    if (facts_create(path, &f, why, sizeof why))
        fprintf(stderr, "%s\n", why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    return f;
}

/* Closes a recording, and opens it again for reading. */
static inline struct facts *reopen(struct facts *f, const char *path)
{
    struct facts *again = NULL;
    char why[512] = "";

    CU_ASSERT_EQUAL(facts_close(f), 0);
    if (facts_open(path, &again, why, sizeof why))
        fprintf(stderr, "%s\n", why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    return again;
}

static inline void add_audit(struct facts *f)
{
    const struct facts_audit row = {
        .tool = "0.1",
        .mode = "launch",
        .command = "prog\0arg",
        .command_size = 9,
        .until = "exit",
        .tracer_uid = 0,
        .no_new_privs = 0,
        .began = 1234567890,
    };

    CU_ASSERT_EQUAL(facts_add_audit(f, &row), 0);
}

/* A process and a look at it; the look's id. */
static inline int64_t add_look(struct facts *f)
{
    const struct facts_process process = {
        .seq = facts_next_seq(f),
        .at = 5,
        .parent = FACTS_NULL,
        .pid = 42,
        .ns_pid = 42,
        .start_time = 99,
        .born = "launch",
        .clone_flags = FACTS_NULL,
        .parent_threads = FACTS_NULL,
        .image = FACTS_NULL,
    };
    struct facts_look look = {
        .tid = 42,
        .seq = facts_next_seq(f),
        .at = 6,
        .moment = "born",
        .image = FACTS_NULL,
        .call = FACTS_NULL,
        .marker = FACTS_NULL,
        .threads = 1,
        .fd_table = FACTS_NULL,
        .map_table = FACTS_NULL,
        .limit_table = FACTS_NULL,
        .environ_table = FACTS_NULL,
    };
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_process(f, &process, &look.process), 0);
    CU_ASSERT_EQUAL(facts_add_look(f, &look, &id), 0);
    return id;
}

/* The one value of a query as text, "NULL", or "?" with the error when there is none. */
static inline const char *ask_db(sqlite3 *db, const char *sql)
{
    static char answer[4096];
    sqlite3_stmt *statement = NULL;

    snprintf(answer, sizeof answer, "?");
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
        snprintf(answer, sizeof answer, "? %s", sqlite3_errmsg(db));
    else if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
        snprintf(answer, sizeof answer, "NULL");
    else
        snprintf(answer, sizeof answer, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return answer;
}
#define ASK(f, sql, expected) CU_ASSERT_STRING_EQUAL(ask_db(facts_db(f), sql), expected)

/* Changes a file behind the back of our code. */
static inline void tamper(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    CU_ASSERT_EQUAL_FATAL(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK);
    if (message)
        fprintf(stderr, "%s: %s\n", sql, message);
    sqlite3_free(message);
    sqlite3_close(db);
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

/* The whole of a file; free(3). */
static inline char *read_file(const char *path, size_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char *bytes;

    CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
    bytes = malloc((size_t)st.st_size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_EQUAL(read(fd, bytes, (size_t)st.st_size), st.st_size);
    close(fd);
    *ret_size = (size_t)st.st_size;
    return bytes;
}

/* Opens, and closes again what could be opened. */
static inline int try_open(const char *path, char *why, size_t size)
{
    struct facts *f = NULL;
    int error = facts_open(path, &f, why, size);

    CU_ASSERT_EQUAL(f != NULL, error == 0);
    if (!error)
        facts_close(f);
    return error;
}

static inline int exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static inline int wait_status(pid_t child)
{
    int status = -1;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

#endif

/* program.c - start the built program (or another) from a test, and read what it said. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *build(void)
{
    const char *top = getenv("FORKAUDIT_BUILD");

    return top ? top : "build";
}

const char *program_forkaudit(void)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/forkaudit", build());
    return path;
}

/* Absolute, for commands that change directory. */
static void set_path(const char *name, const char *path)
{
    char whole[PATH_MAX];

    setenv(name, realpath(path, whole) ? whole : path, 1);
}

void program_start(struct program *p, const char *command)
{
    char targets[4200];

    snprintf(targets, sizeof targets, "%s/targets", build());
    set_path("F", program_forkaudit());
    set_path("D", test_directory());
    set_path("T", targets);
    p->out = open(test_directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    p->err = open(test_directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(p->out >= 0 && p->err >= 0);
    fflush(NULL);
    p->pid = fork();
    if (!p->pid) {
        dup2(p->out, STDOUT_FILENO);
        dup2(p->err, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    CU_ASSERT_FATAL(p->pid > 0);
}

static void read_back(int fd, char *text)
{
    ssize_t n = pread(fd, text, PROGRAM_TEXT_MAX - 1, 0);

    text[n < 0 ? 0 : n] = '\0';
    close(fd);
}

int program_wait(struct program *p)
{
    struct pollfd end = { (int)syscall(SYS_pidfd_open, p->pid, 0), POLLIN, 0 };

    if (poll(&end, 1, 120000) != 1) {
        CU_FAIL("the program did not end");
        kill(p->pid, SIGKILL);
    }
    close(end.fd);
    waitpid(p->pid, &p->status, 0);
    read_back(p->out, p->text);
    read_back(p->err, p->errors);
    return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 256 + WTERMSIG(p->status);
}

int program_run(struct program *p, const char *command)
{
    program_start(p, command);
    return program_wait(p);
}

long program_ask(const char *recording, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    char path[4400];
    long value = -1;

    snprintf(path, sizeof path, "%s/%s", test_directory(), recording);
    if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) &&
        !sqlite3_prepare_v2(db, sql, -1, &statement, NULL) && sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(statement, 0);
    else
        fprintf(stderr, "program_ask: %s: %s\n", path, db ? sqlite3_errmsg(db) : "?");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

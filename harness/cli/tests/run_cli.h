/* run_cli.h - for tests of the command line: runs it in a child, and keeps what it prints. */
#ifndef FORKAUDIT_RUN_CLI_H
#define FORKAUDIT_RUN_CLI_H

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "harness/cli/cli.h"
#include "reports/tests/fixture.h"

struct cli_run {
    int status;      /* exit status; 1000 + the signal that killed it */
    char *out, *err; /* what it printed, at most 1 MiB of each; owned */
};

static inline char *run_read(const char *path)
{
    char *text = calloc(1, (1 << 20) + 1);
    FILE *file = fopen(path, "r");

    if (!text || !file) {
        perror(path);
        exit(99);
    }
    text[fread(text, 1, 1 << 20, file)] = '\0';
    fclose(file);
    return text;
}

/* A path in the directory of the running test; valid for the next RUN_PATHS calls, more than a test makes. */
#define RUN_PATHS 100
static inline const char *run_path(const char *name)
{
    static char paths[RUN_PATHS][4200];
    static int next;

    next = (next + 1) % RUN_PATHS;
    snprintf(paths[next], sizeof paths[next], "%s/%s", test_directory(), name);
    return paths[next];
}

static inline void run_redirect(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(99);
    if (file != fd)
        close(file);
}

/* Runs "forkaudit ARGUMENT..." with standard output going to `out_path` (NULL: a file of its own). */
static inline struct cli_run run_cli_to(const char *out_path, char **argv)
{
    struct cli_run run = { 0 };
    int status, argc = 0;
    pid_t child;

    while (argv[argc])
        argc++;
    test_directory(); /* made here, not in the child */
    fflush(NULL);
    child = fork();
    if (child == 0) {
        run_redirect(out_path ? out_path : run_path("out"), STDOUT_FILENO);
        run_redirect(run_path("err"), STDERR_FILENO);
        status = cli_main(argc, argv);
        _exit(fflush(stdout) ? 98 : status);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(99);
    }
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    run.out = out_path ? strdup("") : run_read(run_path("out"));
    run.err = run_read(run_path("err"));
    return run;
}
#define RUN(...) run_cli_to(NULL, (char *[]){ (char[]){ "forkaudit" }, __VA_ARGS__, NULL })

static inline void run_release(struct cli_run *run)
{
    free(run->out);
    free(run->err);
}

/* Makes the recording fixture.fork, after `sql`, and gives its path. */
static inline char *run_recording(const char *sql)
{
    struct facts *f = fixture_open(0);

    fixture_sql(f, sql);
    CU_ASSERT_EQUAL(facts_close(f), 0);
    return (char *)run_path("fixture.fork");
}

static inline void run_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) < 0 || fclose(file)) {
        perror(path);
        exit(99);
    }
}

#endif

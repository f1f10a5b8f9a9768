/* popen.c - spc_popen() and spc_pclose(): a program on two pipes, without a shell, by way of spc_fork_with(). */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* What spc_popen() holds while it is at work. Each pair is read end, write end. */
struct start {
    struct spc_pipe *result;
    int input[2];  /* the child's standard input */
    int output[2]; /* the child's standard output */
    int report[2]; /* errno of a failed exec; close-on-exec ends it when there was none */
};

static void end_close(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* Keeps errno. Accepts a start that was not finished. */
static void start_release(struct start *start)
{
    int i, saved = errno;

    for (i = 0; i < 2; i++) {
        end_close(&start->input[i]);
        end_close(&start->output[i]);
        end_close(&start->report[i]);
    }
    if (start->result && start->result->read_stream)
        fclose(start->result->read_stream);
    if (start->result && start->result->write_stream)
        fclose(start->result->write_stream);
    free(start->result);
    errno = saved;
}

/* The parent's two ends become the streams' own. The streams come before the child: once the program runs, nothing may
 * fail. */
static int streams_open(struct start *start)
{
    start->result->read_stream = fdopen(start->output[0], "r");
    if (!start->result->read_stream)
        return -1;
    start->output[0] = -1;
    start->result->write_stream = fdopen(start->input[1], "w");
    if (!start->result->write_stream)
        return -1;
    start->input[1] = -1;
    return 0;
}

static int start_init(struct start *start)
{
    start->result = calloc(1, sizeof *start->result);
    if (!start->result)
        return -1;
    if (spc_pipe_create(start->input) || spc_pipe_create(start->output) || spc_pipe_create(start->report))
        return -1;
    return streams_open(start);
}

/* In the child, and async-signal-safe. All pipe ends are above 2, so that dup2(2) makes a copy, and copies are not
 * close-on-exec. */
static void child_run(const struct start *start, const char *path, char *const argv[], char *const envp[])
{
    int error;

    if (dup2(start->input[0], STDIN_FILENO) >= 0 && dup2(start->output[1], STDOUT_FILENO) >= 0)
        execve(path, argv, envp);
    error = errno;
    while (write(start->report[1], &error, sizeof error) < 0 && errno == EINTR)
        ;
    _exit(127); /* not exit(3): the stdio buffers are the parent's */
}

static pid_t child_start(const struct start *start, const char *path, char *const argv[], char *const envp[])
{
    int keep[] = { start->input[0], start->output[1], start->report[1] };
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    pid_t pid;

    options.keep = keep;
    options.n_keep = sizeof keep / sizeof keep[0];
    options.reset_signals = 1; /* an ignored SIGPIPE or a blocked SIGTERM would outlive the exec */
    pid = spc_fork_with(&options);
    if (pid == 0)
        child_run(start, path, argv, envp);
    return pid;
}

/* 0 once the program runs; else the errno of its exec, and it has been waited for. */
static int child_confirm(pid_t pid, int report)
{
    int pidfd = spc_child_pidfd(pid), child_error = 0, error = 0, heard;

    heard = spc_child_hear(report, pidfd, pid, &child_error);
    if (heard < 0) {
        error = errno;
        spc_child_kill(pidfd, pid);
    } else if (heard == 1) {
        error = child_error;
    }
    if (error)
        (void)spc_child_reap(pid, NULL);
    if (pidfd >= 0)
        close(pidfd);
    return error;
}

static int program_start(struct start *start, const char *path, char *const argv[], char *const envp[])
{
    pid_t pid = child_start(start, path, argv, envp);
    int error;

    if (pid < 0)
        return -1;
    end_close(&start->report[1]);
    error = child_confirm(pid, start->report[0]);
    if (error) {
        errno = error;
        return -1;
    }
    start->result->pid = pid;
    return 0;
}

struct spc_pipe *spc_popen(const char *path, char *const argv[], char *const envp[])
{
    struct start start = { NULL, { -1, -1 }, { -1, -1 }, { -1, -1 } };
    struct spc_pipe *pipe = NULL;

    /* A program without a name of its own reads its environment for it (CVE-2021-4034). */
    if (!path || !argv || !argv[0]) {
        errno = EINVAL;
        return NULL;
    }
    if (start_init(&start) == 0 && program_start(&start, path, argv, envp ? envp : environ) == 0) {
        pipe = start.result;
        start.result = NULL;
    }
    start_release(&start);
    return pipe;
}

int spc_pclose(struct spc_pipe *pipe)
{
    int status, result, saved;

    if (!pipe) {
        errno = EINVAL;
        return -1;
    }
    /* The writing end first: a program that reads to the end of its input gets there. */
    fclose(pipe->write_stream);
    fclose(pipe->read_stream);
    result = spc_child_reap(pipe->pid, &status) ? -1 : status;
    saved = errno;
    free(pipe);
    errno = saved;
    return result;
}

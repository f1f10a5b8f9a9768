/* trial.c - one trial: a process that runs the program with one kind of call failing, into a recording of its own. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a program does when it is asked to end tells nothing of the failure. */
#define END_TIMEOUT_MS 5000
/* Beyond its own time, for the tracer to end what does not end by itself. */
#define GRACE_MS 60000

static int64_t lesser(int64_t a, int64_t b)
{
    return a >= 0 && a < b ? a : b;
}

/* ---- in the trial's process ---- */

static void settings(const struct inject_options *options, const struct limits *limits,
                     const struct observe_fault *fault, struct observe_options *ret)
{
    *ret = options->observe;
    ret->launch.terminal = -1;
    ret->launch.stop_more = TRACE_MORE_INJECT;
    ret->news = NULL;
    ret->learn = 0;
    ret->fault = fault;
    ret->no_copies = 1;
    ret->max_processes = limits->processes;
    ret->settle_timeout = lesser(ret->settle_timeout, limits->time_ms);
    ret->poke_timeout = lesser(ret->poke_timeout, limits->time_ms);
    ret->end_timeout = lesser(ret->end_timeout, END_TIMEOUT_MS);
    if (ret->until != OBSERVE_UNTIL_TIME)
        ret->time = ret->time > 0 ? lesser(ret->time, limits->time_ms) : limits->time_ms;
}

/* The program and the poke say again what they said in the clean run: nobody reads it. */
static int silence(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC), r = 0;

    if (fd < 0)
        return -errno;
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (dup2(fd, i) < 0)
            r = -errno;
    if (fd > STDERR_FILENO)
        close(fd);
    return r;
}

static int observe(const struct trial_run *run, const struct inject_options *options,
                   const struct observe_options *observe_options, struct trial_report *report)
{
    struct observe_result result = { 0 };
    struct facts *f = NULL;
    int r = facts_create(run->recording, &f, report->why, sizeof report->why), closed;

    if (r)
        return r;
    r = observe_run(f, observe_options, &result);
    report->stage = result.stage;
    report->too_many = result.too_many;
    report->record_error = result.record_error;
    if (!r && !result.record_error && options->recordings && options->judge)
        options->judge(options->context, f);
    closed = facts_close(f);
    if (!report->record_error)
        report->record_error = closed;
    return r;
}

__attribute__((noreturn)) static void trial_child(const struct trial_run *run, const struct inject_options *options,
                                                  const struct limits *limits, const sigset_t *mask, pid_t parent)
{
    const struct inject_trial *t = run->trial;
    const struct observe_fault fault = {
        .role = t->role,
        .name = t->name,
        .key = t->key,
        .wish = t->wish,
        .is_threaded = t->is_threaded,
        .has_argument = t->is_threaded && t->a0 != FACTS_NULL,
        .argument = t->a0,
        .error = t->error,
        .every = options->every,
    };
    struct observe_options observe_options;
    struct trial_report report = { 0 };

    setpgid(0, 0); /* the keyboard's signals are for the parent, which ends the trials */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, mask, NULL);
    settings(options, limits, &fault, &observe_options);
    report.r = silence();
    if (!report.r && apart_is_wanted(options))
        report.r = apart_enter(options->private_directories, run->scratch, report.why, sizeof report.why);
    if (!report.r)
        report.r = observe(run, options, &observe_options, &report);
    _exit(write(run->pipe, &report, sizeof report) != sizeof report);
}

/* ---- in ours ---- */

static int name_files(struct trial_run *run, const struct inject_options *options, const char *directory)
{
    const struct inject_trial *t = run->trial;

    run->recording = run->scratch = NULL;
    if (asprintf(&run->scratch, "%s/%03u", directory, run->number) < 0)
        return -ENOMEM;
    if (mkdir(run->scratch, 0700))
        return -errno;
    if (asprintf(&run->recording, "%s/%03u-%s-%s.fork", options->recordings ? options->recordings : run->scratch,
                 run->number, t->name, error_name(t->error)) < 0) {
        run->recording = NULL;
        return -ENOMEM;
    }
    return 0;
}

int trial_start(struct trial_run *run, const struct inject_options *options, const struct limits *limits,
                const char *directory, const sigset_t *mask)
{
    pid_t parent = getpid();
    int ends[2], r = name_files(run, options, directory);

    run->pipe = -1;
    if (!r && pipe2(ends, O_CLOEXEC))
        r = -errno;
    if (r)
        return r;
    run->pid = fork();
    if (run->pid == 0) {
        run->pipe = ends[1];
        trial_child(run, options, limits, mask, parent);
    }
    if (run->pid < 0) {
        r = -errno;
        run->pid = 0;
    }
    close(ends[1]);
    run->pipe = ends[0];
    run->deadline_ms = clock_now_ms() + limits->time_ms + GRACE_MS;
    if (options->observe.until == OBSERVE_UNTIL_TIME)
        run->deadline_ms += options->observe.time;
    return r;
}

/* Why it cannot be judged, or NULL. */
static const char *failure(struct trial_run *run, int status, struct trial_report *report, char *buffer, size_t size)
{
    ssize_t n;

    memset(report, 0, sizeof *report);
    n = read(run->pipe, report, sizeof *report);
    report->why[sizeof report->why - 1] = '\0';
    if (!WIFEXITED(status) || n != sizeof *report)
        snprintf(buffer, size, "the trial's own process ended too early (%s %d)",
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    else if (report->r && report->why[0])
        snprintf(buffer, size, "%s", report->why);
    else if (report->r)
        snprintf(buffer, size, "the program could not be started again: %s", strerror(-report->r));
    else if (report->record_error)
        snprintf(buffer, size, "the recording could not be written: %s", strerror(-report->record_error));
    else
        return NULL;
    return buffer;
}

/* Tells what came of it from its recording. NULL, or why that is not possible. */
static const char *judge(const struct clean *clean, const struct trial_run *run, const struct trial_report *report,
                         struct outcome *ret, char *buffer, size_t size)
{
    struct facts *f = NULL;
    int r = facts_open(run->recording, &f, buffer, size);

    if (r)
        return buffer;
    r = story_begin(facts_db(f));
    if (!r)
        r = outcome_read(facts_db(f), clean, run->trial, report, ret);
    story_end(facts_db(f));
    facts_close(f);
    if (!r)
        return NULL;
    snprintf(buffer, size, "its recording could not be judged: %s", strerror(-r));
    return buffer;
}

static int64_t or_null(uint64_t mask)
{
    return mask ? (int64_t)mask : FACTS_NULL;
}

static int add_failed(struct facts *f, const struct inject_options *options, const struct inject_trial *t,
                      const char *why)
{
    const struct facts_injection row = {
        .site = t->site,
        .error = t->error,
        .every = options->every,
        .outcome = "failed",
        .status = FACTS_NULL,
        .kept_uid = FACTS_NULL,
        .kept_gid = FACTS_NULL,
        .kept_caps = FACTS_NULL,
        .served = FACTS_NULL,
        .evidence = why,
    };
    int r = facts_add_injection(f, &row, NULL);

    return r ? r
             : facts_add_gap(f, FACTS_NULL, FACTS_NULL, "inject", 0, "%s of %s with %s was not tried: %s", t->name,
                             t->role, error_name(t->error), why);
}

int trial_record(struct facts *f, const struct clean *clean, const struct inject_options *options,
                 struct trial_run *run, int status)
{
    const struct inject_trial *t = run->trial;
    struct trial_report report;
    struct outcome outcome = { 0 };
    char buffer[512];
    const char *why = failure(run, status, &report, buffer, sizeof buffer);
    int r;

    if (!why)
        why = judge(clean, run, &report, &outcome, buffer, sizeof buffer);
    if (why) {
        r = add_failed(f, options, t, why);
    } else {
        const struct facts_injection row = {
            .site = t->site,
            .error = t->error,
            .every = options->every,
            .hits = outcome.hits,
            .outcome = outcome.name,
            .status = outcome.status,
            .kept_uid = outcome.kept.uid,
            .kept_gid = outcome.kept.gid,
            .kept_groups = outcome.kept.groups,
            .kept_caps = or_null(outcome.kept.caps),
            .served = outcome.served,
            .evidence = outcome.evidence,
            .recording = options->recordings ? strrchr(run->recording, '/') + 1 : NULL,
        };

        r = facts_add_injection(f, &row, NULL);
    }
    outcome_release(&outcome);
    return r ? r : facts_commit(f);
}

void trial_discard(const struct trial_run *run)
{
    static const char *const endings[] = { "", "-wal", "-journal" };
    char *path;

    for (size_t i = 0; i < COUNT(endings); i++) {
        if (asprintf(&path, "%s%s", run->recording, endings[i]) < 0)
            continue;
        unlink(path);
        free(path);
    }
}

void trial_release(struct trial_run *run)
{
    if (run->pipe >= 0)
        close(run->pipe);
    scratch_remove(run->scratch);
    free(run->recording);
    *run = (struct trial_run){ .pipe = -1 };
}

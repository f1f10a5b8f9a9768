/* run.c - the clean run, and the trials after it: how many at once, how long, and what an interruption leaves. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A trial may take ten times as long and make ten times as many processes as the clean run, but these at least. */
#define FACTOR        10
#define TIME_MIN_MS   10000
#define PROCESSES_MIN 100
/* From the signal that ends a trial's program to the one that kills it; then for the trial itself. */
#define END_MS  1000
#define KILL_MS 10000

struct runner {
    struct facts *f;
    const struct inject_options *options;
    const struct inject_plan *plan;
    struct clean clean;
    struct limits limits;
    struct trial_run *runs; /* of those that are under way; owned */
    unsigned n_runs, started, done;
    char *directory; /* owned */
    sigset_t waited, mask;
    int64_t began_ms, end_at_ms; /* end_at_ms: the next step of an interruption, 0: none */
    int interrupted, ends;       /* ends: how often the trials were asked to end */
};

int64_t clock_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

/* ---- the clean run ---- */

static int learn_apart(struct facts *f, const struct inject_options *options, const struct observe_options *observe,
                       struct observe_result *ret)
{
    char *scratch = scratch_make(), why[512];
    struct apart visit;
    int r, left;

    if (!scratch)
        return -errno;
    r = apart_begin(why, sizeof why);
    if (!r)
        r = apart_visit(options->private_directories, scratch, &visit, why, sizeof why);
    if (!r) {
        r = observe_run(f, observe, ret);
        left = apart_leave(&visit);
        r = r ? r : left;
    }
    scratch_remove(scratch);
    return r;
}

int inject_learn(struct facts *f, const struct inject_options *options, struct observe_result *ret)
{
    struct observe_options observe = options->observe;
    int r;

    memset(ret, 0, sizeof *ret);
    observe.learn = 1;
    observe.launch.stop_more = TRACE_MORE_INJECT;
    r = apart_is_wanted(options) ? learn_apart(f, options, &observe, ret) : observe_run(f, &observe, ret);
    if (!r && !ret->record_error)
        ret->record_error = sites_write(f);
    if (!r && !ret->record_error && ret->interrupted)
        ret->record_error = facts_add_gap(f, FACTS_NULL, FACTS_NULL, "inject", 0,
                                          "the clean run was interrupted: no call was made to fail");
    return r;
}

/* ---- the main recording while the trials run: incomplete until they are done ---- */

struct ending {
    struct facts_audit_end row;
    char why[256];
};

static int ending_read(sqlite3 *db, struct ending *ret)
{
    sqlite3_stmt *row = ask(db, "SELECT ended, complete, target_status, poke_status, why FROM audit", 0, NULL);
    int r = row && sqlite3_step(row) == SQLITE_ROW ? 0 : -EIO;

    if (!r) {
        ret->row = (struct facts_audit_end){ .ended = ask_integer(row, 0),
                                             .complete = ask_integer(row, 1),
                                             .target_status = ask_integer(row, 2),
                                             .poke_status = ask_integer(row, 3),
                                             .why = ret->why };
        snprintf(ret->why, sizeof ret->why, "%s", ask_text(row, 4));
    }
    sqlite3_finalize(row);
    return r;
}

static int ending_suspend(struct facts *f, const struct ending *e)
{
    struct facts_audit_end row = e->row;
    int r;

    row.complete = 0;
    row.why = "the recorder was ended before the trials were made";
    r = facts_end_audit(f, &row);
    return r ? r : facts_commit(f);
}

static int ending_finish(struct runner *r, const struct ending *e)
{
    struct facts_audit_end row = e->row;
    struct timespec now;
    char why[320];
    int error = 0;

    clock_gettime(CLOCK_REALTIME, &now);
    row.ended = now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
    if (r->done < r->plan->n) {
        row.complete = 0;
        snprintf(why, sizeof why, "%u of %zu trials were made, then it was ended by the user", r->done, r->plan->n);
        row.why = why;
        error = facts_add_gap(r->f, FACTS_NULL, FACTS_NULL, "inject", 0, "%s", why);
    }
    if (!error)
        error = facts_end_audit(r->f, &row);
    return error ? error : facts_commit(r->f);
}

/* ---- the trials ---- */

static void tell(const struct runner *r)
{
    int64_t passed = clock_now_ms() - r->began_ms;
    int64_t left = r->done ? passed * (int64_t)(r->plan->n - r->done) / r->done / 1000 : -1;

    if (r->options->progress)
        r->options->progress(r->options->context, r->done, (unsigned)r->plan->n, left);
}

static int start_more(struct runner *r)
{
    int error = 0;

    for (unsigned i = 0; !error && !r->interrupted && i < r->n_runs && r->started < r->plan->n; i++) {
        struct trial_run *run = &r->runs[i];

        if (run->pid)
            continue;
        run->trial = &r->plan->trials[r->started++];
        run->number = r->started;
        error = trial_start(run, r->options, &r->limits, r->directory, &r->mask);
    }
    return error;
}

static unsigned count_running(const struct runner *r)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->n_runs; i++)
        n += r->runs[i].pid != 0;
    return n;
}

/* Takes in every trial that has ended. An interrupted one shows nothing. */
static int reap(struct runner *r)
{
    int error = 0;

    for (unsigned i = 0; i < r->n_runs; i++) {
        struct trial_run *run = &r->runs[i];
        int status;

        if (!run->pid || waitpid(run->pid, &status, WNOHANG) != run->pid)
            continue;
        if (!r->interrupted) {
            if (!error)
                error = trial_record(r->f, &r->clean, r->options, run, status);
            r->done++;
            tell(r);
        } else {
            trial_discard(run);
        }
        trial_release(run);
    }
    return error;
}

/* The first time politely, for the poke and the program to end; the second time at once; then nobody is asked. */
static void end_all(struct runner *r)
{
    static const int signals[] = { SIGTERM, SIGTERM, SIGKILL };

    for (unsigned i = 0; i < r->n_runs; i++)
        if (r->runs[i].pid)
            kill(r->runs[i].pid, signals[r->ends < 2 ? r->ends : 2]);
    r->end_at_ms = clock_now_ms() + (r->ends ? KILL_MS : END_MS);
    r->ends++;
}

/* A tracer that does not keep to its own time. */
static void end_late(struct runner *r)
{
    int64_t now = clock_now_ms();

    for (unsigned i = 0; i < r->n_runs; i++)
        if (r->runs[i].pid && now >= r->runs[i].deadline_ms)
            kill(r->runs[i].pid, SIGKILL);
    if (r->end_at_ms && now >= r->end_at_ms)
        end_all(r);
}

static int run_all(struct runner *r)
{
    static const struct timespec second = { 1, 0 };
    int error = 0, signal;

    while (!error && (r->started < r->plan->n || count_running(r))) {
        error = start_more(r);
        if (r->interrupted && !count_running(r))
            break;
        signal = error ? -1 : sigtimedwait(&r->waited, NULL, &second);
        if (signal > 0 && signal != SIGCHLD) {
            r->interrupted = signal;
            end_all(r);
        }
        end_late(r);
        if (!error)
            error = reap(r);
    }
    return error;
}

/* Nothing of the trials is left behind. */
static void kill_all(struct runner *r)
{
    for (unsigned i = 0; r->runs && i < r->n_runs; i++) {
        pid_t pid = r->runs[i].pid;

        if (pid)
            kill(pid, SIGKILL);
        while (pid && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        trial_release(&r->runs[i]);
    }
}

static int runner_init(struct runner *r)
{
    unsigned jobs = apart_jobs(r->options);

    clean_read(facts_db(r->f), &r->clean);
    r->limits.time_ms = TIME_MIN_MS;
    if (r->clean.duration_ms > TIME_MIN_MS / FACTOR)
        r->limits.time_ms = r->clean.duration_ms * FACTOR;
    r->limits.processes = (unsigned)r->clean.processes * FACTOR + PROCESSES_MIN;
    r->n_runs = jobs < r->plan->n ? jobs : (unsigned)r->plan->n;
    r->runs = calloc(r->n_runs ? r->n_runs : 1, sizeof *r->runs);
    r->directory = scratch_make();
    r->began_ms = clock_now_ms();
    if (!r->runs || !r->directory)
        return errno ? -errno : -ENOMEM;
    for (unsigned i = 0; i < r->n_runs; i++)
        r->runs[i].pipe = -1;
    return story_begin(r->clean.db);
}

int inject_run(struct facts *f, const struct inject_options *options, const struct inject_plan *plan)
{
    static const int waited[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct sigaction by_default = { .sa_handler = SIG_DFL }, child_action;
    struct runner r = { .f = f, .options = options, .plan = plan };
    struct ending ending;
    int error = ending_read(facts_db(f), &ending);

    if (error)
        return error;
    sigemptyset(&r.waited);
    for (size_t i = 0; i < COUNT(waited); i++)
        sigaddset(&r.waited, waited[i]);
    sigprocmask(SIG_BLOCK, &r.waited, &r.mask);
    sigaction(SIGCHLD, &by_default, &child_action);
    error = runner_init(&r);
    if (!error)
        error = ending_suspend(f, &ending);
    if (!error)
        error = run_all(&r);
    kill_all(&r);
    story_end(facts_db(f));
    scratch_remove(r.directory);
    free(r.runs);
    sigaction(SIGCHLD, &child_action, NULL);
    sigprocmask(SIG_SETMASK, &r.mask, NULL);
    if (!error)
        error = ending_finish(&r, &ending);
    return error ? error : r.interrupted ? -EINTR : 0;
}

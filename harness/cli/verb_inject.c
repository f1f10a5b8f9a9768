/* verb_inject.c - forkaudit inject: run a program again and again, each time with one call failing, and judge what it did next. */
#include "harness/cli/cli.h"
#include "harness/cli/launching.h"

#include "checks/judge.h"
#include "harness/facts/facts.h"
#include "harness/inject/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_MAX 32
#define JOBS_MAX    256

struct inject {
    struct cli_launching launching;
    struct inject_options options;
    const char *private_directories[PRIVATE_MAX + 1]; /* owned */
    size_t n_private;
    int has_progress; /* a line of it stands on the terminal */
};

static const char inject_usage[] =
    "Usage: forkaudit inject [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
    "Run PROGRAM once and see which calls it makes that could fail: those that change ids, groups and capabilities,\n"
    "chroot, prctl, setsid, close_range, getrandom, fork, and open of /dev/null and the like. Then run it once for "
    "each\n"
    "of them, with that call failing, and judge what it did next.\n"
    "\n"
    "      --calls LIST         only these, as in setuid,setgroups or 'set*id'\n"
    "      --errno LIST         fail with these, as in EPERM,EAGAIN (default: those usual for the call)\n"
    "      --repeat             every call from that place fails, not only the first\n"
    "      --jobs N             N runs at once, each with a network of its own (loopback only)\n"
    "      --private DIR        each run sees a copy-on-write view of DIR (may repeat); as many runs at once as there\n"
    "                           are processors\n"
    "      --keep DIR           keep the recording of each run in DIR\n"
    "\n"
    "As for run:\n"
    "\n";

static const char inject_end[] =
    "\n"
    "--jobs and --private need root or --fake-root. PROGRAM reads from /dev/null.\n"
    "Exit status: 0 clean and complete, 1 findings, 2 usage, 3 the audit could not run, 4 evidence incomplete.\n";

enum { OPTION_CALLS = 256, OPTION_ERRNO, OPTION_REPEAT, OPTION_JOBS, OPTION_PRIVATE, OPTION_KEEP };

static int set_jobs(struct inject *i, const char *argument)
{
    char *end;
    unsigned long jobs = strtoul(argument, &end, 10);

    if (argument[0] < '0' || argument[0] > '9' || *end || !jobs || jobs > JOBS_MAX)
        return cli_usage("inject", "--jobs: '%s' is not a number from 1 to %d", argument, JOBS_MAX);
    i->options.jobs = (unsigned)jobs;
    return 0;
}

static int add_private(struct inject *i, const char *argument)
{
    char *path;

    if (i->n_private == PRIVATE_MAX)
        return cli_usage("inject", "--private may be given at most %d times", PRIVATE_MAX);
    path = realpath(argument, NULL);
    if (!path) {
        cli_error("--private %s: %s", argument, strerror(errno));
        return CLI_EXIT_USAGE;
    }
    i->private_directories[i->n_private++] = path;
    return 0;
}

/* 0, or an exit status. */
static int inject_option(struct inject *i, int option, const char *argument)
{
    int r;

    switch (option) {
    case OPTION_CALLS:
        i->options.calls = argument;
        return 0;
    case OPTION_ERRNO:
        i->options.errors = argument;
        return 0;
    case OPTION_REPEAT:
        i->options.every = 1;
        return 0;
    case OPTION_JOBS:
        return set_jobs(i, argument);
    case OPTION_PRIVATE:
        return add_private(i, argument);
    case OPTION_KEEP:
        i->options.recordings = argument;
        return 0;
    default:
        r = cli_launching_option(&i->launching, option, argument);
        return r > 0 ? 0 : r < 0 ? -r : CLI_EXIT_USAGE;
    }
}

static int check_words(const struct inject_options *o)
{
    const char *word, *const *known, *nearest;
    const char *option;
    char copy[64];

    if (!inject_check_words(o, &word, &known))
        return 0;
    option = o->calls && word >= o->calls && word <= o->calls + strlen(o->calls) ? "--calls" : "--errno";
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(word, ","), word);
    nearest = cli_nearest(copy, known);
    if (nearest)
        return cli_usage("inject", "%s does not know '%s'; did you mean '%s'?", option, copy, nearest);
    return cli_usage("inject", "%s does not know '%s'", option, copy);
}

/* 0: go on; -1: help was printed; else an exit status. */
static int inject_parse(struct inject *i, int argc, char **argv)
{
    static const struct option options[] = {
        { "calls", required_argument, NULL, OPTION_CALLS },
        { "errno", required_argument, NULL, OPTION_ERRNO },
        { "repeat", no_argument, NULL, OPTION_REPEAT },
        { "jobs", required_argument, NULL, OPTION_JOBS },
        { "private", required_argument, NULL, OPTION_PRIVATE },
        { "keep", required_argument, NULL, OPTION_KEEP },
        CLI_LAUNCHING_LONG,
        { NULL, 0, NULL, 0 },
    };
    int option, r = 0;

    optind = 0;
    opterr = 0;
    while (!r && (option = getopt_long(argc, argv, "+:" CLI_LAUNCHING_SHORT, options, NULL)) != -1) {
        if (option == 'h') {
            printf("%s%s%s%s", inject_usage, cli_launching_help, cli_judging_help, inject_end);
            return -1;
        }
        r = option == '?' || option == ':' ? cli_wrong_option(option, argv, options) : inject_option(i, option, optarg);
    }
    if (!r && optind == argc)
        return cli_usage("inject", "no program given");
    return r ? r : check_words(&i->options);
}

/* ---- while it runs ---- */

static void say_progress(void *context, unsigned done, unsigned of, int64_t seconds_left)
{
    struct inject *i = context;

    if (i->launching.judging.verbose < 0 || !isatty(STDERR_FILENO))
        return;
    i->has_progress = done < of;
    fprintf(stderr, "\rinject: %u of %u, about %lld s left \033[K%s", done, of, (long long)seconds_left,
            done < of ? "" : "\n");
}

/* In a trial's own process. */
static int judge_trial(void *context, struct facts *trial)
{
    const struct inject *i = context;
    const struct judge_options options = { .files = i->launching.judging.checks,
                                           .without = i->launching.judging.without };
    struct judge_result result = { 0 };
    int r = judge_run(trial, &options, &result);

    if (!r)
        r = judge_store(trial);
    judge_release(&result);
    return r;
}

/* ---- before and after ---- */

static int make_keep(const struct inject *i)
{
    if (!i->options.recordings || !mkdir(i->options.recordings, 0700) || errno == EEXIST)
        return 0;
    cli_error("--keep %s: %s", i->options.recordings, strerror(errno));
    return CLI_EXIT_FAILED;
}

/* The runs come one after the other, and must all read the same. */
static int read_nothing(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int r = fd < 0 || dup2(fd, STDIN_FILENO) < 0 ? CLI_EXIT_FAILED : 0;

    if (r)
        cli_error("/dev/null: %s", strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    return r;
}

static int inject_prepare(struct inject *i)
{
    char why[512];
    int status, r;

    i->options.observe = i->launching.observe;
    i->options.observe.launch.terminal = -1;
    i->options.private_directories = i->private_directories;
    i->options.recording = i->launching.recording;
    i->options.judge = judge_trial;
    i->options.progress = say_progress;
    i->options.context = i;
    r = inject_check_apart(&i->options, why, sizeof why);
    if (r < 0) {
        cli_error("%s", why);
        return CLI_EXIT_FAILED;
    }
    if (!r && i->launching.judging.verbose >= 0)
        cli_note("the runs are made one after the other, on the host's own network and files; --jobs and --private "
                 "keep them apart");
    status = make_keep(i);
    return status ? status : read_nothing();
}

/* The trials after a clean run. */
static int inject_trials(struct inject *i, struct facts *f, struct observe_result *result)
{
    struct inject_plan plan = { 0 };
    int r;

    if (result->interrupted) {
        cli_note("interrupted in the clean run: no call was made to fail");
        return 0;
    }
    r = inject_plan(f, &i->options, &plan);
    if (!r && !plan.n)
        cli_note("the program made no call that --calls chooses and that could be made to fail");
    if (!r && plan.n)
        r = inject_run(f, &i->options, &plan);
    if (i->has_progress)
        fputc('\n', stderr);
    if (r == -EINTR)
        cli_note("interrupted: the trials until now are judged");
    inject_plan_release(&plan);
    if (r && r != -EINTR && facts_error(f))
        result->record_error = r;
    return r == -EINTR ? 0 : r;
}

static int inject_audit(struct inject *i)
{
    struct observe_result result;
    struct facts *f;
    int status = cli_launching_record(&i->launching, &f), learnt, trials = 0;

    if (status)
        return status;
    learnt = inject_learn(f, &i->options, &result);
    if (!learnt && !result.record_error)
        trials = inject_trials(i, f, &result);
    status = cli_launching_finish(&i->launching, f, learnt, &result);
    if (trials && !result.record_error) {
        cli_error("the trials could not be made: %s", strerror(-trials));
        return CLI_EXIT_FAILED;
    }
    return status;
}

int verb_inject(int argc, char **argv)
{
    struct inject i = { 0 };
    int status;

    cli_launching_init(&i.launching);
    status = inject_parse(&i, argc, argv);
    if (!status)
        status = cli_launching_prepare(&i.launching, argv + optind);
    if (!status)
        status = inject_prepare(&i);
    if (!status)
        status = inject_audit(&i);
    cli_launching_release(&i.launching);
    for (size_t n = 0; n < i.n_private; n++)
        free((char *)i.private_directories[n]);
    return status < 0 ? CLI_EXIT_CLEAN : status;
}

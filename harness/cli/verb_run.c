/* verb_run.c - forkaudit run: launch a program, audit it, report. */
#include "harness/cli/cli.h"
#include "harness/cli/user.h"

#include "checks/judge.h"
#include "harness/facts/facts.h"
#include "harness/observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
    struct cli_judging judging;
    struct observe_options observe;
    struct cli_user user;
    char *recording; /* owned */
    char *path;      /* of the program, owned */
    int until_settled;
};

static const char run_usage[] =
    "Usage: forkaudit run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
    "Launch PROGRAM, follow everything it forks, judge what was seen, and report.\n"
    "\n"
    "  -r, --record FILE        write the recording to FILE (default: PROGRAM.fork)\n"
    "      --until-settled      end the program once it has settled (every process waits)\n"
    "      --poke COMMAND       once it has settled, run COMMAND (sh -c) to make it work; end when\n"
    "                           the command has ended and the program has settled again\n"
    "      --poke-timeout TIME  kill the poke after TIME (default 300s)\n"
    "      --for TIME           end the program after TIME: 500ms, 30s, 5m, 1h\n"
    "      --settle-timeout TIME  wait at most TIME for it to settle (default 60s)\n"
    "  -u, --user USER[:GROUP]  run the program as USER, with the user's own groups\n"
    "\n";

static const char run_end[] =
    "\n"
    "Without --until-settled, --poke or --for the audit ends when PROGRAM and all it started have ended, or by "
    "Ctrl-C.\n"
    "Exit status: 0 clean and complete, 1 findings, 2 usage, 3 the audit could not run, 4 evidence incomplete.\n";

enum { OPTION_UNTIL_SETTLED = 256, OPTION_POKE, OPTION_POKE_TIMEOUT, OPTION_FOR, OPTION_SETTLE_TIMEOUT };

/* "1500ms", "30s", "5m", "1h", "30" (seconds). -1 when it is none of these. */
static int64_t run_time(const char *text)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = { { "ms", 1 }, { "s", 1e3 }, { "", 1e3 }, { "m", 6e4 }, { "h", 3.6e6 } };
    char *end;
    double value = strtod(text, &end);

    if (end == text || !(value > 0))
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].unit) && value * units[i].ms < 1e12)
            return value * units[i].ms < 1 ? 1 : (int64_t)(value * units[i].ms);
    return -1;
}

static int run_option_time(const char *option, const char *text, int64_t *ret)
{
    int64_t ms = run_time(text);

    if (ms < 0) {
        cli_error("--%s: '%s' is not a time; write 500ms, 30s, 5m or 1h", option, text);
        return CLI_EXIT_USAGE;
    }
    *ret = ms;
    return 0;
}

static int run_option(struct run *run, int option, const char *argument)
{
    switch (option) {
    case 'r':
        free(run->recording);
        run->recording = strdup(argument);
        return run->recording ? 0 : CLI_EXIT_FAILED;
    case 'u':
        return cli_user_find(argument, &run->user);
    case OPTION_UNTIL_SETTLED:
        run->until_settled = 1;
        return 0;
    case OPTION_POKE:
        run->observe.poke = argument;
        return 0;
    case OPTION_POKE_TIMEOUT:
        return run_option_time("poke-timeout", argument, &run->observe.poke_timeout);
    case OPTION_FOR:
        return run_option_time("for", argument, &run->observe.time);
    case OPTION_SETTLE_TIMEOUT:
        return run_option_time("settle-timeout", argument, &run->observe.settle_timeout);
    default:
        return cli_judging_option(&run->judging, option, argument) > 0 ? 0 : CLI_EXIT_USAGE;
    }
}

/* 0: go on; -1: help was printed; else an exit status. */
static int run_parse(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        { "record", required_argument, NULL, 'r' },
        { "until-settled", no_argument, NULL, OPTION_UNTIL_SETTLED },
        { "poke", required_argument, NULL, OPTION_POKE },
        { "poke-timeout", required_argument, NULL, OPTION_POKE_TIMEOUT },
        { "for", required_argument, NULL, OPTION_FOR },
        { "settle-timeout", required_argument, NULL, OPTION_SETTLE_TIMEOUT },
        { "user", required_argument, NULL, 'u' },
        { "help", no_argument, NULL, 'h' },
        CLI_JUDGING_LONG,
        { NULL, 0, NULL, 0 },
    };
    int option, r = 0;

    optind = 0;
    opterr = 0;
    while (!r && (option = getopt_long(argc, argv, "+:hr:u:" CLI_JUDGING_SHORT, options, NULL)) != -1) {
        if (option == 'h') {
            printf("%s%s%s", run_usage, cli_judging_help, run_end);
            return -1;
        }
        r = option == '?' || option == ':' ? cli_wrong_option(option, argv, options) : run_option(run, option, optarg);
    }
    if (!r && optind == argc)
        return cli_usage("run", "no program given");
    if (!r)
        run->observe.launch.argv = argv + optind;
    return r;
}

static int is_program(const char *path)
{
    return !access(path, X_OK);
}

/* As execvp(3) searches, but before anything starts, and with the reason for the user. 0 with *ret owned by the caller. */
static int run_search(const char *name, char **ret)
{
    const char *list = getenv("PATH");
    char path[PATH_MAX];

    if (strchr(name, '/')) {
        if (!is_program(name)) {
            cli_error("%s: %s%s", name, strerror(errno),
                      errno == EACCES ? "; is it a program, and may you execute it? (chmod +x)" : "");
            return CLI_EXIT_FAILED;
        }
        *ret = strdup(name);
        return *ret ? 0 : CLI_EXIT_FAILED;
    }
    if (!list)
        list = "/usr/local/bin:/usr/bin:/bin";
    while (*list) {
        int n = (int)strcspn(list, ":");

        if (snprintf(path, sizeof path, "%.*s/%s", n ? n : 1, n ? list : ".", name) < (int)sizeof path &&
            is_program(path)) {
            *ret = strdup(path);
            return *ret ? 0 : CLI_EXIT_FAILED;
        }
        list += n + (list[n] == ':');
    }
    cli_error("%s: no such program in PATH; give its path", name);
    return CLI_EXIT_FAILED;
}

static void run_settings(struct run *run)
{
    struct observe_options *o = &run->observe;

    o->until = o->poke              ? OBSERVE_UNTIL_POKE
               : run->until_settled ? OBSERVE_UNTIL_SETTLED
               : o->time > 0        ? OBSERVE_UNTIL_TIME
                                    : OBSERVE_UNTIL_EXIT;
    o->launch.path = run->path;
    o->launch.envp = environ;
    o->launch.terminal = -1;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && o->launch.terminal < 0; fd++)
        if (tcgetpgrp(fd) == getpgrp())
            o->launch.terminal = fd;
    if (run->user.is_set) {
        o->launch.switch_user = 1;
        o->launch.uid = run->user.uid;
        o->launch.gid = run->user.gid;
        o->launch.groups = run->user.groups;
        o->launch.n_groups = run->user.n_groups;
    }
}

static void run_news(void *context, enum observe_news news, unsigned processes)
{
    const struct run *run = context;
    static const char *const texts[N_OBSERVE_NEWS] = {
        [OBSERVE_NEWS_STARTED] = "started",
        [OBSERVE_NEWS_SETTLED] = "settled",
        [OBSERVE_NEWS_POKE_STARTED] = "poking",
        [OBSERVE_NEWS_POKE_ENDED] = "the poke has ended; waiting for it to settle again",
        [OBSERVE_NEWS_ENDING] = "asking it to end",
        [OBSERVE_NEWS_KILLING] = "it did not end; killing it",
        [OBSERVE_NEWS_LEADER_GONE] = "the program has ended, but processes of it remain; Ctrl-C ends them",
        [OBSERVE_NEWS_RECORD_LOST] =
            "the recording cannot be written any more; the program goes on, the audit is incomplete",
    };
    int always = news == OBSERVE_NEWS_LEADER_GONE || news == OBSERVE_NEWS_RECORD_LOST;

    if (always || run->judging.verbose > 0 || (!run->judging.verbose && isatty(STDERR_FILENO)))
        cli_note("%s (%u process%s)", texts[news], processes, processes == 1 ? "" : "es");
}

static void run_launch_error(const struct run *run, enum trace_stage stage, int error)
{
    const char *program = run->observe.launch.argv[0], *advice = "";

    switch (stage) {
    case TRACE_STAGE_SEIZE:
        advice = "; tracing is refused. 'forkaudit doctor' says what to change (Yama's ptrace_scope, CAP_SYS_PTRACE, a "
                 "seccomp "
                 "profile of the container)";
        break;
    case TRACE_STAGE_FILTER:
        advice = "; the seccomp filter is refused. 'forkaudit doctor' says what to change";
        break;
    case TRACE_STAGE_USER:
        advice = "; to run it as another user, start forkaudit as root";
        break;
    case TRACE_STAGE_EXEC:
        if (error == ENOENT)
            advice = "; the file or its interpreter (#!, ELF loader) does not exist";
        if (error == ENOEXEC)
            advice = "; it has no #! line and is no ELF program. Start it through its interpreter";
        break;
    default:
        break;
    }
    cli_error("%s: could not be started: %s%s", program, strerror(error), advice);
}

static int run_audit(struct run *run)
{
    struct observe_result result;
    struct facts *f = NULL;
    char why[512];
    int r = facts_create(run->recording, &f, why, sizeof why), status;

    if (r) {
        cli_error("%s", why);
        return CLI_EXIT_FAILED;
    }
    r = observe_run(f, &run->observe, &result);
    if (result.record_error)
        cli_error("%s: %s", run->recording, facts_error(f) ? facts_error(f) : strerror(-result.record_error));
    if (r) {
        if (!result.record_error)
            run_launch_error(run, result.stage, -r);
        facts_close(f);
        return CLI_EXIT_FAILED;
    }
    status = cli_judging_finish(&run->judging, f, !result.record_error);
    r = facts_close(f);
    if (r && !result.record_error) {
        cli_error("%s: %s", run->recording, strerror(-r));
        status = CLI_EXIT_FAILED;
    }
    if (result.record_error && status == CLI_EXIT_CLEAN)
        status = CLI_EXIT_INCOMPLETE;
    return status;
}

static int run_default_recording(struct run *run)
{
    const char *name = strrchr(run->observe.launch.argv[0], '/');

    name = name ? name + 1 : run->observe.launch.argv[0];
    return run->recording || asprintf(&run->recording, "%s.fork", name) >= 0 ? 0 : CLI_EXIT_FAILED;
}

int verb_run(int argc, char **argv)
{
    struct run run = { .observe = { .poke_timeout = 300000,
                                    .settle_timeout = 60000,
                                    .end_timeout = 10000,
                                    .tool = FORKAUDIT_VERSION,
                                    .news = run_news } };
    int status;

    run.observe.context = &run;
    cli_judging_init(&run.judging);
    status = run_parse(&run, argc, argv);
    if (!status)
        status = run_default_recording(&run);
    if (!status)
        status = run_search(run.observe.launch.argv[0], &run.path);
    if (!status) {
        run_settings(&run);
        status = cli_judging_open(&run.judging);
    }
    if (!status)
        status = run_audit(&run);
    cli_judging_release(&run.judging);
    cli_user_release(&run.user);
    free(run.recording);
    free(run.path);
    return status < 0 ? CLI_EXIT_CLEAN : status;
}

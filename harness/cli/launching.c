/* launching.c - the options that say what to start and how long, and what is done with them. */
#include "harness/cli/launching.h"

#include "harness/cli/fake_root.h"
#include "harness/facts/facts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OPTION_UNTIL_SETTLED = CLI_LAUNCHING_OPTIONS,
    OPTION_POKE,
    OPTION_POKE_TIMEOUT,
    OPTION_FOR,
    OPTION_SETTLE_TIMEOUT,
    OPTION_FAKE_ROOT,
    OPTION_NO_COPIES,
};

const char cli_launching_help[] =
    "  -r, --record FILE        write the recording to FILE (default: PROGRAM.fork)\n"
    "      --until-settled      end the program once it has settled (every process waits)\n"
    "      --poke COMMAND       once it has settled, run COMMAND (sh -c) to make it work; end when\n"
    "                           the command has ended and the program has settled again\n"
    "      --poke-timeout TIME  kill the poke after TIME (default 300s)\n"
    "      --for TIME           end the program after TIME: 500ms, 30s, 5m, 1h\n"
    "      --settle-timeout TIME  wait at most TIME for it to settle (default 60s)\n"
    "  -u, --user USER[:GROUP]  run the program as USER, with the user's own groups\n"
    "      --fake-root          for an ordinary user: be root of a user namespace, so that the program\n"
    "                           can drop privilege\n"
    "      --no-copies          do not try in disposable copies what a process could take back\n"
    "\n";

int64_t cli_launching_time(const char *text)
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

static int option_time(const char *option, const char *text, int64_t *ret)
{
    int64_t ms = cli_launching_time(text);

    if (ms < 0) {
        cli_error("--%s: '%s' is not a time; write 500ms, 30s, 5m or 1h", option, text);
        return -CLI_EXIT_USAGE;
    }
    *ret = ms;
    return 1;
}

int cli_launching_option(struct cli_launching *l, int option, const char *argument)
{
    int r;

    switch (option) {
    case 'r':
        free(l->recording);
        l->recording = strdup(argument);
        return l->recording ? 1 : -CLI_EXIT_FAILED;
    case 'u':
        r = cli_user_find(argument, &l->user);
        return r ? -r : 1;
    case OPTION_UNTIL_SETTLED:
        l->until_settled = 1;
        return 1;
    case OPTION_POKE:
        l->observe.poke = argument;
        return 1;
    case OPTION_POKE_TIMEOUT:
        return option_time("poke-timeout", argument, &l->observe.poke_timeout);
    case OPTION_FOR:
        return option_time("for", argument, &l->observe.time);
    case OPTION_SETTLE_TIMEOUT:
        return option_time("settle-timeout", argument, &l->observe.settle_timeout);
    case OPTION_FAKE_ROOT:
        if (!geteuid()) {
            cli_error("--fake-root is for ordinary users, and you are root already: leave it out");
            return -CLI_EXIT_USAGE;
        }
        l->fake_root = 1;
        return 1;
    case OPTION_NO_COPIES:
        l->observe.no_copies = 1;
        return 1;
    default:
        return cli_judging_option(&l->judging, option, argument);
    }
}

static int is_program(const char *path)
{
    return !access(path, X_OK);
}

/* As execvp(3) searches, but before anything starts, and with the reason for the user. 0 with *ret owned by the caller. */
static int search_program(const char *name, char **ret)
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

static void fill_settings(struct cli_launching *l)
{
    struct observe_options *o = &l->observe;

    o->until = o->poke            ? OBSERVE_UNTIL_POKE
               : l->until_settled ? OBSERVE_UNTIL_SETTLED
               : o->time > 0      ? OBSERVE_UNTIL_TIME
                                  : OBSERVE_UNTIL_EXIT;
    o->launch.path = l->path;
    o->launch.envp = environ;
    o->launch.terminal = -1;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && o->launch.terminal < 0; fd++)
        if (tcgetpgrp(fd) == getpgrp())
            o->launch.terminal = fd;
    if (l->user.is_set) {
        o->launch.switch_user = 1;
        o->launch.uid = l->user.uid;
        o->launch.gid = l->user.gid;
        o->launch.groups = l->user.groups;
        o->launch.n_groups = l->user.n_groups;
    }
}

static void say_news(void *context, enum observe_news news, unsigned processes)
{
    struct cli_launching *l = context;
    static const char *const texts[N_OBSERVE_NEWS] = {
        [OBSERVE_NEWS_STARTED] = "started",
        [OBSERVE_NEWS_SETTLED] = "settled",
        [OBSERVE_NEWS_POKE_STARTED] = "poking",
        [OBSERVE_NEWS_POKE_ENDED] = "the poke has ended; waiting for it to settle again",
        [OBSERVE_NEWS_ENDING] = "asking it to end",
        [OBSERVE_NEWS_KILLING] = "it did not end; killing it",
        [OBSERVE_NEWS_LEADER_GONE] = "the program has ended, but processes of it remain; Ctrl-C ends them",
        [OBSERVE_NEWS_DRAWING] = "drawing random numbers from copies of what has ended",
        [OBSERVE_NEWS_RECORD_LOST] =
            "the recording cannot be written any more; the program goes on, the audit is incomplete",
    };
    int always = news == OBSERVE_NEWS_LEADER_GONE || news == OBSERVE_NEWS_RECORD_LOST;
    time_t now = time(NULL);

    if (news == OBSERVE_NEWS_DRAWING) { /* told for each process */
        if (now == l->told_drawing)
            return;
        l->told_drawing = now;
    }
    if (always || l->judging.verbose > 0 || (!l->judging.verbose && isatty(STDERR_FILENO)))
        cli_note("%s (%u process%s)", texts[news], processes, processes == 1 ? "" : "es");
}

void cli_launching_init(struct cli_launching *l)
{
    *l = (struct cli_launching){ .observe = { .poke_timeout = 300000,
                                              .settle_timeout = 60000,
                                              .end_timeout = 10000,
                                              .tool = FORKAUDIT_VERSION,
                                              .news = say_news,
                                              .context = l } };
    cli_judging_init(&l->judging);
}

static int name_recording(struct cli_launching *l)
{
    const char *name = strrchr(l->observe.launch.argv[0], '/');

    name = name ? name + 1 : l->observe.launch.argv[0];
    return l->recording || asprintf(&l->recording, "%s.fork", name) >= 0 ? 0 : CLI_EXIT_FAILED;
}

/* --user names ids of the host; only those that are mapped can be taken. */
static int check_mapped(const struct cli_launching *l)
{
    const struct cli_user *user = &l->user;
    int has = fake_root_has(l->id_maps, "uid", user->uid) && fake_root_has(l->id_maps, "gid", user->gid);

    for (size_t i = 0; has && i < user->n_groups; i++)
        has = fake_root_has(l->id_maps, "gid", user->groups[i]);
    if (has)
        return 0;
    cli_error("--user: uid %u, gid %u or one of the groups is beyond the ids of the user namespace (%s); your lines in "
              "/etc/subuid and /etc/subgid must have more",
              (unsigned)user->uid, (unsigned)user->gid, l->id_maps);
    return CLI_EXIT_FAILED;
}

/* Outputs are opened before, with the user's own rights: inside, a file of the user's that is not writable would be. The
 * program gets what root has after login; we keep the groups of our user, which mean nothing inside and could not be
 * taken again. */
static int enter_fake_root(struct cli_launching *l)
{
    static const gid_t groups[] = { 0 };
    struct trace_launch *launch = &l->observe.launch;
    char why[1536];

    if (fake_root_enter(&l->id_maps, why, sizeof why)) {
        cli_error("--fake-root: %s", why);
        return CLI_EXIT_FAILED;
    }
    l->observe.id_maps = l->id_maps;
    if (l->user.is_set)
        return check_mapped(l);
    launch->switch_user = 1;
    launch->uid = 0;
    launch->gid = 0;
    launch->groups = groups;
    launch->n_groups = 1;
    return 0;
}

int cli_launching_prepare(struct cli_launching *l, char **argv)
{
    int status;

    l->observe.launch.argv = argv;
    status = name_recording(l);
    if (!status)
        status = search_program(argv[0], &l->path);
    if (status)
        return status;
    fill_settings(l);
    status = cli_judging_open(&l->judging);
    return status || !l->fake_root ? status : enter_fake_root(l);
}

int cli_launching_record(struct cli_launching *l, struct facts **ret)
{
    char why[512];

    if (!facts_create(l->recording, ret, why, sizeof why))
        return 0;
    cli_error("%s", why);
    return CLI_EXIT_FAILED;
}

static void say_launch_error(const struct cli_launching *l, enum trace_stage stage, int error)
{
    const char *program = l->observe.launch.argv[0], *advice = "";

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
        advice = "; to run it as another user, start forkaudit as root, or with --fake-root";
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

int cli_launching_finish(struct cli_launching *l, struct facts *f, int observed, const struct observe_result *result)
{
    int status, r;

    if (result->record_error)
        cli_error("%s: %s", l->recording, facts_error(f) ? facts_error(f) : strerror(-result->record_error));
    if (observed) {
        if (!result->record_error && result->why[0])
            cli_error("%s", result->why);
        else if (!result->record_error)
            say_launch_error(l, result->stage, -observed);
        facts_close(f);
        return CLI_EXIT_FAILED;
    }
    status = cli_judging_finish(&l->judging, f, !result->record_error);
    r = facts_close(f);
    if (r && !result->record_error) {
        cli_error("%s: %s", l->recording, strerror(-r));
        status = CLI_EXIT_FAILED;
    }
    if (result->record_error && status == CLI_EXIT_CLEAN)
        status = CLI_EXIT_INCOMPLETE;
    return status;
}

void cli_launching_release(struct cli_launching *l)
{
    cli_judging_release(&l->judging);
    cli_user_release(&l->user);
    free(l->recording);
    free(l->path);
    free(l->id_maps);
}

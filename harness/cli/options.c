/* options.c - what every verb does with its command line: wrong options, usage errors, the recording it is given. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/facts/facts.h"

int cli_usage(const char *verb, const char *format, ...)
{
    char message[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cli_error("%s", message);
    fprintf(stderr, "Try 'forkaudit %s%s--help'.\n", verb ? verb : "", verb ? " " : "");
    return CLI_EXIT_USAGE;
}

/* Says that there is no such long option, with the nearest. */
static void say_unknown(const char *argument, const struct option *options)
{
    const char *names[64];
    char word[64];
    size_t n = 0, length = strcspn(argument, "=");
    const char *nearest;

    for (; options->name && n < 63; options++)
        names[n++] = options->name;
    names[n] = NULL;
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), argument);
    nearest = cli_nearest(word, names);
    if (nearest)
        cli_error("unknown option '--%s'; did you mean '--%s'?", word, nearest);
    else
        cli_error("unknown option '--%s'", word);
}

/* How many long options begin with `word`; getopt_long(3) takes an abbreviation when it is one. */
static int count_matches(const char *word, const struct option *options)
{
    size_t length = strcspn(word, "=");
    int n = 0;

    for (; options->name; options++) {
        if (!strncmp(word, options->name, length)) {
            n++;
            if (strlen(options->name) == length)
                return 1;
        }
    }
    return n;
}

int cli_wrong_option(int code, char **arguments, const struct option *options)
{
    const char *argument = arguments[optind - 1];
    int is_long = argument && !strncmp(argument, "--", 2) && argument[2];

    if (code == ':' && is_long)
        cli_error("option '%s' needs an argument", argument);
    else if (code == ':')
        cli_error("option '-%c' needs an argument", optopt);
    else if (is_long && count_matches(argument + 2, options) > 1)
        cli_error("option '%s' is ambiguous; write it out", argument);
    else if (is_long && count_matches(argument + 2, options) == 1)
        cli_error("option '%s' takes no argument", argument);
    else if (is_long)
        say_unknown(argument + 2, options);
    else
        cli_error("unknown option '-%c'", optopt);
    fprintf(stderr, "Try 'forkaudit %s --help'.\n", arguments[0]);
    return CLI_EXIT_USAGE;
}

int cli_open_recording(const char *path, struct facts **ret)
{
    char why[512] = "";
    int r = facts_open(path, ret, why, sizeof why);
    const char *todo;

    if (r == 0)
        return 0;
    switch (-r) {
    case ENOENT:
        todo = "make one with: forkaudit run -r FILE -- PROGRAM";
        break;
    case EACCES:
    case EPERM:
        todo = "read it as the user who recorded it";
        break;
    case EINVAL:
        todo = "name a file that 'forkaudit run -r FILE' wrote";
        break;
    case EPROTO:
        todo = "use the version of forkaudit that made it, or a newer one";
        break;
    case EBADMSG:
        todo = "record again; what it holds cannot be trusted";
        break;
    default:
        todo = NULL;
        break;
    }
    cli_error("cannot read the recording: %s", why[0] ? why : strerror(-r));
    if (todo)
        cli_note("%s", todo);
    return CLI_EXIT_FAILED;
}

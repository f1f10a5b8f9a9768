/* dispatch.c - from the first argument to the verb. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/cli.h"

const struct cli_verb cli_verbs[] = {
    { "run", "run a program under audit, judge what was seen, and report", verb_run },
    { "inject", "run a program again and again, each time with one call failing", verb_inject },
    { "check", "judge a recording with today's checks; the exit status is the verdict", verb_check },
    { "report", "show a recording in one or several formats", verb_report },
    { "list", "list the checks, or the formats", verb_list },
    { "explain", "tell all about a check", verb_explain },
    { "doctor", "say what this host allows, and which checks that leaves partial", verb_doctor },
    { NULL, NULL, NULL },
};

static void print_help(void)
{
    fputs("Usage: forkaudit VERB [OPTION]... [ARGUMENT]...\n"
          "\n"
          "Audits what a program hands on when it forks: descriptors, ids and privileges, generator state.\n"
          "\n"
          "Verbs:\n",
          stdout);
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
        printf("  %-9s %s\n", verb->name, verb->summary);
    fputs("\n"
          "  forkaudit VERB --help   shows the options of a verb\n"
          "  forkaudit --version     shows the version\n"
          "\n"
          "Example: forkaudit run --until-settled --poke 'curl -s http://127.0.0.1:8080/' -- ./daemon -f\n"
          "\n"
          "Exit status: 0 nothing found and evidence complete, 1 findings, 2 wrong command line, 3 the audit\n"
          "could not run, 4 evidence incomplete. More in forkaudit(1).\n",
          stdout);
}

static const struct cli_verb *find_verb(const char *name)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
        if (!strcmp(verb->name, name))
            return verb;
    return NULL;
}

static int say_unknown(const char *word)
{
    const char *names[32], *nearest;
    const char *what = word[0] == '-' ? "option" : "verb";
    size_t n = 0;

    for (const struct cli_verb *verb = cli_verbs; verb->name && n < 28; verb++)
        names[n++] = verb->name;
    names[n] = NULL;
    if (word[0] == '-') {
        names[0] = "--help", names[1] = "--version", names[2] = NULL;
    }
    nearest = cli_nearest(word, names);
    if (nearest)
        return cli_usage(NULL, "unknown %s '%s'; did you mean '%s'?", what, word, nearest);
    return cli_usage(NULL, "unknown %s '%s'", what, word);
}

int cli_main(int argc, char **argv)
{
    const struct cli_verb *verb;
    const char *word = argc > 1 ? argv[1] : NULL;

    if (!word)
        return cli_usage(NULL, "a verb is needed: run, inject, check, report, list, explain or doctor");
    if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
        puts("forkaudit " FORKAUDIT_VERSION);
        return CLI_EXIT_CLEAN;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || (!strcmp(word, "help") && argc == 2)) {
        print_help();
        return CLI_EXIT_CLEAN;
    }
    if (!strcmp(word, "help")) {
        verb = find_verb(argv[2]);
        return verb ? verb->run(2, (char *[]){ argv[2], (char[]){ "--help" }, NULL }) : say_unknown(argv[2]);
    }
    verb = find_verb(word);
    return verb ? verb->run(argc - 1, argv + 1) : say_unknown(word);
}

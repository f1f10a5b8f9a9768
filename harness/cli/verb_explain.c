/* verb_explain.c - forkaudit explain: the manual entry of a check, from the head of its file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks/judge.h"
#include "harness/cli/cli.h"
#include "harness/cli/terminal.h"
#include "reports/page.h"

static const char help[] =
    "Usage: forkaudit explain CHECK...\n"
    "\n"
    "Tells what a check looks for, why it matters, what it accepts by design, and how to mend what\n"
    "it finds. 'forkaudit list' shows the checks.\n"
    "\n"
    "  -h, --help              show this\n";

static void write_section(struct page *p, const char *label, const char *text)
{
    if (!*text)
        return;
    page_end(p, 0, 0);
    page_style(p, PAGE_BOLD);
    page_add(p, label);
    page_style(p, PAGE_PLAIN);
    page_end(p, 0, 0);
    page_put_text(p, text, strlen(text));
    page_end(p, 4, 4);
}

static void write_entry(struct page *p, const struct check *c)
{
    page_style(p, PAGE_BOLD);
    page_put(p, c->id, strlen(c->id));
    page_style(p, PAGE_PLAIN);
    page_add(p, " - ");
    page_put_text(p, c->title, strlen(c->title));
    page_end(p, 0, 4);
    page_end(p, 0, 0);
    page_add(p, "Severity ");
    page_style(p, page_severity_style(c->severity));
    page_put(p, c->severity, strlen(c->severity));
    page_style(p, PAGE_PLAIN);
    page_add(p, ", strength ");
    page_put(p, c->strength, strlen(c->strength));
    page_end(p, 4, 4);
    write_section(p, "Why it matters", c->why);
    write_section(p, "Accepted by design", c->accepted);
    write_section(p, "How to mend it", c->fix);
    write_section(p, "Needs to have been seen", c->needs);
    write_section(p, "CWE", c->cwe);
    write_section(p, "CERT C rule", c->cert);
    write_section(p, "Real failures of this kind", c->kin);
    write_section(p, "Query", c->file);
}

static int say_unknown(const char *id)
{
    size_t n;
    const struct check *checks = judge_checks(&n);
    const char *names[256], *nearest;

    if (n > 255)
        n = 255;
    for (size_t i = 0; i < n; i++)
        names[i] = checks[i].id;
    names[n] = NULL;
    nearest = cli_nearest(id, names);
    if (nearest)
        return cli_usage("explain", "there is no check '%s'; did you mean '%s'?", id, nearest);
    return cli_usage("explain", "there is no check '%s'; 'forkaudit list' shows them", id);
}

static int explain(char **ids)
{
    const struct report_options options = {
        .color = terminal_color(-1, STDOUT_FILENO),
        .utf8 = terminal_utf8(),
        .width = terminal_width(STDOUT_FILENO),
    };
    struct page page;
    int r;

    for (char **id = ids; *id; id++) /* before the first line of output */
        if (!judge_check(*id))
            return say_unknown(*id);
    page_init(&page, stdout, &options);
    for (char **id = ids; *id; id++) {
        if (id != ids)
            page_end(&page, 0, 0), page_end(&page, 0, 0);
        write_entry(&page, judge_check(*id));
    }
    r = page_finish(&page);
    if (r == 0)
        return CLI_EXIT_CLEAN;
    cli_error("cannot write to standard output: %s", strerror(-r));
    return CLI_EXIT_FAILED;
}

int verb_explain(int argc, char **argv)
{
    static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
    int option;

    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
        if (option != 'h')
            return cli_wrong_option(option, argv, options);
        fputs(help, stdout);
        return CLI_EXIT_CLEAN;
    }
    if (argc == optind)
        return cli_usage("explain", "explain needs the id of a check; 'forkaudit list' shows them");
    return explain(argv + optind);
}

/* verb_list.c - forkaudit list: the checks, the failures they are made for, the formats, the known generators. */
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/judge.h"
#include "harness/cli/cli.h"
#include "harness/cli/terminal.h"
#include "harness/generator/generator.h"
#include "reports/report.h"

static const char help[] =
    "Usage: forkaudit list [checks|cves|formats|generators]\n"
    "\n"
    "Lists the checks (default); the failures of real programs (cves: CVE numbers and issues), each with\n"
    "the checks that look for its kind; the formats of reports; or the random number generators that\n"
    "--generators knows, with their functions, how those are called, what they are for, and what is known\n"
    "to part them after a fork. 'forkaudit explain CHECK' tells all about a check.\n"
    "\n"
    "  -h, --help              show this\n";

static struct libscols_table *new_table(const char *const *names)
{
    struct libscols_table *table = scols_new_table();
    int is_terminal = isatty(STDOUT_FILENO) == 1;

    if (!table)
        return NULL;
    scols_table_enable_ascii(table, !terminal_utf8());
    scols_table_enable_noheadings(table, !is_terminal); /* for scripts: rows only */
    scols_table_set_termforce(table, is_terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (is_terminal)
        scols_table_set_termwidth(table, (size_t)terminal_width(STDOUT_FILENO));
    for (; *names; names++) {
        if (!scols_table_new_column(table, *names, 0, names[1] ? 0 : SCOLS_FL_WRAP)) {
            scols_unref_table(table);
            return NULL;
        }
    }
    return table;
}

static int add_row(struct libscols_table *table, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);

    if (!line)
        return -1;
    for (size_t i = 0; cells[i]; i++)
        if (scols_line_set_data(line, i, cells[i]) != 0)
            return -1;
    return 0;
}

static int fill_checks(struct libscols_table *table)
{
    size_t n;
    const struct check *checks = judge_checks(&n);
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++)
        r = add_row(table,
                    (const char *[]){ checks[i].id, checks[i].severity, checks[i].strength, checks[i].title, NULL });
    return r;
}

/* One failure and one check that looks for its kind. */
struct kin {
    char name[80]; /* no longer than head.c lets through */
    const struct check *check;
};

static int kin_compare(const void *a, const void *b)
{
    const struct kin *x = a, *y = b;
    int x_cve = !strncmp(x->name, "CVE-", 4), y_cve = !strncmp(y->name, "CVE-", 4), r;

    if (x_cve != y_cve)
        return y_cve - x_cve;
    r = strverscmp(x->name, y->name);
    return r ? r : strcmp(x->check->id, y->check->id);
}

/* The blank-separated names of all checks; into `ret`, unless it is NULL. Returns how many there are. */
static size_t kin_collect(struct kin *ret)
{
    size_t n_checks, n = 0;
    const struct check *checks = judge_checks(&n_checks);

    for (size_t i = 0; i < n_checks; i++) {
        for (const char *at = checks[i].kin; *at; n++) {
            size_t size = strcspn(at, " ");

            if (ret) {
                ret[n].check = &checks[i];
                snprintf(ret[n].name, sizeof ret[n].name, "%.*s", (int)size, at);
            }
            at += size + strspn(at + size, " ");
        }
    }
    return n;
}

static int fill_cves(struct libscols_table *table)
{
    size_t n = kin_collect(NULL);
    struct kin *all = calloc(n + 1, sizeof *all);
    int r = all ? 0 : -1;

    if (all) {
        kin_collect(all);
        qsort(all, n, sizeof *all, kin_compare);
    }
    for (size_t i = 0; i < n && r == 0; i++)
        r = add_row(table, (const char *[]){ all[i].name, all[i].check->id, all[i].check->title, NULL });
    free(all);
    return r;
}

static int fill_formats(struct libscols_table *table)
{
    int r = 0;

    for (const struct report_format *f = report_formats; f->name && r == 0; f++)
        r = add_row(table, (const char *[]){ f->name, f->summary, NULL });
    return r;
}

/* A script stands for what is not called as a shape says: an interpreter is asked in its own language. */
static int fill_generators(struct libscols_table *table)
{
    int r = 0;

    for (const struct generator_family *const *f = generator_families; *f; f++)
        for (size_t i = 0; i < (*f)->n_kinds && r == 0; i++) {
            const struct generator_kind *k = &(*f)->kinds[i];

            r = add_row(table, (const char *[]){ (*f)->name, k->name, k->symbol, k->script ? "script" : k->shape,
                                                 generator_purpose_name(k->purpose), k->guard ? k->guard : "-", NULL });
        }
    return r;
}

/* What can be listed; the first is the default. */
static const struct {
    const char *name;
    const char *columns[7];
    int (*fill)(struct libscols_table *table);
} lists[] = {
    { "checks", { "CHECK", "SEVERITY", "STRENGTH", "TITLE", NULL }, fill_checks },
    { "cves", { "FAILURE", "CHECK", "TITLE", NULL }, fill_cves },
    { "formats", { "FORMAT", "SUMMARY", NULL }, fill_formats },
    { "generators", { "FAMILY", "GENERATOR", "FUNCTION", "SHAPE", "PURPOSE", "GUARD", NULL }, fill_generators },
};
#define N_LISTS (sizeof lists / sizeof lists[0])

static int print_list(size_t i)
{
    struct libscols_table *table = new_table(lists[i].columns);
    int r;

    if (!table) {
        cli_error("out of memory");
        return CLI_EXIT_FAILED;
    }
    r = lists[i].fill(table);
    if (r == 0)
        r = scols_print_table(table);
    scols_unref_table(table);
    if (r == 0)
        return CLI_EXIT_CLEAN;
    cli_error("cannot print the list of %s", lists[i].name);
    return CLI_EXIT_FAILED;
}

int verb_list(int argc, char **argv)
{
    static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
    const char *names[N_LISTS + 1] = { NULL }, *nearest;
    int option;

    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
        if (option != 'h')
            return cli_wrong_option(option, argv, options);
        fputs(help, stdout);
        return CLI_EXIT_CLEAN;
    }
    if (argc - optind > 1)
        return cli_usage("list", "list shows one kind at a time; '%s' is too many", argv[optind + 1]);
    if (argc == optind)
        return print_list(0);
    for (size_t i = 0; i < N_LISTS; i++) {
        names[i] = lists[i].name;
        if (!strcmp(argv[optind], lists[i].name))
            return print_list(i);
    }
    nearest = cli_nearest(argv[optind], names);
    if (nearest)
        return cli_usage("list", "there is no list of '%s'; did you mean '%s'?", argv[optind], nearest);
    return cli_usage("list", "there is no list of '%s'; there are checks, cves, formats and generators", argv[optind]);
}

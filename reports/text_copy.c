/* text_copy.c - what disposable copies of a process tried, told in a sentence or two. */
#include "reports/text_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"

#define WANTED_MAX 12 /* different things that are named for one outcome */

void text_copy_init(struct text_copy *c, const struct report_options *options)
{
    *c = (struct text_copy){ 0 };
    for (int i = 0; i < N_TEXT_COPY; i++)
        page_init(&c->outcomes[i].wanted, NULL, options);
}

void text_copy_release(struct text_copy *c)
{
    for (int i = 0; i < N_TEXT_COPY; i++)
        page_finish(&c->outcomes[i].wanted);
}

int text_copy_is_same(const struct text_copy *c, sqlite3_stmt *row)
{
    return c->is_open && c->look == sqlite3_column_int64(row, IDENTITY_LOOK) &&
           c->tid == sqlite3_column_int64(row, IDENTITY_TID);
}

/* How often `byte` is in a column. */
static int64_t count(sqlite3_stmt *row, int column, char byte)
{
    size_t size;
    const char *bytes = query_bytes(row, column, &size);
    int64_t n = 0;

    for (size_t i = 0; i < size; i++)
        n += bytes[i] == byte;
    return n;
}

/* "uid 0", "41 capabilities": what the copy wanted back. */
static void put_wanted(struct page *p, sqlite3_stmt *row)
{
    const char *kind = (const char *)sqlite3_column_text(row, IDENTITY_PROOF);
    int64_t n = count(row, IDENTITY_WANTED, ',') + 1;

    if (!kind || strcmp(kind, "cap") != 0) {
        if (kind && !strcmp(kind, "uid-map"))
            page_add(p, "uid");
        else
            text_column(p, row, IDENTITY_PROOF);
        page_add(p, " ");
        text_column(p, row, IDENTITY_WANTED);
        if (kind && !strcmp(kind, "uid-map"))
            page_add(p, " (in a user namespace of its own)");
    } else if (n > 4) {
        page_format(p, "%lld capabilities", (long long)n);
    } else {
        text_column(p, row, IDENTITY_WANTED);
    }
}

/* A call is a name with arguments in brackets; "capset for each" is one for each capability. */
static int64_t count_calls(sqlite3_stmt *row)
{
    int64_t n = count(row, IDENTITY_TRIED, '(');

    if (n > 0 || sqlite3_column_type(row, IDENTITY_TRIED) == SQLITE_NULL)
        return n;
    return count(row, IDENTITY_WANTED, ',') + 1;
}

static void add_later(struct text_copy *c, enum text_copy_outcome outcome, sqlite3_stmt *row)
{
    struct page *wanted = &c->outcomes[outcome].wanted;
    int64_t rows = c->outcomes[outcome].rows++;

    c->outcomes[outcome].calls += count_calls(row);
    if (rows >= WANTED_MAX)
        return;
    page_add(wanted, rows ? ", " : "");
    put_wanted(wanted, row);
}

static void put_detail(struct page *p, sqlite3_stmt *row, const char *before)
{
    if (sqlite3_column_type(row, IDENTITY_TRIED_DETAIL) == SQLITE_NULL)
        return;
    page_add(p, before);
    text_column(p, row, IDENTITY_TRIED_DETAIL);
}

int text_copy_add(struct text_copy *c, struct page *p, sqlite3_stmt *row, int *ret_regained)
{
    static const char *const later[N_TEXT_COPY] = { "refused", "killed", "hung" };
    const char *outcome = (const char *)sqlite3_column_text(row, IDENTITY_OUTCOME);

    c->is_open = 1;
    c->look = sqlite3_column_int64(row, IDENTITY_LOOK);
    c->tid = sqlite3_column_int64(row, IDENTITY_TID);
    *ret_regained = outcome && !strcmp(outcome, "regained");
    for (int i = 0; i < N_TEXT_COPY; i++) {
        if (!outcome || strcmp(outcome, later[i]) != 0)
            continue;
        add_later(c, (enum text_copy_outcome)i, row);
        return 0;
    }
    if (*ret_regained) {
        c->regained++;
        page_style(p, PAGE_RED);
        page_add(p, "REGAINED ");
        put_wanted(p, row);
        page_style(p, PAGE_PLAIN);
        page_add(p, " by ");
        text_column(p, row, IDENTITY_TRIED);
        put_detail(p, row, ": ");
    } else if (outcome && !strcmp(outcome, "not-made")) {
        page_style(p, PAGE_YELLOW);
        page_add(p, "not tried");
        page_style(p, PAGE_PLAIN);
        put_detail(p, row, ": ");
    } else if (outcome && !strcmp(outcome, "described")) {
        text_column(p, row, IDENTITY_TRIED_DETAIL);
    } else {
        text_column(p, row, IDENTITY_OUTCOME);
        page_add(p, ": ");
        put_wanted(p, row);
        put_detail(p, row, ", ");
    }
    return 1;
}

int text_copy_end(struct text_copy *c, struct page *p)
{
    static const char *const words[N_TEXT_COPY] = { "refused", "killed by a seccomp filter of its own",
                                                    "they hung, and were ended" };

    for (int i = 0; i < N_TEXT_COPY; i++) {
        int64_t rows = c->outcomes[i].rows, calls = c->outcomes[i].calls;
        char *wanted;

        if (rows == 0)
            continue;
        if (rows > WANTED_MAX)
            page_format(&c->outcomes[i].wanted, " and %lld more", (long long)(rows - WANTED_MAX));
        wanted = page_take(&c->outcomes[i].wanted);
        if (c->regained > 0)
            page_add(p, "the rest: ");
        if (calls > 0)
            page_format(p, "%lld call%s", (long long)calls, calls == 1 ? "" : "s");
        else
            page_format(p, "%lld attempt%s", (long long)rows, rows == 1 ? "" : "s");
        page_add(p, " to get ");
        page_add(p, wanted ? wanted : "?");
        page_add(p, " back: ");
        page_style(p, i == TEXT_COPY_REFUSED ? PAGE_GREEN : PAGE_YELLOW);
        if (i == TEXT_COPY_REFUSED && (calls ? calls : rows) > 1)
            page_add(p, "all ");
        page_add(p, words[i]);
        page_style(p, PAGE_PLAIN);
        if (!wanted)
            p->error = -ENOMEM;
        free(wanted);
        c->outcomes[i].rows = c->outcomes[i].calls = 0;
        return 1;
    }
    c->is_open = 0;
    c->regained = 0;
    return 0;
}

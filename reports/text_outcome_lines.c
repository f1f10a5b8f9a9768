/* text_outcome_lines.c - what came of drawing in copies, in words, with pictures of shared streams. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text_random.h"

#define GROUPS_MAX 24      /* told of one program without -v */
#define SHIFT_MAX  1000000 /* what is above comes from a damaged recording */

static const struct {
    const char *words;
    enum page_style style;
} outcomes[N_TEXT_OUTCOME] = {
    [TEXT_OUTCOME_SHARED] = { "SHARED after the fork", PAGE_RED },
    [TEXT_OUTCOME_SIBLINGS] = { "SHARED between siblings", PAGE_RED },
    [TEXT_OUTCOME_NOW] = { "SHARED", PAGE_RED },
    [TEXT_OUTCOME_WAITING] = { "Shared after the fork, not drawn from since", PAGE_YELLOW },
    [TEXT_OUTCOME_WEAK] = { "One state, parted only by", PAGE_YELLOW },
    [TEXT_OUTCOME_REPEATS] = { "Diverges after the fork, but repeats where the process id comes again", PAGE_YELLOW },
    [TEXT_OUTCOME_REFUSES] = { "Gives nothing after the fork", PAGE_PLAIN },
    [TEXT_OUTCOME_UNDECIDED] = { "Undecided", PAGE_YELLOW },
    [TEXT_OUTCOME_UNSEEDED] = { "Never seeded, so the same in everybody's processes", PAGE_CYAN },
    [TEXT_OUTCOME_PARTED] = { "Shared at birth, parted by the program", PAGE_GREEN },
    [TEXT_OUTCOME_DIVERGED] = { "Diverges after the fork", PAGE_GREEN },
    [TEXT_OUTCOME_ONE] = { "One generator for all, in shared memory", PAGE_GREEN },
    [TEXT_OUTCOME_OTHER] = { "Other", PAGE_PLAIN },
    [TEXT_OUTCOME_IDLE] = { "Shared, and no draw from it was seen", PAGE_PLAIN },
};

int text_outcome_is_quiet(const struct text_random_group *g)
{
    return g->is_idle && g->outcome != TEXT_OUTCOME_IDLE;
}

void text_random_pids(struct page *p, const int64_t *pids, size_t n_pids, int64_t n)
{
    page_add(p, n == 1 ? "pid " : "pids ");
    for (size_t i = 0; i < n_pids; i++)
        page_format(p, "%s%lld", i ? ", " : "", (long long)pids[i]);
    if (n > (int64_t)n_pids)
        page_format(p, " and %lld more", (long long)(n - (int64_t)n_pids));
}

/* "the process id and the clock" from "pid clock". */
static void put_parting(struct page *p, const char *reason)
{
    static const struct {
        const char *word, *words;
    } known[] = { { "pid", "the process id" },
                  { "clock", "the clock" },
                  { "tsc", "the time stamp counter" },
                  { "rdrand", "RDRAND" } };
    const char *before = " ";

    for (const char *at = reason; *at;) {
        size_t size = strcspn(at, " ");
        const char *words = NULL;

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (strlen(known[i].word) == size && !strncmp(at, known[i].word, size))
                words = known[i].words;
        page_add(p, before);
        if (words) {
            page_add(p, words);
        } else {
            char other[2048]; /* a reason is cut when it is read */

            snprintf(other, sizeof other, "%.*s", (int)size, at);
            page_add(p, other);
        }
        at += size;
        at += strspn(at, " ");
        before = strchr(at, ' ') ? ", " : " and ";
    }
}

/* What stands before the names of the generators. */
static void put_label(struct page *p, const struct text_random_group *g)
{
    page_add(p, p->options->utf8 ? "\xe2\x80\xa2 " : "- ");
    page_style(p, outcomes[g->outcome].style);
    page_add(p, outcomes[g->outcome].words);
    if (g->outcome == TEXT_OUTCOME_WEAK)
        put_parting(p, g->reason);
    page_style(p, PAGE_PLAIN);
    page_add(p, ": ");
}

static int has_pids(const struct text_random_group *g)
{
    return g->outcome <= TEXT_OUTCOME_NOW;
}

/* "in 4 children", "in pids 802, 803, each as in an earlier sibling". */
static void put_where(struct page *p, const struct text_random_group *g)
{
    const char *kind = g->is_now ? "process" : "child";
    const char *kinds = g->is_now ? "processes" : "children";

    if (g->outcome == TEXT_OUTCOME_SIBLINGS) {
        page_add(p, " in ");
        text_random_pids(p, g->pids, g->n_pids, g->n);
        if (g->n == 1)
            page_format(p, " as in pid %lld", (long long)g->other);
        else
            page_add(p, ", each as in an earlier one");
    } else if (g->n == 1) {
        page_format(p, " in %s pid %lld", kind, (long long)g->pids[0]);
    } else {
        page_format(p, " in %lld %s", (long long)g->n, kinds);
        if (has_pids(g) || p->options->verbose > 0) {
            page_add(p, " (");
            text_random_pids(p, g->pids, g->n_pids, g->n);
            page_add(p, ")");
        }
    }
}

static void put_name(struct page *p, const struct text_random_group *g)
{
    page_add(p, g->name[0] ? g->name : "?");
    if (g->is_cryptographic && g->outcome != TEXT_OUTCOME_DIVERGED && g->outcome != TEXT_OUTCOME_PARTED)
        page_add(p, " (cryptographic)");
}

/* What is said behind the names: why, of all that stand in one line. */
static void put_reason(struct page *p, const struct text_random_group *g)
{
    if (g->outcome == TEXT_OUTCOME_DIVERGED && !strcmp(g->reason, "reseed"))
        page_add(p, ": reseeded from the kernel");
    else if (g->outcome == TEXT_OUTCOME_DIVERGED && !strcmp(g->reason, "state"))
        page_add(p, ": another state");
    else if (g->outcome == TEXT_OUTCOME_WEAK || g->outcome == TEXT_OUTCOME_REPEATS || !g->reason[0])
        return;
    else
        page_add(p, ": "), page_add(p, g->reason);
}

/* How much of the streams is equal. */
static void put_extent(struct page *p, const struct text_random_group *g)
{
    if (g->outcome > TEXT_OUTCOME_NOW)
        return;
    if (g->comparison && g->equal > 0) {
        page_format(p, "; %lld value%s equal", (long long)g->equal, g->equal == 1 ? " is" : "s in a row are");
        if (g->is_partial)
            page_add(p, ", then they part");
        if (g->shift != g->other_shift && g->shift >= 0 && g->shift < SHIFT_MAX && g->other_shift >= 0 &&
            g->other_shift < SHIFT_MAX)
            page_format(p,
                        g->outcome == TEXT_OUTCOME_SHARED ? " (the child's value %lld is the parent's %lld)"
                                                          : " (value %lld is the other's %lld)",
                        (long long)g->shift + 1, (long long)g->other_shift + 1);
    } else if (g->is_partial) {
        page_add(p, "; they part later");
    }
    if (g->is_late)
        page_add(p, "; another state in the end: reseeded, but only after it had drawn, or drawn from by more than is "
                    "compared");
    if (g->has_parent_left)
        page_add(p, "; the parent goes on with another stream");
}

/* ---- the picture ---- */

static const char values_sql[] = "SELECT m.own, m.other_values, m.value_size, m.shift, m.other_shift, p.pid, q.pid "
                                 "FROM comparison m LEFT JOIN process p"
                                 " ON p.id = m.process LEFT JOIN process q ON q.id = m.other WHERE m.id = ?1";
enum { OWN, OTHER, VALUE_SIZE, SHIFT, OTHER_SHIFT, OWN_PID, OTHER_PID };

/* SIZE_MAX: above the bound. */
static size_t column_size(sqlite3_stmt *row, int column, int64_t max)
{
    int64_t value = sqlite3_column_int64(row, column);

    return value < 0 || value > max ? SIZE_MAX : (size_t)value;
}

/* The one compared with, which came first, stands at the left. */
static int write_picture(struct page *p, sqlite3 *db, const struct text_random_group *g)
{
    const int has_family = g->outcome != TEXT_OUTCOME_SIBLINGS && !g->is_now;
    struct text_streams s = { .left = NULL };
    sqlite3_stmt *row = NULL;
    int r;

    r = query_open(db, values_sql, &row);
    if (r < 0)
        return r;
    sqlite3_bind_int64(row, 1, g->comparison);
    r = query_next(row);
    if (r > 0) {
        s.right = query_bytes(row, OWN, &s.right_size);
        s.left = query_bytes(row, OTHER, &s.left_size);
        s.value_size = column_size(row, VALUE_SIZE, 4096);
        s.right_shift = column_size(row, SHIFT, SHIFT_MAX);
        s.left_shift = column_size(row, OTHER_SHIFT, SHIFT_MAX);
        snprintf(s.left_name, sizeof s.left_name, "%s %lld", has_family ? "PARENT" : "PID",
                 (long long)sqlite3_column_int64(row, OTHER_PID));
        snprintf(s.right_name, sizeof s.right_name, "%s %lld", has_family ? "CHILD" : "PID",
                 (long long)sqlite3_column_int64(row, OWN_PID));
        r = text_streams_write(p, &s);
    }
    sqlite3_finalize(row);
    return r;
}

/* 1: groups[i] may be shown with its values, and one less after it. */
static int wants_picture(const struct page *p, const struct text_random_group *groups, size_t i, int *pictures)
{
    const struct text_random_group *g = &groups[i];
    const int verbose = p->options->verbose > 0;

    if (!g->comparison || g->is_idle || (g->outcome > TEXT_OUTCOME_NOW && !verbose))
        return 0;
    /* What siblings share is as a rule what they share with their parent. */
    for (size_t k = 0; k < i && g->outcome == TEXT_OUTCOME_SIBLINGS && !verbose; k++)
        if (groups[k].outcome == TEXT_OUTCOME_SHARED && groups[k].comparison && !strcmp(groups[k].name, g->name))
            return 0;
    return (*pictures)-- > 0;
}

/* ---- lines ---- */

/* 1: both can stand in one line. */
static int is_together(const struct text_random_group *a, const struct text_random_group *b)
{
    return a->outcome == b->outcome && a->outcome > TEXT_OUTCOME_NOW && !strcmp(a->reason, b->reason) &&
           a->is_idle == b->is_idle;
}

/* The line that begins with groups[i]; *ret: the group of the next line. */
static int write_line(struct page *p, sqlite3 *db, const struct text_random_group *groups, size_t n, size_t i,
                      size_t *ret, int *pictures)
{
    const struct text_random_group *g = &groups[i];
    size_t end = i + 1;
    int r = 0;

    put_label(p, g);
    while (end < n && is_together(g, &groups[end]))
        end++;
    for (size_t k = i; k < end; k++) {
        if (k > i)
            page_add(p, ", ");
        put_name(p, &groups[k]);
        /* "a, b in 4 children": said once where it is the same */
        if (k + 1 == end || groups[k + 1].n != groups[k].n ||
            (groups[k].n == 1 && groups[k + 1].pids[0] != groups[k].pids[0]))
            put_where(p, &groups[k]);
    }
    put_reason(p, g);
    put_extent(p, g);
    if (g->is_now)
        page_add(p, " (as they are now; what they were at the fork is not known)");
    if (g->is_idle && g->outcome != TEXT_OUTCOME_IDLE)
        page_add(p, " (nobody was seen drawing from it)");
    page_end(p, 2, 4);
    for (size_t k = i; k < end && r == 0; k++)
        if (wants_picture(p, groups, k, pictures))
            r = write_picture(p, db, &groups[k]);
    *ret = end;
    return r;
}

int text_outcome_lines(struct page *p, sqlite3 *db, const struct text_random_group *groups, size_t n, int *pictures)
{
    const int verbose = p->options->verbose > 0;
    int64_t hidden = 0;
    int r = 0;

    for (size_t i = 0, next; i < n && r == 0; i = next) {
        next = i + 1;
        if (!verbose && text_outcome_is_quiet(&groups[i]))
            continue;
        if (!verbose && i >= GROUPS_MAX) {
            hidden++;
            continue;
        }
        r = write_line(p, db, groups, n, i, &next, pictures);
    }
    if (r == 0 && hidden > 0) {
        page_format(p, "... and %lld more outcome%s (-v shows them)", (long long)hidden, hidden == 1 ? "" : "s");
        page_end(p, 2, 4);
    }
    return r;
}

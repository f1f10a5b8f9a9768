/* text_random.c - the section "Random numbers": what each program draws from, and whether that parts after a fork. */
#include "reports/text_random.h"

#include <errno.h>
#include <stdlib.h>

#include "reports/query.h"
#include "reports/text.h"

#define PROGRAMS_MAX         12 /* told each for itself without -v */
#define GAPS_MAX             3
#define PICTURES_MAX         4
#define PICTURES_MAX_VERBOSE 100

struct section {
    struct page *page;
    sqlite3 *db;
    struct text_programs all;
    int pictures; /* that may still be drawn */
};

/* "Drawn from: a, b and 3 more"; nothing of an empty list. */
static int write_list(struct section *s, struct text_random_list *l, const char *label, enum page_style style,
                      int indent)
{
    struct page *p = s->page;
    char *items = page_take(&l->items);

    if (!items)
        return -ENOMEM;
    if (l->n > 0) {
        page_style(p, style);
        page_add(p, label);
        page_style(p, PAGE_PLAIN);
        page_add(p, " ");
        page_add(p, items);
        if (l->n > l->max)
            page_format(p, " and %lld more", (long long)(l->n - l->max));
        page_end(p, indent, 4);
    }
    free(items);
    return 0;
}

static int write_program(struct section *s, struct text_program *program)
{
    struct page *p = s->page;
    char *name = page_take(&program->name);
    int r = name ? 0 : -ENOMEM;

    if (r < 0)
        return r;
    page_style(p, PAGE_BOLD);
    page_add(p, name);
    page_style(p, PAGE_PLAIN);
    page_format(p, " (%lld process%s)", (long long)program->processes, program->processes == 1 ? "" : "es");
    if (program->never.n > 0 && p->options->verbose <= 0)
        page_format(p, "; %lld generator%s there and not seen in use", (long long)program->never.n,
                    program->never.n == 1 ? " is" : "s are");
    free(name);
    page_end(p, 0, 4);
    r = write_list(s, &program->drawn, "Drawn from:", PAGE_DIM, 2);
    if (r == 0)
        r = write_list(s, &program->seeded, "Seeded:", PAGE_DIM, 2);
    if (r == 0 && p->options->verbose > 0)
        r = write_list(s, &program->never, "Not seen in use:", PAGE_DIM, 2);
    if (r == 0)
        r = write_list(s, &program->code, "Not judged, as its code cannot be called from outside:", PAGE_YELLOW, 2);
    if (r == 0)
        r = write_list(s, &program->alone, "Drawn from, and not compared:", PAGE_YELLOW, 2);
    if (r == 0 && program->n > 0)
        r = text_outcome_lines(p, s->db, program->groups, program->n, &s->pictures);
    return r;
}

/* One line for programs of which there is nothing to tell. */
static int write_quiet(struct section *s, int has_generators, const char *words)
{
    struct text_random_list names;
    int r = 0;

    text_random_list_init(&names, s->page->options);
    for (size_t i = 0; i < s->all.n && r == 0; i++) {
        struct text_program *program = &s->all.programs[i];
        char *name;

        if (!program->is_quiet || (program->never.n > 0) != has_generators || !text_random_list_add(&names))
            continue;
        name = page_take(&program->name);
        if (!name)
            r = -ENOMEM;
        else
            page_add(&names.items, name);
        free(name);
    }
    if (r == 0)
        r = write_list(s, &names, words, PAGE_DIM, 0);
    page_finish(&names.items);
    return r;
}

static int write_programs(struct section *s)
{
    const int verbose = s->page->options->verbose > 0;
    const int64_t max = verbose ? TEXT_PROGRAMS_MAX : PROGRAMS_MAX;
    int64_t shown = 0, hidden = 0;
    int r = 0;

    for (size_t i = 0; i < s->all.n && r == 0; i++) {
        struct text_program *program = &s->all.programs[i];

        if (program->is_quiet && !(verbose && program->never.n > 0))
            continue;
        program->is_quiet = 0;
        /* What is shared is never hidden. */
        if (shown == max && (program->n == 0 || program->groups[0].outcome > TEXT_OUTCOME_NOW)) {
            hidden++;
            continue;
        }
        shown += shown < max;
        r = write_program(s, program);
    }
    if (r == 0)
        r = write_quiet(s, 1, "Has generators, and nobody was seen drawing from them:");
    if (r == 0)
        r = write_quiet(s, 0, "No generator that is known, nor code of one:");
    hidden += s->all.unread;
    if (r == 0 && hidden > 0) {
        page_format(s->page, "... and %lld more program%s%s", (long long)hidden, hidden == 1 ? "" : "s",
                    verbose ? "" : " (-v shows them)");
        page_end(s->page, 0, 4);
    }
    return r;
}

static const char gaps_sql[] =
    "SELECT g.detail, count(DISTINCT g.process), min(p.pid), count(g.process), (SELECT path FROM image WHERE process = "
    "p.id"
    " OR id = p.image ORDER BY seq DESC LIMIT 1) FROM gap g LEFT JOIN process p ON p.id = g.process"
    " WHERE g.source IN ('generator', 'token') GROUP BY g.detail ORDER BY min(g.id)";
enum { DETAIL, PROCESSES, PID, NAMED, PATH };

/* What could not be seen of random numbers, in the words of those who looked. */
static int write_gaps(struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int64_t n = 0;
    int r;

    r = query_open(db, gaps_sql, &rows);
    while (r == 0 && (r = query_next(rows)) > 0) {
        size_t size;
        const void *path = query_bytes(rows, PATH, &size);

        r = 0;
        if (++n > GAPS_MAX && p->options->verbose <= 0)
            continue;
        page_style(p, PAGE_YELLOW);
        page_add(p, "Not seen:");
        page_style(p, PAGE_PLAIN);
        page_add(p, " ");
        if (sqlite3_column_int64(rows, NAMED) > 0) {
            text_basename(p, path, size);
            page_format(p, " (pid %lld)", (long long)sqlite3_column_int64(rows, PID));
            if (sqlite3_column_int64(rows, PROCESSES) > 1)
                page_format(p, " and %lld more", (long long)(sqlite3_column_int64(rows, PROCESSES) - 1));
            page_add(p, ": ");
        }
        text_column(p, rows, DETAIL);
        page_end(p, 0, 4);
    }
    sqlite3_finalize(rows);
    if (r == 0 && n > GAPS_MAX && p->options->verbose <= 0) {
        page_format(p, "... and %lld more (-v shows all)", (long long)(n - GAPS_MAX));
        page_end(p, 0, 4);
    }
    return r;
}

int text_random(struct page *p, sqlite3 *db)
{
    const int verbose = p->options->verbose > 0;
    struct section s = { .page = p, .db = db, .pictures = verbose ? PICTURES_MAX_VERBOSE : PICTURES_MAX };
    int64_t was_asked = 0, has_draws = 0;
    int r;

    r = query_integer(db, "SELECT count(*) FROM audit WHERE generators = 1", &was_asked);
    if (r == 0)
        r = query_integer(db, "SELECT EXISTS (SELECT 1 FROM draw)", &has_draws);
    if (r < 0 || (!was_asked && !has_draws))
        return r;
    page_heading(p, "Random numbers");
    if (was_asked) {
        r = text_programs_read(p, db, &s.all);
        if (r == 0)
            r = write_programs(&s);
        if (r == 0)
            r = text_tokens_write(p, db);
        if (r == 0)
            r = write_gaps(p, db);
    }
    if (r == 0)
        r = text_handed_write(p, db, &s.pictures);
    text_programs_release(&s.all);
    return r;
}

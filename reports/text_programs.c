/* text_programs.c - which generators each program has, what its processes draw from, and how that is seeded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_random.h"

#define NAMES_MAX         10 /* in one list without -v */
#define NAMES_MAX_VERBOSE 1000
#define SEED_SHOWN        16 /* bytes of a seed that is no number */

void text_random_list_init(struct text_random_list *l, const struct report_options *options)
{
    *l = (struct text_random_list){ .max = options->verbose > 0 ? NAMES_MAX_VERBOSE : NAMES_MAX };
    page_init(&l->items, NULL, options);
}

int text_random_list_add(struct text_random_list *l)
{
    if (++l->n > l->max)
        return 0;
    if (l->n > 1)
        page_add(&l->items, ", ");
    return 1;
}

static struct text_program *find_program(const struct text_programs *s, int64_t id)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->programs[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n && s->programs[low].id == id ? &s->programs[low] : NULL;
}

/* Program 0 is that of rows without an image. */
static const char programs_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ","
    " member AS (SELECT process, image FROM snapshot UNION SELECT process, image FROM generator_call UNION"
    "   SELECT process, image FROM generator_present UNION SELECT process, id FROM image)"
    " SELECT coalesce(i.program, 0), m.path, count(DISTINCT e.process) FROM member e LEFT JOIN prog i ON i.image = "
    "e.image"
    " LEFT JOIN image m ON m.id = i.program GROUP BY 1 ORDER BY 1";

static int read_programs(struct text_programs *s, struct page *p, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db, programs_sql, &rows);
    while (r == 0 && (r = query_next(rows)) > 0) {
        struct text_program *program;
        size_t size;
        const void *path = query_bytes(rows, 1, &size);

        r = 0;
        if (s->n == TEXT_PROGRAMS_MAX) {
            s->unread++;
            continue;
        }
        if (s->n == s->room) {
            struct text_program *more = reallocarray(s->programs, s->room * 2 + 16, sizeof *more);

            if (!more) {
                r = -ENOMEM;
                break;
            }
            s->programs = more;
            s->room = s->room * 2 + 16;
        }
        program = &s->programs[s->n++];
        *program =
            (struct text_program){ .id = sqlite3_column_int64(rows, 0), .processes = sqlite3_column_int64(rows, 2) };
        page_init(&program->name, NULL, p->options);
        text_random_list_init(&program->drawn, p->options);
        text_random_list_init(&program->seeded, p->options);
        text_random_list_init(&program->never, p->options);
        text_random_list_init(&program->code, p->options);
        text_random_list_init(&program->alone, p->options);
        text_basename(&program->name, path, size);
    }
    sqlite3_finalize(rows);
    return r;
}

static void put_name(struct page *p, sqlite3_stmt *row, int column)
{
    size_t size;
    const void *name = query_bytes(row, column, &size);

    if (size > 0)
        page_put_cut(p, name, size, TEXT_RANDOM_NAME_MAX);
    else
        page_add(p, "?");
}

/* "in 4 processes", "in pid 800". */
static void put_processes(struct page *p, int64_t n, int64_t pid)
{
    if (n == 1)
        page_format(p, " in pid %lld", (long long)pid);
    else
        page_format(p, " in %lld processes", (long long)n);
}

/* One function of a library may call another: the one that was called most counts. */
/* clang-format off */
static const char drawn_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ", " TEXT_RANDOM_FAMILIES ","
    " kind AS MATERIALIZED (SELECT name, min(" TEXT_RANDOM_PURPOSE("purpose") ") AS rank FROM generator GROUP BY name),"
    " each AS (SELECT coalesce(i.program, 0) AS program, coalesce(f.state, c.generator) AS state, c.process, c.symbol,"
    "   coalesce(f.state, c.generator) = c.generator AS is_own, count(*) AS n, min(k.rank) AS rank FROM"
    " generator_call c"
    "   LEFT JOIN prog i ON i.image = c.image LEFT JOIN family f ON f.name = c.generator LEFT JOIN kind k ON k.name"
    " = c.generator"
    "   WHERE c.kind = 'draw' GROUP BY 1, 2, 3, 4, 5),"
    " top AS (SELECT program, state, process, max(n) AS n, min(symbol) AS symbol, max(is_own) AS is_own, min(rank)"
    " AS rank"
    "   FROM each GROUP BY 1, 2, 3)"
    " SELECT t.program, t.state, iif(max(t.is_own), NULL, min(t.symbol)), sum(t.n), count(*), min(p.pid)"
    " FROM top t LEFT JOIN process p ON p.id = t.process GROUP BY 1, 2 ORDER BY 1, coalesce(min(t.rank), 3), 4 DESC, 2";
/* clang-format on */

static void add_drawn(struct text_program *program, sqlite3_stmt *row)
{
    struct page *p = &program->drawn.items;
    int64_t calls = sqlite3_column_int64(row, 3);

    if (!text_random_list_add(&program->drawn))
        return;
    put_name(p, row, 1);
    if (sqlite3_column_type(row, 2) != SQLITE_NULL) {
        page_add(p, " by ");
        put_name(p, row, 2);
    }
    page_format(p, " (%lld call%s seen", (long long)calls, calls == 1 ? "" : "s");
    put_processes(p, sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5));
    page_add(p, ")");
}

/* What one function was given, however often: the seed that most processes gave comes with it. */
static const char seeded_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ","
    " each AS (SELECT coalesce(i.program, 0) AS program, c.generator, c.symbol, c.seed, c.seed_is, c.is_added,"
    "   count(DISTINCT c.process) AS n, min(p.pid) AS pid, min(c.id) AS first FROM generator_call c"
    "   LEFT JOIN prog i ON i.image = c.image LEFT JOIN process p ON p.id = c.process"
    "   WHERE c.kind = 'seed' GROUP BY 1, 2, 3, 4, 5, 6)"
    " SELECT program, generator, symbol, seed, seed_is, is_added, max(n), count(*), pid, sum(n), first FROM each"
    " GROUP BY 1, 2, 3, 5, 6 ORDER BY 1, seed_is IS 'kernel', 7 DESC, first";
enum { PROGRAM, GENERATOR, SYMBOL, SEED, SEED_IS, IS_ADDED, SAME, SEEDS, PID, ALL };

/* A number in decimal, bytes in hexadecimal. */
static void put_seed(struct page *p, sqlite3_stmt *row)
{
    size_t size;
    const unsigned char *seed = query_bytes(row, SEED, &size);
    unsigned long long number = 0;

    if (size == 2 || size == 4 || size == 8) {
        for (size_t i = size; i > 0; i--)
            number = number << 8 | seed[i - 1];
        page_format(p, "%llu", number);
        return;
    }
    for (size_t i = 0; i < size && i < SEED_SHOWN; i++)
        page_format(p, "%02x", seed[i]);
    if (size > SEED_SHOWN)
        page_format(p, "... (%zu bytes)", size);
}

static void put_seed_is(struct page *p, sqlite3_stmt *row)
{
    static const char *const known[][2] = { { "time", "the time" },
                                            { "pid", "the process id" },
                                            { "time and pid", "time and process id" },
                                            { "constant", "a constant" },
                                            { "kernel", "from the kernel" } };
    const char *is = (const char *)sqlite3_column_text(row, SEED_IS);

    for (size_t i = 0; is && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(is, known[i][0]) != 0)
            continue;
        page_add(p, known[i][1]);
        return;
    }
    put_name(p, row, SEED_IS);
}

static void add_seeded(struct text_program *program, sqlite3_stmt *row)
{
    struct page *p = &program->seeded.items;
    int64_t same = sqlite3_column_int64(row, SAME), seeds = sqlite3_column_int64(row, SEEDS);
    const char *is = (const char *)sqlite3_column_text(row, SEED_IS);
    int is_kernel = is && !strcmp(is, "kernel");

    if (!text_random_list_add(&program->seeded))
        return;
    put_name(p, row, GENERATOR);
    page_add(p, " by ");
    put_name(p, row, SYMBOL);
    if (!is_kernel && sqlite3_column_bytes(row, SEED) > 0) {
        page_add(p, " ");
        put_seed(p, row);
    }
    if (is) {
        page_add(p, " (");
        put_seed_is(p, row);
        page_add(p, ")");
    }
    if (sqlite3_column_int(row, IS_ADDED))
        page_add(p, " added to its state");
    if (same > 1 && !is_kernel && sqlite3_column_bytes(row, SEED) > 0) {
        page_style(p, PAGE_YELLOW);
        page_format(p, ", the same in %lld processes", (long long)same);
        page_style(p, PAGE_PLAIN);
    } else if (same > 1) {
        page_format(p, " in %lld processes", (long long)same);
    } else {
        page_format(p, " in pid %lld", (long long)sqlite3_column_int64(row, PID));
    }
    if (seeds > 1)
        page_format(p, ", and %lld other%s in %lld", (long long)(seeds - 1), seeds == 2 ? "" : "s",
                    (long long)(sqlite3_column_int64(row, ALL) - same));
}

/* clang-format off */
static const char present_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ", " TEXT_RANDOM_FAMILIES ","
    " drawn AS MATERIALIZED (SELECT DISTINCT coalesce(i.program, 0) AS program, coalesce(f.state, c.generator) AS state"
    "   FROM generator_call c LEFT JOIN prog i ON i.image = c.image LEFT JOIN family f ON f.name = c.generator"
    "   WHERE c.kind = 'draw')"
    " SELECT coalesce(i.program, 0) AS program, g.name, g.source = 'code', g.object FROM generator_present e"
    " JOIN generator g ON g.id = e.generator JOIN family f ON f.name = g.name LEFT JOIN prog i ON i.image = e.image"
    " WHERE g.source = 'code' OR (coalesce(i.program, 0), f.state) NOT IN (SELECT program, state FROM drawn)"
    " GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, min(g.id)";
/* clang-format on */

static void add_present(struct text_program *program, sqlite3_stmt *row)
{
    struct text_random_list *list = sqlite3_column_int(row, 2) ? &program->code : &program->never;
    size_t size;
    const void *object;

    if (!text_random_list_add(list))
        return;
    put_name(&list->items, row, 1);
    if (list == &program->never)
        return;
    object = query_bytes(row, 3, &size);
    page_add(&list->items, " (");
    text_basename(&list->items, object, size);
    page_add(&list->items, ")");
}

/* Drawn from in a program that has forked, and yet in no comparison: a thing that must not be taken for diverging. */
/* clang-format off */
static const char alone_sql[] =
    "WITH " TEXT_RANDOM_PROGRAMS ", " TEXT_RANDOM_FAMILIES ","
    " compared AS MATERIALIZED (SELECT DISTINCT i.program, f.state FROM comparison m JOIN generator g ON g.id ="
    " m.generator"
    "   JOIN family f ON f.name = g.name LEFT JOIN snapshot s ON s.id = m.snapshot LEFT JOIN prog i ON i.image ="
    " s.image),"
    " forking AS MATERIALIZED (SELECT DISTINCT i.program FROM process p JOIN prog i ON i.image = p.image"
    "   WHERE p.born IN ('fork', 'clone'))"
    " SELECT DISTINCT i.program, coalesce(f.state, c.generator) FROM generator_call c JOIN prog i ON i.image = c.image"
    " LEFT JOIN family f ON f.name = c.generator WHERE c.kind = 'draw' AND i.program IN (SELECT program FROM forking)"
    " AND (i.program, coalesce(f.state, c.generator)) NOT IN (SELECT program, state FROM compared) ORDER BY 1, 2";
/* clang-format on */

static void add_alone(struct text_program *program, sqlite3_stmt *row)
{
    if (text_random_list_add(&program->alone))
        put_name(&program->alone.items, row, 1);
}

/* Reads rows whose first column is the program. */
static int read_lists(struct text_programs *s, sqlite3 *db, const char *sql,
                      void (*add)(struct text_program *program, sqlite3_stmt *row))
{
    sqlite3_stmt *rows = NULL;
    int r;

    r = query_open(db, sql, &rows);
    while (r == 0 && (r = query_next(rows)) > 0) {
        struct text_program *program = find_program(s, sqlite3_column_int64(rows, 0));

        r = 0;
        if (program)
            add(program, rows);
    }
    sqlite3_finalize(rows);
    return r;
}

int text_programs_read(struct page *p, sqlite3 *db, struct text_programs *ret)
{
    int r;

    *ret = (struct text_programs){ NULL };
    r = read_programs(ret, p, db);
    if (r == 0)
        r = read_lists(ret, db, drawn_sql, add_drawn);
    if (r == 0)
        r = read_lists(ret, db, seeded_sql, add_seeded);
    if (r == 0)
        r = read_lists(ret, db, present_sql, add_present);
    if (r == 0)
        r = read_lists(ret, db, alone_sql, add_alone);
    if (r == 0)
        r = text_outcomes_read(p, db, &ret->groups);
    if (r < 0)
        return r;
    for (size_t i = 0; i < ret->groups.n; i++) {
        struct text_program *program = find_program(ret, ret->groups.groups[i].program);

        if (program && program->n++ == 0)
            program->groups = &ret->groups.groups[i];
    }
    for (size_t i = 0; i < ret->n; i++) {
        struct text_program *program = &ret->programs[i];

        program->is_quiet = program->drawn.n == 0 && program->seeded.n == 0 && program->code.n == 0;
        for (size_t k = 0; k < program->n; k++)
            program->is_quiet &= program->groups[k].is_idle && program->groups[k].outcome > TEXT_OUTCOME_WAITING &&
                                 program->groups[k].outcome != TEXT_OUTCOME_IDLE;
    }
    return 0;
}

void text_programs_release(struct text_programs *s)
{
    for (size_t i = 0; i < s->n; i++) {
        page_finish(&s->programs[i].name);
        page_finish(&s->programs[i].drawn.items);
        page_finish(&s->programs[i].seeded.items);
        page_finish(&s->programs[i].never.items);
        page_finish(&s->programs[i].code.items);
        page_finish(&s->programs[i].alone.items);
    }
    free(s->programs);
    text_outcomes_release(&s->groups);
    *s = (struct text_programs){ NULL };
}

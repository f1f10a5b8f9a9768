/* text_identity.c - the processes that changed who they are, each life told once, and what copies could take back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_identity.h"

#define GROUPS_MAX         8 /* different lives that are told without -v */
#define GROUPS_MAX_VERBOSE 1000
#define PIDS_MAX           8 /* processes with the same life that are named */
#define PIDS_MAX_VERBOSE   1000
#define PROCESSES_MAX      100000 /* that are read at all */
#define LINES_MAX          40000  /* of all lives */
#define LABEL_MAX          30     /* columns before what is said */

/* Those that got something back come first: they must not be beyond a bound. */
/* clang-format off */
static const char subjects_sql[] =
    "SELECT p.id, p.pid, p.born, pp.pid, coalesce(li.path, b.path),"
    " (SELECT l.id FROM look l JOIN cred c ON c.look = l.id AND c.tid = l.tid WHERE l.process = p.id"
    "   AND l.moment IN ('settled', 'marker', 'exit') ORDER BY l.seq DESC, l.id DESC LIMIT 1)"
    " FROM process p LEFT JOIN process pp ON pp.id = p.parent LEFT JOIN image b ON b.id = p.image"
    " LEFT JOIN (SELECT process, path, max(seq) FROM image GROUP BY process) li ON li.process = p.id"
    " LEFT JOIN (SELECT process, max(outcome = 'regained') AS regained FROM proof GROUP BY process) f"
    "   ON f.process = p.id"
    " ORDER BY coalesce(f.regained, 0) DESC, p.id LIMIT ?1";
/* clang-format on */
enum { ID, PID, BORN, PARENT_PID, PATH, LAST_REST };

/* Processes with the same program and the same life. */
struct group {
    char *name, *born; /* of page_take() */
    int64_t pid, parent_pid;
    int is_of_many; /* they have different parents */
    struct text_steps steps;
    int64_t *others; /* pids beside `pid`; the first PIDS_MAX of them */
    size_t n_others, room;
    int64_t more; /* that are not named */
};

struct section {
    struct page *page;
    struct identity_reader reader;
    struct group *groups;
    size_t n, room, max, pids_max, lines;
    int64_t hidden; /* processes that are not told */
    int64_t unread; /* processes that were not looked through */
};

static void release_group(struct group *g)
{
    free(g->name);
    free(g->born);
    free(g->others);
    text_steps_release(&g->steps);
    *g = (struct group){ 0 };
}

static int add_other(struct section *s, struct group *to, const struct group *from)
{
    if (from->parent_pid != to->parent_pid)
        to->is_of_many = 1;
    if (to->n_others == s->pids_max) {
        to->more++;
        return 0;
    }
    if (to->n_others == to->room) {
        int64_t *more = reallocarray(to->others, to->room * 2 + 4, sizeof *more);

        if (!more)
            return -ENOMEM;
        to->others = more;
        to->room = to->room * 2 + 4;
    }
    to->others[to->n_others++] = from->pid;
    return 0;
}

static struct group *find_equal(struct section *s, const struct group *g)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->groups[i].name, g->name) && !strcmp(s->groups[i].born, g->born) &&
            text_steps_equal(&s->groups[i].steps, &g->steps))
            return &s->groups[i];
    return NULL;
}

/* Takes the group over, or releases it. */
static int add_group(struct section *s, struct group *g)
{
    struct group *equal = find_equal(s, g);
    int r = 0;

    if (equal) {
        r = add_other(s, equal, g);
        release_group(g);
        return r;
    }
    if (s->n == s->max || s->lines >= LINES_MAX) {
        s->hidden++;
        release_group(g);
        return 0;
    }
    if (s->n == s->room) {
        struct group *more = reallocarray(s->groups, s->room * 2 + 8, sizeof *more);

        if (!more) {
            release_group(g);
            return -ENOMEM;
        }
        s->groups = more;
        s->room = s->room * 2 + 8;
    }
    s->lines += g->steps.n;
    s->groups[s->n++] = *g;
    return 0;
}

static char *take_name(struct section *s, sqlite3_stmt *row)
{
    struct page scratch;
    size_t size;
    const void *path = query_bytes(row, PATH, &size);
    char *name;

    page_init(&scratch, NULL, s->page->options);
    text_basename(&scratch, path, size);
    name = page_take(&scratch);
    page_finish(&scratch);
    return name;
}

/* "forked", "launched". */
static char *take_born(struct section *s, sqlite3_stmt *row)
{
    static const char *const words[][2] = {
        { "launch", "launched" }, { "fork", "forked" }, { "vfork", "vforked" }, { "clone", "cloned" }
    };
    const char *born = (const char *)sqlite3_column_text(row, BORN);
    struct page scratch;
    char *text;

    page_init(&scratch, NULL, s->page->options);
    for (size_t i = 0; born && i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(born, words[i][0]))
            page_add(&scratch, words[i][1]);
    if (scratch.size == 0)
        text_column(&scratch, row, BORN);
    text = page_take(&scratch);
    page_finish(&scratch);
    return text;
}

static int read_subject(struct section *s, sqlite3_stmt *row)
{
    struct group g = { .pid = sqlite3_column_int64(row, PID), .parent_pid = sqlite3_column_int64(row, PARENT_PID) };
    struct text_subject subject = { .process = sqlite3_column_int64(row, ID),
                                    .pid = g.pid,
                                    .last_rest = sqlite3_column_int64(row, LAST_REST) };
    int r;

    r = text_steps_read(&s->reader, &subject, s->page->options, &g.steps);
    if (r == 0 && g.steps.n > 0 && (s->page->options->verbose > 0 || g.steps.is_changed)) {
        g.name = take_name(s, row);
        g.born = take_born(s, row);
        if (g.name && g.born)
            return add_group(s, &g);
        r = -ENOMEM;
    }
    release_group(&g);
    return r;
}

static void write_head(struct page *p, const struct group *g)
{
    page_add(p, p->options->utf8 ? "\xe2\x80\xa2 " : "- ");
    page_style(p, PAGE_BOLD);
    page_add(p, g->name);
    page_style(p, PAGE_PLAIN);
    page_format(p, " (pid %lld), ", (long long)g->pid);
    page_add(p, g->born);
    if (g->is_of_many)
        page_add(p, " by different processes");
    else if (g->parent_pid)
        page_format(p, " by pid %lld", (long long)g->parent_pid);
    if (g->n_others > 0)
        page_format(p, "; also pid%s ", g->n_others + (size_t)g->more > 1 ? "s" : "");
    for (size_t i = 0; i < g->n_others; i++)
        page_format(p, "%s%lld", i ? ", " : "", (long long)g->others[i]);
    if (g->more > 0)
        page_format(p, " and %lld more%s", (long long)g->more, p->options->verbose > 0 ? "" : " (-v names them)");
    page_end(p, 2, 4);
}

static void write_line(struct page *p, const struct text_step *step, int column)
{
    int blanks = column - page_columns(step->label);

    page_add(p, step->label);
    page_format(p, "%*s", blanks > 2 ? blanks : 2, "");
    if (step->thread > 0)
        page_format(p, "thread %d (tid %lld): ", step->thread, (long long)step->tid);
    page_add(p, step->text);
    if (step->times > 1)
        page_format(p, " (%d times)", step->times);
    page_end(p, 4, 4 + column);
}

static void write_group(struct page *p, const struct group *g)
{
    int column = 0;

    for (size_t i = 0; i < g->steps.n; i++) {
        int columns = page_columns(g->steps.steps[i].label) + 2;

        if (columns <= LABEL_MAX && columns > column)
            column = columns;
    }
    write_head(p, g);
    for (size_t i = 0; i < g->steps.n; i++) {
        if (g->steps.hidden > 0 && i == g->steps.head) {
            page_format(p, "... and %lld more step%s%s", (long long)g->steps.hidden, g->steps.hidden == 1 ? "" : "s",
                        p->options->verbose > 0 ? "" : " (-v shows them)");
            page_end(p, 4, 6);
        }
        write_line(p, &g->steps.steps[i], column);
    }
}

static int read_all(struct section *s, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    int64_t total = 0, n = 0;
    int r;

    r = query_integer(db, "SELECT count(*) FROM process", &total);
    if (r == 0)
        r = identity_open(db, &s->reader);
    if (r == 0)
        r = query_open(db, subjects_sql, &rows);
    if (r == 0)
        sqlite3_bind_int64(rows, 1, PROCESSES_MAX);
    while (r == 0 && (r = query_next(rows)) > 0) {
        r = read_subject(s, rows);
        n++;
    }
    sqlite3_finalize(rows);
    s->unread = total - n;
    return r;
}

int text_identity(struct page *p, sqlite3 *db)
{
    const int verbose = p->options->verbose > 0;
    struct section s = { .page = p,
                         .max = verbose ? GROUPS_MAX_VERBOSE : GROUPS_MAX,
                         .pids_max = verbose ? PIDS_MAX_VERBOSE : PIDS_MAX };
    int r;

    r = read_all(&s, db);
    if (r == 0 && s.n > 0) {
        page_heading(p, "Identity: who changed, and how (ids: one number, or real/effective/saved/fs)");
        for (size_t i = 0; i < s.n; i++)
            write_group(p, &s.groups[i]);
        if (s.hidden > 0) {
            page_format(p, "... and %lld more process%s%s", (long long)s.hidden, s.hidden == 1 ? "" : "es",
                        verbose ? "" : " (-v shows more)");
            page_end(p, 2, 4);
        }
        if (s.unread > 0) {
            page_format(p, "%lld more processes were not looked through.", (long long)s.unread);
            page_end(p, 2, 4);
        }
    }
    for (size_t i = 0; i < s.n; i++)
        release_group(&s.groups[i]);
    free(s.groups);
    identity_close(&s.reader);
    return r;
}

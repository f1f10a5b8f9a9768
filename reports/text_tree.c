/* text_tree.c - the processes of an audit as a tree, with the ids, descriptors and threads each was last seen with. */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "reports/escape.h"
#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_table.h"

#define ROWS_MAX         60   /* processes shown without -v */
#define ROWS_MAX_VERBOSE 5000 /* with it; also bounds the depth of libsmartcols' recursion */
#define NAME_MAX_SHOWN   24

/* clang-format off */
static const char tree_sql[] =
    "WITH last_cred AS (SELECT l.process, max(l.seq), c.* FROM look l JOIN cred c ON c.look = l.id AND c.tid = l.tid"
    "   GROUP BY l.process),"
    " last_fd AS (SELECT process, max(seq), fd_table FROM look WHERE fd_table IS NOT NULL GROUP BY process),"
    " last_thread AS (SELECT process, max(seq), threads FROM look WHERE threads IS NOT NULL GROUP BY process),"
    " last_image AS (SELECT process, max(seq), path FROM image GROUP BY process),"
    " marks AS (SELECT process, min(" VERDICT_RANK("severity") ") AS rank, count(*) AS n FROM finding"
    "   WHERE result = 'found' GROUP BY process)"
    " SELECT p.id, p.parent, p.pid, b.path, i.path, p.born, c.ruid, c.euid, c.suid, c.rgid, c.egid, c.sgid, c.groups,"
    "   t.threads, ft.size, p.ending, p.status, m.rank, m.n"
    " FROM process p LEFT JOIN image b ON b.id = p.image LEFT JOIN last_image i ON i.process = p.id"
    " LEFT JOIN last_cred c ON c.process = p.id LEFT JOIN last_thread t ON t.process = p.id"
    " LEFT JOIN last_fd d ON d.process = p.id LEFT JOIN fd_table ft ON ft.id = d.fd_table"
    " LEFT JOIN marks m ON m.process = p.id ORDER BY p.id LIMIT ?1";
/* clang-format on */
enum {
    ID,
    PARENT,
    PID,
    BIRTH,
    PROGRAM,
    BORN,
    RUID,
    EUID,
    SUID,
    RGID,
    EGID,
    SGID,
    GROUPS,
    THREADS,
    FDS,
    ENDING,
    STATUS,
    RANK,
    MARKS
};

/* The columns of the table, those that a narrow reader does without, and who fills them. */
struct tree_row {
    sqlite3_stmt *row;
    int utf8;
};
static char *cell_process(const struct tree_row *r);
static char *cell_born(const struct tree_row *r);
static char *cell_uid(const struct tree_row *r);
static char *cell_gid(const struct tree_row *r);
static char *cell_groups(const struct tree_row *r);
static char *cell_threads(const struct tree_row *r);
static char *cell_fds(const struct tree_row *r);
static char *cell_ending(const struct tree_row *r);
static char *cell_marks(const struct tree_row *r);

static const struct {
    const char *name;
    int flags, least_width; /* shown when the reader has at least so many columns */
    char *(*fill)(const struct tree_row *r);
} columns[] = {
    { "PROCESS", SCOLS_FL_TREE | SCOLS_FL_TRUNC, 0, cell_process },
    { "BORN", SCOLS_FL_TRUNC, 60, cell_born },
    { "UID", 0, 0, cell_uid },
    { "GID", 0, 60, cell_gid },
    { "GROUPS", SCOLS_FL_TRUNC, 72, cell_groups },
    { "THREADS", SCOLS_FL_RIGHT, 100, cell_threads },
    { "FDS", SCOLS_FL_RIGHT, 50, cell_fds },
    { "ENDED", 0, 60, cell_ending },
    { "FOUND", 0, 0, cell_marks },
};
#define N_COLUMNS    (sizeof columns / sizeof columns[0])
#define COLUMN_MARKS (N_COLUMNS - 1)

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
    char *s;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vasprintf(&s, format, arguments);
    va_end(arguments);
    return n < 0 ? NULL : s;
}

static char *escaped(const struct tree_row *r, int column, int is_path)
{
    size_t size;
    const char *bytes = query_bytes(r->row, column, &size);
    const char *slash = is_path && size ? memrchr(bytes, '/', size) : NULL;

    if (size == 0)
        return strdup(sqlite3_column_type(r->row, column) == SQLITE_NULL ? "?" : "-");
    if (slash && slash + 1 < bytes + size) {
        size -= (size_t)(slash + 1 - bytes);
        bytes = slash + 1;
    }
    return escape_text(bytes, size, NAME_MAX_SHOWN, r->utf8);
}

/* "4243 nginx", and "4250 sh > cat" for one that was born as sh and became cat. */
static char *cell_process(const struct tree_row *r)
{
    long long pid = sqlite3_column_int64(r->row, PID);
    int has_birth = sqlite3_column_type(r->row, BIRTH) != SQLITE_NULL;
    int has_program = sqlite3_column_type(r->row, PROGRAM) != SQLITE_NULL;
    char *birth = escaped(r, BIRTH, 1), *program = escaped(r, PROGRAM, 1), *cell = NULL;

    if (birth && program) {
        if (has_birth && has_program)
            cell = text("%lld %s > %s", pid, birth, program);
        else
            cell = text("%lld %s", pid, has_birth ? birth : program);
    }
    free(birth);
    free(program);
    return cell;
}

static char *cell_born(const struct tree_row *r)
{
    return escaped(r, BORN, 0);
}

/* One number when real, effective and saved id are the same, else all three. */
static char *ids(const struct tree_row *r, int column)
{
    long long real = sqlite3_column_int64(r->row, column), effective = sqlite3_column_int64(r->row, column + 1);
    long long saved = sqlite3_column_int64(r->row, column + 2);

    if (sqlite3_column_type(r->row, column) == SQLITE_NULL)
        return strdup("?");
    if (real == effective && real == saved)
        return text("%lld", real);
    return text("%lld/%lld/%lld", real, effective, saved);
}

static char *cell_uid(const struct tree_row *r)
{
    return ids(r, RUID);
}

static char *cell_gid(const struct tree_row *r)
{
    return ids(r, RGID);
}

static char *cell_groups(const struct tree_row *r)
{
    return escaped(r, GROUPS, 0);
}

static char *number(const struct tree_row *r, int column)
{
    if (sqlite3_column_type(r->row, column) == SQLITE_NULL)
        return strdup("?");
    return text("%lld", (long long)sqlite3_column_int64(r->row, column));
}

static char *cell_threads(const struct tree_row *r)
{
    return number(r, THREADS);
}

static char *cell_fds(const struct tree_row *r)
{
    return number(r, FDS);
}

static char *cell_ending(const struct tree_row *r)
{
    const char *ending = (const char *)sqlite3_column_text(r->row, ENDING);
    int status = sqlite3_column_int(r->row, STATUS);

    if (ending && sqlite3_column_type(r->row, STATUS) != SQLITE_NULL) {
        if (!strcmp(ending, "exited") && WIFEXITED(status))
            return text("exit %d", WEXITSTATUS(status));
        if (!strcmp(ending, "signalled") && WIFSIGNALED(status) && sigabbrev_np(WTERMSIG(status)))
            return text("SIG%s", sigabbrev_np(WTERMSIG(status)));
    }
    if (ending && !strcmp(ending, "ended-by-audit"))
        return strdup("by audit");
    return escaped(r, ENDING, 0);
}

static char *cell_marks(const struct tree_row *r)
{
    if (sqlite3_column_type(r->row, MARKS) == SQLITE_NULL)
        return strdup("");
    return text("%lld %s", (long long)sqlite3_column_int64(r->row, MARKS),
                verdict_severity[sqlite3_column_int(r->row, RANK)]);
}

/* The lines made so far, ascending by process id. A parent is looked for among them only, so that a damaged
 * recording in which processes are each other's parents still gives a tree. */
struct tree {
    struct libscols_table *table;
    struct tree_line {
        int64_t id;
        struct libscols_line *line;
    } * lines;
    size_t n, room;
};

static int compare_lines(const void *a, const void *b)
{
    int64_t x = ((const struct tree_line *)a)->id, y = ((const struct tree_line *)b)->id;

    return (x > y) - (x < y);
}

static struct libscols_line *find_line(const struct tree *t, int64_t id)
{
    struct tree_line key = { .id = id }, *found;

    found = t->n ? bsearch(&key, t->lines, t->n, sizeof key, compare_lines) : NULL;
    return found ? found->line : NULL;
}

static int make_table(struct tree *t, struct page *p)
{
    int width = p->options->width;

    t->table = text_table_new(p);
    if (!t->table)
        return -ENOMEM;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        int hidden = width > 0 && width < columns[i].least_width ? SCOLS_FL_HIDDEN : 0;

        if (!scols_table_new_column(t->table, columns[i].name, 0, columns[i].flags | hidden))
            return -ENOMEM;
    }
    return 0;
}

static int add_row(struct tree *t, struct page *p, sqlite3_stmt *row)
{
    struct tree_row r = { .row = row, .utf8 = p->options->utf8 };
    struct libscols_line *line;

    line = scols_table_new_line(t->table, find_line(t, sqlite3_column_int64(row, PARENT)));
    if (!line)
        return -ENOMEM;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        char *cell = columns[i].fill(&r);

        if (!cell)
            return -ENOMEM;
        if (scols_line_refer_data(line, i, cell) != 0) {
            free(cell);
            return -ENOMEM;
        }
    }
    if (sqlite3_column_type(row, MARKS) != SQLITE_NULL)
        scols_cell_set_color(scols_line_get_cell(line, COLUMN_MARKS),
                             page_sequence(page_severity_style(verdict_severity[sqlite3_column_int(row, RANK)])));
    if (t->n == t->room) {
        size_t room = t->room * 2 + 64;
        struct tree_line *lines = reallocarray(t->lines, room, sizeof *lines);

        if (!lines)
            return -ENOMEM;
        t->lines = lines;
        t->room = room;
    }
    t->lines[t->n++] = (struct tree_line){ sqlite3_column_int64(row, ID), line };
    return 0;
}

int text_tree(struct page *p, sqlite3 *db)
{
    struct tree t = { 0 };
    sqlite3_stmt *rows = NULL;
    int64_t total = 0, max = p->options->verbose > 0 ? ROWS_MAX_VERBOSE : ROWS_MAX;
    int r;

    r = query_integer(db, "SELECT count(*) FROM process", &total);
    if (r < 0 || total == 0)
        return r;
    r = query_open(db, tree_sql, &rows);
    if (r < 0)
        return r;
    sqlite3_bind_int64(rows, 1, max);
    r = make_table(&t, p);
    while (r == 0 && (r = query_next(rows)) > 0)
        r = add_row(&t, p, rows);
    if (r == 0) {
        page_heading(p, "Processes, as last seen (ids: one number, or real/effective/saved)");
        r = scols_print_table(t.table) == 0 ? 0 : -EIO;
    }
    if (r == 0 && total > max) {
        page_format(p, "... and %lld more%s", (long long)(total - max),
                    p->options->verbose > 0 ? "" : " (-v shows more)");
        page_end(p, 2, 4);
    }
    sqlite3_finalize(rows);
    scols_unref_table(t.table);
    free(t.lines);
    return r;
}

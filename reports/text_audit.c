/* text_audit.c - the verdict line of the text report, and what was audited. */
#include "reports/text.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "reports/query.h"

#define MANY(n) (long long)(n), (n) == 1 ? "" : "s"

static void add_found(struct page *p, const struct verdict *v)
{
    const char *before = " (";

    page_style(p, v->found[0] + v->found[1] > 0 ? PAGE_RED : PAGE_YELLOW);
    page_format(p, "%lld finding%s", MANY(v->all_found));
    for (int i = 0; i < VERDICT_SEVERITIES; i++) {
        if (v->found[i] == 0)
            continue;
        page_format(p, "%s%lld %s", before, (long long)v->found[i], verdict_severity[i]);
        before = ", ";
    }
    page_add(p, ")");
    page_style(p, PAGE_PLAIN);
}

/* "nothing found" alone would sound like "safe": it is said with what was looked at. */
static void add_nothing(struct page *p, const struct verdict *v)
{
    int64_t applied = v->used - v->not_applicable;

    if (applied == 0) {
        page_style(p, PAGE_YELLOW);
        page_add(p, "nothing was checked: no check applied");
    } else {
        page_style(p, v->complete ? PAGE_GREEN : PAGE_YELLOW);
        page_format(p, "nothing found by the %lld check%s that applied", MANY(applied));
    }
    page_style(p, PAGE_PLAIN);
    page_format(p, ", in %lld process%s", (long long)v->processes, v->processes == 1 ? "" : "es");
}

int text_verdict(struct page *p, const struct verdict *v)
{
    const char *before = ": ";

    if (v->all_found > 0)
        add_found(p, v);
    else
        add_nothing(p, v);
    page_add(p, ", evidence ");
    if (v->complete) {
        page_add(p, "complete");
    } else {
        page_style(p, PAGE_YELLOW);
        page_add(p, "INCOMPLETE");
        page_style(p, PAGE_PLAIN);
    }
    if (v->unknown > 0) {
        page_format(p, "%s%lld result%s unknown", before, MANY(v->unknown));
        before = ", ";
    }
    if (v->failed > 0) {
        page_format(p, "%s%lld check%s failed to run", before, MANY(v->failed));
        before = ", ";
    }
    if (!v->audit_complete)
        page_format(p, "%sthe audit did not come to its planned end", before);
    page_end(p, 0, 2);
    return 0;
}

void text_wait_status(struct page *p, int64_t status)
{
    int s = (int)status;

    if (WIFEXITED(s)) {
        page_format(p, "exited with status %d", WEXITSTATUS(s));
    } else if (WIFSIGNALED(s)) {
        const char *name = sigabbrev_np(WTERMSIG(s));

        if (name)
            page_format(p, "was killed by SIG%s", name);
        else
            page_format(p, "was killed by signal %d", WTERMSIG(s));
        if (WCOREDUMP(s))
            page_add(p, " (core dumped)");
    } else {
        page_format(p, "has wait status 0x%x", (unsigned)s);
    }
}

static void begin_field(struct page *p, const char *label)
{
    page_style(p, PAGE_DIM);
    page_format(p, "%-10s", label);
    page_style(p, PAGE_PLAIN);
}

static void end_field(struct page *p)
{
    page_end(p, 2, 12);
}

/* Arguments as one would type them: those with blanks or nothing in them are quoted. */
static void put_command(struct page *p, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t n = strnlen(bytes + i, size - i);
        int plain = n > 0 && !memchr(bytes + i, ' ', n) && !memchr(bytes + i, '\'', n) && !memchr(bytes + i, '"', n);

        if (i > 0)
            page_add(p, " ");
        if (i > 4096) {
            page_format(p, "...(%zu bytes)", size);
            return;
        }
        page_add(p, plain ? "" : "'");
        page_put(p, bytes + i, n);
        page_add(p, plain ? "" : "'");
        i += n + 1;
    }
}

static void put_date(struct page *p, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        page_format(p, "%s", text);
    else
        page_format(p, "%lld ns after 1970", (long long)nanoseconds);
}

static void put_duration(struct page *p, int64_t nanoseconds)
{
    if (nanoseconds < 0)
        page_add(p, "an unknown time (the clock was set back)");
    else if (nanoseconds < 1000000000)
        page_format(p, "%lld ms", (long long)(nanoseconds / 1000000));
    else
        page_format(p, "%.1f s", (double)nanoseconds / 1e9);
}

/* Columns of the one row of `audit`. */
enum {
    TOOL,
    MODE,
    COMMAND,
    UNTIL,
    POKE,
    POKE_STATUS,
    HOST,
    KERNEL,
    MACHINE,
    UID,
    NNP,
    BEGAN,
    ENDED,
    COMPLETE,
    WHY,
    STATUS,
    ID_MAPS
};

/* One line of a uid_map or gid_map. */
struct id_range {
    char kind[4];
    unsigned inside, outside, count;
};
#define ID_RANGES 16

/* audit.id_maps as ranges: their number, 0 when it has another form. */
static size_t read_ranges(const char *text, struct id_range *ranges)
{
    for (size_t n = 0; n < ID_RANGES;) {
        struct id_range *r = &ranges[n++];
        int used = 0;

        if (sscanf(text, "%3[a-z] %10u %10u %10u%n", r->kind, &r->inside, &r->outside, &r->count, &used) != 4 ||
            !r->count)
            return 0;
        text += used;
        if (!*text)
            return n;
        if (strncmp(text, ", ", 2))
            return 0;
        text += 2;
    }
    return 0;
}

static void put_range(struct page *p, const struct id_range *r, int is_first)
{
    long long last = (long long)r->count - 1;

    if (is_first)
        page_format(p, "%s ", r->kind);
    if (last)
        page_format(p, "%u..%lld are %u..%lld", r->inside, r->inside + last, r->outside, r->outside + last);
    else
        page_format(p, "%u is %u", r->inside, r->outside);
    page_add(p, is_first ? " outside" : "");
}

/* What is not as with real root, as far as it is so in every such namespace. */
static void put_id_maps(struct page *p, sqlite3_stmt *row)
{
    struct id_range ranges[ID_RANGES];
    const char *text = (const char *)sqlite3_column_text(row, ID_MAPS); /* ended by a NUL byte, whatever it was */
    size_t size = (size_t)sqlite3_column_bytes(row, ID_MAPS), n;

    if (!text)
        return;
    begin_field(p, "Ids");
    page_add(p, "started as root of a user namespace (--fake-root): ");
    n = strlen(text) == size ? read_ranges(text, ranges) : 0;
    for (size_t i = 0; i < n; i++) {
        int is_first = !i || strcmp(ranges[i].kind, ranges[i - 1].kind);

        page_add(p, !i ? "" : is_first ? "; " : ", ");
        put_range(p, &ranges[i], is_first);
    }
    if (!n)
        page_put(p, text, size);
    page_add(
        p, ". Unlike real root: files of other owners show as nobody's (65534), cannot be chowned and gain nothing by "
           "set-uid; nothing can be chowned to other ids; the host's ports below 1024 are as for any user.");
    end_field(p);
}

static void put_end(struct page *p, sqlite3_stmt *row)
{
    begin_field(p, "Ended");
    if (sqlite3_column_type(row, ENDED) == SQLITE_NULL) {
        page_add(p, "no end was recorded: the recorder was killed, or is still at work");
    } else {
        page_add(p, "after ");
        /* unsigned: a damaged recording may hold any two numbers */
        put_duration(p, (int64_t)((uint64_t)sqlite3_column_int64(row, ENDED) -
                                  (uint64_t)sqlite3_column_int64(row, BEGAN)));
        if (sqlite3_column_int(row, COMPLETE))
            page_add(p, ", as planned (until ");
        else
            page_add(p, ", before its planned end (until ");
        text_column(p, row, UNTIL);
        page_add(p, ")");
    }
    if (sqlite3_column_type(row, WHY) != SQLITE_NULL) {
        page_add(p, ": ");
        text_column(p, row, WHY);
    }
    end_field(p);
    begin_field(p, "Target");
    if (sqlite3_column_type(row, STATUS) == SQLITE_NULL)
        page_add(p, "had not ended by itself");
    else
        text_wait_status(p, sqlite3_column_int64(row, STATUS));
    end_field(p);
}

static void put_audit(struct page *p, sqlite3_stmt *row)
{
    size_t size;
    const char *command = query_bytes(row, COMMAND, &size);

    begin_field(p, "Command");
    put_command(p, command, size);
    end_field(p);
    if (sqlite3_column_type(row, POKE) != SQLITE_NULL) {
        begin_field(p, "Poke");
        text_column(p, row, POKE);
        if (sqlite3_column_type(row, POKE_STATUS) != SQLITE_NULL) {
            page_add(p, ", which ");
            text_wait_status(p, sqlite3_column_int64(row, POKE_STATUS));
        } else {
            page_add(p, ", which had not ended");
        }
        end_field(p);
    }
    begin_field(p, "Recorded");
    put_date(p, sqlite3_column_int64(row, BEGAN));
    page_add(p, " by forkaudit ");
    text_column(p, row, TOOL);
    page_add(p, ", mode ");
    text_column(p, row, MODE);
    if (sqlite3_column_type(row, UID) != SQLITE_NULL)
        page_format(p, ", uid %lld", (long long)sqlite3_column_int64(row, UID));
    end_field(p);
    put_id_maps(p, row);
    begin_field(p, "Host");
    text_column(p, row, HOST);
    page_add(p, ", Linux ");
    text_column(p, row, KERNEL);
    page_add(p, ", ");
    text_column(p, row, MACHINE);
    end_field(p);
    put_end(p, row);
}

int text_audit(struct page *p, sqlite3 *db, const struct verdict *v)
{
    sqlite3_stmt *row = NULL;
    int64_t looks = 0;
    int r;

    r = query_integer(db, "SELECT count(*) FROM look", &looks);
    if (r < 0)
        return r;
    r = query_open(
        db,
        "SELECT tool, mode, command, until, poke, poke_status, host, kernel, machine, tracer_uid, no_new_privs,"
        " began, ended, complete, why, target_status, id_maps FROM audit WHERE id = 1",
        &row);
    if (r < 0)
        return r;
    page_end(p, 0, 0);
    r = query_next(row);
    if (r > 0)
        put_audit(p, row);
    else if (r == 0)
        page_add(p, "The recording does not say what was audited (no audit row)."), page_end(p, 2, 2);
    sqlite3_finalize(row);
    if (r < 0)
        return r;
    begin_field(p, "Watched");
    page_format(p, "%lld process%s, %lld program%s, %lld look%s", (long long)v->processes,
                v->processes == 1 ? "" : "es", MANY(v->programs), MANY(looks));
    end_field(p);
    return 0;
}

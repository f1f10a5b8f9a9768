/* identity.c - the life of one process as steps, and what changed from one to the next. */
#include "reports/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/facts/facts.h"
#include "reports/query.h"

#define THREADS_MAX                                                                                                    \
    4096 /* threads of one process whose last state is kept; of others each is as if seen for the first time */

const char *const identity_column[N_IDENTITY_COLUMN] = {
    [IDENTITY_RUID] = "ruid",         [IDENTITY_EUID] = "euid",
    [IDENTITY_SUID] = "suid",         [IDENTITY_FSUID] = "fsuid",
    [IDENTITY_RGID] = "rgid",         [IDENTITY_EGID] = "egid",
    [IDENTITY_SGID] = "sgid",         [IDENTITY_FSGID] = "fsgid",
    [IDENTITY_CAP_INH] = "cap_inh",   [IDENTITY_CAP_PRM] = "cap_prm",
    [IDENTITY_CAP_EFF] = "cap_eff",   [IDENTITY_CAP_BND] = "cap_bnd",
    [IDENTITY_CAP_AMB] = "cap_amb",   [IDENTITY_NO_NEW_PRIVS] = "no_new_privs",
    [IDENTITY_SECCOMP] = "seccomp",   [IDENTITY_SECUREBITS] = "securebits",
    [IDENTITY_DUMPABLE] = "dumpable", [IDENTITY_USER_NS] = "user_ns",
};

/* The columns of enum identity_row, then groups and the numbers of enum identity_column. A call stands where it came
 * back; one whose result was looked at stands at that look. */
/* clang-format off */
static const char steps_sql[] =
    "SELECT s.seq, coalesce(k.at, s.at), s.step, s.tid, s.is_other, s.look, i.path, m.name,"
    " k.name, k.detail, k.a0, k.a1, k.a2, k.result, k.error, k.injected,"
    " f.kind, f.wanted, f.outcome, f.call, f.error, f.detail, c.id, c.groups,"
    " c.ruid, c.euid, c.suid, c.fsuid, c.rgid, c.egid, c.sgid, c.fsgid, c.cap_inh, c.cap_prm, c.cap_eff, c.cap_bnd,"
    " c.cap_amb, c.no_new_privs, c.seccomp, c.securebits, c.dumpable, c.user_ns"
    " FROM (SELECT l.seq, l.at, l.moment AS step, c.tid, c.tid <> l.tid AS is_other, l.id AS look, c.id AS cred,"
    "   iif(l.moment IN ('before-change', 'after-change'), l.call, NULL) AS call, NULL AS proof, l.image, l.marker"
    "   FROM look l JOIN cred c ON c.look = l.id WHERE l.process = ?1"
    "  UNION ALL SELECT coalesce(k.end_seq, k.seq), k.at, 'call', k.tid, 0, NULL, NULL, k.id, NULL, NULL, NULL"
    "   FROM call k WHERE k.process = ?1 AND k.name IN ('setuid', 'setgid', 'setreuid', 'setregid', 'setresuid',"
    "   'setresgid', 'setfsuid', 'setfsgid', 'setgroups', 'capset', 'prctl', 'seccomp', 'unshare', 'setns')"
    "   AND k.id NOT IN (SELECT a.call FROM look a WHERE a.process = ?1 AND a.moment = 'after-change'"
    "     AND a.call IS NOT NULL AND EXISTS (SELECT 1 FROM cred c WHERE c.look = a.id AND c.tid = a.tid))"
    "  UNION ALL SELECT f.seq, f.at, 'copy', f.tid, 0, f.look, NULL, NULL, f.id, NULL, NULL"
    "   FROM look l CROSS JOIN proof f ON f.look = l.id WHERE l.process = ?1 AND f.process = ?1) s"
    " LEFT JOIN cred c ON c.id = s.cred LEFT JOIN call k ON k.id = s.call LEFT JOIN proof f ON f.id = s.proof"
    " LEFT JOIN image i ON i.id = s.image LEFT JOIN marker m ON m.id = s.marker"
    " ORDER BY s.seq, s.is_other, s.cred, s.call, s.proof";
/* clang-format on */
enum { GROUPS = IDENTITY_CRED_ID + 1, FIRST_NUMBER };

struct identity_thread {
    int64_t tid;
    struct identity now;
};

static void forget(struct identity *i)
{
    free(i->groups);
    *i = (struct identity){ .groups = NULL };
    for (int c = 0; c < N_IDENTITY_COLUMN; c++)
        i->values[c] = FACTS_NULL;
}

static void forget_threads(struct identity_reader *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->threads[i].now.groups);
    r->n = 0;
}

int identity_open(sqlite3 *db, struct identity_reader *ret)
{
    struct identity_reader r = { NULL };
    int error = query_open(db, steps_sql, &r.rows);

    if (error < 0)
        return error;
    forget(&r.before);
    forget(&r.nobody);
    *ret = r;
    return 0;
}

void identity_close(struct identity_reader *r)
{
    forget_threads(r);
    forget(&r->before);
    forget(&r->nobody);
    free(r->threads);
    sqlite3_finalize(r->rows);
    *r = (struct identity_reader){ NULL };
}

void identity_start(struct identity_reader *r, int64_t process)
{
    forget_threads(r);
    sqlite3_reset(r->rows);
    sqlite3_bind_int64(r->rows, 1, process);
}

static int copy_groups(struct identity *to, const void *bytes, size_t size)
{
    char *groups = malloc(size + 1);

    if (!groups)
        return -ENOMEM;
    if (size > 0)
        memcpy(groups, bytes, size);
    free(to->groups);
    to->groups = groups;
    to->groups_size = size;
    return 0;
}

static int copy_identity(struct identity *to, const struct identity *from)
{
    memcpy(to->values, from->values, sizeof to->values);
    if (from->groups)
        return copy_groups(to, from->groups, from->groups_size);
    free(to->groups);
    to->groups = NULL;
    to->groups_size = 0;
    return 0;
}

/* What is known of a thread, found or new; the last one found stands first, for it is asked for next. NULL: no
 * memory. */
static struct identity *find_thread(struct identity_reader *r, int64_t tid, int *ret_is_new)
{
    struct identity_thread found = { .tid = tid };
    size_t i = 0;

    while (i < r->n && r->threads[i].tid != tid)
        i++;
    *ret_is_new = i == r->n;
    if (i < r->n) {
        found = r->threads[i];
    } else {
        if (r->n == THREADS_MAX)
            free(r->threads[--r->n].now.groups);
        if (r->n == r->room) {
            struct identity_thread *more = reallocarray(r->threads, r->room * 2 + 4, sizeof *more);

            if (!more)
                return NULL;
            r->threads = more;
            r->room = r->room * 2 + 4;
        }
        forget(&found.now);
        i = r->n++;
    }
    memmove(r->threads + 1, r->threads, i * sizeof *r->threads);
    r->threads[0] = found;
    return &r->threads[0].now;
}

/* What the row says becomes `now`; what it does not say stays as it was known. */
static int read_state(struct identity *now, sqlite3_stmt *row)
{
    size_t size;
    const void *groups = query_bytes(row, GROUPS, &size);

    for (int c = 0; c < N_IDENTITY_COLUMN; c++)
        if (sqlite3_column_type(row, FIRST_NUMBER + c) != SQLITE_NULL)
            now->values[c] = sqlite3_column_int64(row, FIRST_NUMBER + c);
    return sqlite3_column_type(row, GROUPS) == SQLITE_NULL ? 0 : copy_groups(now, groups, size);
}

static int update_thread(struct identity_reader *r, struct identity_step *step)
{
    struct identity *now;
    int is_other = sqlite3_column_int(step->row, IDENTITY_IS_OTHER), error = 0;
    const char *moment = (const char *)sqlite3_column_text(step->row, IDENTITY_STEP);

    /* Of a program that was replaced only the thread that did it lives on (the one seen last), under the id of the
     * first. */
    if (moment && !strcmp(moment, "exec") && r->n > 1 && !is_other) {
        for (size_t i = 1; i < r->n; i++)
            free(r->threads[i].now.groups);
        r->n = 1;
        r->threads[0].tid = sqlite3_column_int64(step->row, IDENTITY_TID);
    }
    now = find_thread(r, sqlite3_column_int64(step->row, IDENTITY_TID), &step->is_new);
    if (!now)
        return -ENOMEM;
    step->is_first = step->is_new && r->n == 1;
    /* A new thread has what the others have, or it is of interest in what it differs. */
    if (step->is_new && r->n > 1)
        error = copy_identity(now, &r->threads[1].now);
    if (error == 0)
        error = copy_identity(&r->before, now);
    if (error == 0)
        error = read_state(now, step->row);
    step->before = &r->before;
    step->now = now;
    return error;
}

int identity_next(struct identity_reader *r, struct identity_step *ret)
{
    struct identity_step step = { .row = r->rows, .before = &r->nobody, .now = &r->nobody };
    const char *name;
    int error = query_next(r->rows);

    if (error <= 0)
        return error;
    name = (const char *)sqlite3_column_text(r->rows, IDENTITY_STEP);
    if (sqlite3_column_type(r->rows, IDENTITY_PROOF) != SQLITE_NULL)
        step.kind = IDENTITY_COPY;
    else if (name && (!strcmp(name, "call") ||
                      (!strcmp(name, "after-change") && !sqlite3_column_int(r->rows, IDENTITY_IS_OTHER) &&
                       sqlite3_column_type(r->rows, IDENTITY_NAME) != SQLITE_NULL)))
        step.kind = IDENTITY_CALL;
    step.has_state = sqlite3_column_type(r->rows, IDENTITY_CRED_ID) != SQLITE_NULL;
    if (step.has_state)
        error = update_thread(r, &step);
    if (error < 0)
        return error;
    *ret = step;
    return 1;
}

int identity_differs(const struct identity *a, const struct identity *b, enum identity_column column)
{
    return a->values[column] != FACTS_NULL && b->values[column] != FACTS_NULL && a->values[column] != b->values[column];
}

int identity_groups_differ(const struct identity *a, const struct identity *b)
{
    return a->groups && b->groups &&
           (a->groups_size != b->groups_size || memcmp(a->groups, b->groups, a->groups_size) != 0);
}

int identity_changed(const struct identity *a, const struct identity *b)
{
    for (int c = 0; c < N_IDENTITY_COLUMN; c++)
        if (identity_differs(a, b, (enum identity_column)c))
            return 1;
    return identity_groups_differ(a, b);
}

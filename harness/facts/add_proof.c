/* add_proof.c - the rows that disposable copies and injected failures give. */
#include "harness/facts/internal.h"

#define INT(member)  FACTS_COLUMN_INT(ROW, member)
#define TEXT(member) FACTS_COLUMN_TEXT(ROW, member)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INSERT(table_name, columns)                                                                                    \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns)                                                   \
    }

int facts_add_proof(struct facts *f, const struct facts_proof *row, int64_t *ret_id)
{
#define ROW facts_proof
    static const struct facts_column columns[] = {
        INT(process), INT(look),     INT(tid),   INT(seq),   INT(at),      TEXT(kind),
        TEXT(wanted), TEXT(outcome), TEXT(call), INT(error), TEXT(detail),
    };
#undef ROW
    static const struct facts_write write = INSERT("proof", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_site(struct facts *f, const struct facts_site *row, int64_t *ret_id)
{
#define ROW facts_site
    static const struct facts_column columns[] = {
        TEXT(role), TEXT(name), TEXT(detail), INT(stack), INT(first_call), INT(calls), INT(threads),
    };
#undef ROW
    static const struct facts_write write = INSERT("site", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_injection(struct facts *f, const struct facts_injection *row, int64_t *ret_id)
{
#define ROW facts_injection
    static const struct facts_column columns[] = {
        INT(site),     INT(error),        INT(every),     INT(hits),   TEXT(outcome),  INT(status),     INT(kept_uid),
        INT(kept_gid), TEXT(kept_groups), INT(kept_caps), INT(served), TEXT(evidence), TEXT(recording),
    };
#undef ROW
    static const struct facts_write write = INSERT("injection", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

struct asked_row {
    int64_t look, tid, securebits, dumpable;
};

int facts_set_cred_asked(struct facts *f, int64_t look, int64_t tid, int64_t securebits, int64_t dumpable)
{
    /* The row is found by look and thread, not by an id: the one update that no column table can say. */
    static const char sql[] = "UPDATE cred SET securebits=coalesce(?1,securebits), dumpable=coalesce(?2,dumpable)"
                              " WHERE look=?3 AND tid=?4";
#define ROW asked_row
    static const struct facts_column columns[] = { INT(securebits), INT(dumpable), INT(look), INT(tid) };
#undef ROW
    const struct asked_row row = { look, tid, securebits, dumpable };
    sqlite3_stmt *update;
    int r = facts_begin(f), code;

    if (r)
        return r;
    update = facts_statement(f, sql, sql);
    if (!update)
        return f->error;
    code = facts_bind(update, columns, COUNT(columns), &row);
    if (code == SQLITE_OK)
        code = sqlite3_step(update);
    sqlite3_clear_bindings(update);
    sqlite3_reset(update);
    return code == SQLITE_DONE ? 0 : facts_fail(f, code, "write to");
}

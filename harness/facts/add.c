/* add.c - one function for each kind of row: which member of its struct goes to which column. */
#include "harness/facts/internal.h"

#define INT(member)  FACTS_COLUMN_INT(ROW, member)
#define TEXT(member) FACTS_COLUMN_TEXT(ROW, member)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INSERT(table_name, columns)                                                                                    \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns)                                                   \
    }
#define UPDATE(table_name, columns, key_name)                                                                          \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns), .key = key_name                                  \
    }

/* Until the audit ends as planned, this is what is known of its end. */
static const char interrupted[] = "forkaudit was stopped before the audit came to its end";

struct audit_row {
    struct facts_audit given;
    const char *why;
};

int facts_add_audit(struct facts *f, const struct facts_audit *row)
{
#define GIVEN(kind, member)                                                                                            \
    {                                                                                                                  \
#member, kind, offsetof(struct audit_row, given.member), 0, NULL                                               \
    }
    static const struct facts_column columns[] = {
        GIVEN(FACTS_TEXT, tool),
        GIVEN(FACTS_TEXT, mode),
        { "command", FACTS_BLOB, offsetof(struct audit_row, given.command),
          offsetof(struct audit_row, given.command_size), NULL },
        GIVEN(FACTS_TEXT, until),
        GIVEN(FACTS_TEXT, poke),
        GIVEN(FACTS_TEXT, host),
        GIVEN(FACTS_TEXT, kernel),
        GIVEN(FACTS_TEXT, machine),
        GIVEN(FACTS_INT, tracer_uid),
        GIVEN(FACTS_INT, no_new_privs),
        GIVEN(FACTS_INT, began),
        GIVEN(FACTS_TEXT, id_maps),
        GIVEN(FACTS_INT, generators),
        GIVEN(FACTS_INT, reuse_pid),
        { "why", FACTS_TEXT, offsetof(struct audit_row, why), 0, NULL },
    };
    static const struct facts_write write = INSERT("audit", columns);
    const struct audit_row whole = { *row, interrupted };

    return facts_write_row(f, &write, &whole, 0, NULL);
}

int facts_end_audit(struct facts *f, const struct facts_audit_end *row)
{
#define ROW facts_audit_end
    static const struct facts_column columns[] = {
        INT(ended), INT(complete), INT(target_status), INT(poke_status), TEXT(why),
    };
#undef ROW
    static const struct facts_write write = UPDATE("audit", columns, "id");

    return facts_write_row(f, &write, row, 1, NULL);
}

int facts_add_process(struct facts *f, const struct facts_process *row, int64_t *ret_id)
{
#define ROW facts_process
    static const struct facts_column columns[] = {
        INT(seq),   INT(at),          INT(parent),         INT(pid),   INT(ns_pid), INT(start_time),
        TEXT(born), INT(clone_flags), INT(parent_threads), INT(image),
    };
#undef ROW
    static const struct facts_write write = INSERT("process", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_end_process(struct facts *f, int64_t process, const struct facts_process_end *row)
{
    static const struct facts_column columns[] = {
        { "end_seq", FACTS_INT, offsetof(struct facts_process_end, seq), 0, NULL },
        { "end_at", FACTS_INT, offsetof(struct facts_process_end, at), 0, NULL },
        FACTS_COLUMN_INT(facts_process_end, status),
        FACTS_COLUMN_TEXT(facts_process_end, ending),
    };
    static const struct facts_write write = UPDATE("process", columns, "id");

    return facts_write_row(f, &write, row, process, NULL);
}

int facts_add_image(struct facts *f, const struct facts_image *row, int64_t *ret_id)
{
#define ROW facts_image
    static const struct facts_column columns[] = {
        INT(process),   INT(seq), TEXT(path),  FACTS_COLUMN_BLOB(ROW, args, args_size),
        TEXT(build_id), INT(dev), INT(ino),    INT(mode),
        INT(uid),       INT(gid), INT(secure), INT(markers),
    };
#undef ROW
    static const struct facts_write write = INSERT("image", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_look(struct facts *f, const struct facts_look *row, int64_t *ret_id)
{
#define ROW facts_look
    static const struct facts_column columns[] = {
        INT(process),       INT(tid),    INT(seq),     INT(at),       TEXT(moment),   INT(image),
        INT(call),          INT(marker), INT(threads), INT(fd_table), INT(map_table), INT(limit_table),
        INT(environ_table), TEXT(cwd),   TEXT(root),   TEXT(waiting),
    };
#undef ROW
    static const struct facts_write write = INSERT("look", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_complete_look(struct facts *f, int64_t look, const struct facts_look *row)
{
#define ROW facts_look
    static const struct facts_column columns[] = {
        INT(image),       INT(call),          INT(marker), INT(threads), INT(fd_table), INT(map_table),
        INT(limit_table), INT(environ_table), TEXT(cwd),   TEXT(root),   TEXT(waiting),
    };
#undef ROW
    static const struct facts_write write = UPDATE("look", columns, "id");

    return facts_write_row(f, &write, row, look, NULL);
}

int facts_add_cred(struct facts *f, const struct facts_cred *row)
{
#define ROW facts_cred
    static const struct facts_column columns[] = {
        INT(look),    INT(tid),     INT(ruid),         INT(euid),    INT(suid),    INT(fsuid),      INT(rgid),
        INT(egid),    INT(sgid),    INT(fsgid),        TEXT(groups), INT(cap_inh), INT(cap_prm),    INT(cap_eff),
        INT(cap_bnd), INT(cap_amb), INT(no_new_privs), INT(seccomp), INT(user_ns), INT(securebits), INT(dumpable),
    };
#undef ROW
    static const struct facts_write write = INSERT("cred", columns);

    return facts_write_row(f, &write, row, 0, NULL);
}

int facts_add_description(struct facts *f, const struct facts_description *row, int64_t *ret_id)
{
#define ROW facts_description
    static const struct facts_column columns[] = {
        TEXT(kind), TEXT(name),   INT(dev),     INT(ino),         INT(mode),      INT(owner_uid),  INT(owner_gid),
        INT(flags), TEXT(access), TEXT(socket), TEXT(local_name), INT(listening), INT(first_look), INT(from_starter),
    };
#undef ROW
    static const struct facts_write write = INSERT("description", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_call(struct facts *f, const struct facts_call *row, int64_t *ret_id)
{
#define ROW facts_call
#define ARGUMENT(i)                                                                                                    \
    {                                                                                                                  \
        "a" #i, FACTS_INT, offsetof(struct facts_call, args[i]), 0, NULL                                               \
    }
    static const struct facts_column columns[] = {
        INT(process), INT(tid),    INT(seq),    INT(at),     INT(image),  TEXT(name),   TEXT(abi),  ARGUMENT(0),
        ARGUMENT(1),  ARGUMENT(2), ARGUMENT(3), ARGUMENT(4), ARGUMENT(5), TEXT(detail), INT(stack), INT(injected),
    };
#undef ROW
    static const struct facts_write write = INSERT("call", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_marker(struct facts *f, const struct facts_marker *row, int64_t *ret_id)
{
#define ROW facts_marker
    static const struct facts_column columns[] = {
        INT(process), INT(tid), INT(seq), INT(at), TEXT(kind), TEXT(name),
    };
#undef ROW
    static const struct facts_write write = INSERT("marker", columns);

    return facts_write_row(f, &write, row, 0, ret_id);
}

int facts_add_witness(struct facts *f, const struct facts_witness *row)
{
#define ROW facts_witness
    static const struct facts_column columns[] = {
        INT(marker), INT(ruid), INT(euid), INT(suid), INT(rgid), INT(egid), INT(sgid), TEXT(groups),
    };
#undef ROW
    static const struct facts_write write = INSERT("witness", columns);

    return facts_write_row(f, &write, row, 0, NULL);
}

int facts_add_draw(struct facts *f, const struct facts_draw *row)
{
#define ROW facts_draw
    static const struct facts_column columns[] = {
        INT(process),
        INT(tid),
        INT(marker),
        INT(seq),
        TEXT(generator),
        INT(offset),
        FACTS_COLUMN_BLOB(ROW, bytes, size),
    };
#undef ROW
    static const struct facts_write write = INSERT("draw", columns);

    return facts_write_row(f, &write, row, 0, NULL);
}

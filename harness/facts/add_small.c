/* add_small.c - the rows that are given as plain arguments. */
#include "harness/facts/internal.h"

#include <errno.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INT(member)  FACTS_COLUMN_INT(ROW, member)
#define TEXT(member) FACTS_COLUMN_TEXT(ROW, member)
#define INSERT(table_name, columns)                                                                                    \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns)                                                   \
    }
#define UPDATE(table_name, columns, key_name)                                                                          \
    {                                                                                                                  \
        .table = table_name, .columns = columns, .n = COUNT(columns), .key = key_name                                  \
    }

struct signal_row {
    int64_t look;
    uint64_t ignored, blocked, caught;
};

int facts_add_signal(struct facts *f, int64_t look, uint64_t ignored, uint64_t blocked, uint64_t caught)
{
#define MASK(member)                                                                                                   \
    {                                                                                                                  \
#member, FACTS_MASK, offsetof(struct signal_row, member), 0, NULL                                              \
    }
    static const struct facts_column columns[] = {
        FACTS_COLUMN_INT(signal_row, look),
        MASK(ignored),
        MASK(blocked),
        MASK(caught),
    };
    static const struct facts_write write = INSERT("signal", columns);
    const struct signal_row row = { look, ignored, blocked, caught };

    return facts_write_row(f, &write, &row, 0, NULL);
}

struct terminal_row {
    int64_t look, session, process_group, tty;
};

int facts_add_terminal(struct facts *f, int64_t look, int64_t session, int64_t process_group, int64_t tty)
{
#define ROW terminal_row
    static const struct facts_column columns[] = { INT(look), INT(session), INT(process_group), INT(tty) };
#undef ROW
    static const struct facts_write write = INSERT("terminal", columns);
    const struct terminal_row row = { look, session, process_group, tty };

    return facts_write_row(f, &write, &row, 0, NULL);
}

struct socket_row {
    int64_t listening;
    const char *socket, *local_name;
};

int facts_set_socket(struct facts *f, int64_t description, const char *family, const char *local_name,
                     int64_t listening)
{
#define ROW socket_row
    static const struct facts_column columns[] = { INT(listening), TEXT(socket), TEXT(local_name) };
#undef ROW
    static const struct facts_write write = UPDATE("description", columns, "id");
    const struct socket_row row = { listening, family, local_name };

    return facts_write_row(f, &write, &row, description, NULL);
}

struct no_new_privs_row {
    int64_t no_new_privs;
};

int facts_set_no_new_privs(struct facts *f, int64_t no_new_privs)
{
    static const struct facts_column columns[] = { FACTS_COLUMN_INT(no_new_privs_row, no_new_privs) };
    static const struct facts_write write = UPDATE("audit", columns, "id");
    const struct no_new_privs_row row = { no_new_privs };

    return facts_write_row(f, &write, &row, 1, NULL);
}

struct call_end_row {
    int64_t result, error, end_seq;
    const char *detail;
};

int facts_end_call(struct facts *f, int64_t call, int64_t result, int64_t error, const char *detail)
{
#define ROW call_end_row
    static const struct facts_column columns[] = {
        INT(result),
        INT(error),
        INT(end_seq),
        { "detail", FACTS_TEXT, offsetof(struct call_end_row, detail), 0, "coalesce(?,detail)" },
    };
#undef ROW
    static const struct facts_write write = UPDATE("call", columns, "id");
    const struct call_end_row row = { result, error, facts_next_seq(f), detail };

    return facts_write_row(f, &write, &row, call, NULL);
}

struct witness_fd_row {
    int64_t marker, fd, cloexec;
};

int facts_add_witness_fd(struct facts *f, int64_t marker, int64_t fd, int64_t cloexec)
{
#define ROW witness_fd_row
    static const struct facts_column columns[] = { INT(marker), INT(fd), INT(cloexec) };
#undef ROW
    /* A descriptor that the target lists twice is listed once: the first time counts. */
    static const struct facts_write write = { "witness_fd", columns, COUNT(columns), NULL, 1 };
    const struct witness_fd_row row = { marker, fd, cloexec };

    return facts_write_row(f, &write, &row, 0, NULL);
}

struct account_row {
    int64_t uid, gid;
    const char *name, *groups;
};

int facts_add_account(struct facts *f, int64_t uid, const char *name, int64_t gid, const char *groups)
{
#define ROW account_row
    static const struct facts_column columns[] = { INT(uid), INT(gid), TEXT(name), TEXT(groups) };
#undef ROW
    static const struct facts_write write = { "account", columns, COUNT(columns), NULL, 1 };
    const struct account_row row = { uid, gid, name, groups };

    return facts_write_row(f, &write, &row, 0, NULL);
}

struct gap_row {
    int64_t process, look, seq, error;
    const char *source, *detail;
};

int facts_add_gap(struct facts *f, int64_t process, int64_t look, const char *source, int error, const char *detail,
                  ...)
{
#define ROW gap_row
    static const struct facts_column columns[] = {
        INT(process), INT(look), INT(seq), INT(error), TEXT(source), TEXT(detail),
    };
#undef ROW
    static const struct facts_write write = INSERT("gap", columns);
    char text[1025];
    const struct gap_row row = { process, look, facts_next_seq(f), error ? error : FACTS_NULL, source, text };
    va_list args;

    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    return facts_write_row(f, &write, &row, 0, NULL);
}

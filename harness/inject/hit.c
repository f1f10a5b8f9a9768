/* hit.c - the process that met the first failure of a trial, and what it did about it. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The kernel's sources of random bytes, as paths of the table call. */
#define RANDOM_DEVICES "('/dev/random', '/dev/urandom', '/dev/hwrng')"

void call_text(sqlite3_stmt *row, int column, char *buffer, size_t size)
{
    static const struct {
        const char *name;
        int args; /* how many arguments are numbers worth showing; -1: the detail says it */
    } forms[] = { { "setuid", 1 },    { "setgid", 1 },    { "setreuid", 2 },  { "setregid", 2 },
                  { "setresuid", 3 }, { "setresgid", 3 }, { "setfsuid", 1 },  { "setfsgid", 1 },
                  { "setsid", 0 },    { "fork", 0 },      { "getrandom", 0 }, { "close_range", 2 } };
    const char *name = ask_text(row, column), *detail = ask_text(row, column + 1);
    int args = -1;
    size_t at;

    for (size_t i = 0; i < COUNT(forms); i++)
        if (!strcmp(forms[i].name, name))
            args = forms[i].args;
    if (!strcmp(name, "setgroups") && !detail[0] && ask_integer(row, column + 2) == 0)
        detail = "none";
    at = (size_t)snprintf(buffer, size, "%s(%.100s", name, args < 0 ? detail : "");
    if (!strcmp(name, "getrandom"))
        at += (size_t)snprintf(buffer + at, size - at, "%lld bytes", (long long)sqlite3_column_int64(row, column + 3));
    for (int i = 0; i < args && at < size; i++)
        at += (size_t)snprintf(buffer + at, size - at, "%s%lld", i ? ", " : "",
                               (long long)sqlite3_column_int64(row, column + 2 + i));
    if (at < size)
        snprintf(buffer + at, size - at, ")");
}

void tries_read(sqlite3 *db, int64_t call, struct tries *ret)
{
    static const char same[] =
        "SELECT count(*) FROM call n JOIN call c ON c.id = ?1 WHERE n.process = c.process AND n.seq >= c.seq"
        " AND n.injected = 0 AND n.error = 0 AND n.name = c.name"
        " AND CASE WHEN c.name IN ('setgroups', 'capset', 'chroot', 'open') THEN n.detail IS c.detail"
        " WHEN c.name = 'fork' THEN 1 ELSE n.a0 IS c.a0 AND n.a1 IS c.a1 AND n.a2 IS c.a2 END";
    /* Random bytes can be had elsewhere: from another of the kernel's sources. The C library's own use of getrandom(2), for 8 bytes
     * and without waiting, is nobody's. */
    static const char other[] =
        "SELECT count(*) FROM call n JOIN call c ON c.id = ?1 WHERE n.process = c.process AND n.seq > c.seq"
        " AND n.injected = 0 AND n.error = 0 AND (n.name = 'open' AND n.detail IN " RANDOM_DEVICES
        "  OR n.name = 'getrandom' AND NOT (n.a1 = 8 AND n.a2 = 1))"
        " AND (c.name = 'getrandom' OR c.name = 'open' AND c.detail IN " RANDOM_DEVICES ")";

    static const char beside[] =
        "SELECT count(*) FROM call n JOIN call c ON c.id = ?1 WHERE n.process = c.process AND n.image IS c.image"
        " AND n.injected = 0 AND n.error = 0 AND (n.name = 'open' AND n.detail IN " RANDOM_DEVICES
        "  OR n.name = 'getrandom' AND NOT (n.a1 = 8 AND n.a2 = 1))"
        " AND (n.name <> c.name OR n.name = 'open' AND n.detail <> c.detail)"
        " AND (c.name = 'getrandom' OR c.name = 'open' AND c.detail IN " RANDOM_DEVICES ")";

    ret->same = ASK_NUMBER(db, same, call);
    ret->other = ASK_NUMBER(db, other, call);
    ret->beside = ASK_NUMBER(db, beside, call);
}

int hit_read(sqlite3 *db, struct hit *ret)
{
    static const char sql[] = "SELECT c.id, c.seq, c.process, c.image, p.pid, c.name, c.detail, c.a0, c.a1, c.a2"
                              " FROM call c JOIN process p ON p.id = c.process WHERE c.injected = 1 ORDER BY c.seq";
    sqlite3_stmt *row = ask(db, sql, 0, NULL);

    *ret = (struct hit){ .after = { .status = FACTS_NULL } };
    if (!row)
        return -EIO;
    while (sqlite3_step(row) == SQLITE_ROW) {
        if (ret->hits++)
            continue;
        ret->call = ask_integer(row, 0);
        ret->seq = ask_integer(row, 1);
        ret->process = ask_integer(row, 2);
        ret->image = ask_integer(row, 3);
        ret->pid = ask_integer(row, 4);
        call_text(row, 5, ret->text, sizeof ret->text);
    }
    sqlite3_finalize(row);
    if (!ret->hits)
        return 0;
    story_role(db, ret->process, ret->image, ret->role, sizeof ret->role);
    after_read(db, ret->process, ret->seq, &ret->after);
    tries_read(db, ret->call, &ret->tries);
    return 0;
}

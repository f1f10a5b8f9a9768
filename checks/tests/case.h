/* case.h - hand-made facts for the tests of checks: rows are written, judged, and what a check said is one short text.
 *
 * A case is a string of the macros below, each one row. Every look's thread is 1, and so is the credentials' thread.
 */
#ifndef FORKAUDIT_CASE_H
#define FORKAUDIT_CASE_H

#include "checks/judge.h"
#include "harness/facts/facts.h"
#include "harness/testing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS(...) "insert into process (id, seq, parent, pid, born, image, at) values (" #__VA_ARGS__ ", 0);"
#define ENDED(id, wait_status, how)                                                                                    \
    "update process set status = " #wait_status ", ending = " #how " where id = " #id ";"
#define IMAGE(...) "insert into image (id, process, seq, path, secure, markers) values (" #__VA_ARGS__ ");"
#define LOOK(...)                                                                                                      \
    "insert into look (id, process, seq, moment, image, fd_table, tid, at) values (" #__VA_ARGS__ ", 1, 0);"
#define CRED(...)                                                                                                      \
    "insert into cred (look, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_prm, tid, user_ns, "        \
    "cap_amb)"                                                                                                         \
    " values (" #__VA_ARGS__ ", 1, 1, 0);"
#define ROOT(look)              CRED(look, 0, 0, 0, 0, 0, 0, 0, 0, '0 4', 2199023255551)
#define USER(look, uid, groups) CRED(look, uid, uid, uid, uid, uid, uid, uid, uid, groups, 0)
#define CALL(...)                                                                                                      \
    "insert into call (id, process, seq, image, name, a0, a1, a2, detail, error, tid, abi, at) values (" #__VA_ARGS__  \
    ", 1, 'x86_64', 0);"
/* An attempt of a disposable copy of the process of that look. */
#define PROOF(...)                                                                                                     \
    "insert into proof (look, kind, wanted, outcome, call, detail, process, tid, seq, at)"                             \
    " select column1, column2, column3, column4, column5, column6, l.process, 1, l.seq, 0"                             \
    " from (values (" #__VA_ARGS__ ")) join look l on l.id = column1;"
#define STACK(id)  "insert into stack values (" #id ", 0);"
#define FRAME(...) "insert into frame (stack, depth, object, symbol, offset) values (" #__VA_ARGS__ ");"
#define SITE(...)                                                                                                      \
    "insert into site (id, role, name, detail, stack, first_call, calls, threads) values (" #__VA_ARGS__ ", 1, 1);"
#define INJECTION(...)                                                                                                 \
    "insert into injection (site, error, outcome, status, kept_uid, kept_gid, kept_groups, kept_caps, served,"         \
    " evidence, every, hits) values (" #__VA_ARGS__ ", 0, 1);"
#define INJECTED(id) "update call set injected = 1 where id = " #id ";"
#define TABLE(id)    "insert into fd_table values (" #id ", 0, 0);"
#define FD(...)      "insert into fd (fd_table, fd, description, cloexec) values (" #__VA_ARGS__ ");"
#define STD(table)   FD(table, 0, 1, 0) FD(table, 1, 1, 0) FD(table, 2, 1, 0)
#define OPEN(...)                                                                                                      \
    "insert into description (id, kind, name, listening, first_look, from_starter) values (" #__VA_ARGS__ ");"
#define DRAW(...) DRAW_OF(__VA_ARGS__) /* its bytes are a text, and may be a macro */
#define DRAW_OF(...)                                                                                                   \
    "insert into draw (id, process, seq, generator, bytes, offset, marker)"                                            \
    " select column1, column2, column3, column4, cast(column5 as blob), 0, 1 from (values (" #__VA_ARGS__ "));"
/* The same, seen by a breakpoint; a thread's. */
#define SEEN(...) SEEN_OF(__VA_ARGS__)
#define SEEN_OF(...)                                                                                                   \
    "insert into draw (id, process, tid, seq, generator, bytes, offset)"                                               \
    " select column1, column2, column3, column4, column5, cast(column6 as blob), 0 from (values (" #__VA_ARGS__ "));"
#define GENERATORS_ON "update audit set generators = 1;"
#define GENERATOR(...)                                                                                                 \
    "insert into generator (id, name, source, purpose, guard, state_of, object, offset) values (" #__VA_ARGS__         \
    ", '/lib/x.so', 1);"
#define PRESENT(process, image, generator)                                                                             \
    "insert into generator_present values (" #process ", " #image ", " #generator ");"
#define CALLED(...)                                                                                                    \
    "insert into generator_call (process, seq, image, generator, kind, symbol, tid, at) values (" #__VA_ARGS__         \
    ", 'draw', 'f', 1, 0);"
#define SEEDED(...) /* its seed is a text */                                                                           \
    "insert into generator_call (process, seq, image, generator, seed, seed_is, is_added, kind, symbol, tid, at)"      \
    " select column1, column2, column3, column4, cast(column5 as blob), column6, column7, 'seed', 'srand', 1, 0"       \
    " from (values (" #__VA_ARGS__ "));"
#define SNAPSHOT(id, process, moment)                                                                                  \
    "insert into snapshot (id, process, moment, tid, seq, at, threads, bytes, held) values (" #id ", " #process        \
    ", " #moment ", 1, 0, 0, 1, 1, 1);"
/* Eight values of four bytes that are equal, when the verdict is 'shared'; each generator has its own. */
#define COMPARED(...)                                                                                                  \
    "insert into comparison (id, kind, generator, process, other, verdict, reason, pid_repeats, snapshot,"             \
    " other_snapshot, value_size, shift, other_shift, equal, partial, own, other_values)"                              \
    " select column1, column2, column3, column4, column5, column6, column7, column8, 1, 2, 4, 0, 0, 8, 0, b, b from"   \
    " (select *, cast('abcdefghijklmnopqrstuvwxyzabcde' || char(64 + column3) as blob) as b"                           \
    " from (values (" #__VA_ARGS__ ")));"
#define TOKEN(process, other, bytes)                                                                                   \
    "insert into token (process, other, bytes, seq, other_seq) values (" #process ", " #other ", cast(" #bytes         \
    " as blob), 0, 0);"
#define MARKER(...)  "insert into marker (id, process, seq, kind, name, tid, at) values (" #__VA_ARGS__ ", 1, 0);"
#define ACCOUNT(...) "insert into account (uid, name, gid, groups) values (" #__VA_ARGS__ ");"
#define GAP(...)     "insert into gap (id, process, look, source, detail, seq) values (" #__VA_ARGS__ ", 0);"
/* The first process (1), root, whose program is image 1, and its forked child (2), born at 10 with looks 1 and 2. */
#define FAMILY                                                                                                         \
    PROCESS(1, 1, NULL, 101, 'launch', NULL) IMAGE(1, 1, 2, '/usr/sbin/daemon', 0, 1) PROCESS(2, 10, 1, 102, 'fork', 1)
#define ROOT_FAMILY                                                                                                    \
    FAMILY LOOK(1, 1, 3, 'exec', 1, NULL) ROOT(1) LOOK(2, 2, 11, 'born', 1, NULL) ROOT(2) ACCOUNT(33, 'www', 33, '33')

#define EXPECT(expected, actual)                                                                                       \
    do {                                                                                                               \
        const char *expect_got = actual;                                                                               \
        if (strcmp(expected, expect_got))                                                                              \
            printf("%s:%d: expected \"%s\", got \"%s\"\n", __FILE__, __LINE__, expected, expect_got);                  \
        CU_ASSERT_STRING_EQUAL(expected, expect_got);                                                                  \
    } while (0)

#define CASE_INLINE static __attribute__((unused))

static struct facts *case_facts;
static struct judge_result case_result;

CASE_INLINE void case_end(void)
{
    judge_release(&case_result);
    facts_close(case_facts);
    case_facts = NULL;
}

/* A recording with a complete audit and the rows of `sql`. */
CASE_INLINE void case_begin(const char *sql)
{
    char path[4200], why[200] = "", *message = NULL;

    case_end();
    snprintf(path, sizeof path, "%s/case.fork", test_directory());
    if (facts_create(path, &case_facts, why, sizeof why)) {
        fprintf(stderr, "case: %s\n", why);
        exit(99);
    }
    sqlite3_exec(facts_db(case_facts),
                 "insert into audit (id, tool, mode, command, until, began, complete)"
                 " values (1, 'test', 'launch', x'00', 'exit', 0, 1)",
                 NULL, NULL, &message);
    if (!message)
        sqlite3_exec(facts_db(case_facts), sql, NULL, NULL, &message);
    if (!message)
        sqlite3_exec(facts_db(case_facts), "update cred set cap_eff = cap_prm where cap_eff is null", NULL, NULL,
                     &message);
    if (message) {
        fprintf(stderr, "case: %s\n", message);
        exit(99);
    }
}

/* The first column of all rows, joined by blanks; in a static buffer. */
CASE_INLINE const char *case_query(const char *sql)
{
    static char text[20000];
    sqlite3_stmt *s = NULL;
    size_t n = 0;

    text[0] = '\0';
    if (sqlite3_prepare_v2(facts_db(case_facts), sql, -1, &s, NULL)) {
        snprintf(text, sizeof text, "%s", sqlite3_errmsg(facts_db(case_facts)));
        return text;
    }
    while (sqlite3_step(s) == SQLITE_ROW && n < sizeof text - 1) {
        const char *column = (const char *)sqlite3_column_text(s, 0);

        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", column ? column : "(null)");
    }
    sqlite3_finalize(s);
    return text;
}

/* What `check` says of the facts: "found:2 pass:3 unknown", each row's result and process, in order. A check that
 * failed ends the text with "FAILED line: message". */
CASE_INLINE const char *case_judge(const char *check, const char *sql)
{
    char query[1000];
    int r;

    case_begin(sql);
    r = judge_run(case_facts, NULL, &case_result);
    CU_ASSERT_EQUAL_FATAL(r, 0);
    snprintf(
        query, sizeof query,
        "select t from (select result || ifnull(':' || process, '') as t from finding where check_id = '%s'"
        " order by result, process) union all select 'FAILED ' || file || ':' || ifnull(line, 0) || ': ' || message"
        " from check_failed",
        check);
    return case_query(query);
}

#endif

/* test_checks_many.c - recordings of many processes: what a check costs grows with them, not with their square. */
#include "checks/tests/case.h"

#define MANY    "10000"
#define NUMBERS "with recursive n (i) as (select 1 union all select i + 1 from n where i < " MANY ") insert into "
/* Each process `i + 1` of the first one is born as root at 10 i, makes three calls, and becomes uid 33 with this saved one. */
#define WORKERS                                                                                                        \
    NUMBERS "process (id, seq, parent, pid, born, image, at) select i + 1, 10 * i, 1, 1000 + i, 'fork', 1, 0 from "    \
            "n;" NUMBERS                                                                                               \
            "look (id, process, seq, moment, image, tid, at) select 10 * i, i + 1, 10 * i + 1, 'born', 1, 1, 0 "       \
            "from n;" NUMBERS                                                                                          \
            "look (id, process, seq, moment, image, tid, at, call) select 10 * i + 1, i + 1, 10 * i + 2, "             \
            "'before-change', 1, 1, 0, i from n;" NUMBERS                                                              \
            "call (id, process, seq, image, name, a0, a1, a2, error, tid, abi, at, end_seq) select i, i + 1, "         \
            "10 * i + 2, 1, 'setresuid', 33, 33, 33, 0, 1, 'x86_64', 0, 10 * i + 3 from n;" NUMBERS                    \
            "look (id, process, seq, moment, image, tid, at) select 10 * i + 3, i + 1, 10 * i + 5, 'settled', 1, 1, "  \
            "0 from n;" NUMBERS                                                                                        \
            "cred (look, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_prm, tid, user_ns, cap_amb)"    \
            " select 10 * i + column1, 0, 0, 0, 0, 0, 0, 0, 0, '0', 2199023255551, 1, 1, 0 from n, "                   \
            "(values (0), (1));"
#define RESTING(saved)                                                                                                 \
    NUMBERS "cred (look, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_prm, tid, user_ns, cap_amb)"    \
            " select 10 * i + 3, 33, 33, " #saved ", 33, 33, 33, 33, 33, '33', 0, 1, 1, 0 from n;"
#define TRIED(outcome)                                                                                                 \
    NUMBERS "proof (look, kind, wanted, outcome, call, process, tid, seq, at) select 10 * i + 3, 'uid', '0', "         \
            "'" outcome "', 'setuid(0)', i + 1, 1, 10 * i + 6, 0 from n;"
/* Each of them has executed something first, and its call fails. */
#define EXECUTED                                                                                                       \
    NUMBERS "image (id, process, seq, path, secure, markers) select i + 1, i + 1, 10 * i + 4, '/bin/job', 0, 0 from "  \
            "n;"
#define FAILING "update call set error = 1;"

#define COUNTS                                                                                                         \
    "select printf('%s:%d', result, count(*)) from finding where check_id = 'id-recoverable' group by result order "   \
    "by result"
/* What a check costs is bounded (judge.c): one that grows faster than the recording fails here. */
#define FAILED "select file || ': ' || message from check_failed"

static void judged(const char *rows, const char *expected)
{
    case_begin(PROCESS(1, 1, NULL, 101, 'launch', NULL) IMAGE(1, 1, 2, '/usr/sbin/daemon', 0, 1)
                   LOOK(9, 1, 3, 'exec', 1, NULL) ROOT(9) ACCOUNT(33, 'www', 33, '33'));
    CU_ASSERT_EQUAL_FATAL(sqlite3_exec(facts_db(case_facts), rows, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_exec(facts_db(case_facts), "update cred set cap_eff = cap_prm", NULL, NULL, NULL);
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, NULL, &case_result), 0);
    EXPECT("", case_query(FAILED));
    EXPECT(expected, case_query(COUNTS));
    case_end();
}

static void test_checks_many__that_dropped(void)
{
    judged(WORKERS RESTING(33) TRIED("refused"), "pass:" MANY);
}

static void test_checks_many__that_can_take_it_back(void)
{
    judged(WORKERS RESTING(0) TRIED("regained"), "found:" MANY);
}

static void test_checks_many__that_executed_and_failed(void)
{
    judged(WORKERS RESTING(33) EXECUTED FAILING, "pass:" MANY);
}

TEST_MAIN("test_checks_many", TEST(test_checks_many__that_dropped), TEST(test_checks_many__that_can_take_it_back),
          TEST(test_checks_many__that_executed_and_failed))

/* test_checks_rng_many.c - generators in recordings of 10,000 processes: what a check costs grows with
 * them, not with their square. */
#include "checks/tests/case.h"

#define MANY    "10000"
#define NUMBERS "with recursive n (i) as (select 1 union all select i + 1 from n where i < " MANY ") insert into "
#define GENERATORS                                                                                                     \
    "update audit set generators = 1; insert into generator (id, name, source, symbol, object, offset, purpose)"       \
    " values (1, 'libc rand', 'known', 'rand', 'libc', 1, 'ordinary'), (2, 'g2', 'known', 'b', 'l', 2,"                \
    " 'cryptographic'), (3, 'g3', 'known', 'c', 'l', 3, 'identifier'), (4, 'g4', 'known', 'd', 'l', 4, 'ordinary'),"   \
    " (5, 'g5', 'known', 'e', 'l', 5, 'ordinary');"
/* Each process i + 1 is born at 10 i, with a snapshot then and one at its end. */
#define WORKERS                                                                                                        \
    NUMBERS "process (id, seq, parent, pid, born, image, at) select i + 1, 10 * i, 1, 1000 + i, 'fork', 1, 0 from "    \
            "n;" NUMBERS "look (id, process, seq, moment, image, tid, at) select i, i + 1, 10 * i + 1, 'born', 1, 1, " \
            "0 from n;" NUMBERS "snapshot (id, process, tid, seq, at, image, moment, threads, bytes, held)"            \
            " select 2 * i + column1, i + 1, 1, 10 * i + 2, 0, 1, column2, 1, 1, 1 from n,"                            \
            " (values (0, 'born'), (1, 'first-draw'));"
#define COPIES(verdict, against)                                                                                       \
    NUMBERS "comparison (kind, generator, process, other, snapshot, other_snapshot, verdict, reason, value_size,"      \
            " shift, other_shift, equal, partial, pid_repeats, own, other_values)"                                     \
            " select k.column1, g.id, i + 1, " against ", 2 * i + 1, 2 * i, '" verdict "', 'state', 4, 0, 0, 8, 0, 1," \
            " zeroblob(256), zeroblob(256) from n, generator g, (values ('newborn'), ('fork'), ('sibling')) k;"
#define CALLS                                                                                                          \
    NUMBERS "generator_call (process, image, tid, seq, at, kind, generator, symbol, seed, seed_is, is_added)"          \
            " select i + 1, 1, 1, 10 * i + 3 + column1, 0, column2, 'libc rand', 'rand', " SEED                        \
            ", 'time', 0 from n, (values (0, 'seed'), (1, 'draw'), (2, 'draw'));"
#define SEED "cast(i as blob)"
/* What a check costs is bounded (judge.c): one that grows faster than the recording fails here. */
#define FAILED "select file || ': ' || message from check_failed"
#define COUNTS                                                                                                         \
    "select printf('%s:%s:%d', check_id, result, count(*)) from finding where check_id in ('rng-shared',"              \
    " 'rng-siblings', 'rng-same-seed', 'rng-weak-seed') group by check_id, result order by check_id, result"

static uint64_t number_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Sixteen values of 31 bits that each process was seen to draw; is_shared: the same in all. */
static void draw_add(int is_shared)
{
    sqlite3_stmt *s = NULL;
    uint64_t state;
    uint32_t value;

    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(facts_db(case_facts),
                                             "insert into draw (process, tid, seq, generator, offset, bytes)"
                                             " values (?1, 1, 10 * ?1 + ?2 / 4, 'libc rand', 4 * ?2, ?3)",
                                             -1, &s, NULL),
                          SQLITE_OK);
    for (int process = 2; process <= atoi(MANY) + 1; process++) {
        state = is_shared ? 7 : (uint64_t)process;
        for (int i = 0; i < 16; i++) {
            value = number_next(&state) >> 33;
            sqlite3_bind_int(s, 1, process);
            sqlite3_bind_int(s, 2, i);
            sqlite3_bind_blob(s, 3, &value, sizeof value, SQLITE_STATIC);
            CU_ASSERT_EQUAL(sqlite3_step(s), SQLITE_DONE);
            sqlite3_reset(s);
        }
    }
    sqlite3_finalize(s);
}

static void judged(const char *rows, int is_shared, const char *expected)
{
    char *message = NULL;

    case_begin(PROCESS(1, 1, NULL, 101, 'launch', NULL) IMAGE(1, 1, 2, '/usr/sbin/daemon', 0, 1) GENERATORS);
    sqlite3_exec(facts_db(case_facts), rows, NULL, NULL, &message);
    EXPECT("", message ? message : "");
    draw_add(is_shared);
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, NULL, &case_result), 0);
    EXPECT("", case_query(FAILED));
    EXPECT(expected, case_query(COUNTS));
    case_end();
}

static void test_rng_many__that_part(void)
{
    judged(WORKERS COPIES("diverged", "max(1, i)") CALLS, 0,
           "rng-same-seed:pass:" MANY " rng-shared:pass:" MANY " rng-siblings:pass:" MANY " rng-weak-seed:found:" MANY);
}

static void test_rng_many__that_share(void)
{
    judged(WORKERS COPIES("shared", "1") CALLS "update generator_call set seed = 'one' where kind = 'seed';", 1,
           "rng-same-seed:found:9999 rng-shared:found:30000 rng-siblings:found:9999 rng-weak-seed:found:" MANY);
}

/* Chains of ten. */
static void test_rng_many__descendants(void)
{
    judged(WORKERS COPIES("diverged", "1") CALLS
           "update process set parent = iif(id % 10 = 2, 1, id - 1) where id > 1;",
           0,
           "rng-same-seed:pass:" MANY " rng-shared:pass:" MANY " rng-siblings:pass:" MANY " rng-weak-seed:found:" MANY);
}

TEST_MAIN("test_checks_rng_many", TEST(test_rng_many__that_part), TEST(test_rng_many__that_share),
          TEST(test_rng_many__descendants))

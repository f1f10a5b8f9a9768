/* test_checks_rng_use.c - how generators are used, on hand-made facts: weak seeds, equal seeds, threads, equal
 * identifiers and tokens, code that nobody can call. */
#include "checks/tests/case.h"

#define KNOWN                                                                                                          \
    GENERATORS_ON GENERATOR(1, 'ssl', 'known', 'cryptographic', NULL, NULL)                                            \
        GENERATOR(2, 'uuid', 'known', 'identifier', NULL, NULL) GENERATOR(3, 'rand', 'known', 'ordinary', NULL, NULL)  \
            GENERATOR(4, 'random', 'known', 'ordinary', NULL, 'rand') GENERATOR(5, 'own', 'option', NULL, NULL, NULL)
#define FORKED FAMILY KNOWN
#define TWINS  FORKED PROCESS(3, 12, 1, 103, 'fork', 1)
#define NOISE                                                                                                          \
    GAP(1, 2, NULL, 'generator', 'its generators could not be watched') GAP(2, NULL, NULL, 'generator', 'not all were')

#define SEVERITY(check) case_query("select severity from finding where check_id = '" check "' order by result, process")
#define TOLD(check, words)                                                                                             \
    CU_ASSERT_PTR_NOT_NULL(strstr(case_query("select evidence || ' ' || ifnull(reason, '') from finding where "        \
                                             "check_id = '" check "'"),                                                \
                                  words))

/* ---- rng-weak-seed ---- */

static void seeded(const char *generator, const char *seed_is, const char *severity)
{
    char sql[4000];

    snprintf(sql, sizeof sql,
             FORKED SEEDED(2, 15, 1, 'rand', 'xV4z', 'time', 0)
                 CALLED(2, 20, 1,
                        'rand') "update generator_call set generator = '%s', seed_is = nullif('%s', 'pid or not');",
             generator, seed_is);
    EXPECT("found:2", case_judge("rng-weak-seed", sql));
    EXPECT(severity, SEVERITY("rng-weak-seed"));
}

static void test_weak_seed__severity(void)
{
    seeded("rand", "time", "low");
    TOLD("rng-weak-seed", "pid 102 gave srand the time as its seed: 7856347a; it drew from it then");
    seeded("rand", "pid", "low");
    seeded("rand", "time and pid", "low");
    seeded("rand", "constant", "info");
    seeded("uuid", "time", "medium");
    seeded("ssl", "constant", "high");
    seeded("own", "pid", "medium");
    case_end();
}

static void test_weak_seed__fires_for_a_descendant(void)
{
    EXPECT("found:1",
           case_judge("rng-weak-seed", FORKED SEEDED(1, 5, 1, 'rand', '1', 'time', 0) CALLED(2, 20, 1, 'random')));
    TOLD("rng-weak-seed", "pid 102, forked from it, drew from it then");
    /* The child seeds afresh; or it was born before. */
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(1, 5, 1, 'rand', '1', 'time', 0)
                                               SEEDED(2, 15, 1, 'rand', '2', NULL, 0) CALLED(2, 20, 1, 'random')));
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(1, 15, 1, 'rand', '1', 'time', 0) CALLED(2, 20, 1, 'random')));
    case_end();
}

static void test_weak_seed__silent(void)
{
    EXPECT("pass:2",
           case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', 'kernel', 0) CALLED(2, 20, 1, 'rand')));
    /* Mixed in; not recognised; not drawn from; drawn before; seeded again before the draw. */
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'ssl', '1', 'constant', 1) CALLED(2, 20, 1, 'ssl')));
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', NULL, 0) CALLED(2, 20, 1, 'rand')));
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', 'time', 0)));
    EXPECT("", case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', 'time', 0) CALLED(2, 12, 1, 'rand')));
    EXPECT("pass:2",
           case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', 'time', 0)
                                           SEEDED(2, 16, 1, 'rand', '2', 'kernel', 0) CALLED(2, 20, 1, 'rand')));
    case_end();
}

static void test_weak_seed__unknown(void)
{
    EXPECT("unknown unknown:2", case_judge("rng-weak-seed", FORKED SEEDED(2, 15, 1, 'rand', '1', 'kernel', 0) NOISE));
    case_end();
}

/* ---- rng-same-seed ---- */

static void same(const char *generator, const char *use, const char *severity)
{
    char sql[4000];

    snprintf(sql, sizeof sql,
             TWINS SEEDED(2, 15, 1, 'rand', 'xV4z', 'time', 0)
                 SEEDED(3, 16, 1, 'rand', 'xV4z', 'time', 0) "%s update generator_call set generator = '%s';",
             use, generator);
    EXPECT("found:3", case_judge("rng-same-seed", sql));
    EXPECT(severity, SEVERITY("rng-same-seed"));
}

static void test_same_seed__severity(void)
{
    same("rand", CALLED(2, 20, 1, 'rand') CALLED(3, 20, 1, 'rand'), "medium");
    TOLD("rng-same-seed",
         "pid 103 gave srand the seed 7856347a, as did pid 102; both drew from it then; it is the time");
    same("ssl", CALLED(2, 20, 1, 'rand') CALLED(3, 20, 1, 'rand'), "critical");
    same("uuid", CALLED(2, 20, 1, 'rand') CALLED(3, 20, 1, 'rand'), "high");
    same("rand", CALLED(3, 20, 1, 'rand'), "info");
    same("ssl", "", "low");
    same("rand", CALLED(2, 20, 1, 'rand') CALLED(3, 20, 1, 'rand') "update generator_call set seed_is = 'constant';",
         "info");
    case_end();
}

static void test_same_seed__fires(void)
{
    /* Two runs of one program; and one row of a process, that of the seed which counts most. */
    EXPECT("found:3",
           case_judge("rng-same-seed",
                      TWINS IMAGE(2, 2, 13, '/bin/job', 0, 0) IMAGE(3, 3, 14, '/bin/job', 0, 0)
                          SEEDED(2, 15, 2, 'random', '1', 'time', 0) SEEDED(3, 16, 3, 'rand', '1', 'time', 0)));
    EXPECT("found:3",
           case_judge("rng-same-seed",
                      TWINS SEEDED(2, 15, 1, 'rand', '1', NULL, 0) SEEDED(3, 16, 1, 'rand', '1', NULL, 0)
                          CALLED(2, 17, 1, 'rand') CALLED(3, 17, 1, 'rand') SEEDED(2, 25, 1, 'rand', '2', NULL, 0)
                              SEEDED(3, 26, 1, 'rand', '2', NULL, 0)));
    EXPECT("medium", SEVERITY("rng-same-seed"));
    case_end();
}

static void test_same_seed__silent(void)
{
    EXPECT("pass:2 pass:3", case_judge("rng-same-seed", TWINS SEEDED(2, 15, 1, 'rand', '1', 'time', 0)
                                                            SEEDED(3, 16, 1, 'rand', '2', 'time', 0)));
    /* Mixed in; of different generators; of different programs; one process twice. */
    EXPECT("", case_judge("rng-same-seed", TWINS SEEDED(2, 15, 1, 'ssl', '1', 'constant', 1)
                                               SEEDED(3, 16, 1, 'ssl', '1', 'constant', 1)));
    EXPECT("pass:2 pass:3", case_judge("rng-same-seed", TWINS SEEDED(2, 15, 1, 'rand', '1', 'time', 0)
                                                            SEEDED(3, 16, 1, 'own', '1', 'time', 0)));
    EXPECT("pass:2 pass:3",
           case_judge("rng-same-seed", TWINS IMAGE(2, 2, 13, '/bin/job', 0, 0) SEEDED(2, 15, 2, 'rand', '1', 'time', 0)
                                           SEEDED(3, 16, 1, 'rand', '1', 'time', 0)));
    EXPECT("pass:2", case_judge("rng-same-seed", TWINS SEEDED(2, 15, 1, 'rand', '1', 'time', 0)
                                                     SEEDED(2, 16, 1, 'rand', '1', 'time', 0)));
    case_end();
}

static void test_same_seed__unknown(void)
{
    EXPECT("unknown unknown:2", case_judge("rng-same-seed", TWINS SEEDED(2, 15, 1, 'rand', '1', 'time', 0) NOISE));
    case_end();
}

/* ---- rng-threads ---- */

#define EQUAL 'qrstuvwxyz123456'
#define OTHER 'QRSTUVWXYZ[]^_@!'

static void test_threads__fires(void)
{
    EXPECT("found:1",
           case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'ssl', EQUAL) SEEN(2, 1, 105, 6, 'ssl', EQUAL)));
    EXPECT("critical", SEVERITY("rng-threads"));
    TOLD("rng-threads", "threads 105 and 101 of pid 101 both drew 7172737475767778797a313233343536 (16 equal bytes)");
    EXPECT("found:1",
           case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'rand', EQUAL) SEEN(2, 1, 105, 6, 'random', EQUAL)));
    EXPECT("medium", SEVERITY("rng-threads"));
    EXPECT("found:1",
           case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'uuid', EQUAL) SEEN(2, 1, 105, 6, 'uuid', EQUAL)));
    EXPECT("high", SEVERITY("rng-threads"));
    case_end();
}

/* The second process is the child of a process with two threads, and has two by now. */
#define THREADED FORKED "update process set parent_threads = 2 where id = 2;"
#define PARENT   SEEN(1, 1, 101, 20, 'ssl', 'abcdefgh') SEEN(2, 1, 105, 22, 'ssl', EQUAL)
#define CHILD    SEEN(3, 2, 102, 21, 'ssl', 'ABCDEFGH')

static void test_threads__fires_across_a_fork(void)
{
    EXPECT("found:2 pass:2",
           case_judge("rng-threads",
                      THREADED PARENT CHILD SEEN(4, 2, 106, 23, 'ssl', 'qrstuvwx')
                          SEEN(5, 2, 102, 24, 'ssl',
                               'IJKLMNOP') "update draw set bytes = 'zyx', seq = 25 where id = 1;"
                                           "update draw set bytes = 'ponml' where id = 3;"
                                           "update draw set bytes = 'qrst' where id = 2;"
                                           "update draw set bytes = 'qrst' where id = 4;"
                                           "insert into draw (process, tid, seq, generator, bytes, offset)"
                                           " values (1, 105, 26, 'ssl', 'uvwx', 4),"
                                           " (2, 106, 26, 'ssl', 'uvwx', 4);"));
    TOLD("rng-threads", "which had 2 threads at the fork, both drew 7172737475767778 (8 equal bytes)");
    /* What the streams of the whole processes show is told by rng-overlap. */
    EXPECT("pass:1 pass:2", case_judge("rng-threads", THREADED PARENT CHILD SEEN(4, 2, 106, 23, 'ssl', EQUAL)));
    EXPECT("found:2", case_query("select result || ':' || process from finding where check_id = 'rng-overlap'"));
    case_end();
}

static void test_threads__silent(void)
{
    EXPECT("pass:1",
           case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'ssl', EQUAL) SEEN(2, 1, 105, 6, 'ssl', OTHER)));
    /* One thread; two generators; small numbers; two time UUIDs of one host. */
    EXPECT("", case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'ssl', EQUAL) SEEN(2, 1, 101, 6, 'ssl', EQUAL)));
    EXPECT("", case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'ssl', EQUAL) SEEN(2, 1, 105, 6, 'own', EQUAL)));
    EXPECT("", case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'rand', char(1, 0, 0, 0, 2, 0, 0, 0))
                                             SEEN(2, 1, 105, 6, 'rand', char(1, 0, 0, 0, 2, 0, 0, 0))));
    EXPECT("", case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'uuid', 'abcdtimeseqnode1')
                                             SEEN(2, 1, 105, 6, 'uuid', 'efghtimeseqnode1')));
    case_end();
}

static void test_threads__unknown(void)
{
    EXPECT("unknown unknown:2",
           case_judge("rng-threads", FORKED SEEN(1, 1, 101, 5, 'ssl', EQUAL) SEEN(2, 1, 105, 6, 'ssl', OTHER) NOISE));
    case_end();
}

/* ---- rng-derived ---- */

static void test_derived__identifiers(void)
{
    EXPECT("found:3", case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'uuid', EQUAL) SEEN(2, 3, 1, 16, 'uuid', EQUAL)
                                                    SEEN(3, 2, 1, 17, 'uuid', OTHER) SEEN(4, 3, 1, 18, 'uuid', OTHER)));
    EXPECT("high/proven", case_query("select severity || '/' || strength from finding where check_id = 'rng-derived'"));
    TOLD("rng-derived", "pid 103 and pid 102 both drew 7172737475767778797a313233343536; and 1 other values");
    case_end();
}

static void test_derived__tokens(void)
{
    EXPECT("found:3", case_judge("rng-derived", TWINS TOKEN(3, 2, cast('3f9a77c1d2e4' as blob)) TOKEN(3, 2, '?')));
    EXPECT("low/suspect", case_query("select severity || '/' || strength from finding where check_id = 'rng-derived'"));
    TOLD("rng-derived", "pid 103 and pid 102 both wrote \"3f9a77c1d2e4\"; and 1 other pieces that look random");
    EXPECT("found:3", case_judge("rng-derived", TWINS TOKEN(3, 2, char(65, 66, 0, 67))));
    TOLD("rng-derived", "both wrote 41420043");
    case_end();
}

static void test_derived__accepted(void)
{
    EXPECT("accepted:3",
           case_judge("rng-derived", TWINS TOKEN(3, 2, '3f9a77c1d2e4') SNAPSHOT(1, 3, 'born') SNAPSHOT(2, 3, 'born')
                                         COMPARED(1, 'fork', 3, 3, 1, 'shared', NULL, 0) CALLED(3, 20, 1, 'rand')));
    EXPECT("it draws from a state that another process has too: rand",
           case_query("select reason from finding where check_id = 'rng-derived'"));
    /* Of the other process; not drawn from. */
    EXPECT("accepted:3",
           case_judge("rng-derived", TWINS TOKEN(3, 2, '3f9a77c1d2e4') COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                         CALLED(2, 20, 1, 'rand')));
    EXPECT("found:3", case_judge("rng-derived",
                                 TWINS TOKEN(3, 2, '3f9a77c1d2e4') COMPARED(1, 'fork', 3, 3, 1, 'shared', NULL, 0)));
    case_end();
}

static void test_derived__silent(void)
{
    EXPECT("pass:2 pass:3",
           case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'uuid', EQUAL) SEEN(2, 3, 1, 16, 'uuid', OTHER)));
    /* The nil UUID; values that are no identifiers; one process twice. */
    EXPECT("", case_query("select result from finding where check_id = 'rng-derived' and result = 'found'"));
    EXPECT("pass:2 pass:3", case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'uuid', zeroblob(16))
                                                          SEEN(2, 3, 1, 16, 'uuid', zeroblob(16))));
    EXPECT("", case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'rand', EQUAL) SEEN(2, 3, 1, 16, 'rand', EQUAL)));
    EXPECT("pass:2",
           case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'uuid', EQUAL) SEEN(2, 2, 1, 16, 'uuid', EQUAL)));
    case_end();
}

static void test_derived__unknown(void)
{
    EXPECT("unknown unknown:2", case_judge("rng-derived", TWINS SEEN(1, 2, 1, 15, 'uuid', EQUAL) NOISE));
    EXPECT("unknown:3", case_judge("rng-derived", TWINS GAP(1, 3, NULL, 'token', 'its output was not read')));
    case_end();
}

/* ---- rng-present-not-callable ---- */

#define CODE GENERATOR(8, 'MT19937', 'code', NULL, NULL, NULL) GENERATOR(9, 'PCG', 'code', NULL, NULL, NULL)

static void test_present__fires(void)
{
    EXPECT("found:2", case_judge("rng-present-not-callable",
                                 FORKED CODE PRESENT(1, 1, 8) PRESENT(1, 1, 9) PRESENT(2, 1, 9) PRESENT(1, 1, 3)));
    EXPECT("info/suspect", case_query("select severity || '/' || strength from finding where check_id = "
                                      "'rng-present-not-callable'"));
    TOLD("rng-present-not-callable",
         "/usr/sbin/daemon has code of MT19937 in /lib/x.so, PCG in /lib/x.so; its streams in pid "
         "102 and its parent could not be compared");
    /* Whatever is said of those that can be called. */
    EXPECT("found:2", case_judge("rng-present-not-callable",
                                 FORKED CODE PRESENT(1, 1, 8) COMPARED(1, 'fork', 3, 2, 1, 'diverged', 'state', 0)));
    EXPECT("pass:2", case_query("select result || ':' || process from finding where check_id = 'rng-shared'"));
    case_end();
}

static void test_present__silent(void)
{
    EXPECT("", case_judge("rng-present-not-callable", FORKED CODE PRESENT(1, 1, 3)));
    EXPECT("", case_judge("rng-present-not-callable",
                          FORKED CODE PRESENT(1, 1, 8) "update process set born = 'vfork' where id = 2;"));
    /* None at all is a result of its own, where they were looked for. */
    EXPECT("pass:2", case_judge("rng-present-not-callable", FORKED));
    TOLD("rng-present-not-callable", "no generator that is known was found in /usr/sbin/daemon");
    EXPECT("", case_judge("rng-present-not-callable", FAMILY));
    EXPECT("", case_judge("rng-present-not-callable",
                          PROCESS(1, 1, NULL, 101, 'launch', NULL) IMAGE(1, 1, 2, '/usr/sbin/daemon', 0, 1) KNOWN));
    case_end();
}

static void test_present__unknown(void)
{
    EXPECT("unknown:1",
           case_judge("rng-present-not-callable", FORKED GAP(1, 1, NULL, 'generator', 'a file is unread')));
    EXPECT("unknown:2",
           case_judge("rng-present-not-callable", FORKED GAP(1, 2, NULL, 'generator', 'a file is unread')));
    case_end();
}

/* ---- recordings without generators ---- */

static void test_without__only_the_three_are_unknown(void)
{
    EXPECT("", case_judge("rng-threads", FAMILY "update image set markers = 0;"));
    EXPECT("rng-overlap rng-shared rng-siblings",
           case_query("select check_id from finding where check_id glob 'rng-*' order by 1"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(case_query("select reason from finding where check_id = 'rng-shared'"), "run with --generators"));
    EXPECT("", case_judge("rng-threads", FORKED "update image set markers = 0;"));
    EXPECT("rng-present-not-callable", case_query("select check_id from finding where check_id glob 'rng-*'"));
    case_end();
}

TEST_MAIN("test_checks_rng_use", TEST(test_weak_seed__severity), TEST(test_weak_seed__fires_for_a_descendant),
          TEST(test_weak_seed__silent), TEST(test_weak_seed__unknown), TEST(test_same_seed__severity),
          TEST(test_same_seed__fires), TEST(test_same_seed__silent), TEST(test_same_seed__unknown),
          TEST(test_threads__fires), TEST(test_threads__fires_across_a_fork), TEST(test_threads__silent),
          TEST(test_threads__unknown), TEST(test_derived__identifiers), TEST(test_derived__tokens),
          TEST(test_derived__accepted), TEST(test_derived__silent), TEST(test_derived__unknown),
          TEST(test_present__fires), TEST(test_present__silent), TEST(test_present__unknown),
          TEST(test_without__only_the_three_are_unknown))

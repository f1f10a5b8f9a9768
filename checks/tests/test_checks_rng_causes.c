/* test_checks_rng_causes.c - why states are shared, on hand-made facts: windows, bypassed handlers, memory that is
 * not wiped, reused pids, weak divergence. */
#include "checks/tests/rng.h"

/* ---- rng-window ---- */

#define WINDOW                                                                                                         \
    FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0) COMPARED(2, 'later', 1, 2, 1, 'diverged', 'state', 0)       \
        CALLED(2, 20, 1, 'OpenSSL RAND_bytes')

static void test_window__fires(void)
{
    EXPECT("found:2", case_judge("rng-window", WINDOW SEEDED(2, 25, 1, 'OpenSSL RAND_bytes', '1', NULL, 1)));
    EXPECT("critical", SEVERITY("rng-window"));
    TOLD("rng-window", "srand was called");
    EXPECT("", case_query("select result from finding where check_id = 'rng-shared'"));
    EXPECT("found:2", case_judge("rng-window", WINDOW "update comparison set reason = 'reseed' where id = 2;"));
    EXPECT("found:2",
           case_judge("rng-window", FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'libc rand')
                                        COMPARED(2, 'later', 3, 2, 1, 'diverged', 'reseed', 0)));
    EXPECT("medium", SEVERITY("rng-window"));
    case_end();
}

static void test_window__silent(void)
{
    /* Many draws, or draws of other sizes, move a state too. */
    EXPECT("", case_judge("rng-window", WINDOW));
    EXPECT("found:2", case_judge("rng-shared", WINDOW));
    /* Seeded before the first draw. */
    EXPECT("pass:2", case_judge("rng-window", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'state', 0)
                                                  CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    case_end();
}

static void test_window__unknown(void)
{
    EXPECT("unknown:2",
           case_judge("rng-window", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'state', 0)
                                        CALLED(2, 20, 1, 'OpenSSL RAND_bytes') GAP(1, 2, NULL, 'generator', 'x')));
    case_end();
}

/* ---- rng-clone-bypass ---- */

static void test_bypass__fires(void)
{
    EXPECT("found:2", case_judge("rng-clone-bypass",
                                 FORKED COMPARED(1, 'fork', 5, 2, 1, 'shared', NULL, 0)
                                     CALLED(2, 20, 1, 'gnutls') "update process set born = 'clone', clone_flags = 17 "
                                                                "where id = 2;"));
    EXPECT("critical", SEVERITY("rng-clone-bypass"));
    TOLD("rng-clone-bypass", "born by clone (flags 0x11)");
    EXPECT("", case_query("select result from finding where check_id = 'rng-shared'"));
    EXPECT("found:2", case_judge("rng-clone-bypass", FORKED COMPARED(1, 'fork', 5, 2, 1, 'shared', NULL, 0)));
    EXPECT("low", SEVERITY("rng-clone-bypass"));
    case_end();
}

/* The third process was forked, and its generator was parted although the library does not. */
#define HANDLED                                                                                                        \
    FORKED SIBLING COMPARED(1, 'newborn', 7, 3, 1, 'shared', NULL, 0)                                                  \
        COMPARED(2, 'fork', 7, 3, 1, 'diverged', 'state', 0) COMPARED(3, 'fork', 7, 2, 1, 'shared', NULL, 0)           \
            CALLED(2, 20, 1, 'own')

static void test_bypass__by_example(void)
{
    EXPECT("found:2", case_judge("rng-clone-bypass", HANDLED "update process set born = 'clone' where id = 2;"));
    TOLD("rng-clone-bypass", "pid 103, born by another call of the same parent");
    EXPECT("found:2", case_judge("rng-clone-bypass", HANDLED "update process set clone_flags = 17 where id = 2;"));
    /* Born by the same call, or seeded by a call that was seen. */
    EXPECT("", case_judge("rng-clone-bypass", HANDLED));
    EXPECT("", case_judge("rng-clone-bypass", HANDLED SEEDED(3, 15, 1, 'own', '1', NULL,
                                                             0) "update process set born = 'clone' where id = 2;"));
    EXPECT("found:2", case_query("select result || ':' || process from finding where check_id = 'rng-shared' and "
                                 "result = 'found'"));
    case_end();
}

static void test_bypass__silent(void)
{
    EXPECT("pass:2", case_judge("rng-clone-bypass", FORKED COMPARED(1, 'fork', 5, 2, 1, 'diverged', 'state', 0)));
    EXPECT("", case_judge("rng-clone-bypass", FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL,
                                                              0) "update process set born = 'clone' where id = 2;"));
    case_end();
}

static void test_bypass__unknown(void)
{
    /* Handlers run after the birth: what was seen before them alone says nothing. */
    EXPECT("", case_judge("rng-clone-bypass",
                          FORKED COMPARED(1, 'newborn', 5, 2, 1, 'shared', NULL, 0) CALLED(1, 5, 1, 'gnutls')));
    EXPECT("unknown:2", case_query("select result || ':' || process from finding where check_id = 'rng-shared'"));
    EXPECT("unknown:2", case_judge("rng-clone-bypass", FORKED COMPARED(1, 'fork', 5, 2, 1, 'diverged', 'state', 0)
                                                           GAP(1, 2, NULL, 'generator', 'x')));
    case_end();
}

/* ---- rng-wipe-inactive ---- */

static void test_wipe__fires(void)
{
    EXPECT("found:2", case_judge("rng-wipe-inactive",
                                 FORKED COMPARED(1, 'fork', 6, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'bsd')
                                     CALL(1, 1, 5, 1, 'madvise', 4096, 100, 18, NULL, 22)));
    EXPECT("critical", SEVERITY("rng-wipe-inactive"));
    EXPECT("", case_query("select result from finding where check_id = 'rng-shared'"));
    TOLD("rng-wipe-inactive", "madvise(0x1000, 100, MADV_WIPEONFORK) of pid 101 failed with EINVAL");
    /* Too late: after the birth, in the child or in the parent. */
    EXPECT("found:2", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 6, 2, 1, 'shared', NULL, 0)
                                                          CALL(1, 2, 15, 1, 'madvise', 4096, 4096, 18, NULL, 0)));
    TOLD("rng-wipe-inactive", "of pid 102 came after the fork");
    EXPECT("low", SEVERITY("rng-wipe-inactive"));
    EXPECT("found:2", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 7, 2, 1, 'shared', NULL, 0)
                                                          CALL(1, 1, 15, 1, 'madvise', 4096, 4096, 18, NULL, 0)));
    /* The state lies there. */
    EXPECT("found:2", case_judge("rng-wipe-inactive",
                                 FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                     CALL(1, 1, 5, 1, 'madvise', 4096, 4096, 18, NULL, 22)
                                         CALLED(1, 4, 1, 'libc rand') "update generator_call set context = 5000;"));
    case_end();
}

static void test_wipe__silent(void)
{
    EXPECT("pass:2", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 6, 2, 1, 'diverged', 'state', 0)
                                                         CALL(1, 1, 5, 1, 'madvise', 4096, 4096, 18, NULL, 0)));
    /* It was in force; it has nothing to do with this generator; another advice. */
    EXPECT("", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 6, 2, 1, 'shared', NULL, 0)
                                                   CALL(1, 1, 5, 1, 'madvise', 4096, 4096, 18, NULL, 0)));
    EXPECT("", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                                   CALL(1, 1, 5, 1, 'madvise', 4096, 100, 18, NULL, 22)));
    EXPECT("", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 6, 2, 1, 'shared', NULL, 0)
                                                   CALL(1, 1, 5, 1, 'madvise', 4096, 4096, 10, NULL, 22)));
    EXPECT("found:2", case_query("select result || ':' || process from finding where check_id = 'rng-shared'"));
    case_end();
}

static void test_wipe__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-wipe-inactive", FORKED COMPARED(1, 'fork', 6, 2, 1, 'diverged', 'state', 0)
                                                            GAP(1, 2, NULL, 'generator', 'x')));
    case_end();
}

/* ---- rng-pid-reuse ---- */

static void test_pid__predicted(void)
{
    EXPECT("found:2", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'diverged', 'reseed', 1)
                                                      CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    EXPECT("info", SEVERITY("rng-pid-reuse"));
    TOLD("rng-pid-reuse", "it needs the pid to come again while this state is kept");
    EXPECT("pass:2", case_query("select result || ':' || process from finding where check_id = 'rng-shared'"));
    EXPECT("accepted:2", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'diverged', 'reseed', 1)));
    case_end();
}

static void test_pid__silent(void)
{
    EXPECT("pass:2", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'diverged', 'reseed', 0)
                                                     CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    /* The program reseeded it before it drew. */
    EXPECT("pass:2", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'diverged', 'reseed', 1)
                                                     COMPARED(2, 'fork', 1, 2, 1, 'diverged', 'state', 0)
                                                         CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    /* Shared with any pid. */
    EXPECT("", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'shared', NULL, 1)
                                               CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    case_end();
}

#define REUSED "update audit set reuse_pid = 1; update process set ns_pid = pid;"
#define SAME   REUSED "update process set ns_pid = 7 where id in (2, 3);"

static void test_pid__really_again(void)
{
    EXPECT("found:3", case_judge("rng-pid-reuse", FORKED SIBLING SEEN(1, 2, 1, 20, 'OpenSSL RAND_bytes', EQUAL)
                                                      SEEN(2, 3, 1, 30, 'OpenSSL RAND_bytes', EQUAL) SAME));
    EXPECT("high", SEVERITY("rng-pid-reuse"));
    TOLD("rng-pid-reuse",
         "pid 7 of its namespace was given again: pid 103 drew 16 bytes at offset 0 that pid 102 had drawn");
    EXPECT("",
           case_query("select check_id from finding where check_id in ('rng-siblings', 'rng-overlap', 'rng-shared')"));
    EXPECT("found:3", case_judge("rng-pid-reuse", FORKED SIBLING SEEN(1, 2, 1, 20, 'libc rand', EQUAL)
                                                      SEEN(2, 3, 1, 30, 'libc rand', EQUAL) SAME));
    EXPECT("medium", SEVERITY("rng-pid-reuse"));
    /* The chain of 2014: the parent draws, the child does not, the grandchild has the parent's pid. */
    EXPECT("found:3", case_judge("rng-pid-reuse",
                                 FORKED PROCESS(3, 12, 2, 103, 'fork', 1) SEEN(1, 1, 1, 11, 'OpenSSL RAND_bytes', EQUAL)
                                     SEEN(2, 3, 1, 30, 'OpenSSL RAND_bytes', EQUAL) REUSED
                                 "update process set ns_pid = 101 where id = 3;"));
    EXPECT("",
           case_query("select check_id from finding where check_id in ('rng-siblings', 'rng-overlap', 'rng-shared')"));
    case_end();
}

static void test_pid__not_to_blame(void)
{
    /* Another process with another pid draws the same. */
    EXPECT("found:3 found:4",
           case_judge("rng-siblings",
                      FORKED SIBLING PROCESS(4, 13, 1, 104, 'fork', 1) SEEN(1, 2, 1, 20, 'libc rand', EQUAL)
                          SEEN(2, 3, 1, 30, 'libc rand', EQUAL) SEEN(3, 4, 1, 40, 'libc rand', EQUAL) REUSED
                      "update process set ns_pid = 7 where id in (2, "
                      "4);"));
    EXPECT("", case_query("select check_id from finding where check_id = 'rng-pid-reuse'"));
    /* Two namespaces, and nobody asked for it. */
    EXPECT("found:3", case_judge("rng-siblings", FORKED SIBLING SEEN(1, 2, 1, 20, 'libc rand', EQUAL)
                                                     SEEN(2, 3, 1, 30, 'libc rand',
                                                          EQUAL) "update process set ns_pid = 1 where id > 1;"));
    case_end();
}

static void test_pid__unknown(void)
{
    EXPECT("unknown", case_judge("rng-pid-reuse", FORKED REUSED));
    EXPECT("", case_judge("rng-pid-reuse", FORKED SIBLING SAME));
    EXPECT("unknown:2", case_judge("rng-pid-reuse", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'diverged', 'reseed', 0)
                                                        GAP(1, 2, NULL, 'generator', 'x')));
    case_end();
}

/* ---- rng-weak-divergence ---- */

static void weak(const char *generator, const char *words, const char *use, const char *severity)
{
    char sql[4000];

    snprintf(sql, sizeof sql,
             FORKED COMPARED(1, 'fork', 1, 2, 1, 'weak', 'x',
                             1) "update comparison set generator = %s, reason = '%s'; %s",
             generator, words, use);
    EXPECT("found:2", case_judge("rng-weak-divergence", sql));
    EXPECT(severity, SEVERITY("rng-weak-divergence"));
}

static void test_weak__severity(void)
{
    weak("1", "pid", CALLED(2, 20, 1, 'OpenSSL RAND_bytes'), "medium");
    TOLD("rng-weak-divergence", "what parts their streams: the pid; pid 102 drew from it");
    weak("1", "pid clock rdrand", CALLED(2, 20, 1, 'OpenSSL RAND_bytes'), "low");
    TOLD("rng-weak-divergence", "the pid, the clock, RDRAND; pid 102");
    weak("1", "rdrand", CALLED(2, 20, 1, 'OpenSSL RAND_bytes'), "info");
    weak("2", "clock tsc", CALLED(2, 20, 1, 'uuid'), "medium");
    weak("3", "clock", CALLED(2, 20, 1, 'libc rand'), "low");
    weak("1", "clock", "", "info");
    case_end();
}

static void test_weak__siblings(void)
{
    EXPECT("found:3",
           case_judge("rng-weak-divergence", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'weak', 'clock', 0)
                                                 CALLED(3, 20, 1, 'OpenSSL RAND_bytes')));
    TOLD("rng-weak-divergence", "its sibling pid 102");
    /* Told of the parent already. */
    EXPECT("found:3",
           case_judge("rng-weak-divergence", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'weak', 'clock', 0)
                                                 COMPARED(2, 'fork', 1, 3, 1, 'weak', 'clock', 0)));
    case_end();
}

static void test_weak__silent(void)
{
    EXPECT("pass:2", case_judge("rng-weak-divergence", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'reseed', 1)));
    EXPECT("", case_judge("rng-weak-divergence", FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0)));
    /* The library mixes in the pid, but the program reseeded. */
    EXPECT("pass:2", case_judge("rng-weak-divergence", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'weak', 'pid', 1)
                                                           COMPARED(2, 'fork', 1, 2, 1, 'diverged', 'state', 0)));
    case_end();
}

static void test_weak__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-weak-divergence", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'reseed', 1)
                                                              GAP(1, 2, NULL, 'generator', 'x')));
    case_end();
}

/* Rows that no harness writes: every check still comes to its end. */
static void test_hostile_recording(void)
{
    EXPECT("found:2",
           case_judge("rng-shared",
                      FORKED SIBLING COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0)
                          COMPARED(2, 'sibling', 1, 3, 2, 'weak', '%s%s%n', 0)
                              COMPARED(3, 'parent', 1, 1, 2, 'shared', NULL, 0) CALLED(2, 20, 1, 'OpenSSL RAND_bytes')
                                  SEEDED(2, 15, 1, 'libc rand', '%s', 'pid', 0) TOKEN(2, 1, '%n%s')
                                      TOKEN(2, 99,
                                            'x') "update comparison set shift = "
                                                 "9223372036854775807, value_size = 9223372036854775807, equal = "
                                                 "-9223372036854775807, other_shift = -1, own = 7, pid_repeats = 'x';"
                                                 "insert into generator_present values (77, 78, 79);"));
    EXPECT("0", case_query("select count(*) from check_failed"));
    EXPECT("", case_judge("rng-shared",
                          FORKED COMPARED(1, 'fork', 77, 88, 99, 'shared', NULL, 0)
                              COMPARED(2, 'never', 1, 2, 1, 'odd', NULL, 0) COMPARED(3, 'fork', 1, 2, 1, 'odd', NULL, 0)
                                  CALLED(88, 20, 99, 'no such generator')));
    EXPECT("0", case_query("select count(*) from check_failed"));
    case_end();
}

TEST_MAIN("test_checks_rng_causes", TEST(test_hostile_recording), TEST(test_window__fires), TEST(test_window__silent),
          TEST(test_window__unknown), TEST(test_bypass__fires), TEST(test_bypass__by_example),
          TEST(test_bypass__silent), TEST(test_bypass__unknown), TEST(test_wipe__fires), TEST(test_wipe__silent),
          TEST(test_wipe__unknown), TEST(test_pid__predicted), TEST(test_pid__silent), TEST(test_pid__really_again),
          TEST(test_pid__not_to_blame), TEST(test_pid__unknown), TEST(test_weak__severity), TEST(test_weak__siblings),
          TEST(test_weak__silent), TEST(test_weak__unknown))

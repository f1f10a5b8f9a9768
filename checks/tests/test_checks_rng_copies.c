/* test_checks_rng_copies.c - what copies drew (run --generators), on hand-made facts: sharing, its severity, siblings. */
#include "checks/tests/rng.h"

/* ---- rng-shared ---- */

static void test_shared__severity_follows_use(void)
{
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0)
                                                   CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    EXPECT("critical", SEVERITY("rng-shared"));
    EXPECT("(null)", case_query("select reason from finding where check_id = 'rng-shared'"));
    EXPECT(
        "drawn in copies, pid 102 and its parent pid 101 as it was at the fork give the same: "
        "6162636465666768696a6b6c6d6e6f70... (8 equal values in a row); pid 102 drew from it, pid 101 was not seen to "
        "draw after the fork",
        case_query("select evidence from finding where check_id = 'rng-shared'"));
    EXPECT("found:2",
           case_judge("rng-shared", FORKED COMPARED(1, 'fork', 2, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'uuid')));
    EXPECT("high", SEVERITY("rng-shared"));
    EXPECT("found:2", case_judge("rng-shared",
                                 FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'libc rand')));
    EXPECT("medium", SEVERITY("rng-shared"));
    TOLD("rng-shared", "if this decides anything about security");
    /* Nothing is known of its purpose. */
    EXPECT("found:2",
           case_judge("rng-shared", FORKED COMPARED(1, 'fork', 7, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'own')));
    EXPECT("critical", SEVERITY("rng-shared"));
    case_end();
}

static void test_shared__unused(void)
{
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0)));
    EXPECT("low", SEVERITY("rng-shared"));
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)));
    EXPECT("info", SEVERITY("rng-shared"));
    /* What the parent drew, and what another program drew in the child, is no use by the child. */
    EXPECT("found:2", case_judge("rng-shared", FORKED IMAGE(2, 2, 15, '/bin/other', 0, 0)
                                                   COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                                       CALLED(1, 20, 1, 'libc rand') CALLED(2, 20, 2, 'libc rand')));
    EXPECT("info", SEVERITY("rng-shared"));
    /* Those make one row of each severity. */
    EXPECT("found:2 found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                                           COMPARED(2, 'fork', 1, 2, 1, 'shared', NULL, 0)
                                                               COMPARED(3, 'fork', 6, 2, 1, 'shared', NULL, 0)));
    EXPECT("2 generators generator \"libc rand\"",
           case_query("select subject from finding where check_id = 'rng-shared' order by 1"));
    case_end();
}

static void test_shared__one_row_of_a_state(void)
{
    EXPECT("found:2", case_judge("rng-shared",
                                 FORKED COMPARED(1, 'fork', 3, 2, 1, 'undecided', 'a lock', 0)
                                     COMPARED(2, 'fork', 4, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'libc random')));
    EXPECT("generator \"libc rand\" medium",
           case_query("select subject || ' ' || severity from finding where check_id = 'rng-shared'"));
    case_end();
}

#define ALIKE "update comparison set own = cast('ABCDEFGHIJKLMNOPQRSTUVWXYZ' as blob);"

/* random(3) calls random_r: one state, two names. */
static void test_shared__one_state_of_two_names(void)
{
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 7, 2, 1, 'shared', NULL, 0)
                                                   COMPARED(2, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                                       CALLED(2, 20, 1, 'libc rand') ALIKE));
    EXPECT("generator \"libc rand\"", case_query("select subject from finding where check_id = 'rng-shared'"));
    /* Both were drawn from, and seen: the gravest is told, and it alone. */
    EXPECT("found:2",
           case_judge("rng-shared",
                      FORKED COMPARED(1, 'fork', 3, 2, 1, 'shared', NULL, 0)
                          COMPARED(2, 'fork', 1, 2, 1, 'shared', NULL, 0) SEEN(1, 1, 1, 20, 'OpenSSL RAND_bytes', EQUAL)
                              SEEN(2, 2, 1, 21, 'OpenSSL RAND_bytes', EQUAL) SEEN(3, 1, 1, 22, 'libc rand', EQUAL)
                                  SEEN(4, 2, 1, 23, 'libc rand', EQUAL) ALIKE));
    EXPECT("critical", SEVERITY("rng-shared"));
    EXPECT("found:3", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 3, 3, 2, 'shared', NULL, 0)
                                                     COMPARED(2, 'sibling', 1, 3, 2, 'shared', NULL, 0)
                                                         SEEN(1, 2, 1, 20, 'OpenSSL RAND_bytes', EQUAL)
                                                             SEEN(2, 3, 1, 21, 'OpenSSL RAND_bytes', EQUAL)
                                                                 SEEN(3, 2, 1, 22, 'libc rand', EQUAL)
                                                                     SEEN(4, 3, 1, 23, 'libc rand', EQUAL) ALIKE));
    EXPECT("critical", SEVERITY("rng-siblings"));
    /* Other values, another state. */
    EXPECT("found:2 found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 7, 2, 1, 'shared', NULL, 0)
                                                           COMPARED(2, 'fork', 3, 2, 1, 'shared', NULL, 0)
                                                               CALLED(2, 20, 1, 'libc rand') CALLED(2, 21, 1, 'own')));
    case_end();
}

static void test_shared__newborn_alone(void)
{
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'shared', NULL, 0)
                                                   CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    TOLD("rng-shared", "as it was born");
    /* The program reseeded it. */
    EXPECT("pass:2", case_judge("rng-shared", FORKED COMPARED(1, 'newborn', 1, 2, 1, 'shared', NULL, 0)
                                                  COMPARED(2, 'fork', 1, 2, 1, 'diverged', 'state', 0)));
    case_end();
}

static void test_shared__parent_left(void)
{
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0)
                                                   CALLED(2, 20, 1, 'OpenSSL RAND_bytes')
                                                       COMPARED(2, 'parent', 1, 1, 2, 'diverged', 'reseed', 0)));
    EXPECT("low", SEVERITY("rng-shared"));
    TOLD("rng-shared", "the child alone goes on with it");
    /* It drew on, and only its last state is known: nobody can tell whether draws or a seed moved it. */
    EXPECT("found:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL,
                                                               0) CALLED(2, 20, 1, 'OpenSSL RAND_bytes')
                                                   CALLED(1, 21, 1, 'OpenSSL RAND_bytes') SNAPSHOT(3, 1, 'end')
                                                       COMPARED(2, 'parent', 1, 1, 2, 'diverged', 'state',
                                                                0) "update comparison set snapshot = 3 where id = 2;"));
    EXPECT("critical", SEVERITY("rng-shared"));
    /* The same, and it was seen to seed. */
    EXPECT("found:2",
           case_judge("rng-shared",
                      FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'OpenSSL RAND_bytes')
                          CALLED(1, 21, 1, 'OpenSSL RAND_bytes') SEEDED(1, 15, 1, 'OpenSSL RAND_bytes', '0', NULL, 1)
                              SNAPSHOT(3, 1, 'end') COMPARED(2, 'parent', 1, 1, 2, 'diverged', 'state',
                                                             0) "update comparison set snapshot = 3 where id = 2;"));
    EXPECT("low", SEVERITY("rng-shared"));
    case_end();
}

#define HANDED                                                                                                         \
    FORKED COMPARED(1, 'fork', 1, 2, 1, 'shared', NULL, 0) CALLED(2, 20, 1, 'OpenSSL RAND_bytes')                      \
        COMPARED(2, 'parent', 1, 1, 2, 'shared', NULL, 0)                                                              \
            SNAPSHOT(3, 1, 'exit') "update comparison set snapshot = 3 where id = 2;" ENDED(1, 0, 'exited')

static void test_shared__handed_on(void)
{
    EXPECT("accepted:2", case_judge("rng-shared", HANDED));
    TOLD("rng-shared", "the parent ended and never drew from it again");
    /* It lived until the audit ended; it had drawn on; another child draws from the stream. */
    EXPECT("found:2", case_judge("rng-shared", HANDED ENDED(1, 0, 'ended-by-audit')));
    EXPECT("found:2", case_judge("rng-shared", HANDED "update comparison set other_shift = 2 where id = 2;"));
    EXPECT("found:2", case_judge("rng-shared", HANDED CALLED(1, 30, 1, 'OpenSSL RAND_bytes')));
    EXPECT("found:2", case_judge("rng-shared", HANDED SIBLING CALLED(3, 30, 1, 'OpenSSL RAND_bytes')));
    case_end();
}

static void test_shared__silent(void)
{
    EXPECT("pass:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'reseed', 1)
                                                  COMPARED(2, 'fork', 3, 2, 1, 'unseeded', NULL, 0)
                                                      COMPARED(3, 'fork', 2, 2, 1, 'refuses', 'it aborts', 0)));
    EXPECT("3 generators", case_query("select subject from finding where check_id = 'rng-shared'"));
    TOLD("rng-shared",
         "OpenSSL RAND_bytes (it reseeds from the kernel), libc rand (nobody ever seeded it), uuid (it refuses: "
         "it aborts)");
    EXPECT("accepted:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 3, 2, 1, 'one-generator', NULL, 0)));
    EXPECT("", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 3, 2, 1, 'weak', 'pid', 0)));
    /* Nothing was compared, and no marker is needed. */
    EXPECT("", case_judge("rng-shared", FORKED "update image set markers = 0;"));
    case_end();
}

static void test_shared__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'undecided', 'a lock is held', 0)
                                                     CALLED(1, 5, 1, 'OpenSSL RAND_bytes')));
    EXPECT("a lock is held", case_query("select reason from finding where check_id = 'rng-shared'"));
    /* Nobody draws from it. */
    EXPECT("accepted:2",
           case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'undecided', 'a lock is held', 0)));
    /* The library parts it by itself, whatever the program did later. */
    EXPECT("pass:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'undecided', 'a lock is held', 0)
                                                  COMPARED(2, 'newborn', 1, 2, 1, 'diverged', 'reseed', 0)));
    /* A gap takes the pass away. */
    EXPECT("unknown:2", case_judge("rng-shared", FORKED COMPARED(1, 'fork', 1, 2, 1, 'diverged', 'reseed', 0)
                                                     GAP(1, 2, NULL, 'generator', 'no memory could be taken')));
    case_end();
}

static void test_shared__attached(void)
{
    EXPECT("found:2", case_judge("rng-shared",
                                 FORKED COMPARED(1, 'now', 3, 1, 2, 'shared', NULL, 0) CALLED(2, 20, 1, 'libc rand')));
    TOLD("rng-shared", "pid 102 now and its parent pid 101 now");
    EXPECT("pass:2", case_judge("rng-shared", FORKED COMPARED(1, 'now', 3, 2, 1, 'diverged', 'state', 0)));
    TOLD("rng-shared", "nothing in common now");
    case_end();
}

/* ---- what was seen drawn, beside what copies drew ---- */

#define SMALLER char(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0)

static void test_seen__told_once(void)
{
    EXPECT("found:2", case_judge("rng-shared",
                                 FORKED COMPARED(1, 'fork', 4, 2, 1, 'shared', NULL, 0)
                                     SEEN(1, 1, 1, 20, 'libc random', EQUAL) SEEN(2, 2, 2, 21, 'libc random', EQUAL)));
    TOLD("rng-shared", "what both really drew is equal too");
    EXPECT("", case_query("select check_id from finding where check_id in ('rng-overlap', 'rng-siblings')"));
    /* Overlapping at another place: told by the comparison. */
    EXPECT("", case_judge("rng-overlap",
                          FORKED COMPARED(1, 'fork', 4, 2, 1, 'shared', NULL, 0) SEEN(1, 1, 1, 5, 'libc random', EQUAL)
                              SEEN(2, 2, 2, 21, 'libc random', EQUAL)));
    /* Nobody seeded it: everybody draws that. */
    EXPECT("pass:2", case_judge("rng-shared",
                                FORKED COMPARED(1, 'fork', 4, 2, 1, 'unseeded', NULL, 0)
                                    SEEN(1, 1, 1, 20, 'libc random', EQUAL) SEEN(2, 2, 2, 21, 'libc random', EQUAL)));
    case_end();
}

static void test_seen__proves_more(void)
{
    EXPECT("found:2", case_judge("rng-shared",
                                 FORKED COMPARED(1, 'fork', 3, 2, 1, 'diverged', 'state', 0)
                                     SEEN(1, 1, 1, 20, 'libc random', EQUAL) SEEN(2, 2, 2, 21, 'libc random', EQUAL)));
    EXPECT("medium", SEVERITY("rng-shared"));
    EXPECT("found:2", case_judge("rng-overlap", FORKED SEEN(1, 1, 1, 5, 'OpenSSL RAND_bytes', EQUAL)
                                                    SEEN(2, 2, 2, 21, 'OpenSSL RAND_bytes', EQUAL)));
    EXPECT("critical", SEVERITY("rng-overlap"));
    EXPECT("found:3", case_judge("rng-siblings", FORKED SIBLING SEEN(1, 2, 1, 20, 'libc rand', EQUAL)
                                                     SEEN(2, 3, 2, 21, 'libc rand', EQUAL)));
    EXPECT("medium", SEVERITY("rng-siblings"));
    case_end();
}

/* One generator calls the other, and both were seen to give the value. */
static void test_seen__of_two_names(void)
{
    EXPECT("found:2",
           case_judge("rng-overlap",
                      FORKED SEEN(1, 1, 1, 5, 'libc rand', EQUAL) SEEN(2, 1, 1, 6, 'OpenSSL RAND_bytes', EQUAL)
                          SEEN(3, 2, 2, 21, 'libc rand', EQUAL) SEEN(4, 2, 2, 22, 'OpenSSL RAND_bytes', EQUAL)));
    EXPECT("generator \"OpenSSL RAND_bytes\" critical",
           case_query("select subject || ' ' || severity from finding where check_id = 'rng-overlap'"));
    case_end();
}

static void test_seen__small_numbers_prove_nothing(void)
{
    EXPECT("", case_judge("rng-shared",
                          FORKED SEEN(1, 1, 1, 20, 'libc rand', SMALLER) SEEN(2, 2, 2, 21, 'libc rand', SMALLER)));
    EXPECT("", case_judge("rng-overlap",
                          FORKED SEEN(1, 1, 1, 5, 'libc rand', SMALLER) SEEN(2, 2, 2, 21, 'libc rand', SMALLER)));
    EXPECT("", case_judge("rng-siblings", FORKED SIBLING SEEN(1, 2, 1, 20, 'libc rand', SMALLER)
                                              SEEN(2, 3, 2, 21, 'libc rand', SMALLER)));
    case_end();
}

static void test_seen__identifiers_have_much_in_common(void)
{
    /* Two time UUIDs of one host. */
    EXPECT("", case_judge("rng-shared", FORKED SEEN(1, 1, 1, 20, 'uuid', 'abcdtimeseqnode1')
                                            SEEN(2, 2, 2, 21, 'uuid', 'efghtimeseqnode1')));
    EXPECT("", case_query("select check_id || result from finding where check_id in ('rng-overlap', 'rng-siblings')"));
    case_end();
}

static void test_seen__handed_over_counts_more(void)
{
    EXPECT("pass:2",
           case_judge("rng-shared",
                      FORKED DRAW(1, 1, 20, 'libc rand', 'abcdefghijklm') DRAW(2, 2, 21, 'libc rand', 'nopqrstuvwxyz')
                          SEEN(3, 1, 1, 22, 'libc rand', EQUAL) SEEN(4, 2, 2, 23, 'libc rand', EQUAL)));
    case_end();
}

/* ---- rng-siblings ---- */

static void test_siblings__fires(void)
{
    EXPECT("found:3", case_judge("rng-siblings",
                                 FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'shared', NULL, 0)
                                     CALLED(2, 20, 1, 'OpenSSL RAND_bytes') CALLED(3, 21, 1, 'OpenSSL RAND_bytes')));
    EXPECT("critical", SEVERITY("rng-siblings"));
    EXPECT("found:3", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 3, 3, 2, 'shared', NULL, 0)
                                                     CALLED(3, 21, 1, 'libc rand')));
    EXPECT("info", SEVERITY("rng-siblings"));
    TOLD("rng-siblings", "pid 103 drew from it");
    /* Both now, of an attached program. */
    EXPECT("found:3", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'now', 3, 3, 2, 'shared', NULL, 0)));
    /* One row for all siblings. */
    EXPECT("found:4", case_judge("rng-siblings", FORKED SIBLING PROCESS(4, 13, 1, 104, 'fork', 1)
                                                     COMPARED(1, 'sibling', 3, 4, 2, 'shared', NULL,
                                                              0) COMPARED(2, 'sibling', 3, 4, 3, 'shared', NULL, 0)
                                                         CALLED(3, 20, 1, 'libc rand') CALLED(4, 21, 1, 'libc rand')));
    EXPECT("medium", SEVERITY("rng-siblings"));
    TOLD("rng-siblings", "both drew from it; so do 1 other processes");
    case_end();
}

static void test_siblings__silent(void)
{
    EXPECT("pass:3",
           case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'diverged', 'state', 0)));
    /* rng-shared tells of a state that no sibling drew from. */
    EXPECT("", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 3, 3, 2, 'shared', NULL, 0)
                                              COMPARED(2, 'fork', 3, 3, 1, 'shared', NULL, 0)));
    EXPECT("", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 3, 3, 2, 'weak', 'pid', 0)));
    case_end();
}

static void test_siblings__unknown(void)
{
    EXPECT("unknown:3",
           case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'undecided', 'it hung', 0)
                                          CALLED(2, 20, 1, 'OpenSSL RAND_bytes')));
    EXPECT("it hung", case_query("select reason from finding where check_id = 'rng-siblings'"));
    EXPECT("accepted:3",
           case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'undecided', 'it hung', 0)));
    EXPECT("unknown:3", case_judge("rng-siblings", FORKED SIBLING COMPARED(1, 'sibling', 1, 3, 2, 'diverged', 'state',
                                                                           0) GAP(1, 3, NULL, 'generator', 'x')));
    case_end();
}

TEST_MAIN("test_checks_rng_copies", TEST(test_shared__severity_follows_use), TEST(test_shared__unused),
          TEST(test_shared__one_row_of_a_state), TEST(test_shared__one_state_of_two_names),
          TEST(test_shared__newborn_alone), TEST(test_shared__parent_left), TEST(test_shared__handed_on),
          TEST(test_shared__silent), TEST(test_shared__unknown), TEST(test_shared__attached),
          TEST(test_seen__told_once), TEST(test_seen__proves_more), TEST(test_seen__of_two_names),
          TEST(test_seen__small_numbers_prove_nothing), TEST(test_seen__identifiers_have_much_in_common),
          TEST(test_seen__handed_over_counts_more), TEST(test_siblings__fires), TEST(test_siblings__silent),
          TEST(test_siblings__unknown))

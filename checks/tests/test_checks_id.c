/* test_checks_id.c - the checks of ids on hand-made facts: each fires, is silent, accepts, says unknown. */
#include "checks/tests/case.h"

#define WORKER(...)        ROOT_FAMILY __VA_ARGS__
#define SETTLED(look, seq) LOOK(look, 2, seq, 'settled', 1, NULL)
#define CRED_GAP           GAP(1, 2, NULL, 'cred', 'status of pid 102 could not be read')
/* A proper drop to 33, with what setgroups is given. */
#define DROP(list)                                                                                                     \
    CALL(1, 2, 12, 1, 'setgroups', 1, 0, 0, list, 0)                                                                   \
    CALL(2, 2, 13, 1, 'setresgid', 33, 33, 33, NULL, 0) CALL(3, 2, 14, 1, 'setresuid', 33, 33, 33, NULL, 0)
#define REASON(check) case_query("select reason from finding where check_id = '" check "'")

static void test_id_recoverable__fires(void)
{
    /* saved, real, fs uid 0; saved gid 0; CAP_SETUID */
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 0, 33, 33, 33, 33, 33, '33', 0))));
    EXPECT("uid 0", case_query("select subject from finding where check_id = 'id-recoverable'"));
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 0, 33, 33, 33, 33, 33, 33, 33, '33', 0))));
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 0, 33, 33, 33, 33, '33', 0))));
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 0, 33, '', 0))));
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 128))));
    EXPECT("cap_setuid", case_query("select subject from finding where check_id = 'id-recoverable'"));
    case_end();
}

static void test_id_recoverable__fires_for_a_setuid_program(void)
{
    EXPECT("found:1", case_judge("id-recoverable",
                                 PROCESS(1, 1, NULL, 101, 'launch', NULL) IMAGE(1, 1, 2, '/usr/bin/games', 1, 0)
                                     LOOK(1, 1, 3, 'exec', 1, NULL) CRED(1, 1000, 60, 60, 60, 1000, 1000, 1000,
                                                                         1000, '', 0) LOOK(2, 1, 9, 'settled', 1, NULL)
                                         CRED(2, 1000, 1000, 60, 1000, 1000, 1000, 1000, 1000, '', 0)));
    case_end();
}

static void test_id_recoverable__suspects_an_end_state(void)
{
    EXPECT("found:2", case_judge("id-recoverable", WORKER(LOOK(5, 2, 20, 'exit', 1, NULL)
                                                              CRED(5, 33, 33, 0, 33, 33, 33, 33, 33, '33', 0))));
    EXPECT("high/suspect",
           case_query("select severity || '/' || strength from finding where check_id = 'id-recoverable'"));
    case_end();
}

static void test_id_recoverable__silent(void)
{
    EXPECT("pass:2", case_judge("id-recoverable", WORKER(DROP('') SETTLED(5, 20) USER(5, 33, '33'))));
    /* root all the time, or never root: nothing was dropped */
    EXPECT("", case_judge("id-recoverable", WORKER(SETTLED(5, 20) ROOT(5))));
    EXPECT("", case_judge("id-recoverable", FAMILY LOOK(1, 2, 11, 'born', 1, NULL) USER(1, 33, '')
                                                LOOK(2, 2, 12, 'settled', 1, NULL) USER(2, 33, '')));
    /* exec overwrites the saved id */
    EXPECT("pass:2", case_judge("id-recoverable", WORKER(IMAGE(2, 2, 20, '/bin/sh', 0, 0)
                                                             LOOK(5, 2, 21, 'exec', 2, NULL) USER(5, 33, '33'))));
    case_end();
}

static void test_id_recoverable__accepts_a_temporary_drop(void)
{
    EXPECT("accepted:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 0, 33, 0, 33, 0, 0, 0, 0, '0', 0)
                                                                 LOOK(6, 2, 25, 'after-change', 1, NULL) ROOT(6)
                                                                     SETTLED(7, 30) ROOT(7))));
    EXPECT("the drop is temporary: the process takes the id back later", REASON("id-recoverable"));
    case_end();
}

static void test_id_recoverable__accepts_capabilities_of_its_namespace(void)
{
    EXPECT("accepted:2", case_judge("id-recoverable",
                                    WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '',
                                                               255) "update cred set user_ns = 2 where look = 5;")));
    case_end();
}

static void test_id_recoverable__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33') CRED_GAP)));
    case_end();
}

static void test_id_groups_kept__fires(void)
{
    EXPECT("found:2", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) USER(5, 33, '0 4 33'))));
    EXPECT("group 0, 4", case_query("select subject from finding where check_id = 'id-groups-kept'"));
    /* a user that the database does not know */
    EXPECT("found:2", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) USER(5, 77, '4 77'))));
    case_end();
}

static void test_id_groups_kept__silent(void)
{
    EXPECT("pass:2", case_judge("id-groups-kept", WORKER(DROP('') SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("pass:2", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) USER(5, 33, '33'))));
    EXPECT("pass:2", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) USER(5, 77, '500'))));
    EXPECT("", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) ROOT(5))));
    case_end();
}

static void test_id_groups_kept__accepts(void)
{
    EXPECT("accepted:2", case_judge("id-groups-kept", WORKER(DROP('33 50') SETTLED(5, 20) USER(5, 33, '33 50'))));
    EXPECT("the process chose them itself by setgroups(2)", REASON("id-groups-kept"));
    case_end();
}

static void test_id_groups_kept__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-groups-kept", WORKER(SETTLED(5, 20) USER(5, 33, '')
                                                                GAP(1, 2, NULL, 'account', 'no answer for uid 33'))));
    case_end();
}

#define LATE_GID                                                                                                       \
    LOOK(3, 2, 12, 'after-change', 1, NULL)                                                                            \
    CRED(3, 33, 33, 33, 33, 0, 0, 0, 0, '0 4', 0) CALL(2, 2, 14, 1, 'setresgid', 33, 33, 33, NULL, 1)

static void test_id_drop_order__fires(void)
{
    EXPECT("found:2",
           case_judge("id-drop-order", WORKER(LATE_GID SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 0, 0, 0, 0, '0 4', 0))));
    EXPECT("setresgid", case_query("select subject from finding where check_id = 'id-drop-order'"));
    EXPECT("found:2", case_judge("id-drop-order", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 0, 0, 0, 0, '33', 0))));
    EXPECT("gid 0", case_query("select subject from finding where check_id = 'id-drop-order'"));
    case_end();
}

static void test_id_drop_order__silent(void)
{
    EXPECT("pass:2", case_judge("id-drop-order", WORKER(DROP('') SETTLED(5, 20) USER(5, 33, '33'))));
    /* the test of a drop: asking for the old gid must fail */
    EXPECT("pass:2", case_judge("id-drop-order", WORKER(DROP('') LOOK(3, 2, 15, 'after-change', 1, NULL) USER(3, 33, '')
                                                            CALL(4, 2, 16, 1, 'setgid', 0, 0, 0, NULL, 1) SETTLED(5, 20)
                                                                USER(5, 33, ''))));
    /* refused to a process that never was root */
    EXPECT("", case_judge("id-drop-order", FAMILY LOOK(1, 2, 11, 'born', 1, NULL) USER(1, 33, '')
                                               CALL(1, 2, 12, 1, 'setgroups', 0, 0, 0, '', 1)));
    case_end();
}

static void test_id_drop_order__accepts_no_groups(void)
{
    EXPECT("accepted:2", case_judge("id-drop-order", WORKER(LOOK(3, 2, 12, 'after-change', 1, NULL) USER(3, 33, '33')
                                                                CALL(1, 2, 13, 1, 'setgroups', 0, 0, 0, '', 1)
                                                                    SETTLED(5, 20) USER(5, 33, '33'))));
    case_end();
}

static void test_id_drop_order__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-drop-order", WORKER(DROP('') SETTLED(5, 20) USER(5, 33, '33') CRED_GAP)));
    case_end();
}

#define FAILED_SETUID CALL(1, 2, 12, 1, 'setuid', 33, 0, 0, NULL, 11)

static void test_id_drop_unchecked__fires(void)
{
    EXPECT("found:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID SETTLED(5, 20) ROOT(5))));
    EXPECT("found:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID IMAGE(2, 2, 20, '/bin/sh', 0, 0))));
    EXPECT("found:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID MARKER(1, 2, 15, 'moment', 'serving'))));
    EXPECT("setuid(33) failed with EAGAIN as uid 0; then the process reached its marker \"serving\"",
           case_query("select evidence from finding where check_id = 'id-drop-unchecked'"));
    EXPECT("found:2", case_judge("id-drop-unchecked", WORKER(LATE_GID SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("found:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID ENDED(2, 0, 'exited'))));
    EXPECT("suspect", case_query("select strength from finding where check_id = 'id-drop-unchecked'"));
    case_end();
}

static void test_id_drop_unchecked__silent(void)
{
    EXPECT("pass:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID ENDED(2, 256, 'exited'))));
    EXPECT("pass:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID ENDED(2, 6, 'signalled'))));
    EXPECT("", case_judge("id-drop-unchecked", WORKER(DROP('') SETTLED(5, 20) USER(5, 33, ''))));
    case_end();
}

static void test_id_drop_unchecked__accepts(void)
{
    EXPECT("accepted:2",
           case_judge("id-drop-unchecked", WORKER(FAILED_SETUID CALL(2, 2, 14, 1, 'setresuid', 33, 33, 33, NULL, 0)
                                                      SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("accepted:2", case_judge("id-drop-unchecked", WORKER(LOOK(3, 2, 15, 'after-change', 1, NULL) USER(3, 33, '')
                                                                    CALL(4, 2, 16, 1, 'setresuid', -1, 0, -1, NULL, 1)
                                                                        SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("regain attempt refused, as it should be", REASON("id-drop-unchecked"));
    EXPECT("accepted:2", case_judge("id-drop-unchecked", FAMILY LOOK(1, 2, 11, 'born', 1, NULL) USER(1, 103, '5')
                                                             CALL(1, 2, 12, 1, 'setgroups', 0, 0, 0, '', 1)
                                                                 LOOK(2, 2, 13, 'settled', 1, NULL) USER(2, 103, '5')));
    EXPECT("it had no privilege to give up", REASON("id-drop-unchecked"));
    case_end();
}

/* A child that was born with only the saved ids privileged tests its drop too. */
static void test_id_drop_unchecked__accepts_the_test_of_a_saved_id(void)
{
    static const char facts[] = FAMILY LOOK(2, 2, 11, 'born', 1, NULL) CRED(2, 33, 33, 0, 33, 33, 33, 0, 33, '33', 0)
        LOOK(3, 2, 12, 'after-change', 1, NULL) USER(3, 33, '33') CALL(1, 2, 13, 1, 'setresgid', -1, 0, -1, NULL, 1)
            CALL(2, 2, 14, 1, 'setresuid', -1, 0, -1, NULL, 1) LOOK(5, 2, 20, 'settled', 1, NULL) USER(5, 33, '33');

    EXPECT("accepted:2 accepted:2", case_judge("id-drop-unchecked", facts));
    EXPECT("", case_judge("id-drop-order", facts));
    case_end();
}

static void test_id_drop_unchecked__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-drop-unchecked", WORKER(FAILED_SETUID ENDED(2, 256, 'exited')
                                                                   GAP(1, 2, NULL, 'call', 'a call was lost'))));
    case_end();
}

#define NOOP CALL(1, 2, 12, 1, 'setresuid', 0, 0, 0, NULL, 0)

static void test_id_drop_noop__fires(void)
{
    EXPECT("found:2", case_judge("id-drop-noop", WORKER(NOOP SETTLED(5, 20) ROOT(5))));
    /* as the recipe does it: only the groups are trimmed */
    EXPECT("found:2", case_judge("id-drop-noop", WORKER(CALL(1, 2, 12, 1, 'setgroups', 1, 0, 0, '0', 0) SETTLED(5, 20)
                                                            CRED(5, 0, 0, 0, 0, 0, 0, 0, 0, '0', 0))));
    case_end();
}

static void test_id_drop_noop__silent(void)
{
    EXPECT("pass:2", case_judge("id-drop-noop", WORKER(DROP('') CALL(9, 2, 11, 1, 'setuid', 0, 0, 0, NULL, 0)
                                                           SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("id-drop-noop", WORKER(SETTLED(5, 20) ROOT(5))));
    /* taking root back is no drop */
    EXPECT("", case_judge("id-drop-noop",
                          WORKER(LOOK(3, 2, 12, 'after-change', 1, NULL) CRED(3, 0, 33, 0, 33, 0, 0, 0, 0, '', 0)
                                     CALL(1, 2, 13, 1, 'setresuid', -1, 0, -1, NULL, 0) SETTLED(5, 20) ROOT(5))));
    case_end();
}

static void test_id_drop_noop__accepts_exec(void)
{
    EXPECT("accepted:2", case_judge("id-drop-noop", WORKER(NOOP IMAGE(2, 2, 15, '/bin/sh', 0, 0)
                                                               LOOK(5, 2, 16, 'exec', 2, NULL) ROOT(5))));
    case_end();
}

static void test_id_drop_noop__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-drop-noop", WORKER(SETTLED(5, 20) USER(5, 33, '') CRED_GAP)));
    case_end();
}

#define LOWERED_BIRTH FAMILY LOOK(2, 2, 11, 'born', 1, NULL) CRED(2, 1000, 1000, 0, 1000, 1000, 1000, 1000, 1000, '', 0)

static void test_id_temporary_drop_fork__fires(void)
{
    EXPECT("found:2",
           case_judge("id-temporary-drop-fork",
                      LOWERED_BIRTH SETTLED(5, 20) CRED(5, 1000, 1000, 0, 1000, 1000, 1000, 1000, 1000, '', 0)));
    EXPECT("found:2", case_judge("id-temporary-drop-fork", LOWERED_BIRTH SETTLED(5, 20) ROOT(5)));
    case_end();
}

static void test_id_temporary_drop_fork__silent(void)
{
    EXPECT("pass:2", case_judge("id-temporary-drop-fork", LOWERED_BIRTH SETTLED(5, 20) USER(5, 1000, '')));
    EXPECT("pass:2", case_judge("id-temporary-drop-fork", LOWERED_BIRTH IMAGE(2, 2, 12, '/bin/ls', 0, 0)
                                                              LOOK(5, 2, 13, 'exec', 2, NULL) USER(5, 1000, '')));
    EXPECT("", case_judge("id-temporary-drop-fork", WORKER(SETTLED(5, 20) ROOT(5))));
    case_end();
}

static void test_id_temporary_drop_fork__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-temporary-drop-fork", LOWERED_BIRTH SETTLED(5, 20) USER(5, 1000, '') CRED_GAP));
    case_end();
}

#define THREAD_2(look, uid)                                                                                            \
    "insert into cred select null, " #look ", 2, " #uid ", " #uid ", " #uid ", " #uid                                  \
    ", rgid, egid, sgid, fsgid, groups,"                                                                               \
    " cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb, no_new_privs, seccomp, securebits, dumpable, user_ns from cred"     \
    " where look = " #look ";"
#define THREADED "update look set threads = 2 where moment <> 'born';"

static void test_id_threads_differ__fires(void)
{
    EXPECT("found:2", case_judge("id-threads-differ", WORKER(SETTLED(5, 20) USER(5, 33, '') THREAD_2(5, 0) THREADED)));
    EXPECT("found:2", case_judge("id-threads-differ",
                                 WORKER(LOOK(5, 2, 20, 'marker', 1, NULL) USER(5, 33, '') THREAD_2(5, 0) THREADED)));
    case_end();
}

static void test_id_threads_differ__silent(void)
{
    EXPECT("pass:2", case_judge("id-threads-differ", WORKER(SETTLED(5, 20) USER(5, 33, '') THREADED)));
    EXPECT("", case_judge("id-threads-differ", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    /* while libc tells the other thread */
    EXPECT("pass:2",
           case_judge("id-threads-differ", WORKER(LOOK(4, 2, 15, 'after-change', 1, NULL) USER(4, 33, '') THREAD_2(4, 0)
                                                      SETTLED(5, 20) USER(5, 33, '') THREADED)));
    EXPECT("pass:2",
           case_judge("id-threads-differ", WORKER(LOOK(4, 2, 15, 'marker', 1, NULL) USER(4, 33, '') THREAD_2(4, 0)
                                                      SETTLED(5, 20) USER(5, 33, '') THREADED)));
    case_end();
}

static void test_id_threads_differ__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-threads-differ", WORKER(SETTLED(5, 20) USER(5, 33, '') THREADED CRED_GAP)));
    case_end();
}

TEST_MAIN("test_checks_id", TEST(test_id_recoverable__fires), TEST(test_id_recoverable__fires_for_a_setuid_program),
          TEST(test_id_recoverable__suspects_an_end_state), TEST(test_id_recoverable__silent),
          TEST(test_id_recoverable__accepts_a_temporary_drop),
          TEST(test_id_recoverable__accepts_capabilities_of_its_namespace), TEST(test_id_recoverable__unknown),
          TEST(test_id_groups_kept__fires), TEST(test_id_groups_kept__silent), TEST(test_id_groups_kept__accepts),
          TEST(test_id_groups_kept__unknown), TEST(test_id_drop_order__fires), TEST(test_id_drop_order__silent),
          TEST(test_id_drop_order__accepts_no_groups), TEST(test_id_drop_order__unknown),
          TEST(test_id_drop_unchecked__fires), TEST(test_id_drop_unchecked__silent),
          TEST(test_id_drop_unchecked__accepts), TEST(test_id_drop_unchecked__accepts_the_test_of_a_saved_id),
          TEST(test_id_drop_unchecked__unknown), TEST(test_id_drop_noop__fires), TEST(test_id_drop_noop__silent),
          TEST(test_id_drop_noop__accepts_exec), TEST(test_id_drop_noop__unknown),
          TEST(test_id_temporary_drop_fork__fires), TEST(test_id_temporary_drop_fork__silent),
          TEST(test_id_temporary_drop_fork__unknown), TEST(test_id_threads_differ__fires),
          TEST(test_id_threads_differ__silent), TEST(test_id_threads_differ__unknown))

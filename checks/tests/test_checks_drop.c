/* test_checks_drop.c - the checks of what a drop leaves behind or travels to: groups, rings, programs, dumpable. */
#include "checks/tests/case.h"

#define WORKER(...)         ROOT_FAMILY __VA_ARGS__
#define SETTLED(look, seq)  LOOK(look, 2, seq, 'settled', 1, NULL)
#define WITH_FDS(look, seq) LOOK(look, 2, seq, 'settled', 1, 1)
#define CRED_GAP            GAP(1, 2, NULL, 'cred', 'status of pid 102 could not be read')
#define SAID(column, check) case_query("select " column " from finding where check_id = '" check "'")

#define MEMBER "delete from account; insert into account values (33, 'www', 33, '4 27 33');"

static void test_id_groups_missing__fires(void)
{
    EXPECT("found:2", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, '4'))));
    EXPECT("group 27", SAID("subject", "id-groups-missing"));
    EXPECT("low/suspect", SAID("severity || '/' || strength", "id-groups-missing"));
    EXPECT("found:2", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, '27 33 99'))));
    case_end();
}

static void test_id_groups_missing__silent(void)
{
    EXPECT("pass:2", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, '4 27 33'))));
    EXPECT("pass:2", case_judge("id-groups-missing", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    /* foreign ones only: id-groups-kept's */
    EXPECT("", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, '0 33'))));
    /* a user without an entry; root */
    EXPECT("", case_judge("id-groups-missing", WORKER(SETTLED(5, 20) USER(5, 77, '4'))));
    EXPECT("", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) ROOT(5))));
    /* another gid than the user's own, by configuration, and no groups */
    EXPECT("pass:2",
           case_judge("id-groups-missing", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 30, 30, 30, 30, '', 0))));
    case_end();
}

static void test_id_groups_missing__accepts_none(void)
{
    EXPECT("accepted:2", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("accepted:2", case_judge("id-groups-missing", WORKER(MEMBER SETTLED(5, 20) USER(5, 33, '33'))));
    case_end();
}

static void test_id_groups_missing__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-groups-missing",
                                   WORKER(SETTLED(5, 20) USER(5, 33, '') GAP(1, 2, NULL, 'account', 'no answer'))));
    case_end();
}

/* A ring that the parent made as root before the fork, under number 7. */
#define RING(detail)      CALL(1, 1, 5, 1, 'io_uring_setup', 8, 0, 0, detail, 0) "update call set result = 7 where id = 1;"
#define OPEN_RING(number) TABLE(1) OPEN(1, 'io_uring', 'anon_inode:[io_uring]', NULL, 1, 0) FD(1, number, 1, 0)
#define NO_RING           TABLE(1) OPEN(1, 'char', '/dev/null', NULL, 1, 0) STD(1)

static void test_id_old_credential_worker__fires(void)
{
    EXPECT("found:2", case_judge("id-old-credential-worker",
                                 WORKER(RING('entries 8 SQPOLL') OPEN_RING(7) WITH_FDS(5, 20) USER(5, 33, ''))));
    EXPECT("high/observed", SAID("severity || '/' || strength", "id-old-credential-worker"));
    /* under another number now */
    EXPECT("found:2", case_judge("id-old-credential-worker",
                                 WORKER(RING('entries 8 SQPOLL') OPEN_RING(9) WITH_FDS(5, 20) USER(5, 33, ''))));
    /* root's credentials registered with it */
    EXPECT("found:2",
           case_judge("id-old-credential-worker", WORKER(RING('entries 8') CALL(2, 2, 12, 1, 'io_uring_register', 7, 9,
                                                                                0, 'IORING_REGISTER_PERSONALITY', 0)
                                                             OPEN_RING(7) WITH_FDS(5, 20) USER(5, 33, ''))));
    /* only mapped any more */
    EXPECT("found:2", case_judge("id-old-credential-worker",
                                 WORKER(RING('entries 8 SQPOLL') NO_RING WITH_FDS(5, 20)
                                            USER(5, 33, '') "insert into map_table values (1, 0);"
                                                            "insert into mapping (map_table, start, size, perms, path)"
                                                            " values (1, 4096, 4096, 'rw-s', 'anon_inode:[io_uring]');"
                                                            "update look set map_table = 1 where id = 5;")));
    case_end();
}

static void test_id_old_credential_worker__silent(void)
{
    EXPECT("pass:2", case_judge("id-old-credential-worker",
                                WORKER(RING('entries 8 SQPOLL') NO_RING WITH_FDS(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("id-old-credential-worker",
                          WORKER(RING('entries 8 SQPOLL') OPEN_RING(7) WITH_FDS(5, 20) ROOT(5))));
    /* made after the drop, under the number that another had before */
    EXPECT("", case_judge("id-old-credential-worker",
                          WORKER(RING('entries 8 SQPOLL') LOOK(4, 2, 12, 'after-change', 1, NULL) USER(4, 33, '')
                                     CALL(2, 2, 13, 1, 'io_uring_setup', 8, 0, 0, 'entries 8 SQPOLL',
                                          0) "update call set result = 7 where id = 2;" OPEN_RING(7) WITH_FDS(5, 20)
                                         USER(5, 33, ''))));
    case_end();
}

static void test_id_old_credential_worker__accepts_an_ordinary_ring(void)
{
    EXPECT("accepted:2", case_judge("id-old-credential-worker",
                                    WORKER(RING('entries 8') OPEN_RING(7) WITH_FDS(5, 20) USER(5, 33, ''))));
    EXPECT("its requests carry the credentials of the process that submits them",
           SAID("reason", "id-old-credential-worker"));
    EXPECT("accepted:2",
           case_judge("id-old-credential-worker",
                      WORKER(OPEN_RING(7) WITH_FDS(5, 20) USER(5, 33, '') "update description set from_starter = 1;")));
    case_end();
}

static void test_id_old_credential_worker__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-old-credential-worker", WORKER(OPEN_RING(7) WITH_FDS(5, 20) USER(5, 33, ''))));
    EXPECT("unknown:2", case_judge("id-old-credential-worker",
                                   WORKER(NO_RING WITH_FDS(5, 20) USER(5, 33, '') GAP(1, 2, NULL, 'fd', 'EACCES'))));
    EXPECT("unknown:2",
           case_judge("id-old-credential-worker", WORKER(NO_RING WITH_FDS(5, 20) USER(5, 33, '') CRED_GAP)));
    case_end();
}

/* Pid 103 is forked by 102, which then gives root up; both hold an end of a pipe. */
#define HELPER                                                                                                         \
    WORKER(PROCESS(3, 12, 2, 103, 'fork', 1) LOOK(6, 3, 13, 'born', 1, NULL) ROOT(                                     \
        6) LOOK(4, 2, 15, 'before-change', 1, NULL) ROOT(4) TABLE(1) TABLE(2) OPEN(1, 'pipe', 'pipe:[9]', NULL, 1, 0)  \
               OPEN(2, 'pipe', 'pipe:[9]', NULL, 1, 0) "update description set dev = 1, ino = 9;" FD(1, 5, 1, 0)       \
                   FD(2, 5, 2, 0) WITH_FDS(5, 20) USER(5, 33, '') LOOK(7, 3, 21, 'settled', 1, 2) ROOT(7))

static void test_id_old_credential_worker__accepts_a_helper(void)
{
    EXPECT("accepted:3 pass:2", case_judge("id-old-credential-worker", HELPER));
    EXPECT("it was forked before its parent became uid 33, is root at rest, and shares a pipe with it",
           case_query("select evidence from finding where check_id = 'id-old-credential-worker' and process = 3"));
    EXPECT("info",
           case_query("select severity from finding where check_id = 'id-old-credential-worker' and process = 3"));
    /* another pipe */
    EXPECT("pass:2", case_judge("id-old-credential-worker", HELPER "update description set ino = id;"));
    case_end();
}

static void test_id_old_credential_worker__shows_the_master_once(void)
{
    static const char facts[] =
        WORKER(SETTLED(5, 20) USER(5, 33, '') PROCESS(3, 12, 1, 103, 'fork', 1) LOOK(6, 3, 13, 'born', 1, NULL) ROOT(6)
                   LOOK(7, 3, 21, 'settled', 1, NULL) USER(7, 33, '') LOOK(8, 1, 22, 'settled', 1, NULL) ROOT(8));

    EXPECT("accepted:1", case_judge("id-old-credential-worker", facts));
    EXPECT("/usr/sbin/daemon", SAID("subject", "id-old-credential-worker"));
    EXPECT("1 process of it is root at rest (pid 101), while what it forked gave root up",
           SAID("evidence", "id-old-credential-worker"));
    /* nobody dropped: root all the way is not its matter; a parent that only ended is no master */
    EXPECT("", case_judge("id-old-credential-worker",
                          WORKER(SETTLED(5, 20) ROOT(5) LOOK(8, 1, 22, 'settled', 1, NULL) ROOT(8))));
    EXPECT("", case_judge("id-old-credential-worker",
                          WORKER(SETTLED(5, 20) USER(5, 33, '') LOOK(8, 1, 22, 'exit', 1, NULL) ROOT(8))));
    case_end();
}

/* Process 2's drop fails, it goes on, and forks process 3, which executes a program. */
#define TRAVELS(call, cred)                                                                                            \
    WORKER(call PROCESS(3, 30, 2, 103, 'fork', 1) LOOK(6, 3, 31, 'born', 1, NULL) ROOT(6)                              \
               IMAGE(3, 3, 35, '/bin/cgi', 0, 0) LOOK(7, 3, 36, 'exec', 3, NULL) cred)
#define FAILED(name, error) CALL(1, 2, 12, 1, name, 33, 0, 0, NULL, error)

static void test_id_privileged_exec__fires(void)
{
    EXPECT("found:3", case_judge("id-privileged-exec", TRAVELS(FAILED('setgid', 1), ROOT(7))));
    EXPECT("high/observed", SAID("severity || '/' || strength", "id-privileged-exec"));
    EXPECT("executed as uid 0 with groups \"0 4\"; before, setgid(33) failed with EPERM in pid 102, which went on and "
           "forked",
           SAID("evidence", "id-privileged-exec"));
    EXPECT("found:3", case_judge("id-privileged-exec", TRAVELS(FAILED('setuid', 11) INJECTED(1), ROOT(7))));
    EXPECT("proven", SAID("strength", "id-privileged-exec"));
    /* the same program again: one thing to mend */
    EXPECT("found:3", case_judge("id-privileged-exec",
                                 TRAVELS(FAILED('setgid', 1), ROOT(7)) PROCESS(4, 40, 2, 104, 'fork', 1)
                                     LOOK(8, 4, 41, 'born', 1, NULL) ROOT(8) IMAGE(4, 4, 45, '/bin/cgi', 0, 0)
                                         LOOK(9, 4, 46, 'exec', 4, NULL) ROOT(9)));
    /* the groups travel */
    EXPECT("found:3", case_judge("id-privileged-exec", TRAVELS(FAILED('setgroups', 1), USER(7, 33, '0 4'))));
    /* a set-uid program's helper with its starter's real id */
    EXPECT("found:2",
           case_judge("id-privileged-exec",
                      FAMILY LOOK(2, 2, 11, 'born', 1, NULL) CRED(2, 1000, 0, 0, 0, 1000, 1000, 1000, 1000, '', 0)
                          IMAGE(2, 2, 15, '/bin/sh', 0, 0) LOOK(5, 2, 16, 'exec', 2, NULL)
                              CRED(5, 1000, 0, 0, 0, 1000, 1000, 1000, 1000,
                                                                            '', 0)));
    case_end();
}

static void test_id_privileged_exec__silent(void)
{
    /* root's job, root's helper; a failure in the process itself is id-drop-unchecked's */
    EXPECT("", case_judge("id-privileged-exec",
                          WORKER(IMAGE(2, 2, 15, '/bin/sh', 0, 0) LOOK(5, 2, 16, 'exec', 2, NULL) ROOT(5))));
    EXPECT("", case_judge("id-privileged-exec", WORKER(FAILED('setuid', 11) IMAGE(2, 2, 15, '/bin/sh', 0, 0)
                                                           LOOK(5, 2, 16, 'exec', 2, NULL) ROOT(5))));
    EXPECT("pass:2", case_judge("id-privileged-exec", WORKER(IMAGE(2, 2, 15, '/bin/sh', 0, 0)
                                                                 LOOK(5, 2, 16, 'exec', 2, NULL) USER(5, 33, '33'))));
    /* it worked at the second try; only the groups failed, and root's helper stays root's */
    EXPECT("", case_judge("id-privileged-exec",
                          TRAVELS(FAILED('setgid', 1) CALL(2, 2, 14, 1, 'setgid', 33, 0, 0, NULL, 0), ROOT(7))));
    EXPECT("", case_judge("id-privileged-exec", TRAVELS(FAILED('setgroups', 1), ROOT(7))));
    /* the set-uid bit of the program itself: sudo */
    EXPECT("", case_judge("id-privileged-exec",
                          FAMILY LOOK(2, 2, 11, 'born', 1, NULL) USER(2, 1000, '') IMAGE(2, 2, 15, '/bin/sudo', 1, 0)
                              LOOK(5, 2, 16, 'exec', 2, NULL) CRED(5, 1000, 0, 0, 0, 1000, 1000, 1000, 1000, '', 0)));
    case_end();
}

static void test_id_privileged_exec__accepts_a_helper_of_root(void)
{
    EXPECT("accepted:2", case_judge("id-privileged-exec",
                                    WORKER(IMAGE(2, 2, 15, '/usr/bin/rotatelogs', 0, 0) LOOK(5, 2, 16, 'exec', 2, NULL)
                                               ROOT(5) PROCESS(3, 17, 1, 103, 'fork', 1) LOOK(6, 3, 18, 'born', 1, NULL)
                                                   ROOT(6) LOOK(7, 3, 21, 'settled', 1, NULL) USER(7, 33, ''))));
    EXPECT("/usr/bin/rotatelogs", SAID("subject", "id-privileged-exec"));
    case_end();
}

static void test_id_privileged_exec__unknown(void)
{
    EXPECT("unknown:2", case_judge("id-privileged-exec",
                                   WORKER(GAP(1, 2, NULL, 'call', 'calls are missing') IMAGE(2, 2, 15, '/bin/sh', 0, 0)
                                              LOOK(5, 2, 16, 'exec', 2, NULL) ROOT(5))));
    EXPECT("unknown:2",
           case_judge("id-privileged-exec", WORKER(IMAGE(2, 2, 15, '/bin/sh', 0, 0) LOOK(5, 2, 16, 'exec', 2, NULL)
                                                       USER(5, 33, '33') CRED_GAP)));
    case_end();
}

#define DUMPABLE(value)        "update cred set dumpable = " #value " where look = 5;"
#define ASKED(seq, on, detail) CALL(9, 2, seq, 1, 'prctl', 4, on, 0, detail, 0)

static void test_id_dumpable_after_drop__fires(void)
{
    EXPECT("found:2", case_judge("id-dumpable-after-drop",
                                 WORKER(ASKED(15, 1, 'PR_SET_DUMPABLE 1') SETTLED(5, 20) USER(5, 33, '') DUMPABLE(1))));
    EXPECT("low/observed", SAID("severity || '/' || strength", "id-dumpable-after-drop"));
    /* nobody asked it afterwards */
    EXPECT("found:2", case_judge("id-dumpable-after-drop",
                                 WORKER(ASKED(15, 1, 'PR_SET_DUMPABLE 1') SETTLED(5, 20) USER(5, 33, ''))));
    case_end();
}

static void test_id_dumpable_after_drop__silent(void)
{
    EXPECT("pass:2", case_judge("id-dumpable-after-drop", WORKER(SETTLED(5, 20) USER(5, 33, '') DUMPABLE(0))));
    EXPECT("pass:2", case_judge("id-dumpable-after-drop",
                                WORKER(ASKED(15, 0, 'PR_SET_DUMPABLE 0') SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("id-dumpable-after-drop", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("id-dumpable-after-drop",
                          WORKER(ASKED(12, 1, 'PR_SET_DUMPABLE 1') LOOK(4, 2, 15, 'before-change', 1, NULL) ROOT(4)
                                     SETTLED(5, 20) USER(5, 33, ''))));
    /* before the drop; by exec, where it is the new program's */
    EXPECT("pass:2", case_judge("id-dumpable-after-drop",
                                WORKER(ASKED(12, 1, 'PR_SET_DUMPABLE 1') LOOK(4, 2, 15, 'before-change', 1, NULL)
                                           ROOT(4) SETTLED(5, 20) USER(5, 33, '') DUMPABLE(0))));
    EXPECT("",
           case_judge("id-dumpable-after-drop", WORKER(IMAGE(2, 2, 18, '/bin/sh', 0, 0) LOOK(5, 2, 19, 'exec', 2, NULL)
                                                           USER(5, 33, '') DUMPABLE(1))));
    case_end();
}

static void test_id_dumpable_after_drop__accepts_the_host(void)
{
    EXPECT("accepted:2", case_judge("id-dumpable-after-drop", WORKER(SETTLED(5, 20) USER(5, 33, '') DUMPABLE(1))));
    EXPECT("no call of its own made it so: fs.suid_dumpable of the host may be 1",
           SAID("reason", "id-dumpable-after-drop"));
    case_end();
}

static void test_id_dumpable_after_drop__unknown(void)
{
    EXPECT("unknown:2",
           case_judge("id-dumpable-after-drop", WORKER(SETTLED(5, 20) USER(5, 33, '') DUMPABLE(0) CRED_GAP)));
    case_end();
}

#define TRIM CALL(1, 2, 12, 1, 'setgroups', 1, 0, 0, '0', 0)

static void test_id_drop_noop__accepts_a_monitor(void)
{
    EXPECT("accepted:2 pass:3",
           case_judge("id-drop-noop", WORKER(TRIM SETTLED(5, 20) ROOT(5) PROCESS(3, 14, 2, 103, 'fork', 1)
                                                 LOOK(6, 3, 15, 'born', 1, NULL) ROOT(6)
                                                     LOOK(7, 3, 21, 'settled', 1, NULL) USER(7, 33, ''))));
    EXPECT("a monitor that stays root by design: pid 103, which it forked, gave root up",
           case_query("select reason from finding where check_id = 'id-drop-noop' and process = 2"));
    case_end();
}

/* Groups set to the new gid are a step of a drop, not a drop to nothing: here setuid fails, and the process ends. */
static void test_id_drop_noop__silent_for_half_a_drop(void)
{
    EXPECT("", case_judge("id-drop-noop",
                          WORKER(CALL(1, 2, 12, 1, 'setgid', 33, 0, 0, NULL, 0) LOOK(4, 2, 13, 'after-change', 1, NULL)
                                     CRED(4, 0, 0, 0, 0, 33, 33, 33, 33, '0 4', 0) CALL(2, 2, 14, 1, 'setgroups', 1, 0,
                                                                                        0, '33', 0)
                                         CALL(3, 2, 16, 1, 'setuid', 33, 0, 0, NULL, 1) LOOK(5, 2, 20, 'exit', 1, NULL)
                                             CRED(5, 0, 0, 0, 0, 33, 33, 33, 33, '33', 0))));
    case_end();
}

TEST_MAIN("test_checks_drop", TEST(test_id_groups_missing__fires), TEST(test_id_groups_missing__silent),
          TEST(test_id_groups_missing__accepts_none), TEST(test_id_groups_missing__unknown),
          TEST(test_id_old_credential_worker__fires), TEST(test_id_old_credential_worker__silent),
          TEST(test_id_old_credential_worker__accepts_an_ordinary_ring), TEST(test_id_old_credential_worker__unknown),
          TEST(test_id_old_credential_worker__accepts_a_helper),
          TEST(test_id_old_credential_worker__shows_the_master_once), TEST(test_id_privileged_exec__fires),
          TEST(test_id_privileged_exec__silent), TEST(test_id_privileged_exec__accepts_a_helper_of_root),
          TEST(test_id_privileged_exec__unknown), TEST(test_id_dumpable_after_drop__fires),
          TEST(test_id_dumpable_after_drop__silent), TEST(test_id_dumpable_after_drop__accepts_the_host),
          TEST(test_id_dumpable_after_drop__unknown), TEST(test_id_drop_noop__accepts_a_monitor),
          TEST(test_id_drop_noop__silent_for_half_a_drop))

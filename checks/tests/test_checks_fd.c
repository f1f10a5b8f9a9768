/* test_checks_fd.c - the checks of descriptors, and of gaps, on hand-made facts: each fires, is silent, says unknown. */
#include "checks/tests/case.h"

/* Process 2 is born with table 1 (0 to 2) and executes image 2 with table 2; description 1 is the terminal, given by
 * the starter, 2 a file, 3 a listening socket, both the daemon's own. */
#define FORK_EXEC                                                                                                      \
    FAMILY LOOK(1, 1, 3, 'exec', 1, 1) ROOT(1) LOOK(2, 2, 11, 'born', 1, 2) ROOT(2) IMAGE(2, 2, 20, '/bin/sh', 0, 0)   \
        LOOK(3, 2, 21, 'exec', 2, 3) ROOT(3) TABLE(1) TABLE(2) TABLE(3) STD(1) STD(2)                                  \
            OPEN(1, 'char', '/dev/null', 0, 1, 1) OPEN(2, 'file', '/etc/secret', 0, 2, 0)                              \
                OPEN(3, 'socket', 'socket:[1]', 1, 2, 0)
#define ENVIRON(...)                                                                                                   \
    "insert into environ_table values (1, 0); update look set environ_table = 1 where id = 3;"                         \
    "insert into environ select 1, column1, column2 from (values " #__VA_ARGS__ ");"
#define REASON(check) case_query("select reason from finding where check_id = '" check "'")
#define FD_GAP        GAP(1, 2, NULL, 'fd', 'the descriptors of pid 102 could not be read')

static void test_fd_across_exec__fires(void)
{
    EXPECT("found:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 0) FD(3, 5, 2, 0)));
    EXPECT("medium", case_query("select severity from finding where check_id = 'fd-across-exec'"));
    /* high where the new program is not root */
    EXPECT("found:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 0)
                                                       FD(3, 5, 2, 0) "update cred set euid = 33 where look = 3;"));
    EXPECT("high", case_query("select severity from finding where check_id = 'fd-across-exec'"));
    case_end();
}

static void test_fd_across_exec__fires_for_a_long_lived_process(void)
{
    EXPECT("found:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(3, 5, 2, 0) LOOK(9, 2, 15, 'settled', 1, 9)
                                                       TABLE(9) FD(9, 5, 2, 0)));
    case_end();
}

static void test_fd_across_exec__reports_once(void)
{
    /* a shell that executes another program in turn */
    EXPECT("found:2 pass:2",
           case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 0) FD(3, 5, 2, 0) IMAGE(3, 2, 30, '/bin/ls', 0, 0)
                                            LOOK(4, 2, 31, 'exec', 3, 3)));
    case_end();
}

static void test_fd_across_exec__silent(void)
{
    EXPECT("pass:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 1)));
    /* no exec at all; and the listener belongs to another check */
    EXPECT("", case_judge("fd-across-exec", FAMILY LOOK(2, 2, 11, 'born', 1, 2) TABLE(2) STD(2)));
    EXPECT("pass:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 3, 0) FD(3, 5, 3, 0)));
    case_end();
}

static void test_fd_across_exec__accepts(void)
{
    EXPECT("accepted:2 pass:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 7, 1, 0) FD(3, 7, 1, 0)));
    EXPECT("accepted:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 1) FD(3, 3, 2, 0)));
    EXPECT("it was placed at this number between fork and exec", REASON("fd-across-exec"));
    EXPECT("accepted:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(3, 3, 2, 0)));
    EXPECT("it was opened between fork and exec, for the new program", REASON("fd-across-exec"));
    EXPECT("accepted:2",
           case_judge("fd-across-exec",
                      FORK_EXEC STD(3) FD(2, 5, 2, 0)
                          FD(3, 5, 2, 0) "update image set path = '/usr/sbin/daemon (deleted)' where id = 2;"));
    EXPECT("the same program executes itself again", REASON("fd-across-exec"));
    case_end();
}

static void test_fd_across_exec__accepts_announced_numbers(void)
{
    EXPECT("accepted:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 3, 2, 0) FD(3, 3, 2, 0)
                                                          ENVIRON(('LISTEN_FDS', '1'), ('LISTEN_PID', '102'))));
    EXPECT("found:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 3, 2, 0) FD(3, 3, 2, 0)
                                                       ENVIRON(('LISTEN_FDS', '1'), ('LISTEN_PID', '999'))));
    EXPECT("found:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 4, 2, 0) FD(3, 4, 2, 0)
                                                       ENVIRON(('LISTEN_FDS', '1'), ('LISTEN_PID', '102'))));
    EXPECT("accepted:2",
           case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 6, 2, 0) FD(3, 6, 2, 0) ENVIRON(('NGINX', '5;6;'))));
    EXPECT("accepted:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 4, 2, 0) FD(3, 4, 2, 0)
                                                          ENVIRON(('MAKEFLAGS', ' -j --jobserver-auth=3,4'))));
    case_end();
}

static void test_fd_across_exec__unknown(void)
{
    EXPECT("unknown:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD_GAP));
    /* what was found stays */
    EXPECT("found:2 unknown:2", case_judge("fd-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 0) FD(3, 5, 2, 0) FD_GAP));
    case_end();
}

static void test_fd_listener_across_exec__fires(void)
{
    EXPECT("found:2", case_judge("fd-listener-across-exec", FORK_EXEC STD(3) FD(2, 5, 3, 0) FD(3, 5, 3, 0)));
    CU_ASSERT_EQUAL(case_result.found[JUDGE_HIGH], 1);
    case_end();
}

static void test_fd_listener_across_exec__silent(void)
{
    EXPECT("pass:2", case_judge("fd-listener-across-exec", FORK_EXEC STD(3) FD(2, 5, 3, 1)));
    EXPECT("pass:2", case_judge("fd-listener-across-exec", FORK_EXEC STD(3) FD(2, 5, 2, 0) FD(3, 5, 2, 0)));
    EXPECT("accepted:2", case_judge("fd-listener-across-exec", FORK_EXEC STD(3) FD(2, 6, 3, 0) FD(3, 3, 3, 0)));
    case_end();
}

static void test_fd_listener_across_exec__unknown(void)
{
    EXPECT("unknown:2", case_judge("fd-listener-across-exec",
                                   FORK_EXEC STD(3) GAP(1, 2, NULL, 'socket', 'net/tcp could not be read')));
    case_end();
}

static void test_fd_std_missing__fires(void)
{
    EXPECT("found:2", case_judge("fd-std-missing", FORK_EXEC FD(3, 1, 1, 0)));
    EXPECT("descriptor 0, 2", case_query("select subject from finding where check_id = 'fd-std-missing'"));
    EXPECT("high", case_query("select severity from finding where check_id = 'fd-std-missing'"));
    EXPECT("found:2", case_judge("fd-std-missing", FAMILY LOOK(2, 2, 11, 'born', 1, 2) TABLE(2) STD(2)
                                                       LOOK(5, 2, 20, 'settled', 1, 5) TABLE(5) FD(5, 0, 1, 0)));
    EXPECT("medium", case_query("select severity from finding where check_id = 'fd-std-missing'"));
    case_end();
}

static void test_fd_std_missing__silent(void)
{
    EXPECT("pass:2", case_judge("fd-std-missing", FORK_EXEC STD(3)));
    case_end();
}

static void test_fd_std_missing__accepts_the_starter(void)
{
    EXPECT("accepted:2",
           case_judge("fd-std-missing", FORK_EXEC FD(3, 1, 1, 0) FD(3, 2, 1, 0) "delete from fd where fd = 0;"));
    case_end();
}

static void test_fd_std_missing__unknown(void)
{
    EXPECT("unknown:2", case_judge("fd-std-missing", FORK_EXEC STD(3) FD_GAP));
    case_end();
}

#define LIMIT_64                                                                                                       \
    "insert into limit_table values (1, 0); insert into resource_limit values (1, 'Max open files', 64, 4096);"        \
    "update look set limit_table = 1;"
#define INHERITED FD(2, 5, 2, 0) FD(2, 6, 2, 0) FD(2, 500, 2, 0)
#define WORKER                                                                                                         \
    FORK_EXEC "delete from look where id = 3; delete from image where id = 2;" LOOK(3, 2, 21, 'settled', 1, 3)

static void test_fd_closeall_gap__fires_above_the_limit(void)
{
    EXPECT("found:2", case_judge("fd-closeall-gap", WORKER STD(3) INHERITED FD(3, 500, 2, 0) LIMIT_64));
    EXPECT("descriptor 500", case_query("select subject from finding where check_id = 'fd-closeall-gap'"));
    EXPECT("found:2", case_judge("fd-closeall-gap", FORK_EXEC STD(3) INHERITED FD(3, 500, 2, 0) LIMIT_64));
    case_end();
}

static void test_fd_closeall_gap__fires_above_a_range(void)
{
    EXPECT("found:2", case_judge("fd-closeall-gap", WORKER STD(3) INHERITED FD(3, 500, 2, 0)
                                                        CALL(1, 2, 12, 1, 'close_range', 3, 255, 0, NULL, 0)));
    case_end();
}

static void test_fd_closeall_gap__silent(void)
{
    EXPECT("pass:2", case_judge("fd-closeall-gap", WORKER STD(3) INHERITED LIMIT_64));
    /* kept on purpose, below the limit or within the range that was closed around it */
    EXPECT("", case_judge("fd-closeall-gap", WORKER STD(3) INHERITED FD(3, 6, 2, 0) LIMIT_64));
    EXPECT("pass:2",
           case_judge("fd-closeall-gap",
                      WORKER STD(3) INHERITED FD(3, 500, 2, 0) CALL(1, 2, 12, 1, 'close_range', 3, 499, 0, NULL, 0)
                          CALL(2, 2, 13, 1, 'close_range', 501, 4294967295, 0, NULL, 0)));
    /* nothing closed */
    EXPECT("", case_judge("fd-closeall-gap",
                          WORKER STD(3) INHERITED FD(3, 5, 2, 0) FD(3, 6, 2, 0) FD(3, 500, 2, 0) LIMIT_64));
    case_end();
}

static void test_fd_closeall_gap__unknown(void)
{
    EXPECT("unknown:2",
           case_judge("fd-closeall-gap",
                      WORKER STD(3) INHERITED LIMIT_64 GAP(1, 2, NULL, 'limit', 'limits could not be read')));
    case_end();
}

#define WITNESS                                                                                                        \
    FAMILY MARKER(1, 2, 20, 'self', 'here') LOOK(5, 2, 20, 'marker', 1, 5) USER(5, 33, '33') TABLE(5) FD(5, 0, 1, 0)   \
        FD(5, 7, 1, 1) "update look set marker = 1 where id = 5;"                                                      \
                       "insert into witness values (1, 33, 33, 33, 33, 33, 33, '33');"                                 \
                       "insert into witness_fd values (1, 0, 0), (1, 7, 1);"

static void test_fd_witness_differs__fires(void)
{
    EXPECT("found:2", case_judge("fd-witness-differs", WITNESS "delete from witness_fd where fd = 7;"));
    EXPECT("descriptor 7 is seen only from outside",
           case_query("select evidence from finding where check_id = 'fd-witness-differs'"));
    EXPECT("found:2", case_judge("fd-witness-differs", WITNESS "insert into witness_fd values (1, 9, 0);"));
    EXPECT("found:2", case_judge("fd-witness-differs", WITNESS "update witness_fd set cloexec = 0;"));
    EXPECT("found:2", case_judge("fd-witness-differs", WITNESS "update witness set euid = 0;"));
    EXPECT("found:2", case_judge("fd-witness-differs", WITNESS "update witness set groups = '';"));
    EXPECT("proven", case_query("select strength from finding where check_id = 'fd-witness-differs'"));
    case_end();
}

static void test_fd_witness_differs__silent(void)
{
    EXPECT("pass:2", case_judge("fd-witness-differs", WITNESS));
    EXPECT("", case_judge("fd-witness-differs", FAMILY MARKER(1, 2, 20, 'moment', 'here')));
    case_end();
}

static void test_fd_witness_differs__unknown(void)
{
    EXPECT("unknown:2", case_judge("fd-witness-differs", WITNESS "update look set fd_table = null;"));
    EXPECT("unknown:2", case_judge("fd-witness-differs", WITNESS FD_GAP));
    case_end();
}

static void test_evidence_gap__each_gap_is_unknown(void)
{
    EXPECT("unknown unknown:2",
           case_judge("evidence-gap", FAMILY FD_GAP GAP(2, NULL, NULL, 'record', 'the disk was full')));
    CU_ASSERT_EQUAL(case_result.complete, 0);
    case_end();
}

static void test_evidence_gap__silent(void)
{
    EXPECT("", case_judge("evidence-gap", FAMILY));
    CU_ASSERT_EQUAL(case_result.complete, 1);
    case_end();
}

TEST_MAIN("test_checks_fd", TEST(test_fd_across_exec__fires), TEST(test_fd_across_exec__fires_for_a_long_lived_process),
          TEST(test_fd_across_exec__reports_once), TEST(test_fd_across_exec__silent),
          TEST(test_fd_across_exec__accepts), TEST(test_fd_across_exec__accepts_announced_numbers),
          TEST(test_fd_across_exec__unknown), TEST(test_fd_listener_across_exec__fires),
          TEST(test_fd_listener_across_exec__silent), TEST(test_fd_listener_across_exec__unknown),
          TEST(test_fd_std_missing__fires), TEST(test_fd_std_missing__silent),
          TEST(test_fd_std_missing__accepts_the_starter), TEST(test_fd_std_missing__unknown),
          TEST(test_fd_closeall_gap__fires_above_the_limit), TEST(test_fd_closeall_gap__fires_above_a_range),
          TEST(test_fd_closeall_gap__silent), TEST(test_fd_closeall_gap__unknown), TEST(test_fd_witness_differs__fires),
          TEST(test_fd_witness_differs__silent), TEST(test_fd_witness_differs__unknown),
          TEST(test_evidence_gap__each_gap_is_unknown), TEST(test_evidence_gap__silent))

/* test_checks_cap.c - the checks of capabilities on hand-made facts: each fires, is silent, accepts, says unknown. */
#include "checks/tests/case.h"

#define WORKER(...)        ROOT_FAMILY __VA_ARGS__
#define SETTLED(look, seq) LOOK(look, 2, seq, 'settled', 1, NULL)
#define CRED_GAP           GAP(1, 2, NULL, 'cred', 'status of pid 102 could not be read')
#define REASON(check)      case_query("select reason from finding where check_id = '" check "'")
#define SET(look, ...)     "update cred set " #__VA_ARGS__ " where look = " #look ";"

static void test_cap_kept__fires(void)
{
    EXPECT("found:2",
           case_judge("cap-kept", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 2199023255551))));
    EXPECT("high", case_query("select severity from finding where check_id = 'cap-kept'"));
    /* two small ones, and the process never said so */
    EXPECT("found:2",
           case_judge("cap-kept", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 12288))));
    EXPECT("low", case_query("select severity from finding where check_id = 'cap-kept'"));
    case_end();
}

static void test_cap_kept__silent(void)
{
    EXPECT("pass:2", case_judge("cap-kept", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("cap-kept", WORKER(SETTLED(5, 20) ROOT(5))));
    /* capabilities of a program file, such as ping's */
    EXPECT("pass:2", case_judge("cap-kept", WORKER(IMAGE(2, 2, 15, '/bin/ping', 1, 0) LOOK(5, 2, 16, 'exec', 2, NULL)
                                                       CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 8192))));
    case_end();
}

static void test_cap_kept__accepts_a_chosen_set(void)
{
    EXPECT("accepted:2",
           case_judge("cap-kept", WORKER(CALL(1, 2, 14, 1, 'capset', 0, 0, 0, 'permitted 3000', 0) SETTLED(5, 20)
                                             CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 12288))));
    EXPECT("cap_net_admin,cap_net_raw", case_query("select subject from finding where check_id = 'cap-kept'"));
    case_end();
}

static void test_cap_kept__unknown(void)
{
    EXPECT("unknown:2", case_judge("cap-kept", WORKER(SETTLED(5, 20) USER(5, 33, '') CRED_GAP)));
    case_end();
}

static void test_cap_inheritable__fires(void)
{
    /* left in the worker and handed to its program: one thing to mend */
    EXPECT("found:2",
           case_judge("cap-inheritable",
                      WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 8193) IMAGE(2, 2, 25, '/bin/sh', 0, 0)
                                 LOOK(6, 2, 26, 'exec', 2, NULL) USER(6, 33, '') SET(6, cap_inh = 8193))));
    EXPECT("cap_chown,cap_net_raw", case_query("select subject from finding where check_id = 'cap-inheritable'"));
    /* by a process that never was root, to a program */
    EXPECT("found:2", case_judge("cap-inheritable",
                                 FAMILY LOOK(1, 2, 11, 'born', 1, NULL) USER(1, 33, '') IMAGE(2, 2, 25, '/bin/sh', 0, 0)
                                     LOOK(6, 2, 26, 'exec', 2, NULL) USER(6, 33, '') SET(6, cap_inh = 1)));
    case_end();
}

static void test_cap_inheritable__silent(void)
{
    EXPECT("pass:2", case_judge("cap-inheritable", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 0))));
    EXPECT("", case_judge("cap-inheritable", WORKER(SETTLED(5, 20) ROOT(5) SET(5, cap_inh = 8192))));
    /* not seen */
    EXPECT("", case_judge("cap-inheritable", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    case_end();
}

static void test_cap_inheritable__accepts(void)
{
    EXPECT("accepted:2", case_judge("cap-inheritable", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 8192)
                                                                  SET(1, cap_inh = 8193))));
    EXPECT("the audited program was started with them", REASON("cap-inheritable"));
    EXPECT("accepted:2", case_judge("cap-inheritable",
                                    WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 8192, cap_amb = 8192))));
    EXPECT("they are its ambient capabilities, which were given on purpose", REASON("cap-inheritable"));
    EXPECT("accepted:2",
           case_judge("cap-inheritable", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 8192, user_ns = 2))));
    case_end();
}

static void test_cap_inheritable__unknown(void)
{
    EXPECT("unknown:2",
           case_judge("cap-inheritable", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(5, cap_inh = 0) CRED_GAP)));
    case_end();
}

#define FULL SET(1, cap_bnd = 255) SET(5, cap_bnd = 255)
/* prctl's a0 is 24: PR_CAPBSET_DROP */
#define LATE_DROP CALL(4, 2, 18, 1, 'prctl', 24, 3, 0, 'PR_CAPBSET_DROP 3', 1)

static void test_cap_bounding__fires(void)
{
    EXPECT("found:2", case_judge("cap-bounding", WORKER(SETTLED(5, 20) USER(5, 33, '') FULL LATE_DROP)));
    EXPECT("low", case_query("select severity from finding where check_id = 'cap-bounding'"));
    case_end();
}

static void test_cap_bounding__accepts_once(void)
{
    EXPECT("accepted:2",
           case_judge("cap-bounding",
                      WORKER(SETTLED(5, 20) USER(5, 33, '') FULL PROCESS(3, 12, 1, 103, 'fork', 1)
                                 LOOK(6, 3, 13, 'born', 1, NULL) ROOT(6) LOOK(7, 3, 22, 'settled', 1, NULL)
                                     USER(7, 33, '') SET(7, cap_bnd = 255))));
    EXPECT("2 processes", case_query("select subject from finding where check_id = 'cap-bounding'"));
    EXPECT("info", case_query("select severity from finding where check_id = 'cap-bounding'"));
    case_end();
}

static void test_cap_bounding__silent(void)
{
    EXPECT("pass:2", case_judge("cap-bounding",
                                WORKER(SETTLED(5, 20) USER(5, 33, '') SET(1, cap_bnd = 255) SET(5, cap_bnd = 7))));
    EXPECT("pass:2",
           case_judge("cap-bounding", WORKER(SETTLED(5, 20) USER(5, 33, '') FULL SET(5, no_new_privs = 1) LATE_DROP)));
    EXPECT("", case_judge("cap-bounding", WORKER(SETTLED(5, 20) USER(5, 33, ''))));
    EXPECT("", case_judge("cap-bounding", WORKER(SETTLED(5, 20) ROOT(5) FULL)));
    /* the one that could not be dropped was gone already */
    EXPECT("pass:2", case_judge("cap-bounding", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(1, cap_bnd = 255)
                                                           SET(5, cap_bnd = 7) LATE_DROP)));
    case_end();
}

static void test_cap_bounding__unknown(void)
{
    EXPECT("unknown:2", case_judge("cap-bounding", WORKER(SETTLED(5, 20) USER(5, 33, '') SET(1, cap_bnd = 255)
                                                              SET(5, cap_bnd = 7) CRED_GAP)));
    case_end();
}

TEST_MAIN("test_checks_cap", TEST(test_cap_kept__fires), TEST(test_cap_kept__silent),
          TEST(test_cap_kept__accepts_a_chosen_set), TEST(test_cap_kept__unknown), TEST(test_cap_inheritable__fires),
          TEST(test_cap_inheritable__silent), TEST(test_cap_inheritable__accepts), TEST(test_cap_inheritable__unknown),
          TEST(test_cap_bounding__fires), TEST(test_cap_bounding__accepts_once), TEST(test_cap_bounding__silent),
          TEST(test_cap_bounding__unknown))

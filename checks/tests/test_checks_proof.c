/* test_checks_proof.c - what disposable copies tried, and what the checks of ids and capabilities make of it. */
#include "checks/tests/case.h"

#define WORKER(...)        ROOT_FAMILY __VA_ARGS__
#define SETTLED(look, seq) LOOK(look, 2, seq, 'settled', 1, NULL)
#define SAVED(look)        CRED(look, 33, 33, 0, 33, 33, 33, 33, 33, '33', 0)
#define ALL_CAPS           2199023255551
#define SAID(column, check)                                                                                            \
    case_query("select " column " from finding where check_id = '" check "' and result <> 'pass'")
#define HAS(part, text)                                                                                                \
    do {                                                                                                               \
        const char *has_got = text;                                                                                    \
        if (!strstr(has_got, part))                                                                                    \
            printf("%s:%d: expected \"...%s...\", got \"%s\"\n", __FILE__, __LINE__, part, has_got);                   \
        CU_ASSERT_PTR_NOT_NULL(strstr(has_got, part));                                                                 \
    } while (0)

static void test_id_recoverable__is_proven_by_a_copy(void)
{
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'regained',
                                                                             'setresuid(-1, 0, -1)', 'uid 33 0 0 0'))));
    EXPECT("critical/proven", SAID("severity || '/' || strength", "id-recoverable"));
    HAS("in a copy made at rest, setresuid(-1, 0, -1) gave uid 0 back", SAID("evidence", "id-recoverable"));
    /* nothing in the ids says so, but the copy could */
    EXPECT("found:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                                              PROOF(5, 'gid', '0', 'regained', 'setgid(0)', NULL))));
    EXPECT("gid 0", SAID("subject", "id-recoverable"));
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                                   PROOF(5, 'groups', '0 4', 'regained', 'setgroups(2, ...)', NULL))));
    EXPECT("groups 0 4", SAID("subject", "id-recoverable"));
    EXPECT("found:2",
           case_judge("id-recoverable",
                      WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 128)
                                 PROOF(5, 'cap', 'cap_setuid', 'regained', 'capset for each', NULL)
                                     PROOF(5, 'cap', 'cap_chown,cap_kill', 'refused', 'capset for each', NULL))));
    HAS("capset for each gave cap_setuid back", SAID("evidence", "id-recoverable"));
    EXPECT("found:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                                              PROOF(5, 'uid-map', '0', 'regained', 'unshare', NULL))));
    case_end();
}

/* The state at the end is the one that was proven at rest before. */
static void test_id_recoverable__proof_counts_until_the_end(void)
{
    EXPECT("found:2", case_judge("id-recoverable",
                                 WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'regained', 'seteuid(0)', NULL)
                                            LOOK(6, 2, 30, 'exit', 1, NULL) SAVED(6))));
    EXPECT("critical/proven", SAID("severity || '/' || strength", "id-recoverable"));
    /* what was proven before the saved id was given up does not count */
    EXPECT("pass:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'regained', 'seteuid(0)',
                                                                             NULL) SETTLED(6, 30) USER(6, 33, '33'))));
    case_end();
}

static void test_id_recoverable__passes_when_all_is_refused(void)
{
    EXPECT("pass:2", case_judge("id-recoverable",
                                WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                           PROOF(5, 'uid', '0', 'refused', 'setuid(0), setresuid(-1, 0, -1)', NULL)
                                               PROOF(5, 'gid', '0', 'killed', 'setgid(0)', NULL)
                                                   PROOF(5, 'cap', 'cap_setuid,cap_kill', 'refused', 'capset', NULL)
                                                       PROOF(5, 'set-uid-program', '', 'described', NULL, NULL))));
    HAS("in a copy, 5 calls to take privilege back were tried, and all were refused",
        case_query("select evidence from finding where check_id = 'id-recoverable'"));
    EXPECT("proven", case_query("select strength from finding where check_id = 'id-recoverable'"));
    case_end();
}

static void test_id_recoverable__without_a_copy_stays_observed(void)
{
    EXPECT("found:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) SAVED(5))));
    EXPECT("critical/observed", SAID("severity || '/' || strength", "id-recoverable"));
    HAS("nothing was tried: no copy was made", SAID("evidence", "id-recoverable"));
    EXPECT("found:2", case_judge("id-recoverable",
                                 WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'not-made', NULL, 'too busy'))));
    HAS("nothing was tried: too busy", SAID("evidence", "id-recoverable"));
    EXPECT("pass:2", case_judge("id-recoverable",
                                WORKER(SETTLED(5, 20) USER(5, 33, '33') PROOF(5, 'uid', '0', 'not-made', NULL, NULL))));
    EXPECT("observed", case_query("select strength from finding where check_id = 'id-recoverable'"));
    /* with a gap's words */
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) SAVED(5) GAP(1, 2, NULL, 'proof', 'no seccomp here'))));
    HAS("nothing was tried: no seccomp here", SAID("evidence", "id-recoverable"));
    /* seen at rest and at the end: the end alone would only be suspect */
    EXPECT("found:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) SAVED(5) LOOK(6, 2, 30, 'exit', 1, NULL) SAVED(6))));
    EXPECT("critical/observed", SAID("severity || '/' || strength", "id-recoverable"));
    case_end();
}

static void test_id_recoverable__unknown_when_a_copy_hung(void)
{
    EXPECT("unknown:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                                   PROOF(5, 'uid', '0', 'hung', 'setuid(0)', 'did not come back'))));
    /* what is read from the kernel stays found */
    EXPECT("found:2",
           case_judge("id-recoverable",
                      WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'hung', 'setuid(0)', 'did not come back'))));
    EXPECT("observed", SAID("strength", "id-recoverable"));
    case_end();
}

static void test_id_recoverable__accepts_what_a_copy_could_not_use(void)
{
    EXPECT("accepted:2", case_judge("id-recoverable",
                                    WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'uid', '0', 'killed', 'setuid(0)', NULL))));
    HAS("under the process's own seccomp filter", SAID("reason", "id-recoverable"));
    EXPECT("accepted:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 128)
                                                   PROOF(5, 'cap', 'cap_setuid', 'refused', 'capset', NULL))));
    /* another id was tried, this one was not */
    EXPECT("found:2", case_judge("id-recoverable",
                                 WORKER(SETTLED(5, 20) SAVED(5) PROOF(5, 'gid', '0', 'refused', 'setgid(0)', NULL))));
    /* files are opened with the fs uid: it is not left over, it is in use */
    EXPECT("found:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 0, 33, 33, 33, 33, '33', 0)
                                                              PROOF(5, 'uid', '0', 'refused', 'setuid(0)', NULL))));
    case_end();
}

static void test_id_recoverable__accepts_as_before(void)
{
    /* a temporary drop */
    EXPECT("accepted:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) CRED(5, 0, 33, 0, 33, 0, 0, 0, 0, '0', 0)
                                                                 PROOF(5, 'uid', '0', 'regained', 'seteuid(0)', NULL)
                                                                     LOOK(6, 2, 25, 'after-change', 1, NULL) ROOT(6)
                                                                         SETTLED(7, 30) ROOT(7))));
    /* within its own user namespace */
    EXPECT("accepted:2",
           case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33')
                                                   PROOF(5, 'uid', '0', 'regained', 'setuid(0)',
                                                         NULL) "update cred set user_ns = 2 where look = 5;")));
    HAS("its own user namespace", SAID("reason", "id-recoverable"));
    /* by a program file's capabilities */
    EXPECT("accepted:2",
           case_judge("id-recoverable", WORKER(IMAGE(2, 2, 18, '/bin/newuidmap', 1, 0) LOOK(5, 2, 19, 'exec', 2, NULL)
                                                   CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 128)
                                                       PROOF(5, 'uid', '0', 'regained', 'setuid(0)', NULL))));
    HAS("the file of the executed program", SAID("reason", "id-recoverable"));
    case_end();
}

static void test_id_recoverable__what_was_no_privilege(void)
{
    /* root lost nothing, whatever it lowered for a while */
    EXPECT("", case_judge("id-recoverable",
                          WORKER(SETTLED(5, 20) ROOT(5) PROOF(5, 'groups', '0 4', 'regained', 'setgroups', NULL)
                                     PROOF(5, 'cap', 'cap_chown', 'regained', 'capset', NULL))));
    /* an id that never was privilege, the id that it has, and small capabilities that it kept: cap-kept's */
    EXPECT("pass:2", case_judge("id-recoverable",
                                WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '33', 1024)
                                           PROOF(5, 'uid', '1000', 'regained', 'setuid(1000)', NULL)
                                               PROOF(5, 'uid', '33', 'regained', 'setuid(33)', NULL)
                                                   PROOF(5, 'cap', 'cap_net_bind_service', 'regained', NULL, NULL))));
    /* a program that never was root, with a file capability */
    EXPECT("", case_judge("id-recoverable",
                          FAMILY LOOK(1, 2, 11, 'born', 1, NULL) USER(1, 33, '') LOOK(2, 2, 12, 'settled', 1, NULL)
                              CRED(2, 33, 33, 33, 33, 33, 33, 33, 33, '', 128)
                                  PROOF(2, 'uid', '0', 'regained', 'setuid(0)', NULL)));
    case_end();
}

/* A child of a worker that kept CAP_SETUID has it too, though it never was root itself. */
#define HEIR                                                                                                           \
    WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 128) PROCESS(3, 30, 2, 103, 'fork', 1)           \
               LOOK(6, 3, 31, 'born', 1, NULL) CRED(6, 33, 33, 33, 33, 33, 33, 33, 33, '', 128)                        \
                   LOOK(7, 3, 32, 'settled', 1, NULL) CRED(7, 33, 33, 33, 33, 33, 33, 33, 33, '', 128))

static void test_id_recoverable__a_child_of_a_dropped_process(void)
{
    EXPECT("found:2", case_judge("id-recoverable", HEIR));
    EXPECT("found:2 found:3",
           case_judge("id-recoverable", HEIR PROOF(7, 'uid', '0', 'regained', 'capset, setuid(0)', NULL)));
    EXPECT("found:2", case_judge("id-recoverable", HEIR PROOF(7, 'uid', '0', 'refused', 'setuid(0)', NULL)));
    case_end();
}

static void test_id_recoverable__hostile_proofs(void)
{
    EXPECT("pass:2", case_judge("id-recoverable", WORKER(SETTLED(5, 20) USER(5, 33, '33') PROOF(5, '', '', '', '', '')
                                                             PROOF(5, 'uid', 'x"%s;--', 'regained', NULL, NULL)
                                                                 PROOF(5, 'uid', '0', 'refused', NULL, NULL))));
    case_end();
}

#define LOWERED_BIRTH FAMILY LOOK(2, 2, 11, 'born', 1, NULL) CRED(2, 1000, 1000, 0, 1000, 1000, 1000, 1000, 1000, '', 0)
#define LOWERED_REST  LOWERED_BIRTH SETTLED(5, 20) CRED(5, 1000, 1000, 0, 1000, 1000, 1000, 1000, 1000, '', 0)

static void test_id_temporary_drop_fork__proof(void)
{
    static const char regained[] = LOWERED_REST PROOF(5, 'uid', '0', 'regained', 'setresuid(-1, 0, -1)', NULL);

    EXPECT("found:2", case_judge("id-temporary-drop-fork", regained));
    EXPECT("proven", SAID("strength", "id-temporary-drop-fork"));
    HAS("in a copy setresuid(-1, 0, -1) gave it back", SAID("evidence", "id-temporary-drop-fork"));
    /* told once */
    EXPECT("", case_judge("id-recoverable", regained));
    EXPECT("accepted:2",
           case_judge("id-temporary-drop-fork", LOWERED_REST PROOF(5, 'uid', '0', 'refused', 'setuid(0)', NULL)));
    EXPECT("found:2",
           case_judge("id-temporary-drop-fork", LOWERED_REST PROOF(5, 'uid', '0', 'not-made', NULL, 'no room')));
    EXPECT("observed", SAID("strength", "id-temporary-drop-fork"));
    case_end();
}

static void test_cap_kept__proof(void)
{
    EXPECT("found:2",
           case_judge("cap-kept", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 2)
                                             PROOF(5, 'cap', 'cap_dac_override', 'regained', 'capset', NULL))));
    EXPECT("proven", SAID("strength", "cap-kept"));
    HAS("in a copy, capset made effective: cap_dac_override", SAID("evidence", "cap-kept"));
    EXPECT("accepted:2", case_judge("cap-kept", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 2)
                                                           PROOF(5, 'cap', 'cap_dac_override', 'killed', 'capset',
                                                                 NULL) "update cred set cap_eff = 0 where look = 5;")));
    /* in effect already: there is nothing to raise */
    EXPECT("found:2", case_judge("cap-kept", WORKER(SETTLED(5, 20) CRED(5, 33, 33, 33, 33, 33, 33, 33, 33, '', 2)
                                                        PROOF(5, 'cap', 'cap_chown', 'refused', 'capset', NULL))));
    EXPECT("observed", SAID("strength", "cap-kept"));
    case_end();
}

TEST_MAIN("test_checks_proof", TEST(test_id_recoverable__is_proven_by_a_copy),
          TEST(test_id_recoverable__proof_counts_until_the_end), TEST(test_id_recoverable__passes_when_all_is_refused),
          TEST(test_id_recoverable__without_a_copy_stays_observed), TEST(test_id_recoverable__unknown_when_a_copy_hung),
          TEST(test_id_recoverable__accepts_what_a_copy_could_not_use), TEST(test_id_recoverable__accepts_as_before),
          TEST(test_id_recoverable__what_was_no_privilege), TEST(test_id_recoverable__a_child_of_a_dropped_process),
          TEST(test_id_recoverable__hostile_proofs), TEST(test_id_temporary_drop_fork__proof),
          TEST(test_cap_kept__proof))

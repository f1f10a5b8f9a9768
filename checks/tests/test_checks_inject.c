/* test_checks_inject.c - the checks of what programs do when a call is made to fail, on hand-made trials. */
#include "checks/tests/case.h"

#define PLACE                                                                                                          \
    STACK(1)                                                                                                           \
    FRAME(1, 0, '/usr/lib/x86_64-linux-gnu/libc.so.6', 'setgroups', 1)                                                 \
    FRAME(1, 1, '/usr/sbin/nginx', 'ngx_worker_process_init', 2)
#define AT_SITE(name, detail)                                                                                          \
    FAMILY PLACE CALL(7, 2, 12, 1, name, 0, 0, 0, detail, 0) SITE(1, 'nginx>', name, detail, 1, 7)
#define TRIED(error, outcome) INJECTION(1, error, outcome, null, null, null, null, null, null, 'it did so')
#define KEPT(error, uid, gid, groups, caps)                                                                            \
    INJECTION(1, error, 'carried-on', null, uid, gid, groups, caps, 1, 'it waited for work')
#define SAID(column, check) case_query("select " column " from finding where check_id = '" check "'")

static void test_id_drop_unchecked__injected_fires(void)
{
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('setgroups', '33') KEPT(1, null, null, '0 4', null)
                                                          KEPT(12, null, null, '0 4', null)));
    EXPECT("high/proven", SAID("severity || '/' || strength", "id-drop-unchecked"));
    EXPECT("nginx> setgroups from ngx_worker_process_init (nginx)", SAID("subject", "id-drop-unchecked"));
    EXPECT("made to fail with EPERM, ENOMEM: it waited for work", SAID("evidence", "id-drop-unchecked"));
    EXPECT("found:2",
           case_judge("id-drop-unchecked", AT_SITE('setuid', null) KEPT(11, 0, null, null, 128) TRIED(1, 'ended')));
    EXPECT("critical/proven", SAID("severity || '/' || strength", "id-drop-unchecked"));
    EXPECT("made to fail with EAGAIN: it waited for work", SAID("evidence", "id-drop-unchecked"));
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('setuid', null) KEPT(11, 0, null, null, null)));
    EXPECT("critical", SAID("severity", "id-drop-unchecked"));
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('setuid', null) KEPT(11, 60, null, null, null)));
    EXPECT("high", SAID("severity", "id-drop-unchecked"));
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('setgid', null) KEPT(1, null, 0, null, null)));
    EXPECT("high", SAID("severity", "id-drop-unchecked"));
    /* outside its chroot, or without its filter */
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('chroot', '/var/empty') TRIED(1, 'carried-on')));
    EXPECT("high", SAID("severity", "id-drop-unchecked"));
    EXPECT("nginx> chroot(/var/empty) from ngx_worker_process_init (nginx)", SAID("subject", "id-drop-unchecked"));
    EXPECT("found:2", case_judge("id-drop-unchecked", AT_SITE('prctl', 'PR_SET_SECCOMP 2') TRIED(22, 'carried-on')));
    EXPECT("low", SAID("severity", "id-drop-unchecked"));
    case_end();
}

static void test_id_drop_unchecked__one_row_for_one_place(void)
{
    EXPECT("found:2",
           case_judge("id-drop-unchecked",
                      AT_SITE('setuid', null) SITE(2, 'nginx>', 'setuid', null, 1, 7) KEPT(1, 0, null, null, null)
                          INJECTION(2, 11, 'carried-on', null, 0, null, null, null, 1, 'so did this')));
    EXPECT("made to fail with EPERM, EAGAIN: it waited for work", SAID("evidence", "id-drop-unchecked"));
    case_end();
}

static void test_id_drop_unchecked__injected_silent(void)
{
    EXPECT("pass:2", case_judge("id-drop-unchecked", AT_SITE('setuid', null) TRIED(11, 'ended') TRIED(1, 'retried')));
    /* nothing was there to be kept; it died; it never came there; another call's matter */
    EXPECT("pass:2", case_judge("id-drop-unchecked", AT_SITE('setgroups', null) KEPT(1, null, null, '', 0)));
    EXPECT("pass:2", case_judge("id-drop-unchecked", AT_SITE('setuid', null) TRIED(1, 'crashed')));
    EXPECT("", case_judge("id-drop-unchecked", AT_SITE('setuid', null) TRIED(1, 'not-reached')));
    EXPECT("", case_judge("id-drop-unchecked", AT_SITE('fork', null) KEPT(11, 1, null, null, null)));
    EXPECT("", case_judge("id-drop-unchecked", AT_SITE('setsid', null) TRIED(1, 'carried-on')));
    case_end();
}

static void test_id_drop_unchecked__injected_accepts(void)
{
    EXPECT("accepted:2",
           case_judge("id-drop-unchecked", AT_SITE('prctl', 'PR_SET_NO_NEW_PRIVS 1') TRIED(22, 'carried-on')));
    EXPECT("found:2",
           case_judge("id-drop-unchecked", AT_SITE('prctl', 'PR_CAPBSET_DROP 3') KEPT(1, null, null, null, 8)));
    case_end();
}

static void test_id_drop_unchecked__injected_unknown(void)
{
    EXPECT("unknown:2", case_judge("id-drop-unchecked", AT_SITE('setuid', null) TRIED(11, 'failed') TRIED(1, 'ended')));
    EXPECT("unknown", case_judge("id-drop-unchecked", AT_SITE('setuid', null) TRIED(11, 'ended')
                                                          GAP(1, null, null, 'inject', 'no trial could be made')));
    case_end();
}

/* A site whose first call, stack and frames are not there; names that are hostile. */
static void test_inject__hostile_rows(void)
{
    static const char facts[] = FAMILY SITE(1, 'a"%s', 'setuid', '%n', 9, null) KEPT(1, 1, 1, 'x', -1) TRIED(-5, '')
        SITE(2, '', 'getrandom', null, null, null) INJECTION(2, 38, 'carried-on', -1, null, null, null, null, 0, '')
            STACK(3) FRAME(3, 0, null, null, null) FRAME(3, 1, '/x', '', 16) SITE(3, 'r', 'setuid', null, 3, null)
                INJECTION(3, 1, 'crashed', null, null, null, null, null, null, '');

    EXPECT("found pass", case_judge("id-drop-unchecked", facts));
    EXPECT("r setuid from x+0x10",
           case_query("select subject from finding where check_id = 'id-drop-unchecked' and result = 'pass'"));
    EXPECT("found", case_judge("rng-entropy-unchecked", facts));
    EXPECT("found pass pass", case_judge("inject-crash", facts));
    EXPECT("pass pass pass", case_judge("inject-hang", facts));
    case_end();
}

#define TRIAL        "update audit set mode = 'inject';"
#define ROOT_TRIAL   TRIAL ROOT_FAMILY
#define SETTLED_ROOT LOOK(5, 2, 20, 'settled', 1, null) ROOT(5)

static void test_id_drop_unchecked__in_a_trial(void)
{
    EXPECT("found:2", case_judge("id-drop-unchecked",
                                 ROOT_TRIAL CALL(1, 2, 12, 1, 'setuid', 33, 0, 0, null, 11) INJECTED(1) SETTLED_ROOT));
    EXPECT("critical/proven", SAID("severity || '/' || strength", "id-drop-unchecked"));
    /* it went on as root; it went on as its user, with root's groups */
    EXPECT("found:2", case_judge("id-drop-unchecked",
                                 ROOT_TRIAL CALL(1, 2, 12, 1, 'setgid', 33, 0, 0, null, 1) INJECTED(1) SETTLED_ROOT));
    EXPECT("critical", SAID("severity", "id-drop-unchecked"));
    EXPECT("found:2",
           case_judge("id-drop-unchecked", ROOT_TRIAL CALL(1, 2, 12, 1, 'setgroups', 1, 0, 0, '33', 1) INJECTED(1)
                                               LOOK(5, 2, 20, 'settled', 1, null) USER(5, 33, '0 4')));
    EXPECT("high", SAID("severity", "id-drop-unchecked"));
    EXPECT("found:2", case_judge("id-drop-unchecked",
                                 ROOT_TRIAL CALL(1, 2, 12, 1, 'chroot', 0, 0, 0, '/srv', 1) INJECTED(1) SETTLED_ROOT));
    EXPECT("high", SAID("severity", "id-drop-unchecked"));
    EXPECT("",
           case_judge("id-drop-unchecked", ROOT_TRIAL CALL(1, 2, 12, 1, 'chroot', 0, 0, 0, '/srv', 1) SETTLED_ROOT));
    EXPECT("pass:2", case_judge("id-drop-unchecked", ROOT_TRIAL CALL(1, 2, 12, 1, 'setuid', 33, 0, 0, null, 11)
                                                         INJECTED(1) ENDED(2, 256, 'exited')));
    case_end();
}

static void test_id_drop_unchecked__in_a_trial_accepts(void)
{
    /* the program's own test of the drop, answered with another errno */
    EXPECT("accepted:2",
           case_judge("id-drop-unchecked", ROOT_TRIAL LOOK(3, 2, 15, 'after-change', 1, null) USER(3, 33, '')
                                               CALL(4, 2, 16, 1, 'setresuid', -1, 0, -1, null, 11) INJECTED(4)
                                                   LOOK(5, 2, 20, 'settled', 1, null) USER(5, 33, '')));
    /* a temporary drop cannot be ended: less privilege, not more */
    EXPECT("accepted:2",
           case_judge("id-drop-unchecked",
                      ROOT_TRIAL LOOK(3, 2, 15, 'after-change', 1, null) CRED(3, 0, 33, 0, 33, 0, 0, 0, 0, '0', 0)
                          CALL(4, 2, 16, 1, 'setresuid', -1, 0, -1, null, 1) INJECTED(4)
                              LOOK(5, 2, 20, 'settled', 1, null) CRED(5, 0, 33, 0, 33, 0, 0, 0, 0, '0', 0)));
    EXPECT("it asked for more privilege, and did not get it", SAID("reason", "id-drop-unchecked"));
    /* no order was wrong: we made it fail */
    EXPECT("", case_judge("id-drop-order", ROOT_TRIAL LOOK(3, 2, 15, 'after-change', 1, null) USER(3, 33, '0')
                                               CALL(4, 2, 16, 1, 'setgroups', 0, 0, 0, '', 1) INJECTED(4)));
    case_end();
}

static void test_inject_hang__fires(void)
{
    EXPECT("found:2", case_judge("inject-hang", AT_SITE('fork', null) TRIED(11, 'hung') TRIED(12, 'ended')));
    EXPECT("medium/proven", SAID("severity || '/' || strength", "inject-hang"));
    EXPECT("made to fail with EAGAIN: it did so", SAID("evidence", "inject-hang"));
    case_end();
}

static void test_inject_hang__silent(void)
{
    EXPECT("pass:2", case_judge("inject-hang", AT_SITE('fork', null) TRIED(11, 'ended') TRIED(12, 'carried-on')));
    EXPECT("", case_judge("inject-hang", AT_SITE('fork', null) TRIED(11, 'not-reached')));
    EXPECT("", case_judge("inject-hang", AT_SITE('fork', null)));
    case_end();
}

static void test_inject_hang__unknown(void)
{
    EXPECT("unknown:2", case_judge("inject-hang", AT_SITE('fork', null) TRIED(11, 'failed') TRIED(12, 'ended')));
    EXPECT("found:2 unknown:2", case_judge("inject-hang", AT_SITE('fork', null) TRIED(11, 'failed') TRIED(12, 'hung')));
    case_end();
}

#define DIED(status, served) INJECTION(1, 24, 'crashed', status, null, null, null, null, served, 'it died')

static void test_inject_crash__fires(void)
{
    EXPECT("found:2", case_judge("inject-crash", AT_SITE('open', '/dev/null') DIED(139, null) TRIED(2, 'ended')));
    EXPECT("low", SAID("severity", "inject-crash"));
    EXPECT("found:2", case_judge("inject-crash", AT_SITE('open', '/dev/null') DIED(11, 0) DIED(6, 1)));
    EXPECT("medium", SAID("severity", "inject-crash"));
    case_end();
}

static void test_inject_crash__silent(void)
{
    EXPECT("pass:2", case_judge("inject-crash", AT_SITE('open', '/dev/null') TRIED(2, 'ended')));
    EXPECT("", case_judge("inject-crash", AT_SITE('open', '/dev/null') TRIED(2, 'not-reached')));
    case_end();
}

static void test_inject_crash__accepts_an_end_on_purpose(void)
{
    EXPECT("accepted:2", case_judge("inject-crash", AT_SITE('setuid', null) DIED(134, 0)));
    EXPECT("it ended itself on purpose, by abort(3)", SAID("reason", "inject-crash"));
    EXPECT("accepted:2", case_judge("inject-crash", AT_SITE('setuid', null) DIED(15, 0)));
    EXPECT("accepted:2", case_judge("inject-crash", AT_SITE('getrandom', null) DIED(31, 1)));
    EXPECT("what it tried instead is not allowed by its own system call filter, which ended it",
           SAID("reason", "inject-crash"));
    case_end();
}

static void test_inject_crash__unknown(void)
{
    EXPECT("unknown:2", case_judge("inject-crash", AT_SITE('setuid', null) TRIED(1, 'failed') TRIED(11, 'ended')));
    case_end();
}

static void test_rng_entropy_unchecked__fires(void)
{
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'carried-on')));
    EXPECT("medium/proven", SAID("severity || '/' || strength", "rng-entropy-unchecked"));
    EXPECT("found:2", case_judge("rng-entropy-unchecked",
                                 AT_SITE('getrandom', null) TRIED(38, 'carried-on') DRAW(1, 2, 15, 'keys', 'abcd')));
    EXPECT("high", SAID("severity", "rng-entropy-unchecked"));
    EXPECT("found:2", case_judge("rng-entropy-unchecked",
                                 AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on') TRIED(2, 'ended')));
    /* a trial's own recording: it drew afterwards */
    EXPECT("found:2",
           case_judge("rng-entropy-unchecked", ROOT_TRIAL CALL(1, 2, 12, 1, 'getrandom', 0, 32, 0, null, 38) INJECTED(1)
                                                   DRAW(1, 2, 15, 'keys', 'abcd') DRAW(2, 2, 16, 'keys', 'efgh')));
    EXPECT("getrandom failed with ENOSYS, as the audit made it, and no other source was asked; then the process drew 8 "
           "random "
           "bytes",
           SAID("evidence", "rng-entropy-unchecked"));
    case_end();
}

static void test_rng_entropy_unchecked__silent(void)
{
    EXPECT("pass:2",
           case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'ended') TRIED(11, 'retried')));
    EXPECT("", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/null') TRIED(24, 'carried-on')));
    EXPECT("", case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'not-reached')));
    /* in a trial: another source, or an end */
    EXPECT("", case_judge("rng-entropy-unchecked",
                          ROOT_TRIAL CALL(1, 2, 12, 1, 'getrandom', 0, 32, 0, null, 38) INJECTED(1)
                              CALL(2, 2, 13, 1, 'open', 0, 0, 0, '/dev/urandom', 0) DRAW(1, 2, 15, 'keys', 'abcd')));
    EXPECT("pass:2", case_judge("rng-entropy-unchecked", ROOT_TRIAL CALL(1, 2, 12, 1, 'getrandom', 0, 32, 0, null, 38)
                                                             INJECTED(1) ENDED(2, 256, 'exited')));
    case_end();
}

/* A program that has bytes of several sources of the kernel loses one. */
static void test_rng_entropy_unchecked__accepts_another_source(void)
{
#define OTHER(process, image, ...) CALL(8, process, 11, image, __VA_ARGS__)
    EXPECT("accepted:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                                 OTHER(2, 1, 'getrandom', 0, 48, 0, null, 0)));
    EXPECT("the program has random bytes of getrandom(2) too", SAID("reason", "rng-entropy-unchecked"));
    EXPECT("accepted:2", case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'carried-on')
                                                                 OTHER(2, 1, 'open', 0, 0, 0, '/dev/urandom', 0)));
    /* of the C library, of the same source, in vain, in another process, in another program */
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                              OTHER(2, 1, 'getrandom', 0, 8, 1, null, 0)));
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                              OTHER(2, 1, 'open', 0, 0, 0, '/dev/urandom', 0)));
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                              OTHER(2, 1, 'getrandom', 0, 48, 0, null, 38)));
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                              OTHER(1, 1, 'getrandom', 0, 48, 0, null, 0)));
    EXPECT("found:2", case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on')
                                                              IMAGE(5, 2, 13, '/usr/sbin/other', 0, 1)
                                                                  OTHER(2, 5, 'getrandom', 0, 48, 0, null, 0)));
    EXPECT("found:2",
           case_judge("rng-entropy-unchecked", AT_SITE('open', '/dev/urandom') TRIED(24, 'carried-on') TRIED(2, 'ended')
                                                   SITE(2, 'nginx>', 'open', '/dev/urandom', 1, null)
                                                       OTHER(2, 1, 'getrandom', 0, 48, 0, null, 0)));
    /* in a trial's own recording, before the failure */
    EXPECT("", case_judge("rng-entropy-unchecked", ROOT_TRIAL CALL(1, 2, 11, 1, 'open', 0, 0, 0, '/dev/urandom', 0)
                                                       CALL(2, 2, 12, 1, 'getrandom', 0, 32, 0, null, 38) INJECTED(2)
                                                           DRAW(1, 2, 15, 'keys', 'abcd')));
    case_end();
#undef OTHER
}

static void test_rng_entropy_unchecked__unknown(void)
{
    EXPECT("unknown:2", case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'failed')));
    EXPECT("unknown", case_judge("rng-entropy-unchecked", AT_SITE('getrandom', null) TRIED(38, 'ended')
                                                              GAP(1, null, null, 'inject', 'no trial could be made')));
    case_end();
}

TEST_MAIN("test_checks_inject", TEST(test_id_drop_unchecked__injected_fires),
          TEST(test_id_drop_unchecked__one_row_for_one_place), TEST(test_id_drop_unchecked__injected_silent),
          TEST(test_id_drop_unchecked__injected_accepts), TEST(test_id_drop_unchecked__injected_unknown),
          TEST(test_inject__hostile_rows), TEST(test_id_drop_unchecked__in_a_trial),
          TEST(test_id_drop_unchecked__in_a_trial_accepts), TEST(test_inject_hang__fires),
          TEST(test_inject_hang__silent), TEST(test_inject_hang__unknown), TEST(test_inject_crash__fires),
          TEST(test_inject_crash__silent), TEST(test_inject_crash__accepts_an_end_on_purpose),
          TEST(test_inject_crash__unknown), TEST(test_rng_entropy_unchecked__fires),
          TEST(test_rng_entropy_unchecked__silent), TEST(test_rng_entropy_unchecked__accepts_another_source),
          TEST(test_rng_entropy_unchecked__unknown))

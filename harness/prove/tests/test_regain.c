/* test_regain.c - what a process can take back, as disposable copies of it show; the process itself notices nothing. */
#include "harness/prove/internal.h"
#include "harness/prove/tests/plays_prove.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROOFS 20 /* of one process: the answers stay the same */

struct trial {
    struct stage s;
    struct prove_history *history;
    struct look_status now;
    struct prove_results results;
    int proc, is_suspended;
    pid_t pid;
};

/* What the play is now belongs to its history. */
static void trial_note(struct trial *t)
{
    struct look_status status = { 0 };

    CU_ASSERT_EQUAL(look_status(t->proc, t->pid, t->pid, &status), 0);
    CU_ASSERT_EQUAL(prove_history_add(t->history, &status), 0);
    look_status_release(&status);
}

/* Brings the play to where it waits. 1: it is who it wanted to be, 0: it could not become that (the test is skipped).
 * */
static int trial_begin(struct trial *t, const char *name)
{
    int seen = 0;

    memset(t, 0, sizeof *t);
    t->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    t->history = prove_history_copy(NULL);
    stage_open(&t->s, name);
    while (!*(volatile long *)&t->s.board->values[VALUE_LAST] && !t->s.has_ended) {
        stage_step(&t->s);
        t->pid = t->s.board->values[VALUE_PID] ? (pid_t)t->s.board->values[VALUE_PID] : t->s.pid;
        if (atomic_load(&t->s.board->ready) <= seen)
            continue;
        trial_note(t);
        seen = atomic_load(&t->s.board->ready);
        *(volatile long *)&t->s.board->values[VALUE_SEEN] = seen;
    }
    CU_ASSERT(stage_until_waiting(&t->s, t->pid, SYS_read));
    CU_ASSERT_EQUAL(look_status(t->proc, t->pid, t->pid, &t->now), 0);
    if (!t->s.board->result)
        return 1;
    test_skip(strerror((int)t->s.board->result));
    return 0;
}

static void trial_prove(struct trial *t)
{
    struct trace_hold h;

    prove_results_release(&t->results);
    CU_ASSERT_EQUAL_FATAL(stage_hold(&t->s, t->pid, NULL, &h), 0);
    t->is_suspended = h.no_filters;
    CU_ASSERT_EQUAL(prove_regain(&h, t->proc, t->pid, t->history, &t->now, &t->results), 0);
    CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
}

static void trial_end(struct trial *t)
{
    stage_write(&t->s, 1);
    stage_close(&t->s);
    prove_results_release(&t->results);
    prove_history_free(t->history);
    look_status_release(&t->now);
    close(t->proc);
}

/* 1: root, whose programs can become somebody else. Skips otherwise. */
static int is_root(void)
{
    if (!geteuid())
        return 1;
    test_skip("the program must be root to have something to lose");
    return 0;
}

static const struct prove_result *row(const struct trial *t, const char *kind, const char *wanted)
{
    for (size_t i = 0; i < t->results.n; i++)
        if (!strcmp(t->results.rows[i].kind, kind) && (!wanted || !strcmp(t->results.rows[i].wanted, wanted)))
            return &t->results.rows[i];
    return NULL;
}

#define EXPECT(t, kind, wanted, outcome, call, text) expect(t, kind, wanted, outcome, call, text, __LINE__)
/* A row of that kind has that outcome; call and text stand in its call and detail (NULL: whatever). */
static void expect(const struct trial *t, const char *kind, const char *wanted, const char *outcome, const char *call,
                   const char *text, int line)
{
    const struct prove_result *r = row(t, kind, wanted);

    if (!r)
        stage_fail(__FILE__, line, "%s: no row %s %s", t->s.name, kind, wanted ? wanted : "");
    else if (strcmp(r->outcome, outcome) || (call && !strstr(r->call, call)) || (text && !strstr(r->detail, text)))
        stage_fail(__FILE__, line, "%s: %s %s: %s, call %.200s, error %d, detail %.200s", t->s.name, kind, r->wanted,
                   r->outcome, r->call, r->error, r->detail);
}

static unsigned count(const struct trial *t, const char *outcome)
{
    unsigned n = 0;

    for (size_t i = 0; i < t->results.n; i++)
        n += !strcmp(t->results.rows[i].outcome, outcome);
    return n;
}

static void test_regain__nothing_when_all_was_dropped(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "dropped"))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "uid", "0", "refused", "setuid(0), setresuid(-1, 0, -1)", "");
            EXPECT(&t, "gid", "0", "refused", "setgid(0), setresgid(-1, 0, -1)", "");
            EXPECT(&t, "groups", NULL, "refused", "setgroups(", "");
            EXPECT(&t, "uid-map", "0", "refused", "unshare(CLONE_NEWUSER)", "");
            EXPECT(&t, "cap", NULL, "refused", "capset", NULL);
            EXPECT(&t, "set-uid-program", "0", "described", NULL, "no_new_privs is");
            CU_ASSERT_EQUAL(count(&t, "regained"), 0);
            CU_ASSERT_EQUAL(count(&t, "killed") + count(&t, "hung") + count(&t, "not-made"), 0);
            CU_ASSERT_EQUAL(row(&t, "uid", "0")->error, EPERM);
            CU_ASSERT(strstr(row(&t, "groups", NULL)->wanted, "60010 60011") != NULL);
            CU_ASSERT(strstr(row(&t, "cap", NULL)->wanted, "cap_setuid") != NULL);
            CU_ASSERT_EQUAL(t.results.dumpable, t.s.board->values[VALUE_DUMPABLE]);
            CU_ASSERT_EQUAL(t.results.securebits, t.s.board->values[VALUE_SECUREBITS]);
        }
    trial_end(&t);
}

static void test_regain__securebits_and_dumpable_are_told(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "securebits")) {
        trial_prove(&t);
        CU_ASSERT_EQUAL(t.results.securebits, 3);
        CU_ASSERT_EQUAL(t.results.dumpable, 1);
        CU_ASSERT_EQUAL(count(&t, "regained"), 0);
    }
    trial_end(&t);
}

static void test_regain__saved_uid(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "saved-uid"))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "uid", "0", "regained", "setuid(0)", "uid 60001 0 0 0, gid 60001");
            EXPECT(&t, "gid", "0", "refused", NULL, NULL);
            EXPECT(&t, "groups", NULL, "refused", NULL, NULL);
            CU_ASSERT_PTR_NULL(row(&t, "uid-map", NULL));
            CU_ASSERT_EQUAL(count(&t, "regained"), 1);
        }
    trial_end(&t);
}

static void test_regain__saved_gid(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "saved-gid"))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "gid", "0", "regained", "setgid(0)", "gid 60001 0 0 0");
            EXPECT(&t, "uid", "0", "refused", NULL, NULL);
            CU_ASSERT_EQUAL(count(&t, "regained"), 1);
        }
    trial_end(&t);
}

static void test_regain__effective_only(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "effective")) {
        trial_prove(&t);
        EXPECT(&t, "uid", "0", "regained", "setuid(0)", NULL);
        EXPECT(&t, "gid", "0", "regained", "setgid(0)", NULL);
        /* Root's capabilities are still permitted. */
        EXPECT(&t, "cap", NULL, "regained", "capset", NULL);
    }
    trial_end(&t);
}

static void test_regain__capability_that_is_only_permitted(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "setuid-permitted")) {
        trial_prove(&t);
        EXPECT(&t, "uid", "0", "regained", "capset, setuid(0)", NULL);
        EXPECT(&t, "gid", "0", "refused", NULL, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(row(&t, "cap", "cap_chown,cap_setuid"));
        EXPECT(&t, "cap", "cap_chown,cap_setuid", "regained", NULL, NULL);
        for (size_t i = 0; i < t.results.n; i++)
            if (!strcmp(t.results.rows[i].kind, "cap") && !strcmp(t.results.rows[i].outcome, "refused"))
                CU_ASSERT(strstr(t.results.rows[i].wanted, "cap_setuid") == NULL);
    }
    trial_end(&t);
    if (trial_begin(&t, "setgid-permitted")) {
        trial_prove(&t);
        EXPECT(&t, "gid", "0", "regained", "capset, setgid(0)", NULL);
        EXPECT(&t, "uid", "0", "refused", NULL, NULL);
        EXPECT(&t, "groups", NULL, "regained", "capset, setgroups(", "groups were there again");
    }
    trial_end(&t);
}

static void test_regain__groups_with_a_capability(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "setgid-effective"))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "groups", NULL, "regained", "setgroups(", "groups were there again");
            EXPECT(&t, "gid", "0", "regained", "setgid(0)", NULL);
            EXPECT(&t, "uid", "0", "refused", NULL, NULL);
        }
    trial_end(&t);
}

static void test_regain__set_uid_programs_are_described(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "no-new-privs")) {
        trial_prove(&t);
        EXPECT(&t, "set-uid-program", "0", "described", NULL, "no_new_privs is set");
        EXPECT(&t, "uid", "0", "refused", NULL, NULL);
    }
    trial_end(&t);
}

/* Never 'regained': without its filter it would be. Where the filter may not be suspended, nothing is known. */
static void filtered(const char *name, const char *outcome)
{
    struct trial t;

    if (trial_begin(&t, name))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "uid", "0", t.is_suspended ? outcome : "not-made", NULL, NULL);
            CU_ASSERT_EQUAL(count(&t, "regained"), 0);
            CU_ASSERT_EQUAL(t.results.securebits, -1);
            CU_ASSERT_EQUAL(t.results.dumpable, -1);
        }
    trial_end(&t);
}

static void test_regain__own_filter(void)
{
    if (!is_root())
        return;
    filtered("filter-kill", "killed");
    filtered("filter-trap", "killed");
    filtered("filter-errno", "refused");
}

/* No copy can be made: another process with the same credentials answers, and says so. */
static void test_regain__no_room_for_a_copy(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "no-room"))
        for (int i = 0; i < PROOFS; i++) {
            trial_prove(&t);
            EXPECT(&t, "uid", "0", "regained", "setuid(0)", "tried by a process of the audit");
            EXPECT(&t, "gid", "0", "refused", NULL, "tried by a process of the audit");
            CU_ASSERT_EQUAL(t.results.securebits, -1);
        }
    trial_end(&t);
}

static void test_regain__id_that_its_namespace_does_not_know(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "namespace-alone")) {
        CU_ASSERT_NOT_EQUAL(t.now.cap_eff, 0); /* all of them, there */
        trial_prove(&t);
        EXPECT(&t, "uid", "0", "refused", "", "does not exist in its user namespace");
        EXPECT(&t, "uid-map", "0", "refused", NULL, "does not exist in its user namespace");
        EXPECT(&t, "groups", NULL, "refused", NULL, "exists in its user namespace");
        CU_ASSERT_EQUAL(row(&t, "uid", "0")->error, EINVAL);
        CU_ASSERT_EQUAL(count(&t, "regained"), 0);
    }
    trial_end(&t);
}

/* What an ordinary user has in a namespace of his own, and what he gives up there. */
static void test_regain__capabilities_within_a_namespace(void)
{
    struct trial t;

    if (trial_begin(&t, "namespace-dropped")) {
        trial_prove(&t);
        EXPECT(&t, "cap", "cap_chown", "regained", NULL, NULL);
        CU_ASSERT_EQUAL(count(&t, "regained"), 1);
        for (size_t i = 0; i < t.results.n; i++)
            if (!strcmp(t.results.rows[i].kind, "cap") && !strcmp(t.results.rows[i].outcome, "refused"))
                CU_ASSERT(strstr(t.results.rows[i].wanted, "cap_setuid") != NULL);
    }
    trial_end(&t);
}

static void test_regain__namespace_in_which_ids_are_the_same(void)
{
    struct trial t;

    if (!is_root())
        return;
    if (trial_begin(&t, "namespace-same")) {
        trial_prove(&t);
        EXPECT(&t, "uid", "0", "regained", "setuid(0)", "uid 60001 0 0 0");
        EXPECT(&t, "gid", "0", "refused", NULL, NULL);
    }
    trial_end(&t);
}

static void test_regain__the_original_is_killed(void)
{
    struct trace_hold h;
    struct trial t;

    if (!is_root())
        return;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 30; i++) {
        pid_t killer = -1;
        int spin = i * 5000, r;

        if (!trial_begin(&t, i % 2 ? "saved-uid" : "setgid-permitted"))
            break;
        CU_ASSERT_EQUAL_FATAL(stage_hold(&t.s, t.pid, NULL, &h), 0);
        if (i)
            killer = fork();
        else
            kill(t.pid, SIGKILL);
        if (!killer) {
            while (spin--)
                __asm__ volatile("");
            kill(t.pid, SIGKILL);
            _exit(0);
        }
        do {
            r = prove_regain(&h, t.proc, t.pid, t.history, &t.now, &t.results);
            prove_results_release(&t.results);
        } while (!r);
        CU_ASSERT_EQUAL(r, -ESRCH);
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), -ESRCH);
        while (killer > 0 && t.s.other != killer)
            stage_step(&t.s);
        stage_end(&t.s);
        CU_ASSERT_EQUAL(t.s.status, SIGKILL);
        while (waitpid(-1, NULL, __WALL) > 0)
            ;
        CU_ASSERT_EQUAL(errno, ECHILD);
        prove_history_free(t.history);
        look_status_release(&t.now);
        close(t.proc);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void test_history__keeps_root_when_it_is_full(void)
{
    struct prove_history *h = prove_history_copy(NULL), *copy;
    struct look_status status = { 0 };
    int has_root = 0;

    for (uint32_t i = 1; i < 100; i++) {
        for (int k = 0; k < 4; k++)
            status.uid[k] = status.gid[k] = i;
        CU_ASSERT_EQUAL(prove_history_add(h, &status), 0);
    }
    CU_ASSERT_EQUAL(h->n_uids, PROVE_IDS);
    memset(status.uid, 0, sizeof status.uid);
    CU_ASSERT_EQUAL(prove_history_add(h, &status), 0);
    CU_ASSERT_EQUAL(h->n_uids, PROVE_IDS);
    copy = prove_history_copy(h);
    for (size_t i = 0; i < copy->n_uids; i++)
        has_root += !copy->uids[i];
    CU_ASSERT_EQUAL(has_root, 1);
    prove_history_free(h);
    prove_history_free(copy);
}

static void test_history__what_was_lost(void)
{
    struct prove_history *h = prove_history_copy(NULL);
    uint32_t group = 7;
    struct look_status root = { .groups = &group, .n_groups = 1, .cap_prm = 3, .cap_eff = 1 },
                       user = { .uid = { 5, 5, 5, 5 }, .gid = { 5, 5, 5, 5 } };

    CU_ASSERT_EQUAL(prove_history_add(h, &user), 0);
    CU_ASSERT_EQUAL(prove_has_lost(h, &user), 0);
    CU_ASSERT_EQUAL(prove_history_add(h, &root), 0);
    CU_ASSERT_NOT_EQUAL(prove_has_lost(h, &root), 0); /* a capability that is not in effect */
    root.cap_eff = 3;
    CU_ASSERT_EQUAL(prove_has_lost(h, &root), 0); /* root may become anybody */
    CU_ASSERT_NOT_EQUAL(prove_has_lost(h, &user), 0);
    prove_history_free(h);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_regain__nothing_when_all_was_dropped),
        TEST(test_regain__securebits_and_dumpable_are_told),
        TEST(test_regain__saved_uid),
        TEST(test_regain__saved_gid),
        TEST(test_regain__effective_only),
        TEST(test_regain__capability_that_is_only_permitted),
        TEST(test_regain__groups_with_a_capability),
        TEST(test_regain__set_uid_programs_are_described),
        TEST(test_regain__own_filter),
        TEST(test_regain__no_room_for_a_copy),
        TEST(test_regain__id_that_its_namespace_does_not_know),
        TEST(test_regain__capabilities_within_a_namespace),
        TEST(test_regain__namespace_in_which_ids_are_the_same),
        TEST(test_regain__the_original_is_killed),
        TEST(test_history__keeps_root_when_it_is_full),
        TEST(test_history__what_was_lost),
        { NULL, NULL },
    };
    int status = stage_play(play_prove, argc, argv);

    return status >= 0 ? status : test_main("test_regain", tests, argc, argv);
}

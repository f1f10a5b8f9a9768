/* test_cred.c - credentials in the record: every column at every change, what a change leaves behind, and rings that keep them. */
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_HERE 77 /* exit status of a play that this host does not let */

/* ---- the programs ---- */

static int ring_setup(unsigned entries, struct io_uring_params *params)
{
    return (int)syscall(SYS_io_uring_setup, entries, params);
}

static int is_refused(int error)
{
    return error == ENOSYS || error == EPERM || error == ENOMEM;
}

/* A ring whose requests a kernel thread takes, and credentials kept in it; then calls that are of no interest. */
static int play_ring(void)
{
    struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF, .sq_thread_idle = 1 };
    int ring = ring_setup(4, &params);
    unsigned limits[2] = { 0, 0 };

    if (ring < 0)
        return is_refused(errno) ? NOT_HERE : 1;
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_PERSONALITY, NULL, 0) < 1)
        return 2;
    /* By the bits above 31 and the one that only names the ring otherwise nobody gets past. */
    syscall(SYS_io_uring_register, ring, IORING_REGISTER_PERSONALITY | 0x80000000u, NULL, 0);
    syscall(SYS_io_uring_register, ring, IORING_REGISTER_PERSONALITY | 0x100000000u, NULL, 0);
    syscall(SYS_io_uring_register, ring, IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2);
    for (;;)
        pause();
}

static int play_ring_details(void)
{
    struct io_uring_params plain = { 0 }, polled = { .flags = IORING_SETUP_IOPOLL }, indexed = { .flags = 1u << 15 };

    if (ring_setup(8, &plain) < 0 && is_refused(errno))
        return NOT_HERE;
    ring_setup(16, &polled);
    ring_setup(32, &indexed); /* REGISTERED_FD_ONLY without NO_MMAP is no call that succeeds */
    return ring_setup(3, (void *)8) == -1 && errno == EFAULT ? 0 : 1;
}

static int become(uid_t uid)
{
    return geteuid() ? 0 : setresgid(uid, uid, uid) || setresuid(uid, uid, uid);
}

static int play_dumpable(void)
{
    if (become(33))
        return NOT_HERE;
    if (prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_DUMPABLE, 1))
        return 1;
    return prctl(PR_SET_KEEPCAPS, 1) ? 2 : 0;
}

/* The kernel looks at 32 bits of these arguments; the others are no place to hide in. */
static int play_wide(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (syscall(SYS_prctl, UINT64_C(0x500000000) | PR_SET_KEEPCAPS, 1, 0, 0, 0) || prctl(PR_GET_KEEPCAPS) != 1)
        return 1;
    if (syscall(SYS_prctl, UINT64_C(0x100000000) | PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return 2;
    if (syscall(SYS_prctl, UINT64_C(0x100000000) | PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_GET_DUMPABLE) != 0)
        return 3;
    return syscall(SYS_madvise, page, 4096, UINT64_C(0x100000000) | MADV_WIPEONFORK) ? 4 : 0;
}

/* The program's own view of its user namespace is its exit status's witness: it must have changed. */
static int is_moved(const char *home)
{
    char now[64] = "";

    return readlink("/proc/self/ns/user", now, sizeof now - 1) > 0 && strcmp(home, now) != 0;
}

static int play_unshare(void)
{
    char home[64] = "";

    if (readlink("/proc/self/ns/user", home, sizeof home - 1) < 1 || unshare(CLONE_NEWUSER))
        return NOT_HERE;
    return is_moved(home) ? 0 : 1;
}

static int play_setns(void)
{
    char path[64], home[64] = "", byte = 0;
    int ready[2], ns;
    pid_t child;

    if (readlink("/proc/self/ns/user", home, sizeof home - 1) < 1 || pipe2(ready, O_CLOEXEC))
        return 1;
    child = fork();
    if (!child) {
        byte = unshare(CLONE_NEWUSER) ? 'n' : 'y';
        if (write(ready[1], &byte, 1) == 1 && byte == 'y')
            pause();
        _exit(0);
    }
    if (read(ready[0], &byte, 1) != 1 || byte != 'y')
        return NOT_HERE;
    snprintf(path, sizeof path, "/proc/%d/ns/user", child);
    ns = open(path, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWUSER))
        return 2;
    /* Its caller's own children it may still end: the signal is checked by its ids. */
    if (kill(child, SIGKILL) || waitpid(child, NULL, 0) != child)
        return 3;
    return is_moved(home) ? 0 : 4;
}

static void *thread_keep(void *barrier)
{
    pthread_barrier_wait(barrier);
    for (;;)
        pause();
    return NULL;
}

/* The raw call drops one thread only. */
static int play_threads(void)
{
    pthread_barrier_t barrier;
    pthread_t thread;

    if (pthread_barrier_init(&barrier, NULL, 2) || pthread_create(&thread, NULL, thread_keep, &barrier))
        return 1;
    pthread_barrier_wait(&barrier);
    if (syscall(SYS_setresuid, 33, 33, 33))
        exit(NOT_HERE);
    for (;;)
        pause();
}

/* One call of each kind that may change a credential, changing nothing. */
static int play_every_change(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();

    if (become(33))
        return NOT_HERE;
    uid = getuid(), gid = getgid();
    syscall(SYS_setuid, uid);
    syscall(SYS_setgid, gid);
    syscall(SYS_setfsuid, uid);
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return 0;
}

static int play(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "ring", play_ring },
        { "ring-details", play_ring_details },
        { "dumpable", play_dumpable },
        { "unshare", play_unshare },
        { "setns", play_setns },
        { "threads", play_threads },
        { "every-change", play_every_change },
        { "wide", play_wide },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

/* ---- the tests ---- */

/* 1: the play was audited to its end; 0: this host does not let it, and that is said. */
static int audit_play(struct audit *a, const char *name, enum observe_until until)
{
    static char self[4096];
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, argv);
    a->options.until = until;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    if (a->result.has_target_status && a->result.target_status == NOT_HERE << 8) {
        audit_release(a);
        test_skip("this host does not let a program do that");
        return 0;
    }
    if (until == OBSERVE_UNTIL_EXIT)
        CU_ASSERT_EQUAL(a->result.target_status, 0);
    CU_ASSERT_EQUAL(a->result.complete, 1);
    return 1;
}

/* Looks of this kind at calls that `where` picks; joined with the credential of the calling thread. */
static int64_t changes(const struct audit *a, const char *moment, const char *where)
{
    char sql[1024];

    snprintf(
        sql, sizeof sql,
        "select count(*) from call c join look l on l.call = c.id join cred on cred.look = l.id and cred.tid = c.tid "
        "where l.moment = '%s' and %s",
        moment, where);
    return audit_ask(a, sql);
}

static void test_ring__its_calls_are_recorded(void)
{
    struct audit a;

    if (!audit_play(&a, "ring", OBSERVE_UNTIL_SETTLED))
        return;
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'io_uring_setup'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a,
                              "select count(*) from call where name = 'io_uring_setup' and detail = "
                              "'entries 4 SQPOLL SQ_AFF' and a0 = 4 and a1 is not null and a2 is null and error = 0"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'io_uring_register'"), 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'io_uring_register' and detail = "
                                  "'IORING_REGISTER_PERSONALITY' and a1 = 9 and error = 0 and result = 1 and a0 = "
                                  "(select result from call where name = 'io_uring_setup')"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where a1 = 2147483657 and detail = "
                                  "'IORING_REGISTER_PERSONALITY, the ring by its registered index'"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look where moment like '%change'"), 0);
    audit_release(&a);
}

static void test_ring__its_descriptor_and_its_rest(void)
{
    struct audit a;

    if (!audit_play(&a, "ring", OBSERVE_UNTIL_SETTLED))
        return;
    CU_ASSERT(audit_ask(&a,
                        "select count(*) from look l join fd using (fd_table) join description d on d.id = description "
                        "where l.moment = 'settled' and d.kind = 'io_uring' and d.name like 'anon_inode:%' and fd = "
                        "(select result from call where name = 'io_uring_setup')") > 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from description where kind = 'io_uring'"), 1);
    /* The thread that the kernel gave it is no reason never to be at rest. */
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from look where moment = 'settled' and waiting = 'pause'") > 0);
    audit_release(&a);
}

static void test_ring__details(void)
{
    struct audit a;

    if (!audit_play(&a, "ring-details", OBSERVE_UNTIL_EXIT))
        return;
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'entries 8' and error = 0"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'entries 16 IOPOLL'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a,
                              "select count(*) from call where detail = 'entries 32 REGISTERED_FD_ONLY' and error > 0"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a,
                              "select count(*) from call where detail = 'entries 3, flags unreadable' and error = 14"),
                    1);
    audit_release(&a);
}

static void test_cred__dumpable_before_and_after(void)
{
    struct audit a;

    if (!audit_play(&a, "dumpable", OBSERVE_UNTIL_EXIT))
        return;
    CU_ASSERT_EQUAL(changes(&a, "before-change", "c.detail = 'PR_SET_DUMPABLE 0' and dumpable = 1"), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_DUMPABLE 0' and dumpable = 0"), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_DUMPABLE 1' and dumpable = 1"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from cred where securebits is not null"), 0);
    /* It changes nothing that is in a credential. */
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'PR_SET_KEEPCAPS 1'"), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_KEEPCAPS 1'"), 0);
    audit_release(&a);
}

static void test_call__no_argument_is_too_wide_to_be_seen(void)
{
    struct audit a;

    if (!audit_play(&a, "wide", OBSERVE_UNTIL_EXIT))
        return;
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'PR_SET_KEEPCAPS 1'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'PR_CAP_AMBIENT 4'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where detail = 'MADV_WIPEONFORK'"), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_DUMPABLE 0'"), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_KEEPCAPS 1'"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'prctl' and a0 > 4294967295"), 0);
    audit_release(&a);
}

/* Root's files are root's either way, and a change of ids makes a process undumpable. */
static void test_cred__dumpable_of_root_is_not_known(void)
{
    struct audit a;

    if (geteuid()) {
        test_skip("needs root to be it");
        return;
    }
    if (!audit_play(&a, "dumpable", OBSERVE_UNTIL_EXIT))
        return;
    CU_ASSERT(audit_ask(&a, "select count(*) from cred where euid = 0 and egid = 0") > 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from cred where euid = 0 and egid = 0 and dumpable is not null"), 0);
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.name = 'setresuid' and dumpable is null"), 0);
    audit_release(&a);
}

static void test_cred__every_column_at_every_change(void)
{
    struct audit a;
    int64_t n;

    if (!audit_play(&a, "every-change", OBSERVE_UNTIL_EXIT))
        return;
    /* ours hides the program's own no_new_privs; root's files tell nothing; those of an undumpable one are root's only */
    n = audit_ask(&a, "select count(*) from look where call is not null");
    CU_ASSERT(n >= 12 && n % 2 == 0);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from look l join call c on c.id = l.call join cred on cred.look = l.id "
                      "and cred.tid = c.tid where cap_inh is not null and cap_prm is not null and cap_eff is not "
                      "null and cap_bnd is not null and cap_amb is not null and seccomp is not null and "
                      "groups is not null and user_ns is not null and (no_new_privs is not null or (select "
                      "no_new_privs from audit)) and (dumpable is not null or (euid = 0 and egid = 0))"),
        n);
    CU_ASSERT_EQUAL(changes(&a, "before-change", "c.detail = 'PR_SET_NO_NEW_PRIVS 1' and no_new_privs is 0"),
                    audit_ask(&a, "select 1 - no_new_privs from audit"));
    CU_ASSERT_EQUAL(changes(&a, "after-change", "c.detail = 'PR_SET_NO_NEW_PRIVS 1' and no_new_privs is 1"),
                    audit_ask(&a, "select 1 - no_new_privs from audit"));
    audit_release(&a);
}

static void expect_new_namespace(const char *name)
{
    char where[256];
    struct audit a;

    if (!audit_play(&a, name, OBSERVE_UNTIL_EXIT))
        return;
    snprintf(where, sizeof where,
             "c.name = '%s' and c.process = 1 and user_ns = (select user_ns from cred order by id limit 1)", name);
    CU_ASSERT_EQUAL(changes(&a, "before-change", where), 1);
    CU_ASSERT_EQUAL(changes(&a, "after-change", where), 0);
    snprintf(where, sizeof where,
             "c.name = '%s' and c.process = 1 and user_ns <> (select user_ns from cred order by id limit 1)", name);
    CU_ASSERT_EQUAL(changes(&a, "after-change", where), 1);
    audit_release(&a);
}

static void test_cred__unshare_shows_the_new_namespace(void)
{
    expect_new_namespace("unshare");
}

static void test_cred__setns_shows_the_new_namespace(void)
{
    expect_new_namespace("setns");
}

/* A thread that kept its ids has a row of its own, with all that the other has. */
static void test_cred__thread_that_differs(void)
{
    struct audit a;

    if (geteuid()) {
        test_skip("needs root to change ids");
        return;
    }
    if (!audit_play(&a, "threads", OBSERVE_UNTIL_SETTLED))
        return;
    CU_ASSERT(audit_ask(&a, "select count(*) from look l join cred on cred.look = l.id where moment = 'settled' and "
                            "euid = 0 and user_ns is not null") > 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from look l join cred on cred.look = l.id where moment = 'settled' and "
                            "euid = 33 and user_ns is not null and dumpable = 0") > 0);
    audit_release(&a);
}

static const struct test tests[] = {
    TEST(test_ring__its_calls_are_recorded),
    TEST(test_ring__its_descriptor_and_its_rest),
    TEST(test_ring__details),
    TEST(test_call__no_argument_is_too_wide_to_be_seen),
    TEST(test_cred__dumpable_before_and_after),
    TEST(test_cred__dumpable_of_root_is_not_known),
    TEST(test_cred__every_column_at_every_change),
    TEST(test_cred__unshare_shows_the_new_namespace),
    TEST(test_cred__setns_shows_the_new_namespace),
    TEST(test_cred__thread_that_differs),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_cred", tests, argc, argv);
}

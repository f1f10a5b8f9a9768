/* test_look_status.c - /proc/PID/task/TID/status, saved and real. */
#include "harness/look/tests/tree.h"

#include <grp.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#define NAME   "Name:\tprog\n"
#define MIDDLE "State:\tS (sleeping)\nTgid:\t7\nPid:\t8\nNSpid:\t8\t2\t1\nThreads:\t3\n"
#define IDS    "Uid:\t1000\t1001\t1002\t1003\nGid:\t4294967295\t1\t2\t3\n"
#define GROUPS "Groups:\t4 27 1000 \n"
#define CAPS                                                                                                           \
    "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\nCapBnd:\tffffffffffffffff\n"     \
    "CapAmb:\t0000000000000001\n"
#define SIGS                                                                                                           \
    "SigPnd:\t0000000000000001\nShdPnd:\t0000000000000002\nSigBlk:\t0000000000000004\nSigIgn:\t8000000000000000\n"     \
    "SigCgt:\t0000000000010000\n"
#define LAST   "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"
#define SWITCH "voluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n"
#define WHOLE  NAME MIDDLE IDS GROUPS CAPS SIGS LAST SWITCH

static int try_text(const char *text)
{
    struct look_status s = { .threads = 4711 };
    int tree = tree_open(), error;

    tree_text(tree, "status", text);
    error = look_status(tree, TREE, &s);
    CU_ASSERT_EQUAL(s.threads == 4711, error != 0); /* untouched on failure */
    if (!error)
        look_status_release(&s);
    close(tree);
    return error;
}

static void test_look_status__every_field(void)
{
    struct look_status s;
    int tree = tree_open();

    tree_text(tree, "status", WHOLE);
    CU_ASSERT_EQUAL_FATAL(look_status(tree, TREE, &s), 0);
    CU_ASSERT_EQUAL(s.tgid, 7);
    CU_ASSERT_EQUAL(s.ns_pid, 1);
    CU_ASSERT_EQUAL(s.state, 'S');
    CU_ASSERT_EQUAL(s.threads, 3);
    CU_ASSERT(s.uid[0] == 1000 && s.uid[1] == 1001 && s.uid[2] == 1002 && s.uid[3] == 1003);
    CU_ASSERT(s.gid[0] == 4294967295 && s.gid[1] == 1 && s.gid[2] == 2 && s.gid[3] == 3);
    CU_ASSERT(s.n_groups == 3 && s.groups[0] == 4 && s.groups[1] == 27 && s.groups[2] == 1000);
    CU_ASSERT(s.cap_inh == 0 && s.cap_prm == 0x1ffffffffff && s.cap_eff == 0x400 && s.cap_bnd == UINT64_MAX &&
              s.cap_amb == 1);
    CU_ASSERT(s.sig_pending == 1 && s.sig_shared_pending == 2 && s.sig_blocked == 4 && s.sig_caught == 0x10000);
    CU_ASSERT_EQUAL(s.sig_ignored, UINT64_C(1) << 63);
    CU_ASSERT(s.no_new_privs == 1 && s.seccomp == 2 && s.seccomp_filters == 1);
    CU_ASSERT(s.voluntary_switches == 150 && s.involuntary_switches == 545);
    look_status_release(&s);
    look_status_release(&s);
    close(tree);
}

static void test_look_status__an_older_kernel_tells_less(void)
{
    struct look_status s;
    int tree = tree_open();

    tree_text(tree, "status", NAME MIDDLE IDS GROUPS CAPS SIGS SWITCH);
    CU_ASSERT_EQUAL_FATAL(look_status(tree, TREE, &s), 0);
    CU_ASSERT(s.no_new_privs == -1 && s.seccomp == -1 && s.seccomp_filters == -1);
    look_status_release(&s);
    close(tree);
}

static void test_look_status__groups_are_sorted(void)
{
    struct look_status s;
    int tree = tree_open();

    tree_text(tree, "status", NAME MIDDLE IDS "Groups:\t9 1 4294967295 5 \n" CAPS SIGS LAST SWITCH);
    CU_ASSERT_EQUAL_FATAL(look_status(tree, TREE, &s), 0);
    CU_ASSERT(s.n_groups == 4 && s.groups[0] == 1 && s.groups[1] == 5 && s.groups[2] == 9 && s.groups[3] == 4294967295);
    look_status_release(&s);
    close(tree);
}

static void test_look_status__no_groups(void)
{
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS "Groups:\t \n" CAPS SIGS LAST SWITCH), 0);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS "Groups:\n" CAPS SIGS LAST SWITCH), 0);
}

/* As many groups as a process may have are read, and one more is no longer what proc(5) says. */
static void test_look_status__huge_groups_list(void)
{
    size_t room = sizeof WHOLE + 65537 * 11 + 64, length;
    char *text = malloc(room);
    struct look_status s;
    int tree = tree_open();

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (unsigned n = 65536; n <= 65537; n++) {
        length = (size_t)snprintf(text, room, NAME MIDDLE IDS "Groups:\t");
        for (unsigned i = 0; i < n; i++)
            length += (size_t)snprintf(text + length, room - length, "%u ", 4000000000u - i);
        length += (size_t)snprintf(text + length, room - length, "\n" CAPS SIGS LAST SWITCH);
        tree_write(tree, "status", text, length);
        if (n == 65537) {
            CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EBADMSG);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(look_status(tree, TREE, &s), 0);
        CU_ASSERT(s.n_groups == 65536 && s.groups[0] == 4000000000u - 65535 && s.groups[65535] == 4000000000u);
        look_status_release(&s);
    }
    free(text);
    close(tree);
}

static void test_look_status__missing_lines(void)
{
    CU_ASSERT_EQUAL(try_text(WHOLE), 0);
    CU_ASSERT_EQUAL(try_text(""), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE GROUPS CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS GROUPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS GROUPS CAPS SIGS LAST), -EBADMSG);
}

static void test_look_status__truncated_anywhere(void)
{
    char *text = strdup(WHOLE);
    int tree = tree_open();
    struct look_status s;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t length = 0; length < sizeof WHOLE - 1; length++) {
        tree_write(tree, "status", text, length);
        CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EBADMSG);
    }
    free(text);
    close(tree);
}

static void test_look_status__numbers_that_do_not_fit(void)
{
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE "Uid:\t4294967296\t1\t2\t3\nGid:\t0\t1\t2\t3\n" GROUPS CAPS SIGS LAST SWITCH),
                    -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE "Uid:\t-1\t1\t2\t3\nGid:\t0\t1\t2\t3\n" GROUPS CAPS SIGS LAST SWITCH),
                    -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE "Uid:\t1\t2\t3\nGid:\t0\t1\t2\t3\n" GROUPS CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE "Uid:\t1\t2\t3\t4\t5\nGid:\t0\t1\t2\t3\n" GROUPS CAPS SIGS LAST SWITCH),
                    -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS "Groups:\t99999999999999999999\n" CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS "Groups:\t4 x\n" CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS GROUPS "CapInh:\t10000000000000000\n" CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS GROUPS CAPS SIGS "Seccomp:\t99999999999\n" SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text(NAME MIDDLE IDS GROUPS CAPS SIGS "Seccomp:\t\n" SWITCH), -EBADMSG);
}

/* A line that is there twice was forged by a name; neither is believed. */
static void test_look_status__forged_line(void)
{
    CU_ASSERT_EQUAL(try_text("Name:\tx\nUid:\t0\t0\t0\t0\n" MIDDLE IDS GROUPS CAPS SIGS LAST SWITCH), -EBADMSG);
    CU_ASSERT_EQUAL(try_text("Name:\tUid:\t0\t0\t0\t0\n" MIDDLE IDS GROUPS CAPS SIGS LAST SWITCH), 0);
    CU_ASSERT_EQUAL(try_text("Name\n" MIDDLE IDS GROUPS CAPS SIGS LAST SWITCH), 0);
}

static void test_look_status__nul_byte(void)
{
    static const char text[] = NAME "\0" MIDDLE IDS GROUPS CAPS SIGS LAST SWITCH;
    struct look_status s;
    int tree = tree_open();

    tree_write(tree, "status", text, sizeof text - 1);
    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EBADMSG);
    close(tree);
}

static void test_look_status__endless_file(void)
{
    struct look_status s;
    int tree = tree_open();
    int fd = openat(tree, "7/task/8/status", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(ftruncate(fd, (off_t)1 << 40), 0);
    close(fd);
    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EFBIG);
    close(tree);
}

/* What a target could have put in the place of the file is not followed, and not waited for. */
static void test_look_status__link_and_fifo(void)
{
    struct look_status s;
    int tree = tree_open();

    tree_link(tree, "status", "/proc/self/status");
    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -ELOOP);
    CU_ASSERT_EQUAL_FATAL(unlinkat(tree, "7/task/8/status", 0), 0);
    CU_ASSERT_EQUAL_FATAL(mkfifoat(tree, "7/task/8/status", 0600), 0);
    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EBADMSG);
    CU_ASSERT_EQUAL_FATAL(unlinkat(tree, "7/task/8/status", 0), 0);
    CU_ASSERT_EQUAL_FATAL(mkdirat(tree, "7/task/8/status", 0700), 0);
    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -EISDIR);
    close(tree);
}

static void test_look_status__no_such_task(void)
{
    struct look_status s;
    int tree = tree_open(), proc = real_proc();

    CU_ASSERT_EQUAL(look_status(tree, TREE, &s), -ENOENT);
    CU_ASSERT_EQUAL(look_status(tree, 0, 0, &s), -EINVAL);
    CU_ASSERT_EQUAL(look_status(tree, -1, 5, &s), -EINVAL);
    CU_ASSERT_EQUAL(look_status(proc, getpid(), 1, &s), -ENOENT); /* not a thread of ours */
    close(proc);
    close(tree);
}

static void test_look_status__ourselves(void)
{
    struct look_status s;
    uid_t r, e, saved;
    gid_t rg, eg, sg, groups[65536];
    int proc = real_proc(), n = getgroups(65536, groups);
    sigset_t blocked;

    CU_ASSERT_EQUAL_FATAL(look_status(proc, getpid(), getpid(), &s), 0);
    CU_ASSERT_EQUAL(getresuid(&r, &e, &saved), 0);
    CU_ASSERT_EQUAL(getresgid(&rg, &eg, &sg), 0);
    CU_ASSERT(s.uid[0] == r && s.uid[1] == e && s.uid[2] == saved && s.uid[3] == (uid_t)setfsuid((uid_t)-1));
    CU_ASSERT(s.gid[0] == rg && s.gid[1] == eg && s.gid[2] == sg && s.gid[3] == (gid_t)setfsgid((gid_t)-1));
    CU_ASSERT_EQUAL(s.n_groups, (size_t)n);
    CU_ASSERT_EQUAL(s.tgid, getpid());
    CU_ASSERT_EQUAL(s.no_new_privs, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CU_ASSERT_EQUAL(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
    for (int sig = 1; sig < 32; sig++)
        CU_ASSERT_EQUAL((s.sig_blocked >> (sig - 1)) & 1, (uint64_t)sigismember(&blocked, sig));
    look_status_release(&s);
    close(proc);
}

/* A child with groups, ids and signals of its own choice. */
static void test_look_status__a_child_that_dropped(void)
{
    static const gid_t groups[] = { 30, 10, 20 };
    int ready[2], proc = real_proc();
    struct look_status s;
    pid_t child;
    char byte;

    CU_ASSERT_EQUAL_FATAL(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        signal(SIGUSR2, SIG_IGN);
        prctl(PR_SET_NAME, "x\nUid: 0) R 1");
        if (setgroups(3, groups) || setresgid(5, 6, 7) || setresuid(1, 2, 3) || write(ready[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) {
        wait_status(child);
        close(ready[0]);
        close(proc);
        test_skip("only root can change its ids and groups");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(look_status(proc, child, child, &s), 0);
    CU_ASSERT(s.uid[0] == 1 && s.uid[1] == 2 && s.uid[2] == 3 && s.uid[3] == 2);
    CU_ASSERT(s.gid[0] == 5 && s.gid[1] == 6 && s.gid[2] == 7 && s.gid[3] == 6);
    CU_ASSERT(s.n_groups == 3 && s.groups[0] == 10 && s.groups[1] == 20 && s.groups[2] == 30);
    CU_ASSERT_TRUE(s.sig_ignored & (UINT64_C(1) << (SIGUSR2 - 1)));
    CU_ASSERT_EQUAL(s.cap_eff, 0);
    look_status_release(&s);
    kill(child, SIGKILL);
    /* Dead but not waited for: the file is still there. */
    CU_ASSERT_EQUAL(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    CU_ASSERT_EQUAL_FATAL(look_status(proc, child, child, &s), 0);
    CU_ASSERT_EQUAL(s.state, 'Z');
    look_status_release(&s);
    wait_status(child);
    CU_ASSERT_EQUAL(look_status(proc, child, child, &s), -ENOENT);
    close(ready[0]);
    close(proc);
}

TEST_MAIN("test_look_status", TEST(test_look_status__every_field), TEST(test_look_status__an_older_kernel_tells_less),
          TEST(test_look_status__groups_are_sorted), TEST(test_look_status__no_groups),
          TEST(test_look_status__huge_groups_list), TEST(test_look_status__missing_lines),
          TEST(test_look_status__truncated_anywhere), TEST(test_look_status__numbers_that_do_not_fit),
          TEST(test_look_status__forged_line), TEST(test_look_status__nul_byte), TEST(test_look_status__endless_file),
          TEST(test_look_status__link_and_fifo), TEST(test_look_status__no_such_task),
          TEST(test_look_status__ourselves), TEST(test_look_status__a_child_that_dropped))

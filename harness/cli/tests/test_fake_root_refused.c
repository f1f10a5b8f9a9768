/* test_fake_root_refused.c - forkaudit run --fake-root where it cannot be: what is said, and that nothing is left. */
#include "harness/cli/tests/as_user.h"
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct program p;

#define SAYS(text) CU_ASSERT(strstr(p.errors, text) != NULL)

/* A refusal: exit status 3, a sentence, and nothing left of it, neither file nor process. */
static void check_refused(const char *command, const char *sentence)
{
    CU_ASSERT_EQUAL(user_run(&p, "exec \"$F\" run --without 'rng-*' -q -r a.fork -- sh -c 'exit 42'"), 0);
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CU_ASSERT_EQUAL(user_run(&p, command), 3);
    SAYS(sentence);
    CU_ASSERT_STRING_EQUAL(p.text, "");
    user_check_no_process();
    CU_ASSERT_EQUAL(program_ask("home/a.fork", "select target_status from audit"),
                    42 << 8); /* the older recording is still there */
    user_check_entries("home", 1);
}

#define REFUSED "\"$F\" run --fake-root -o text=a.txt -r a.fork -- true"

static void test_refusal__no_ids(void)
{
    if (geteuid()) {
        test_skip("needs root to take a user's line out of /etc/subuid");
        return;
    }
    if (!user_prepare("somebody:1000000:65536\n"))
        return;
    check_refused("exec " REFUSED,
                  "/etc/subuid gives user nobody no ids that can be used; as root run: usermod --add-subuids "
                  "100000-165535 --add-subgids 100000-165535 nobody");
    CU_ASSERT_EQUAL(user_run(&p, "exec \"$F\" doctor"), 4);
    CU_ASSERT(strstr(p.text, "missing be root of a user namespace (--fake-root): /etc/subuid gives") != NULL);
}

static void test_refusal__no_new_privs(void)
{
    if (!user_prepare_whole())
        return;
    check_refused("exec setpriv --no-new-privs " REFUSED, "no_new_privs is set here");
}

static void test_refusal__no_tool(void)
{
    if (geteuid()) {
        test_skip("needs root to hide newuidmap");
        return;
    }
    if (!user_prepare("nobody:1000000:65536\n"))
        return;
    CU_ASSERT_EQUAL(program_run(&p,
                                "for t in newuidmap newgidmap; do command -v $t; done >\"$D/tools\"; cd \"$D/home\"; "
                                "exec unshare --mount --propagation private sh -c 'while read t; do mount --bind "
                                "/dev/null \"$t\" || exit 9; done <\"$D/tools\"; exec setpriv --reuid 65534 "
                                "--regid 65534 --clear-groups " REFUSED "'"),
                    3);
    SAYS("newuidmap is missing; install the package uidmap");
}

/* A limit of a namespace's own: the machine's stays. */
static void test_refusal__no_namespaces(void)
{
    if (geteuid()) {
        test_skip("needs root to be one user inside and another outside");
        return;
    }
    if (!user_prepare("nobody:1000000:65536\ndaemon:2:100\n"))
        return;
    if (user_run(&p, "unshare --user --map-root-user --map-auto sh -c 'echo 0 >/proc/sys/user/max_user_namespaces'")) {
        test_skip("no user namespace with a limit of its own can be made here");
        return;
    }
    CU_ASSERT_EQUAL(
        user_run(&p,
                 "exec unshare --user --map-root-user --map-auto sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; "
                 "exec setpriv --reuid 1 --regid 1 --clear-groups \"$F\" run --fake-root -r a.fork -- true'"),
        3);
    SAYS("no user namespace");
    SAYS("sysctl -w user.max_user_namespaces");
}

static void test_refusal__real_root(void)
{
    if (geteuid()) {
        test_skip("needs root");
        return;
    }
    CU_ASSERT_EQUAL(program_run(&p, "exec \"$F\" run --fake-root -r \"$D/a.fork\" -- true"), 2);
    SAYS("you are root already");
    CU_ASSERT_EQUAL(access(user_path("a.fork"), F_OK), -1);
}

TEST_MAIN("test_fake_root_refused", TEST(test_refusal__no_ids), TEST(test_refusal__no_new_privs),
          TEST(test_refusal__no_tool), TEST(test_refusal__no_namespaces), TEST(test_refusal__real_root))

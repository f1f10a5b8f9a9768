/* test_fake_root.c - forkaudit run --fake-root: an ordinary user audits daemons that drop privilege. */
#include "harness/cli/fake_root.h"
#include "harness/cli/tests/as_user.h"
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct program p;

#define SAYS(text) CU_ASSERT(strstr(p.errors, text) != NULL)

/* What the program is asked by, and what was seen must be nothing but its own. */
#define FAKE "exec \"$F\" run --fake-root --without 'rng-*' -q -r a.fork "

static long ask(const char *sql)
{
    return program_ask("home/a.fork", sql);
}

/* What an audit of the target found, one a line. What it accepts may depend on whether a process was seen at rest. */
static const char *results(const char *target, int is_real_root)
{
    static char command[512], text[PROGRAM_TEXT_MAX];
    int status;

    snprintf(command, sizeof command, "\"$F\" run %s --without 'rng-*' --without 'cap-*' -o ids -r %s -- \"$T/%s\"",
             is_real_root ? "" : "--fake-root", is_real_root ? "\"$D/root.fork\"" : "a.fork", target);
    status = is_real_root ? program_run(&p, command) : user_run(&p, command);
    CU_ASSERT(status == 0 || status == 1);
    CU_ASSERT_STRING_EQUAL(p.errors, "");
    text[0] = '\0';
    for (char *rest = p.text, *line; (line = strsep(&rest, "\n"));)
        if (*line && strncmp(line, "accepted ", 9))
            sprintf(text + strlen(text), "%s\n", line);
    return text;
}

/* Real root, where there is one, must find the same. What was found is left in p.text. */
static void compare_results(const char *target)
{
    static char fake[PROGRAM_TEXT_MAX];
    const char *real;

    strcpy(fake, results(target, 0));
    CU_ASSERT(strstr(fake, "\ncomplete\n") || !strcmp(fake, "complete\n"));
    real = geteuid() ? fake : results(target, 1);
    if (strcmp(fake, real)) {
        printf("%s: as fake root:\n%sas root:\n%s", target, fake, real);
        CU_FAIL("the results differ");
    }
    strcpy(p.text, fake);
}

static void test_fake_root__clean_worker(void)
{
    if (!user_prepare_whole())
        return;
    compare_results("clean_worker");
    CU_ASSERT(strstr(p.text, "found") == NULL);
    CU_ASSERT_EQUAL(ask("select count(*) from cred where ruid = 33 and euid = 33 and suid = 33 and rgid = 33"
                        " and groups = '33' and cap_prm = 0"),
                    ask("select count(*) from cred where ruid = 33"));
    CU_ASSERT(ask("select count(*) from cred where ruid = 33") > 0);
    /* from outside the descriptors of such a process cannot be read */
    CU_ASSERT(
        ask("select count(*) from cred join look on look.id = cred.look where ruid = 33 and fd_table is not null") > 0);
    CU_ASSERT_EQUAL(ask("select count(*) from gap"), 0);
    CU_ASSERT_EQUAL(ask("select count(distinct user_ns) from cred"), 1);
    CU_ASSERT_EQUAL(ask("select no_new_privs from audit"), 0);
}

static void test_fake_root__saved_id_kept(void)
{
    if (!user_prepare_whole())
        return;
    compare_results("id_saved_kept");
    CU_ASSERT(strstr(p.text, "found id-recoverable\n") != NULL);
}

static void test_fake_root__groups_forgotten(void)
{
    if (!user_prepare_whole())
        return;
    compare_results("id_groups_forgotten");
    CU_ASSERT(strstr(p.text, "found id-groups-kept\n") != NULL);
}

static void test_fake_root__program_is_plain_root(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-o ids=/dev/null -- id"), 0);
    CU_ASSERT_STRING_EQUAL(p.text, "uid=0(root) gid=0(root) groups=0(root)\n");
    CU_ASSERT_STRING_EQUAL(p.errors, "");
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-o ids=/dev/null -- grep -c '^CapEff:.*[1-9a-f]' /proc/self/status"), 0);
    CU_ASSERT_STRING_EQUAL(p.text, "1\n");
}

static void test_fake_root__exit_status_as_in_plain_run(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-- sh -c 'exit 42'"), 0);
    CU_ASSERT_EQUAL(ask("select target_status from audit"), 42 << 8);
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-- \"$T/id_saved_kept\""), 1);
    CU_ASSERT_EQUAL(user_run(&p, FAKE "--poke false -- sleep 1000"), 4);
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-- ./none"), 3);
}

static void test_fake_root__files_belong_to_the_user(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p,
                             "exec \"$F\" run --fake-root --without 'rng-*' -r a.fork -o text=a.txt -o json=a.json -- "
                             "touch made"),
                    0);
    user_check_entries("home", 4);
}

static void test_fake_root__files_reached_by_a_group(void)
{
    if (geteuid()) {
        test_skip("needs root to make a folder of another group");
        return;
    }
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL_FATAL(mkdir(user_path("shared"), 0770), 0);
    CU_ASSERT_EQUAL_FATAL(chown(user_path("shared"), 0, USER_GROUP), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(user_path("shared"), 0770), 0);
    CU_ASSERT_EQUAL(
        user_run(&p, "exec \"$F\" run --fake-root --without 'rng-*' -r ../shared/a.fork -o text=../shared/a.txt -- "
                     "true"),
        0);
    user_check_entries("shared", 2);
}

static void test_fake_root__maps_in_recording_and_reports(void)
{
    char text[200];

    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p, "exec \"$F\" run --fake-root --without 'rng-*' -r a.fork -o json=a.json -- true"), 0);
    snprintf(text, sizeof text, "select id_maps like 'uid 0 %u 1, uid 1 %%, gid 0 %u 1, gid 1 %%' from audit",
             user_uid(), geteuid() ? getegid() : user_uid());
    CU_ASSERT_EQUAL(ask(text), 1);
    if (!geteuid())
        CU_ASSERT_EQUAL(ask("select id_maps = 'uid 0 65534 1, uid 1 1000000 65536, gid 0 65534 1, gid 1 1000000 65536' "
                            "from audit"),
                        1);
    CU_ASSERT_EQUAL(user_run(&p, "COLUMNS=1000 exec \"$F\" report a.fork"), 0);
    snprintf(text, sizeof text, "root of a user namespace (--fake-root): uid 0 is %u outside, 1..", user_uid());
    CU_ASSERT(strstr(p.text, text) != NULL);
    CU_ASSERT_EQUAL(user_run(&p, "exec \"$F\" report -o json a.fork"), 0);
    snprintf(text, sizeof text, "\"id_maps\":\"uid 0 %u 1, uid 1 ", user_uid());
    CU_ASSERT(strstr(p.text, text) != NULL);
    CU_ASSERT_EQUAL(user_run(&p, "exec \"$F\" run --without 'rng-*' -r a.fork -- true"), 0);
    CU_ASSERT(strstr(p.text, "namespace") == NULL);
}

static void test_fake_root__another_user(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-o ids=/dev/null -u www-data -- id"), 0);
    CU_ASSERT_STRING_EQUAL(p.text, "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n");
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-o ids=/dev/null -u 4000000000 -- id"), 3);
    SAYS("4000000000");
    SAYS("/etc/subuid");
    CU_ASSERT_STRING_EQUAL(p.text, "");
}

static void test_fake_root__poke(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(user_run(&p, FAKE "--poke 'id -u >poked' -- sleep 1000"), 0);
    CU_ASSERT_EQUAL(user_run(&p, "exec cat poked"), 0);
    CU_ASSERT_STRING_EQUAL(p.text, "0\n");
}

static void test_fake_root__starter_ignores_child_ends(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL(
        user_run(&p, "exec env --ignore-signal=CHLD \"$F\" run --fake-root --without 'rng-*' -q -r a.fork -- true"), 0);
}

static void test_fake_root__nothing_is_left(void)
{
    if (!user_prepare_whole())
        return;
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CU_ASSERT_EQUAL(user_run(&p, FAKE "-o text=a.txt --until-settled -- sh -c 'sleep 1000 & exec sleep 1000'"), 0);
    user_check_no_process();
    user_check_entries("home", 2);
}

static void test_doctor__says_that_it_works(void)
{
    if (!user_prepare_whole())
        return;
    user_run(&p, "exec \"$F\" doctor");
    CU_ASSERT(strstr(p.text, "ok      be root of a user namespace (--fake-root)\n") != NULL);
}

static void test_maps__which_ids_are_mapped(void)
{
    static const char maps[] = "uid 0 1000 1, uid 1 100000 65536, gid 0 50 1, gid 10 4294967000 5";

    CU_ASSERT(fake_root_has(maps, "uid", 0));
    CU_ASSERT(fake_root_has(maps, "uid", 65536));
    CU_ASSERT(!fake_root_has(maps, "uid", 65537));
    CU_ASSERT(fake_root_has(maps, "gid", 14));
    CU_ASSERT(!fake_root_has(maps, "gid", 15));
    CU_ASSERT(!fake_root_has(maps, "gid", 1));
    CU_ASSERT(!fake_root_has("", "uid", 0));
}

TEST_MAIN("test_fake_root", TEST(test_fake_root__clean_worker), TEST(test_fake_root__saved_id_kept),
          TEST(test_fake_root__groups_forgotten), TEST(test_fake_root__program_is_plain_root),
          TEST(test_fake_root__exit_status_as_in_plain_run), TEST(test_fake_root__files_belong_to_the_user),
          TEST(test_fake_root__files_reached_by_a_group), TEST(test_fake_root__maps_in_recording_and_reports),
          TEST(test_fake_root__another_user), TEST(test_fake_root__poke),
          TEST(test_fake_root__starter_ignores_child_ends), TEST(test_fake_root__nothing_is_left),
          TEST(test_doctor__says_that_it_works), TEST(test_maps__which_ids_are_mapped))

/* test_facts_full.c - a disk that fills up: the error says so, and what was committed stays. */
#include "harness/facts/tests/recording.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* Records until it fails, checks how, and that all committed gaps are there. 0, or the step that went wrong. */
static int record_until_full(const char *path)
{
    struct facts *f = NULL;
    const struct facts_audit row = {
        .tool = "0", .mode = "launch", .command = "", .command_size = 0, .until = "exit", .began = 1
    };
    int error = 0, committed = 0, fd;
    int64_t id = 77;

    /* Where a copy is made when there is no room in place. */
    if (setenv("TMPDIR", test_directory(), 1) || facts_create(path, &f, NULL, 0))
        return 1;
    if (facts_add_audit(f, &row) || facts_commit(f))
        return 2;
    while (!error && committed < 100000) {
        error = facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "%1000d", committed);
        if (!error)
            error = facts_commit(f);
        committed += !error;
    }
    if (error != -ENOSPC || !facts_error(f) || !strstr(facts_error(f), "no space left"))
        return 3;
    /* The first error comes again, and no output is touched. */
    if (facts_add_fd_table(f, NULL, 0, &id) != -ENOSPC || id != 77 || facts_commit(f) != -ENOSPC)
        return 4;
    if (facts_close(f) != -ENOSPC)
        return 5;
    /* Room again, as after somebody has tidied up. */
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }))
        return 6;
    error = facts_open(path, &f, NULL, 0);
    if (error == -ENOSPC)
        return 7;
    if (error)
        return 8;
    fd = atoi(ask_db(facts_db(f), "SELECT count(*) FROM gap"));
    if (fd != committed || committed < 10)
        return 9;
    if (strcmp(ask_db(facts_db(f), "SELECT complete FROM audit"), "0") != 0)
        return 10;
    return facts_close(f) ? 11 : 0;
}

/* The child's exit status names the step that went wrong. */
static void expect_done(int status)
{
    if (status)
        fprintf(stderr, "step %d failed (wait status 0x%x)\n", WEXITSTATUS(status), (unsigned)status);
    CU_ASSERT_EQUAL(status, 0);
}

/* Sets the largest file that this process may write; RLIM_INFINITY: any. */
static void limit_files(rlim_t size)
{
    signal(SIGXFSZ, size == RLIM_INFINITY ? SIG_DFL : SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ size, RLIM_INFINITY }), 0);
}

static void test_facts_full__file_size_limit(void)
{
    int step;

    limit_files(1 << 20);
    step = record_until_full(test_path("a.fork"));
    limit_files(RLIM_INFINITY);
    expect_done(step << 8);
    CU_ASSERT_EQUAL(unsetenv("TMPDIR"), 0);
}

static void test_facts_full__full_file_system(void)
{
    const char *folder = test_path("small"), *path = test_path("small/a.fork");
    pid_t child;
    int status;

    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        if (unshare(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
            mount("forkaudit-test", folder, "tmpfs", 0, "size=1m,mode=0755"))
            _exit(90);
        _exit(record_until_full(path));
    }
    status = wait_status(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 90) {
        test_skip("needs a mount namespace of its own (root) for a small file system");
        return;
    }
    expect_done(status);
}

/* Not even room to begin. */
static void test_facts_full__from_the_start(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;
    char why[512] = "";
    int error;

    limit_files(8192);
    error = facts_create(path, &f, why, sizeof why);
    limit_files(RLIM_INFINITY);
    CU_ASSERT_EQUAL(error, -ENOSPC);
    CU_ASSERT_PTR_NULL(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "no space left"));
    CU_ASSERT_FALSE(exists(path));
    CU_ASSERT_FALSE(exists(test_path("a.fork-journal")));
}

TEST_MAIN("test_facts_full", TEST(test_facts_full__file_size_limit), TEST(test_facts_full__full_file_system),
          TEST(test_facts_full__from_the_start))

/* test_facts_recover.c - what a killed recorder leaves behind opens, and holds all that was committed. */
#include "harness/facts/tests/recording.h"

#include <signal.h>
#include <sys/prctl.h>

static char why[1024];

/* Writes gaps for ever, committing each; tells the number of every committed one. Never returns. */
static void write_for_ever(const char *path, int tell)
{
    struct facts *f = NULL;
    const struct facts_audit row = {
        .tool = "0", .mode = "launch", .command = "", .command_size = 0, .until = "exit", .began = 1
    };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (facts_create(path, &f, NULL, 0) || facts_add_audit(f, &row))
        _exit(1);
    for (int i = 1;; i++) {
        if (facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "gap %d %1000d", i, i) || facts_commit(f))
            _exit(2);
        if (write(tell, &i, sizeof i) != sizeof i)
            _exit(3);
    }
}

/* Kills a recorder once it has told of `n` commits, and gives back how many it had told of by then. */
static int kill_recorder(const char *path, int n)
{
    int tell[2], committed = 0;
    pid_t child;

    CU_ASSERT_EQUAL_FATAL(pipe2(tell, O_CLOEXEC), 0);
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0)
        write_for_ever(path, tell[1]);
    close(tell[1]);
    while (committed < n && read(tell[0], &committed, sizeof committed) == sizeof committed)
        ;
    kill(child, SIGKILL);
    CU_ASSERT_EQUAL(wait_status(child), SIGKILL);
    while (read(tell[0], &committed, sizeof committed) == sizeof committed)
        ;
    close(tell[0]);
    CU_ASSERT_TRUE(committed >= n);
    return committed;
}

/* Counts the gaps; they must be 1, 2, 3 ... without a hole. */
static int count_gaps(const char *path)
{
    struct facts *f = NULL;
    int n, error = facts_open(path, &f, why, sizeof why);

    if (error)
        fprintf(stderr, "%s\n", why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    ASK(f, "SELECT count(*) FROM audit", "1");
    ASK(f, "SELECT ended FROM audit", "NULL");
    ASK(f, "SELECT complete FROM audit", "0");
    ASK(f, "SELECT count(*)=max(id) AND min(id)=1 FROM gap", "1");
    n = atoi(ask_db(facts_db(f), "SELECT count(*) FROM gap"));
    CU_ASSERT_EQUAL(facts_close(f), 0);
    return n;
}

static void test_facts_recover__killed_after_a_commit(void)
{
    const char *path = test_path("a.fork");
    int committed = kill_recorder(path, 3);
    int found;

    CU_ASSERT_TRUE(exists(test_path("a.fork-wal")));
    found = count_gaps(path);
    CU_ASSERT(found == committed || found == committed + 1);
    /* From now on it is one file. */
    CU_ASSERT_FALSE(exists(test_path("a.fork-wal")));
    CU_ASSERT_FALSE(exists(test_path("a.fork-shm")));
    CU_ASSERT_EQUAL(count_gaps(path), found);
}

/* At many moments, among them those in which the log is folded into the file (each 1000 pages). */
static void test_facts_recover__killed_at_any_moment(void)
{
    for (int n = 1; n < 1500; n += 197) {
        const char *path = test_path("a.fork");
        int committed = kill_recorder(path, n), found = count_gaps(path);

        CU_ASSERT(found == committed || found == committed + 1);
    }
}

/* A recorder that is killed while it begins. */
static void test_facts_recover__killed_before_the_first_row(void)
{
    const char *path = test_path("a.fork");
    pid_t child = fork();
    struct facts *f = NULL;

    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        if (facts_create(path, &f, NULL, 0))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    CU_ASSERT_EQUAL(wait_status(child), SIGKILL);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    ASK(f, "SELECT count(*) FROM audit", "0");
    facts_close(f);
}

static void test_facts_recover__uncommitted_rows_are_not_half_there(void)
{
    const char *path = test_path("a.fork");
    pid_t child = fork();
    struct facts *f = NULL;

    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        if (facts_create(path, &f, NULL, 0) || facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "one") ||
            facts_commit(f) || facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "two"))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    CU_ASSERT_EQUAL(wait_status(child), SIGKILL);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    ASK(f, "SELECT group_concat(detail) FROM gap", "one");
    facts_close(f);
}

/* The log cut anywhere: what was committed before the cut is there, in order, and nothing else. */
static void test_facts_recover__truncated_log(void)
{
    const char *path = test_path("a.fork"), *cut = test_path("cut.fork");
    size_t size, log_size;
    char *bytes, *log, log_path[4200];
    int last = 0;

    kill_recorder(path, 20);
    bytes = read_file(path, &size);
    log = read_file(test_path("a.fork-wal"), &log_size);
    snprintf(log_path, sizeof log_path, "%s-wal", cut);
    for (size_t length = 0; length <= log_size; length += log_size / 40) {
        struct facts *f = NULL;
        int found;

        write_file(cut, bytes, size);
        write_file(log_path, log, length);
        CU_ASSERT_EQUAL_FATAL(facts_open(cut, &f, why, sizeof why), 0);
        found = atoi(ask_db(facts_db(f), "SELECT count(*) FROM gap"));
        CU_ASSERT_TRUE(found >= last);
        last = found;
        facts_close(f);
    }
    CU_ASSERT_TRUE(last > 15);
    free(bytes);
    free(log);
}

static void take_up_writing(void);

/* Makes this test's recording one that may be read but not written, by us: root becomes nobody for the while. 0: it is
 * not possible, and the test is skipped. */
static int give_up_writing(const char *path, const char *log)
{
    CU_ASSERT_EQUAL_FATAL(chmod(path, 0444), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(log, 0444), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(test_directory(), 0555), 0);
    if (getuid() != 0)
        return 1;
    if (seteuid(65534) == 0 && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
        return 1;
    take_up_writing();
    test_skip("user 65534 does not exist in this namespace, or may not reach the build directory");
    return 0;
}

static void take_up_writing(void)
{
    if (getuid() == 0)
        CU_ASSERT_EQUAL_FATAL(seteuid(0), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(test_directory(), 0755), 0);
}

static void test_facts_recover__where_nothing_may_be_written(void)
{
    const char *path = test_path("a.fork"), *log = test_path("a.fork-wal"), *temporary = test_path("tmp");
    int committed = kill_recorder(path, 5), found;
    size_t size, after;
    char *bytes = read_file(path, &size), *again;

    CU_ASSERT_EQUAL_FATAL(mkdir(temporary, 0755), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(temporary, 01777), 0);
    CU_ASSERT_EQUAL(setenv("TMPDIR", temporary, 1), 0);
    if (!give_up_writing(path, log)) {
        free(bytes);
        return;
    }
    found = count_gaps(path);
    take_up_writing();
    CU_ASSERT(found == committed || found == committed + 1);
    CU_ASSERT_EQUAL(rmdir(temporary), 0); /* the copy is gone */
    again = read_file(path, &after);
    CU_ASSERT(after == size && memcmp(bytes, again, size) == 0);
    CU_ASSERT_TRUE(exists(log));
    free(again);
    free(bytes);
    CU_ASSERT_EQUAL(unsetenv("TMPDIR"), 0);
}

/* Without a place for the copy there is no answer, but a reason, and what to do. */
static void test_facts_recover__nowhere_to_copy_to(void)
{
    const char *path = test_path("a.fork"), *log = test_path("a.fork-wal");
    int error;

    kill_recorder(path, 2);
    CU_ASSERT_EQUAL(setenv("TMPDIR", test_path("no/such/folder"), 1), 0);
    if (!give_up_writing(path, log))
        return;
    error = try_open(path, why, sizeof why);
    take_up_writing();
    CU_ASSERT_EQUAL(error, -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "set TMPDIR to a folder with room"));
    CU_ASSERT_EQUAL(unsetenv("TMPDIR"), 0);
}

/* One that was taken along without its log: what was folded in before opens. */
static void test_facts_recover__log_left_behind(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;

    kill_recorder(path, 3);
    CU_ASSERT_EQUAL_FATAL(unlink(test_path("a.fork-wal")), 0);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    ASK(f, "SELECT count(*) FROM gap", "0");
    facts_close(f);
}

static void test_facts_recover__log_that_is_none(void)
{
    const char *path = test_path("a.fork"), *log = test_path("a.fork-wal");

    kill_recorder(path, 3);
    unlink(log);
    CU_ASSERT_EQUAL_FATAL(mkfifo(log, 0600), 0);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not a regular file"));
    unlink(log);
    CU_ASSERT_EQUAL_FATAL(symlink("elsewhere", log), 0);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -ELOOP);
    unlink(log);
    write_file(log, "This is not a log of SQLite, whatever its name says.", 52);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), 0);
}

/* SQLite deletes the super-journal that a journal names. A forged journal must not choose a file for that. */
static void test_facts_recover__forged_super_journal(void)
{
    static const unsigned char magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
    const char *path = test_path("a.fork"), *victim = test_path("victim");
    unsigned char journal[4096] = { 0 };
    struct facts *f = begin(path);
    size_t length = strlen(victim);
    uint32_t sum = 0;

    facts_close(f);
    write_file(victim, "x", 1);
    memcpy(journal, magic, 8);
    for (size_t i = 0; i < length; i++)
        sum += (uint32_t)victim[i];
    /* name, its length, the sum of its bytes, magic: as pager.c of SQLite reads them from the end. */
    memcpy(journal + sizeof journal - 16 - length, victim, length);
    for (int i = 0; i < 4; i++) {
        journal[sizeof journal - 16 + i] = (unsigned char)(length >> (24 - 8 * i));
        journal[sizeof journal - 12 + i] = (unsigned char)(sum >> (24 - 8 * i));
    }
    memcpy(journal + sizeof journal - 8, magic, 8);
    write_file(test_path("a.fork-journal"), journal, sizeof journal);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "names another journal"));
    CU_ASSERT_TRUE(exists(victim));
}

/* A log that brings a forged schema. */
static void test_facts_recover__hostile_log(void)
{
    const char *path = test_path("a.fork");
    pid_t child;

    facts_close(begin(path));
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        sqlite3 *db;

        if (sqlite3_open(path, &db) ||
            sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE VIEW spy AS SELECT 1; PRAGMA user_version=3", NULL, NULL,
                         NULL))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    CU_ASSERT_EQUAL(wait_status(child), SIGKILL);
    CU_ASSERT_TRUE(exists(test_path("a.fork-wal")));
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
}

/* Killed in the moment in which the log was switched off: a rollback journal is left. */
static void test_facts_recover__journal_is_rolled_back(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    pid_t child;

    add_audit(f);
    CU_ASSERT_EQUAL(facts_close(f), 0);
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        sqlite3 *db;

        /* A cache of one page spills what is not committed into the file. */
        if (sqlite3_open(path, &db) ||
            sqlite3_exec(
                db,
                "PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN; UPDATE audit SET tool='torn';"
                "INSERT INTO gap (seq, source, detail) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c "
                "WHERE n<2000) SELECT n, 'fd', hex(zeroblob(500)) FROM c",
                NULL, NULL, NULL))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    CU_ASSERT_EQUAL(wait_status(child), SIGKILL);
    CU_ASSERT_TRUE(exists(test_path("a.fork-journal")));
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    ASK(f, "SELECT tool FROM audit", "0.1");
    ASK(f, "SELECT count(*) FROM gap", "0");
    CU_ASSERT_FALSE(exists(test_path("a.fork-journal")));
    facts_close(f);
}

/* And is not taken for a part of the next recording in its place. */
static void test_facts_recover__replaced_with_its_log(void)
{
    const char *path = test_path("a.fork");
    struct facts *f;

    kill_recorder(path, 10);
    f = begin(path);
    ASK(f, "SELECT count(*) FROM gap", "0");
    CU_ASSERT_EQUAL(facts_close(f), 0);
    CU_ASSERT_FALSE(exists(test_path("a.fork-wal")));
}

TEST_MAIN("test_facts_recover", TEST(test_facts_recover__killed_after_a_commit),
          TEST(test_facts_recover__killed_at_any_moment), TEST(test_facts_recover__killed_before_the_first_row),
          TEST(test_facts_recover__uncommitted_rows_are_not_half_there), TEST(test_facts_recover__truncated_log),
          TEST(test_facts_recover__where_nothing_may_be_written), TEST(test_facts_recover__nowhere_to_copy_to),
          TEST(test_facts_recover__log_left_behind), TEST(test_facts_recover__log_that_is_none),
          TEST(test_facts_recover__forged_super_journal), TEST(test_facts_recover__hostile_log),
          TEST(test_facts_recover__journal_is_rolled_back), TEST(test_facts_recover__replaced_with_its_log))

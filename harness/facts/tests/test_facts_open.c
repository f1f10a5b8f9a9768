/* test_facts_open.c - what is refused as a recording, and that damage never passes for one. */
#include "harness/facts/tests/recording.h"

static char why[1024];

/* Damage is tried in so many places that valgrind gets fewer of them. */
static size_t stride(size_t bytes)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload") ? bytes * 8 : bytes;
}

/* A finished recording with rows in most tables. */
static void make_recording(const char *path)
{
    struct facts *f = begin(path);
    static const struct facts_fd fds[] = { { 0, 1, 0 }, { 1, 1, 1 } };
    struct facts_description d = { "file", "/etc/x", 1, 2, 3, 4, 5, 6, "r", NULL, NULL, FACTS_NULL, 0, 1 };
    const struct facts_audit_end end = { 2, 1, 0, FACTS_NULL, "the program ended" };
    int64_t id;

    add_audit(f);
    d.first_look = add_look(f);
    CU_ASSERT_EQUAL(facts_add_description(f, &d, NULL), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, fds, 2, &id), 0);
    for (int i = 0; i < 40; i++)
        CU_ASSERT_EQUAL(facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 13, "gap number %d %200d", i, i), 0);
    CU_ASSERT_EQUAL(facts_end_audit(f, &end), 0);
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

static void test_facts_open__whole(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;

    make_recording(path);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    ASK(f, "SELECT complete FROM audit", "1");
    ASK(f, "SELECT count(*) FROM gap", "40");
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

static void test_facts_open__read_only(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;
    int64_t id = 77;

    make_recording(path);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    CU_ASSERT_EQUAL(facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "x"), -EROFS);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, NULL, 0, &id), -EROFS);
    CU_ASSERT_EQUAL(id, 77);
    CU_ASSERT_EQUAL(facts_commit(f), 0);
    CU_ASSERT_EQUAL(sqlite3_exec(facts_db(f), "DELETE FROM gap", NULL, NULL, NULL) & 0xff, SQLITE_READONLY);
    /* Temporary tables are how checks leave their results. */
    CU_ASSERT_EQUAL(sqlite3_exec(facts_db(f), "CREATE TEMP TABLE t (a); INSERT INTO t VALUES (1)", NULL, NULL, NULL),
                    0);
    ASK(f, "SELECT count(*) FROM gap", "40");
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

static void test_facts_open__two_readers(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;
    pid_t child;

    make_recording(path);
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, why, sizeof why), 0);
    child = fork();
    if (child == 0) {
        struct facts *second = NULL;

        _exit(facts_open(path, &second, NULL, 0) || facts_close(second) || facts_close(f) ? 1 : 0);
    }
    CU_ASSERT_EQUAL(wait_status(child), 0);
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

static void test_facts_open__through_a_link(void)
{
    make_recording(test_path("a.fork"));
    CU_ASSERT_EQUAL_FATAL(symlink("a.fork", test_path("latest")), 0);
    CU_ASSERT_EQUAL(try_open(test_path("latest"), why, sizeof why), 0);
}

static void test_facts_open__no_recording(void)
{
    const char *path = test_path("x");
    char zeros[8192] = "";

    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -ENOENT);
    CU_ASSERT_EQUAL(try_open("", why, sizeof why), -ENOENT);
    write_file(path, "", 0);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EINVAL);
    write_file(path, "hello, I am a text\n", 19);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not a recording"));
    write_file(path, zeros, sizeof zeros);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EINVAL);
    unlink(path);
    tamper(path, "CREATE TABLE audit (id)");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EINVAL);
}

/* None of them is waited for. */
static void test_facts_open__no_regular_file(void)
{
    const char *fifo = test_path("fifo");

    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    CU_ASSERT_EQUAL(try_open(fifo, why, sizeof why), -EINVAL);
    CU_ASSERT_EQUAL(try_open(test_directory(), why, sizeof why), -EINVAL);
    CU_ASSERT_EQUAL(try_open("/dev/zero", why, sizeof why), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not a regular file"));
}

static void test_facts_open__newer_version(void)
{
    const char *path = test_path("a.fork");

    make_recording(path);
    tamper(path, "PRAGMA user_version=7");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EPROTO);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "made by a newer forkaudit (schema 7, this program knows 3); update"));
}

/* What to do stands in the sentence, and the old recording is as it was. */
static void test_facts_open__older_version(void)
{
    const char *path = test_path("a.fork");
    size_t size, size_after;
    char *bytes, *after;

    make_recording(path);
    tamper(path, "DROP TABLE proof; DROP TABLE site; PRAGMA user_version=1");
    bytes = read_file(path, &size);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EPROTO);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "made by an older forkaudit (schema 1, this program knows 3); record again"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, path));
    after = read_file(path, &size_after);
    CU_ASSERT(size == size_after && !memcmp(bytes, after, size));
    free(bytes);
    free(after);
}

static void test_facts_open__impossible_version(void)
{
    const char *path = test_path("a.fork");

    make_recording(path);
    tamper(path, "PRAGMA user_version=0");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
    tamper(path, "PRAGMA user_version=-1");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
}

static void test_facts_open__truncated(void)
{
    const char *path = test_path("a.fork"), *cut = test_path("cut.fork");
    size_t size, tried = 0;
    char *bytes;

    make_recording(path);
    bytes = read_file(path, &size);
    for (size_t length = 0; length < size; length += length < 200 ? 20 : stride(1999), tried++) {
        int error;

        write_file(cut, bytes, length);
        error = try_open(cut, why, sizeof why);
        CU_ASSERT_EQUAL(error, length < 100 ? -EINVAL : -EBADMSG);
    }
    write_file(cut, bytes, size - 1);
    CU_ASSERT_EQUAL(try_open(cut, why, sizeof why), -EBADMSG);
    CU_ASSERT_TRUE(tried > 15);
    write_file(cut, bytes, size);
    CU_ASSERT_EQUAL(try_open(cut, why, sizeof why), 0);
    free(bytes);
}

/* Reads every value of every table; damage may show as an error, never as a crash. */
static void read_everything(struct facts *f)
{
    sqlite3_stmt *tables = NULL, *rows = NULL;

    sqlite3_prepare_v2(facts_db(f), "SELECT 'SELECT * FROM \"'||name||'\"' FROM sqlite_schema WHERE type='table'", -1,
                       &tables, NULL);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        sqlite3_prepare_v2(facts_db(f), (const char *)sqlite3_column_text(tables, 0), -1, &rows, NULL);
        while (sqlite3_step(rows) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(rows); i++)
                (void)sqlite3_column_blob(rows, i);
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(tables);
}

static void test_facts_open__flipped_bits(void)
{
    const char *path = test_path("a.fork"), *bad = test_path("bad.fork");
    size_t size, refused = 0, tried = 0;
    char *bytes;

    make_recording(path);
    bytes = read_file(path, &size);
    for (size_t at = 0; at < size; at += at < 120 ? 3 : stride(701), tried++) {
        struct facts *f = NULL;
        int error;

        bytes[at] ^= (char)(1 << (at % 8));
        write_file(bad, bytes, size);
        bytes[at] ^= (char)(1 << (at % 8));
        error = facts_open(bad, &f, why, sizeof why);
        CU_ASSERT(error == 0 || error == -EINVAL || error == -EPROTO || error == -EBADMSG);
        refused += error != 0;
        if (error)
            CU_ASSERT(f == NULL && why[0]);
        if (!error)
            read_everything(f);
        facts_close(f);
    }
    CU_ASSERT_TRUE(tried > 60);
    CU_ASSERT_TRUE(refused > 20);
    free(bytes);
}

/* A page of another kind in each place of the file. */
static void test_facts_open__foreign_pages(void)
{
    const char *path = test_path("a.fork"), *bad = test_path("bad.fork");
    size_t size, refused = 0, tried = 0;
    char *bytes;

    make_recording(path);
    bytes = read_file(path, &size);
    for (size_t at = 4096; at + 4096 <= size; at += stride(4096), tried++) {
        char page[4096];
        struct facts *f = NULL;

        memcpy(page, bytes + at, 4096);
        memset(bytes + at, 0xa5, 4096);
        write_file(bad, bytes, size);
        memcpy(bytes + at, page, 4096);
        if (facts_open(bad, &f, why, sizeof why) == -EBADMSG)
            refused++;
        facts_close(f);
    }
    CU_ASSERT(refused == tried && tried > 3);
    free(bytes);
}

/* Each is a recording but for one change to its schema. */
static void test_facts_open__changed_schema(void)
{
    static const char *const changes[] = {
        "CREATE VIEW spy AS SELECT 1",
        "DROP TABLE gap; CREATE VIEW gap AS SELECT 1 AS id",
        "CREATE TRIGGER t AFTER INSERT ON gap BEGIN DELETE FROM gap; END",
        "CREATE TABLE extra (a)",
        "CREATE TABLE aaa (a)",
        "DROP TABLE gap",
        "DROP INDEX look_process",
        "CREATE INDEX more ON gap (seq)",
        "ALTER TABLE gap ADD COLUMN more",
        "ALTER TABLE gap RENAME COLUMN detail TO details",
        "DROP TABLE environ; CREATE TABLE environ (environ_table INTEGER NOT NULL, name TEXT NOT NULL, value TEXT)",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "DROP TABLE account; CREATE VIRTUAL TABLE account USING fts5(uid, name, gid, groups)",
        "ANALYZE",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql,'detail TEXT','detail BLOB') WHERE "
        "name='gap'",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=sql||' /* more */' WHERE name='gap'",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=CAST(sql||char(0)||'more' AS TEXT) WHERE name='gap'",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET type='view' WHERE name='gap'",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=NULL WHERE name='gap'",
        "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema",
    };
    const char *path = test_path("a.fork"), *bad = test_path("bad.fork");
    size_t size;
    char *bytes;

    make_recording(path);
    bytes = read_file(path, &size);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        int error;

        write_file(bad, bytes, size);
        tamper(bad, changes[i]);
        error = try_open(bad, why, sizeof why);
        if (error != -EBADMSG)
            fprintf(stderr, "%s: %d %s\n", changes[i], error, why);
        CU_ASSERT_EQUAL(error, -EBADMSG);
    }
    free(bytes);
}

/* Comments of the model may be reworded, without a new version. */
static void test_facts_open__reworded_comment(void)
{
    const char *path = test_path("a.fork");

    make_recording(path);
    tamper(path, "PRAGMA writable_schema=ON;"
                 "UPDATE sqlite_schema SET sql=replace(sql,'a sentence','a whole sentence') WHERE name='gap'");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), 0);
}

/* Two tables that share their pages. */
static void test_facts_open__shared_pages(void)
{
    const char *path = test_path("a.fork");

    make_recording(path);
    tamper(path, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage="
                 "(SELECT rootpage FROM sqlite_schema WHERE name='gap') WHERE name='finding'");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
}

/* A value above the limit is never loaded. */
static void test_facts_open__huge_value(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = NULL;
    sqlite3_stmt *statement = NULL;
    int error;

    make_recording(path);
    tamper(path, "INSERT INTO draw (process, seq, generator, offset, bytes) VALUES (1, 1, 'g', 0, zeroblob(20<<20))");
    error = facts_open(path, &f, why, sizeof why);
    CU_ASSERT(error == 0 || error == -EBADMSG);
    if (error)
        return;
    CU_ASSERT_EQUAL(sqlite3_prepare_v2(facts_db(f), "SELECT bytes FROM draw", -1, &statement, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_step(statement) & 0xff, SQLITE_TOOBIG);
    sqlite3_finalize(statement);
    facts_close(f);
}

static void test_facts_open__missing_values(void)
{
    const char *path = test_path("a.fork");

    make_recording(path);
    /* NOT NULL is in our schema; a forged row gets past it only by a changed schema that is put back afterwards. */
    tamper(path, "PRAGMA writable_schema=ON;"
                 "UPDATE sqlite_schema SET sql=replace(sql,'detail TEXT NOT NULL','detail TEXT') WHERE name='gap';"
                 "PRAGMA user_version=3");
    tamper(path, "UPDATE gap SET detail=NULL");
    tamper(path, "PRAGMA writable_schema=ON;"
                 "UPDATE sqlite_schema SET sql=replace(sql,'detail TEXT','detail TEXT NOT NULL') WHERE name='gap'");
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBADMSG);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "NULL value in gap.detail"));
}

TEST_MAIN("test_facts_open", TEST(test_facts_open__whole), TEST(test_facts_open__read_only),
          TEST(test_facts_open__two_readers), TEST(test_facts_open__through_a_link),
          TEST(test_facts_open__no_recording), TEST(test_facts_open__no_regular_file),
          TEST(test_facts_open__newer_version), TEST(test_facts_open__older_version),
          TEST(test_facts_open__impossible_version), TEST(test_facts_open__truncated),
          TEST(test_facts_open__flipped_bits), TEST(test_facts_open__foreign_pages),
          TEST(test_facts_open__changed_schema), TEST(test_facts_open__reworded_comment),
          TEST(test_facts_open__shared_pages), TEST(test_facts_open__huge_value), TEST(test_facts_open__missing_values))

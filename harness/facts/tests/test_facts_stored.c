/* test_facts_stored.c - tables that are stored once: equal ones share an id, different ones never do. */
#include "harness/facts/tests/recording.h"

static const struct facts_fd three[] = { { 0, 1, 0 }, { 1, 1, 0 }, { 5, 2, 1 } };

static void test_facts_stored__equal_fd_tables_once(void)
{
    struct facts *f = begin(test_path("a.fork"));
    struct facts_fd copy[3];
    int64_t first = 0, second = 0;

    memcpy(copy, three, sizeof copy);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, three, 3, &first), 0);
    CU_ASSERT_EQUAL(facts_commit(f), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, copy, 3, &second), 0);
    CU_ASSERT_NOT_EQUAL(first, 0);
    CU_ASSERT_EQUAL(first, second);
    ASK(f, "SELECT count(*)||' '||size FROM fd_table", "1 3");
    ASK(f, "SELECT group_concat(fd||':'||description||':'||cloexec) FROM fd", "0:1:0,1:1:0,5:2:1");
    facts_close(f);
}

/* Every single member that differs makes another table. */
static void test_facts_stored__different_fd_tables_apart(void)
{
    struct facts *f = begin(test_path("a.fork"));
    int64_t id = 0, other = 0;

    CU_ASSERT_EQUAL(facts_add_fd_table(f, three, 3, &id), 0);
    for (int i = 0; i < 4; i++) {
        struct facts_fd copy[3];

        memcpy(copy, three, sizeof copy);
        copy[2].fd += i == 0;
        copy[2].description += i == 1;
        copy[2].cloexec ^= i == 2;
        CU_ASSERT_EQUAL(facts_add_fd_table(f, copy, i == 3 ? 2 : 3, &other), 0);
        CU_ASSERT_NOT_EQUAL(id, other);
    }
    ASK(f, "SELECT count(*) FROM fd_table", "5");
    facts_close(f);
}

/* A table of another content is given the hash that ours will have: the rows must tell them apart. */
static void test_facts_stored__hash_collision(void)
{
    struct facts *f = begin(test_path("a.fork"));
    const struct facts_fd shorter[] = { { 0, 1, 0 }, { 1, 1, 0 } };
    const struct facts_fd other[] = { { 0, 1, 0 }, { 1, 1, 0 }, { 5, 3, 1 } };
    int64_t ids[4] = { 0 };

    CU_ASSERT_EQUAL(facts_add_fd_table(f, other, 3, &ids[0]), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, shorter, 2, &ids[1]), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, three, 3, &ids[2]), 0);
    /* Now all three have the hash of the last one, which is found again behind the two false friends. */
    CU_ASSERT_EQUAL(sqlite3_exec(facts_db(f), "UPDATE fd_table SET hash=(SELECT hash FROM fd_table WHERE id=3)", NULL,
                                 NULL, NULL),
                    SQLITE_OK);
    ASK(f, "SELECT count(DISTINCT hash) FROM fd_table", "1");
    CU_ASSERT_EQUAL(facts_add_fd_table(f, three, 3, &ids[3]), 0);
    CU_ASSERT_EQUAL(ids[3], ids[2]);
    /* Without it, the false friends are not taken for it. */
    CU_ASSERT_EQUAL(sqlite3_exec(facts_db(f), "DELETE FROM fd WHERE fd_table=3; DELETE FROM fd_table WHERE id=3", NULL,
                                 NULL, NULL),
                    SQLITE_OK);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, three, 3, &ids[3]), 0);
    CU_ASSERT_NOT_EQUAL(ids[3], ids[0]);
    CU_ASSERT_NOT_EQUAL(ids[3], ids[1]);
    ASK(f, "SELECT count(*) FROM fd_table WHERE hash=(SELECT max(hash) FROM fd_table)", "3");
    facts_close(f);
}

static void test_facts_stored__empty_table(void)
{
    struct facts *f = begin(test_path("a.fork"));
    int64_t first = 0, second = 0;

    CU_ASSERT_EQUAL(facts_add_fd_table(f, NULL, 0, &first), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, NULL, 0, &second), 0);
    CU_ASSERT_NOT_EQUAL(first, 0);
    CU_ASSERT_EQUAL(first, second);
    ASK(f, "SELECT size FROM fd_table", "0");
    facts_close(f);
}

static void test_facts_stored__maps(void)
{
    struct facts *f = begin(test_path("a.fork"));
    struct facts_mapping rows[] = {
        { 0x1000, 0x2000, "r-xp", 0, 1, 2, "/bin/x" },
        { -10485760, 4096, "--xp", FACTS_NULL, FACTS_NULL, FACTS_NULL, NULL },
    };
    int64_t ids[4] = { 0 };

    CU_ASSERT_EQUAL(facts_add_map_table(f, rows, 2, &ids[0]), 0);
    CU_ASSERT_EQUAL(facts_add_map_table(f, rows, 2, &ids[1]), 0);
    rows[1].path = "";
    CU_ASSERT_EQUAL(facts_add_map_table(f, rows, 2, &ids[2]), 0);
    rows[0].offset = FACTS_NULL;
    CU_ASSERT_EQUAL(facts_add_map_table(f, rows, 2, &ids[3]), 0);
    CU_ASSERT_EQUAL(ids[0], ids[1]);
    CU_ASSERT_NOT_EQUAL(ids[1], ids[2]);
    CU_ASSERT_NOT_EQUAL(ids[2], ids[3]);
    ASK(f,
        "SELECT group_concat(start||' "
        "'||size||perms||ifnull(offset,'N')||ifnull(dev,'N')||ifnull(ino,'N')||ifnull(path,'N')) "
        "FROM mapping WHERE map_table=1",
        "4096 8192r-xp012/bin/x,-10485760 4096--xpNNNN");
    facts_close(f);
}

static void test_facts_stored__order_of_maps_counts(void)
{
    struct facts *f = begin(test_path("a.fork"));
    const struct facts_mapping a[] = { { 1, 1, "r--p", 0, 0, 0, "a" }, { 1, 1, "r--p", 0, 0, 0, "b" } };
    const struct facts_mapping b[] = { { 1, 1, "r--p", 0, 0, 0, "b" }, { 1, 1, "r--p", 0, 0, 0, "a" } };
    int64_t first = 0, second = 0;

    CU_ASSERT_EQUAL(facts_add_map_table(f, a, 2, &first), 0);
    CU_ASSERT_EQUAL(facts_add_map_table(f, b, 2, &second), 0);
    CU_ASSERT_NOT_EQUAL(first, second);
    facts_close(f);
}

static void test_facts_stored__limits(void)
{
    struct facts *f = begin(test_path("a.fork"));
    struct facts_limit rows[] = { { "Max open files", 1024, -1 }, { "Max stack size", 1, 2 } };
    int64_t ids[3] = { 0 };

    CU_ASSERT_EQUAL(facts_add_limit_table(f, rows, 2, &ids[0]), 0);
    CU_ASSERT_EQUAL(facts_add_limit_table(f, rows, 2, &ids[1]), 0);
    rows[0].soft = 512;
    CU_ASSERT_EQUAL(facts_add_limit_table(f, rows, 2, &ids[2]), 0);
    CU_ASSERT_EQUAL(ids[0], ids[1]);
    CU_ASSERT_NOT_EQUAL(ids[1], ids[2]);
    ASK(f, "SELECT group_concat(name||' '||soft||' '||hard) FROM resource_limit WHERE limit_table=1",
        "Max open files 1024 -1,Max stack size 1 2");
    facts_close(f);
}

/* A name without a value is not a name with an empty one, and text does not run over into its neighbour. */
static void test_facts_stored__environ(void)
{
    struct facts *f = begin(test_path("a.fork"));
    const struct facts_environ a[] = { { "A", NULL }, { "B", "x" } };
    const struct facts_environ b[] = { { "A", "" }, { "B", "x" } };
    const struct facts_environ c[] = { { "AB", NULL }, { "", "x" } };
    int64_t ids[4] = { 0 };

    CU_ASSERT_EQUAL(facts_add_environ_table(f, a, 2, &ids[0]), 0);
    CU_ASSERT_EQUAL(facts_add_environ_table(f, a, 2, &ids[1]), 0);
    CU_ASSERT_EQUAL(facts_add_environ_table(f, b, 2, &ids[2]), 0);
    CU_ASSERT_EQUAL(facts_add_environ_table(f, c, 2, &ids[3]), 0);
    CU_ASSERT_EQUAL(ids[0], ids[1]);
    ASK(f, "SELECT count(*)||' '||count(DISTINCT hash) FROM environ_table", "3 3");
    ASK(f, "SELECT group_concat(name||ifnull(value,'N')) FROM environ WHERE environ_table=1", "AN,Bx");
    facts_close(f);
}

/* The same descriptor twice cannot be a table; nothing of it is silently lost. */
static void test_facts_stored__impossible_table(void)
{
    struct facts *f = begin(test_path("a.fork"));
    const struct facts_fd twice[] = { { 3, 1, 0 }, { 3, 1, 0 } };
    int64_t id = 77;

    CU_ASSERT_EQUAL(facts_add_fd_table(f, twice, 2, &id), -EIO);
    CU_ASSERT_EQUAL(id, 77);
    CU_ASSERT_PTR_NOT_NULL(facts_error(f));
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
}

TEST_MAIN("test_facts_stored", TEST(test_facts_stored__equal_fd_tables_once),
          TEST(test_facts_stored__different_fd_tables_apart), TEST(test_facts_stored__hash_collision),
          TEST(test_facts_stored__empty_table), TEST(test_facts_stored__maps),
          TEST(test_facts_stored__order_of_maps_counts), TEST(test_facts_stored__limits),
          TEST(test_facts_stored__environ), TEST(test_facts_stored__impossible_table))

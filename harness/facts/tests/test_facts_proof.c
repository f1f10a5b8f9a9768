/* test_facts_proof.c - the rows of disposable copies and injected failures: as they were given, and never half a row. */
#include "harness/facts/tests/recording.h"

static const struct facts_frame three[] = {
    { "/lib/libc.so.6", 0xd1234, "setuid", 20, NULL, FACTS_NULL },
    { "/bin/prog", 0x5678, "drop", 8, "drop.c", 31 },
    { NULL, FACTS_NULL, NULL, FACTS_NULL, NULL, FACTS_NULL },
};

static void add_cred(struct facts *f, int64_t look, int64_t tid, int64_t securebits, int64_t dumpable)
{
    const struct facts_cred row = {
        .look = look, .tid = tid, .groups = "", .securebits = securebits, .dumpable = dumpable
    };

    CU_ASSERT_EQUAL(facts_add_cred(f, &row), 0);
}

static const struct facts_proof a_proof = {
    1, 1, 42, 7, 8, "uid", "0", "regained", "setresuid(-1, 0, -1)", 1, "euid 0"
};
static const struct facts_site a_site = { "nginx>", "setuid", "33", FACTS_NULL, FACTS_NULL, 2, 1 };
static const struct facts_injection an_injection = { 1, 11,    0, 1, "carried-on",          FACTS_NULL,    1,
                                                     0, "0 4", 3, 1, "it went on as uid 0", "trial-1.fork" };

static void test_facts_proof__proof(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_proof row = a_proof;
    int64_t first = 0, second = 0;

    row.look = add_look(f);
    CU_ASSERT_EQUAL(facts_add_proof(f, &row, &first), 0);
    row.outcome = "not-made";
    row.call = row.detail = NULL;
    row.error = FACTS_NULL;
    CU_ASSERT_EQUAL(facts_add_proof(f, &row, &second), 0);
    CU_ASSERT(first == 1 && second == 2);
    f = reopen(f, path);
    ASK(f, "SELECT process||look||tid||' '||seq||at||kind||wanted||outcome||call||error||detail FROM proof WHERE id=1",
        "1142 78uid0regainedsetresuid(-1, 0, -1)1euid 0");
    ASK(f, "SELECT ifnull(call,'N')||ifnull(error,'N')||ifnull(detail,'N') FROM proof WHERE id=2", "NNN");
    facts_close(f);
}

static void test_facts_proof__site_and_injection(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_site site = a_site;
    struct facts_injection injection = an_injection;
    int64_t id = 0;

    CU_ASSERT_EQUAL(facts_add_stack(f, three, 3, &site.stack), 0);
    site.first_call = 5;
    CU_ASSERT_EQUAL(facts_add_site(f, &site, &injection.site), 0);
    CU_ASSERT_EQUAL(facts_add_injection(f, &injection, &id), 0);
    CU_ASSERT_EQUAL(id, 1);
    injection.kept_uid = injection.kept_gid = injection.kept_caps = injection.served = FACTS_NULL;
    injection.kept_groups = injection.recording = NULL;
    injection.status = 9;
    CU_ASSERT_EQUAL(facts_add_injection(f, &injection, &id), 0);
    f = reopen(f, path);
    ASK(f, "SELECT role||name||detail||' '||stack||first_call||calls||threads FROM site", "nginx>setuid33 1521");
    ASK(f,
        "SELECT site||error||every||hits||outcome||ifnull(status,'N')||kept_uid||kept_gid||kept_groups||kept_caps||"
        "served||evidence||recording FROM injection WHERE id=1",
        "11101carried-onN100 431it went on as uid 0trial-1.fork");
    ASK(f,
        "SELECT status||ifnull(kept_uid,'N')||ifnull(kept_gid,'N')||ifnull(kept_groups,'N')||ifnull(kept_caps,'N')||"
        "ifnull(served,'N')||ifnull(recording,'N') FROM injection WHERE id=2",
        "9NNNNNN");
    facts_close(f);
}

/* What is not known stays as it was, and so does every other thread and look. */
static void test_facts_proof__what_a_copy_said(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t look = add_look(f), other = add_look(f);

    add_cred(f, look, 42, FACTS_NULL, FACTS_NULL);
    add_cred(f, look, 43, FACTS_NULL, 1);
    add_cred(f, other, 42, FACTS_NULL, FACTS_NULL);
    add_cred(f, other, 44, 5, 1);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, look, 42, 47, FACTS_NULL), 0);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, other, 44, FACTS_NULL, 2), 0);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, look, 99, 1, 1), 0);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, 99, 42, 1, 1), 0);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, look, 43, FACTS_NULL, FACTS_NULL), 0);
    CU_ASSERT_EQUAL(facts_set_cred_asked(f, look, 43, 0, 0), 0);
    f = reopen(f, path);
    ASK(f, "SELECT group_concat(look||':'||tid||':'||ifnull(securebits,'N')||':'||ifnull(dumpable,'N'),' ') FROM cred",
        "1:42:47:N 1:43:0:0 2:42:N:N 2:44:5:2");
    facts_close(f);
}

static void test_facts_proof__equal_stacks_once(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_frame copy[3];
    int64_t ids[8] = { 0 };

    memcpy(copy, three, sizeof copy);
    CU_ASSERT_EQUAL(facts_add_stack(f, three, 3, &ids[0]), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 3, &ids[1]), 0);
    CU_ASSERT_EQUAL(ids[0], ids[1]);
    copy[1].symbol = "drop2";
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 3, &ids[2]), 0);
    copy[1].symbol = NULL;
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 3, &ids[3]), 0);
    memcpy(copy, three, sizeof copy);
    copy[0].offset++;
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 3, &ids[4]), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, three, 2, &ids[5]), 0);
    copy[0] = three[1];
    copy[1] = three[0];
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 2, &ids[6]), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, copy, 2, &ids[7]), 0);
    CU_ASSERT_EQUAL(ids[6], ids[7]);
    f = reopen(f, path);
    ASK(f, "SELECT count(*)||' '||count(DISTINCT hash) FROM stack", "6 6");
    ASK(f,
        "SELECT group_concat(depth||ifnull(object,'N')||ifnull(offset,'N')||ifnull(symbol,'N')||"
        "ifnull(symbol_offset,'N')||ifnull(source,'N')||ifnull(line,'N'),' ') FROM frame WHERE stack=1",
        "0/lib/libc.so.6856628setuid20NN 1/bin/prog22136drop8drop.c31 2NNNNNN");
    facts_close(f);
}

static void test_facts_proof__stack_without_frames(void)
{
    struct facts *f = begin(test_path("a.fork"));
    int64_t first = 0, second = 0, other = 0;

    CU_ASSERT_EQUAL(facts_add_stack(f, NULL, 0, &first), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, NULL, 0, &second), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, three + 2, 1, &other), 0);
    CU_ASSERT(first == second && first != 0 && first != other);
    ASK(f, "SELECT count(*) FROM frame", "1");
    facts_close(f);
}

static int write_proof(struct facts *f)
{
    return facts_add_proof(f, &a_proof, NULL);
}

static int write_site(struct facts *f)
{
    return facts_add_site(f, &a_site, NULL);
}

static int write_injection(struct facts *f)
{
    return facts_add_injection(f, &an_injection, NULL);
}

static int write_asked(struct facts *f)
{
    return facts_set_cred_asked(f, 1, 42, 1, 1);
}

static int write_stack(struct facts *f)
{
    return facts_add_stack(f, three, 3, &(int64_t){ 0 });
}

static const struct {
    const char *table;
    int (*write)(struct facts *f);
} writers[] = {
    { "proof", write_proof }, { "site", write_site },   { "injection", write_injection },
    { "cred", write_asked },  { "frame", write_stack },
};
#define N_WRITERS (sizeof writers / sizeof *writers)

/* The first error comes again from every writer, and what was committed is there. */
static void test_facts_proof__failed_write_breaks_the_recording(void)
{
    for (size_t i = 0; i < N_WRITERS; i++) {
        const char *path = test_path("a.fork");
        struct facts *f = begin(path);
        char sql[64];

        add_look(f);
        CU_ASSERT_EQUAL(facts_commit(f), 0);
        snprintf(sql, sizeof sql, "ALTER TABLE %s RENAME TO gone", writers[i].table);
        CU_ASSERT_EQUAL(sqlite3_exec(facts_db(f), sql, NULL, NULL, NULL), SQLITE_OK);
        CU_ASSERT_EQUAL(writers[i].write(f), -EIO);
        CU_ASSERT_PTR_NOT_NULL(facts_error(f));
        for (size_t other = 0; other < N_WRITERS; other++)
            CU_ASSERT_EQUAL(writers[other].write(f), -EIO);
        CU_ASSERT_EQUAL(facts_add_gap(f, FACTS_NULL, FACTS_NULL, "fd", 0, "x"), -EIO);
        CU_ASSERT_EQUAL(facts_commit(f), -EIO);
        CU_ASSERT_EQUAL(facts_close(f), -EIO);
        snprintf(sql, sizeof sql, "ALTER TABLE gone RENAME TO %s", writers[i].table);
        tamper(path, sql);
        unlink(path);
    }
}

/* The same for a row that the model forbids, once its statement has been used. */
static void test_facts_proof__row_without_an_outcome(void)
{
    struct facts *f = begin(test_path("a.fork"));
    struct facts_proof row = a_proof;
    int64_t id = 77;

    CU_ASSERT_EQUAL(facts_add_proof(f, &row, NULL), 0);
    row.outcome = NULL;
    CU_ASSERT_EQUAL(facts_add_proof(f, &row, &id), -EIO);
    CU_ASSERT_EQUAL(id, 77);
    CU_ASSERT_EQUAL(facts_add_proof(f, &a_proof, NULL), -EIO);
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
}

static void test_facts_proof__reader_writes_nothing(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);

    add_audit(f);
    f = reopen(f, path);
    for (size_t i = 0; i < N_WRITERS; i++)
        CU_ASSERT_EQUAL(writers[i].write(f), -EROFS);
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

TEST_MAIN("test_facts_proof", TEST(test_facts_proof__proof), TEST(test_facts_proof__site_and_injection),
          TEST(test_facts_proof__what_a_copy_said), TEST(test_facts_proof__equal_stacks_once),
          TEST(test_facts_proof__stack_without_frames), TEST(test_facts_proof__failed_write_breaks_the_recording),
          TEST(test_facts_proof__row_without_an_outcome), TEST(test_facts_proof__reader_writes_nothing))

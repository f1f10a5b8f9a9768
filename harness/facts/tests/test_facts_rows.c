/* test_facts_rows.c - every kind of row comes back from the file as it was given. */
#include "harness/facts/tests/recording.h"

static void test_facts_rows__audit(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_audit row = { "1.2",    "launch", "a\0b\0", 4,  "poke",         "curl", "host", "6.1",
                                     "x86_64", 1000,     1,        77, "uid 0 1000 1", 1,      2 };

    CU_ASSERT_EQUAL(facts_add_audit(f, &row), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT "
        "id||tool||mode||hex(command)||until||poke||host||kernel||machine||tracer_uid||no_new_privs||began||id_maps||"
        "generators||reuse_pid FROM audit",
        "11.2launch61006200pokecurlhost6.1x86_641000177uid 0 1000 112");
    facts_close(f);
}

static void test_facts_rows__audit_begins_incomplete(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);

    add_audit(f);
    f = reopen(f, path);
    ASK(f, "SELECT complete FROM audit", "0");
    ASK(f, "SELECT id_maps FROM audit", "NULL");
    ASK(f, "SELECT generators||reuse_pid FROM audit", "00");
    ASK(f, "SELECT ended FROM audit", "NULL");
    ASK(f, "SELECT why FROM audit", "forkaudit was stopped before the audit came to its end");
    facts_close(f);
}

static void test_facts_rows__audit_end(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_audit_end end = { 88, 1, 256, FACTS_NULL, "the program ended" };

    add_audit(f);
    CU_ASSERT_EQUAL(facts_set_no_new_privs(f, 1), 0);
    CU_ASSERT_EQUAL(facts_end_audit(f, &end), 0);
    f = reopen(f, path);
    ASK(f, "SELECT ended||complete||target_status||why||ifnull(poke_status,'N')||no_new_privs FROM audit",
        "881256the program endedN1");
    facts_close(f);
}

static void test_facts_rows__second_audit_is_refused(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_audit row = { .tool = "2", .mode = "launch", .command = "", .command_size = 0, .until = "exit" };

    add_audit(f);
    CU_ASSERT_EQUAL(facts_add_audit(f, &row), -EIO);
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
}

static void test_facts_rows__process(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_process row = { 1, 2, FACTS_NULL, 3, 4, 5, "clone", 0x11, 6, FACTS_NULL };
    const struct facts_process_end end = { 7, 8, 9, "signalled" };
    int64_t first = 0, second = 0;

    CU_ASSERT_EQUAL(facts_add_process(f, &row, &first), 0);
    row.parent = first;
    row.born = "fork";
    CU_ASSERT_EQUAL(facts_add_process(f, &row, &second), 0);
    CU_ASSERT_NOT_EQUAL(first, second);
    CU_ASSERT_EQUAL(facts_end_process(f, second, &end), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT "
        "seq||at||ifnull(parent,'N')||pid||ns_pid||start_time||born||clone_flags||parent_threads||ifnull(image,'N')"
        " FROM process WHERE id=1",
        "12N345clone176N");
    ASK(f, "SELECT status FROM process WHERE id=1", "NULL");
    ASK(f, "SELECT parent||born||end_seq||end_at||status||ending FROM process WHERE id=2", "1fork789signalled");
    facts_close(f);
}

static void test_facts_rows__image(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_image row = { 0, 2, "/bin/x", "x\0y\0", 4, "abcd", 1, 2, 3, 4, 5, 1, 9 };
    int64_t look = add_look(f), id = 0;

    (void)look;
    row.process = 1;
    CU_ASSERT_EQUAL(facts_add_image(f, &row, &id), 0);
    f = reopen(f, path);
    CU_ASSERT_EQUAL(id, 1);
    ASK(f, "SELECT process||seq||path||hex(args)||build_id||dev||ino||mode||uid||gid||secure||markers FROM image",
        "12/bin/x78007900abcd1234519");
    facts_close(f);
}

static void test_facts_rows__look(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t id = add_look(f), call = 0, fds = 0, maps = 0, limits = 0, names = 0;
    struct facts_call made = { .process = 1, .image = FACTS_NULL, .name = "setuid", .abi = "x86_64" };
    struct facts_look seen = { .image = FACTS_NULL,
                               .marker = FACTS_NULL,
                               .threads = 3,
                               .cwd = "/",
                               .root = "/r",
                               .waiting = "accept",
                               .process = 77,
                               .tid = 77,
                               .moment = "exit" };

    CU_ASSERT_EQUAL(facts_add_call(f, &made, &call), 0);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, NULL, 0, &fds), 0);
    CU_ASSERT_EQUAL(facts_add_map_table(f, NULL, 0, &maps), 0);
    CU_ASSERT_EQUAL(facts_add_limit_table(f, NULL, 0, &limits), 0);
    CU_ASSERT_EQUAL(facts_add_environ_table(f, NULL, 0, &names), 0);
    seen.call = call, seen.fd_table = fds, seen.map_table = maps, seen.limit_table = limits, seen.environ_table = names;
    CU_ASSERT_EQUAL(facts_complete_look(f, id, &seen), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT process||' "
        "'||tid||moment||call||threads||fd_table||map_table||limit_table||environ_table||cwd||root||waiting"
        " FROM look",
        "1 42born131111//raccept");
    facts_close(f);
}

static void test_facts_rows__cred(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_cred row = { 0, 42, 1, 2,          3,  4, 5, 6, 7, 4294967295, "0 4 27", 1, 2, 3, 0x1ffffffffff,
                              5, 1,  2, 4026531837, 47, 1 };

    row.look = add_look(f);
    CU_ASSERT_EQUAL(facts_add_cred(f, &row), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT look||' '||tid||' '||ruid||euid||suid||fsuid||rgid||egid||sgid||' '||fsgid||' '||groups||' '||"
        "cap_inh||cap_prm||cap_eff||' '||cap_bnd||' '||cap_amb||no_new_privs||seccomp||' '||user_ns||' '||"
        "securebits||' '||dumpable FROM cred",
        "1 42 1234567 4294967295 0 4 27 123 2199023255551 512 4026531837 47 1");
    facts_close(f);
}

static void test_facts_rows__description(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_description row = { "socket", "socket:[5]", 1, 2, 3, 4, 5, 6, "rw", NULL, NULL, FACTS_NULL, 0, 1 };
    int64_t id = 0;

    row.first_look = add_look(f);
    CU_ASSERT_EQUAL(facts_add_description(f, &row, &id), 0);
    CU_ASSERT_EQUAL(facts_set_socket(f, id, "tcp", "127.0.0.1:80", 1), 0);
    f = reopen(f, path);
    ASK(f,
        "SELECT kind||name||dev||ino||mode||owner_uid||owner_gid||flags||access||socket||local_name||listening||"
        "first_look||from_starter FROM description",
        "socketsocket:[5]123456rwtcp127.0.0.1:80111");
    facts_close(f);
}

static void test_facts_rows__signal_64_alone_is_no_null(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t look = add_look(f);

    CU_ASSERT_EQUAL(facts_add_signal(f, look, UINT64_C(1) << 63, 0, UINT64_MAX), 0);
    f = reopen(f, path);
    ASK(f, "SELECT ignored||' '||blocked||' '||caught FROM signal", "-9223372036854775808 0 -1");
    facts_close(f);
}

static void test_facts_rows__terminal(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t look = add_look(f);

    CU_ASSERT_EQUAL(facts_add_terminal(f, look, 11, 12, 34816), 0);
    f = reopen(f, path);
    ASK(f, "SELECT look||' '||session||' '||process_group||' '||tty FROM terminal", "1 11 12 34816");
    facts_close(f);
}

static void test_facts_rows__call(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_call row = { 1,          42,          10,     11,
                              FACTS_NULL, "setresuid", "i386", { -1, 1, 2, 3, FACTS_NULL, 5 },
                              "first",    FACTS_NULL,  0 };
    const struct facts_frame frame = { "/bin/x", 16, "main", 4, "x.c", 12 };
    int64_t look = add_look(f), id = 0, seq = facts_next_seq(f);

    (void)look;
    CU_ASSERT_EQUAL(facts_add_call(f, &row, &id), 0);
    CU_ASSERT_EQUAL(facts_end_call(f, id, FACTS_NULL, EPERM, NULL), 0);
    CU_ASSERT_EQUAL(facts_add_stack(f, &frame, 1, &row.stack), 0);
    row.injected = 1;
    CU_ASSERT_EQUAL(facts_add_call(f, &row, &id), 0);
    CU_ASSERT_EQUAL(facts_end_call(f, id, 7, 0, "second"), 0);
    CU_ASSERT_EQUAL(facts_next_seq(f), seq + 3);
    f = reopen(f, path);
    ASK(f,
        "SELECT name||abi||a0||a1||a2||a3||ifnull(a4,'N')||a5||detail||ifnull(result,'N')||error FROM call WHERE id=1",
        "setresuidi386-1123N5firstN1");
    ASK(f, "SELECT result||error||detail FROM call WHERE id=2", "70second");
    ASK(f, "SELECT max(end_seq)-min(end_seq) FROM call", "1");
    ASK(f, "SELECT group_concat(ifnull(stack,'N')||injected) FROM call", "N0,11");
    ASK(f, "SELECT c.id||symbol FROM call c JOIN frame USING (stack)", "2main");
    facts_close(f);
}

static void test_facts_rows__marker_and_witness(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_marker marker = { 1, 42, 3, 4, "self", "here" };
    struct facts_witness witness = { 0, 1, 2, 3, 4, 5, 6, "7 8" };
    int64_t look = add_look(f);

    (void)look;
    CU_ASSERT_EQUAL(facts_add_marker(f, &marker, &witness.marker), 0);
    CU_ASSERT_EQUAL(facts_add_witness(f, &witness), 0);
    CU_ASSERT_EQUAL(facts_add_witness_fd(f, witness.marker, 3, 1), 0);
    CU_ASSERT_EQUAL(facts_add_witness_fd(f, witness.marker, 4, FACTS_NULL), 0);
    f = reopen(f, path);
    ASK(f, "SELECT process||tid||seq||at||kind||name FROM marker", "14234selfhere");
    ASK(f, "SELECT marker||ruid||euid||suid||rgid||egid||sgid||groups FROM witness", "11234567 8");
    ASK(f, "SELECT group_concat(marker||fd||ifnull(cloexec,'N')) FROM witness_fd", "131,14N");
    facts_close(f);
}

static void test_facts_rows__target_that_repeats_itself(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    const struct facts_marker marker = { 1, 42, 3, 4, "self", NULL };
    int64_t look = add_look(f), id = 0;

    (void)look;
    CU_ASSERT_EQUAL(facts_add_marker(f, &marker, &id), 0);
    CU_ASSERT_EQUAL(facts_add_witness_fd(f, id, 3, 1), 0);
    CU_ASSERT_EQUAL(facts_add_witness_fd(f, id, 3, 0), 0);
    f = reopen(f, path);
    ASK(f, "SELECT group_concat(fd||cloexec) FROM witness_fd", "31");
    facts_close(f);
}

static void test_facts_rows__draw(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    struct facts_draw row = { 1, 42, FACTS_NULL, 3, "gen", 16, "\0\xff\0z", 4 };
    int64_t look = add_look(f);

    (void)look;
    CU_ASSERT_EQUAL(facts_add_draw(f, &row), 0);
    row.size = 0;
    CU_ASSERT_EQUAL(facts_add_draw(f, &row), 0);
    f = reopen(f, path);
    ASK(f, "SELECT process||tid||ifnull(marker,'N')||seq||generator||offset||hex(bytes) FROM draw WHERE id=1",
        "142N3gen1600FF007A");
    ASK(f, "SELECT typeof(bytes)||length(bytes) FROM draw WHERE id=2", "blob0");
    facts_close(f);
}

static void test_facts_rows__account_once(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);

    CU_ASSERT_EQUAL(facts_add_account(f, 33, "www-data", 33, "33"), 0);
    CU_ASSERT_EQUAL(facts_add_account(f, 33, "www-data", 33, "33"), 0);
    CU_ASSERT_EQUAL(facts_add_account(f, 4242, NULL, FACTS_NULL, NULL), 0);
    f = reopen(f, path);
    ASK(f, "SELECT group_concat(uid||ifnull(name,'N')||ifnull(gid,'N')||ifnull(groups,'N')) FROM account",
        "33www-data3333,4242NNN");
    facts_close(f);
}

static void test_facts_rows__gap(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    int64_t look = add_look(f);

    CU_ASSERT_EQUAL(facts_add_gap(f, 1, look, "fd", EACCES, "descriptor %d of %s", 7, "x"), 0);
    CU_ASSERT_EQUAL(facts_add_gap(f, FACTS_NULL, FACTS_NULL, "poke", 0, "%5000d", 1), 0);
    f = reopen(f, path);
    ASK(f, "SELECT process||look||source||error||detail FROM gap WHERE id=1", "11fd13descriptor 7 of x");
    ASK(f, "SELECT ifnull(process,'N')||ifnull(look,'N')||ifnull(error,'N')||length(detail) FROM gap WHERE id=2",
        "NNN1024");
    ASK(f, "SELECT max(seq)-min(seq) FROM gap", "1");
    facts_close(f);
}

static void test_facts_rows__hostile_bytes_stay_as_they_are(void)
{
    static const char name[] = "\xff\xfe\n\x1b[31m'; DROP TABLE audit; --";
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    char expected[2 * sizeof name];
    struct facts_description row = { "file",     name, FACTS_NULL, FACTS_NULL, FACTS_NULL, FACTS_NULL, FACTS_NULL,
                                     FACTS_NULL, NULL, NULL,       NULL,       FACTS_NULL, 0,          0 };

    row.first_look = add_look(f);
    CU_ASSERT_EQUAL(facts_add_description(f, &row, NULL), 0);
    f = reopen(f, path);
    for (size_t i = 0; i + 1 < sizeof name; i++)
        snprintf(expected + 2 * i, 3, "%02X", (unsigned char)name[i]);
    ASK(f, "SELECT hex(name) FROM description", expected);
    ASK(f, "SELECT count(*) FROM audit", "0");
    facts_close(f);
}

static void test_facts_rows__value_above_the_limit_breaks_it(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);
    size_t size = (16u << 20) + 1;
    char *bytes = calloc(1, size);
    struct facts_draw row = { 1, 1, FACTS_NULL, 3, "gen", 0, bytes, size };
    int64_t look = add_look(f);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    CU_ASSERT_PTR_NULL(facts_error(f));
    CU_ASSERT_EQUAL(facts_add_draw(f, &row), -EIO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(facts_error(f));
    CU_ASSERT_PTR_NOT_NULL(strstr(facts_error(f), "too big"));
    /* The first error comes again, for rows that would do and for tables too. */
    CU_ASSERT_EQUAL(facts_add_terminal(f, look, 1, 1, 0), -EIO);
    CU_ASSERT_EQUAL(facts_add_fd_table(f, NULL, 0, NULL), -EIO);
    CU_ASSERT_EQUAL(facts_commit(f), -EIO);
    CU_ASSERT_EQUAL(facts_close(f), -EIO);
    free(bytes);
    /* What came before is there. */
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &f, NULL, 0), 0);
    ASK(f, "SELECT count(*) FROM look", "1");
    facts_close(f);
}

static void test_facts_rows__close_of_nothing(void)
{
    CU_ASSERT_EQUAL(facts_close(NULL), 0);
}

TEST_MAIN("test_facts_rows", TEST(test_facts_rows__audit), TEST(test_facts_rows__audit_begins_incomplete),
          TEST(test_facts_rows__audit_end), TEST(test_facts_rows__second_audit_is_refused),
          TEST(test_facts_rows__process), TEST(test_facts_rows__image), TEST(test_facts_rows__look),
          TEST(test_facts_rows__cred), TEST(test_facts_rows__description),
          TEST(test_facts_rows__signal_64_alone_is_no_null), TEST(test_facts_rows__terminal),
          TEST(test_facts_rows__call), TEST(test_facts_rows__marker_and_witness),
          TEST(test_facts_rows__target_that_repeats_itself), TEST(test_facts_rows__draw),
          TEST(test_facts_rows__account_once), TEST(test_facts_rows__gap),
          TEST(test_facts_rows__hostile_bytes_stay_as_they_are), TEST(test_facts_rows__value_above_the_limit_breaks_it),
          TEST(test_facts_rows__close_of_nothing))

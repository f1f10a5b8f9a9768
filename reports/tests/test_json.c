/* test_json.c - the json format: always valid, complete, and nothing that was hostile is lost or acts. */
#include "reports/escape.h"
#include "reports/tests/fixture.h"

static const struct report_options none;

/* One value of a JSON text, asked of SQLite; owned by the caller. */
static char *ask(const char *json, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char *answer;

    CU_ASSERT_EQUAL_FATAL(sqlite3_open(":memory:", &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_text(statement, 1, json, -1, SQLITE_STATIC);
    CU_ASSERT_EQUAL_FATAL(sqlite3_step(statement), SQLITE_ROW);
    answer = strdup(sqlite3_column_text(statement, 0) ? (const char *)sqlite3_column_text(statement, 0) : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

static void expect(const char *json, const char *sql, const char *expected)
{
    char *answer = ask(json, sql);

    if (strcmp(answer, expected))
        fprintf(stderr, "%s\n  is %.200s\n  not %.200s\n", sql, answer, expected);
    CU_ASSERT_STRING_EQUAL(answer, expected);
    free(answer);
}

static void expect_path(const char *json, const char *path, const char *expected)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT json_extract(?1, '%s')", path);
    expect(json, sql, expected);
}

static void test_json__valid(void)
{
    struct facts *f = fixture_open(1);
    size_t size;
    char *json = fixture_report(f, "json", none, &size);

    CU_ASSERT_EQUAL(strlen(json), size); /* no NUL byte in it */
    expect(json, "SELECT json_valid(?1)", "1");
    free(json);
    facts_close(f);
}

static void test_json__names_its_schema(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.schema", "forkaudit-report");
    expect_path(json, "$.version", "1.2.0");
    free(json);
    facts_close(f);
}

static void test_json__verdict(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.verdict.result", "findings");
    expect_path(json, "$.verdict.found.critical", "1");
    expect_path(json, "$.verdict.found.medium", "7");
    expect_path(json, "$.verdict.accepted", "1");
    expect_path(json, "$.verdict.unknown", "1");
    expect_path(json, "$.verdict.checks_failed", "1");
    expect(json, "SELECT json_type(?1, '$.verdict.complete')", "false");
    free(json);
    fixture_clean(f);
    json = fixture_report(f, "json", none, NULL);
    expect_path(json, "$.verdict.result", "nothing-found");
    expect(json, "SELECT json_type(?1, '$.verdict.complete')", "true");
    free(json);
    facts_close(f);
}

static void test_json__audit(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.audit.command[0]", "/usr/sbin/littled");
    expect_path(json, "$.audit.command[2]", "/etc/a b.conf");
    expect(json, "SELECT json_array_length(?1, '$.audit.command')", "3");
    expect_path(json, "$.audit.began", "1772445600000000000");
    expect(json, "SELECT json_type(?1, '$.audit.target_status')", "null");
    expect(json, "SELECT json_type(?1, '$.audit.no_new_privs')", "false");
    expect(json, "SELECT json_type(?1, '$.audit.id_maps')", "null");
    free(json);
    fixture_sql(f, "UPDATE audit SET id_maps = 'uid 0 1000 1, gid 0 50 1'");
    json = fixture_report(f, "json", none, NULL);
    expect_path(json, "$.audit.id_maps", "uid 0 1000 1, gid 0 50 1");
    free(json);
    facts_close(f);
}

static void test_json__findings(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect(json, "SELECT json_array_length(?1, '$.findings')", "16"); /* passes too */
    expect_path(json, "$.findings[0].check", "id-recoverable");
    expect_path(json, "$.findings[0].pid", "4244");
    expect_path(json, "$.findings[0].moment", "after-change");
    expect_path(json, "$.findings[0].call", "seteuid");
    expect_path(json, "$.checks[0].id", "fd-across-exec");
    expect_path(json, "$.checks[0].accepted", "1");
    expect_path(json, "$.checks_failed[0].line", "12");
    expect_path(json, "$.checks_left_out[0]", "cap-kept");
    expect_path(json, "$.gaps[0].error", "13");
    free(json);
    facts_close(f);
}

static void test_json__processes(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect(json, "SELECT json_array_length(?1, '$.processes')", "4");
    expect_path(json, "$.processes[2].parent", "1");
    expect_path(json, "$.processes[2].ending", "signalled");
    expect_path(json, "$.processes[0].images[0].path", "/usr/sbin/littled");
    expect(json, "SELECT json_array_length(?1, '$.processes[1].images')", "0");
    expect(json, "SELECT json_array_length(?1, '$.processes[2].looks[1].credentials')", "2"); /* threads that differ */
    expect_path(json, "$.processes[2].looks[1].credentials[0].euid", "33");
    free(json);
    facts_close(f);
}

/* Masks have 64 bits, more than a JSON reader's numbers. */
static void test_json__masks_are_hex_strings(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.processes[0].looks[1].credentials[0].cap_eff", "0xffffffffffffffff");
    expect_path(json, "$.processes[0].looks[0].credentials[0].cap_prm", "0x000001ffffffffff");
    expect(json, "SELECT json_type(?1, '$.processes[0].clone_flags')", "null");
    free(json);
    facts_close(f);
}

static void test_json__hostile_names(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.findings[4].subject", "descriptor 10 <script>alert('x')</script> & \"quotes\" \\back");
    expect(json,
           "SELECT json_extract(?1, '$.findings[1].subject') ="
           " 'descriptor 7 \"/var/log/a' || char(10) || 'fake line' || char(27) || ']0;x' || char(7) || '\"'",
           "1");
    expect(json, "SELECT json_extract(?1, '$.findings[3].subject') = 'descriptor 9 ' || char(8238) || 'gpj.exe'", "1");
    expect(json, "SELECT length(json_extract(?1, '$.findings[7].subject'))", "65550");
    expect_path(json, "$.processes[3].images[0].args[2]", "\"quoted\"");
    free(json);
    facts_close(f);
}

static void test_json__bytes_that_are_no_utf8(void)
{
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL);

    expect_path(json, "$.findings[2].subject.text", "descriptor 8 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect_path(json, "$.findings[2].subject.hex", "64657363726970746f72203820fffe80");
    expect_path(json, "$.findings[2].subject.bytes", "16");
    expect_path(json, "$.processes[3].images[0].args[1].hex", "ff28");
    free(json);
    facts_close(f);
}

static void test_json__harmless_on_a_terminal(void)
{
    struct facts *f = fixture_open(1);
    size_t size, n;
    char *json;
    uint32_t code;

    fixture_sql(f, "UPDATE audit SET host = 'c1' || char(155) || '31m' || char(127)");
    json = fixture_report(f, "json", none, &size);
    for (size_t i = 0; i < size; i += n) {
        n = escape_decode(json + i, size - i, &code);
        if (n == 0)
            CU_FAIL_FATAL("not UTF-8");
        if (code != '\n' && escape_is_unsafe(code))
            CU_FAIL("an unsafe character");
    }
    expect(json, "SELECT json_extract(?1, '$.audit.host') = 'c1' || char(155) || '31m' || char(127)", "1");
    free(json);
    facts_close(f);
}

/* Every byte, in every kind of column, whatever the columns declare. */
static void test_json__any_bytes_anywhere(void)
{
    struct facts *f = fixture_open(1);
    char *json, hex[513], sql[2048];

    for (int i = 0; i < 256; i++)
        snprintf(hex + i * 2, 3, "%02x", (unsigned)i);
    snprintf(sql, sizeof sql,
             "PRAGMA foreign_keys = OFF; UPDATE audit SET host = x'%s', why = CAST(x'%s' AS TEXT), began = x'ff',"
             " no_new_privs = 'maybe'; UPDATE cred SET groups = x'ff', ruid = x'ff00', cap_eff = 'abc' || char(0);"
             "UPDATE process SET pid = CAST(x'ff' AS TEXT), born = x'00'; UPDATE image SET args = 7",
             hex, hex);
    fixture_sql(f, sql);
    json = fixture_report(f, "json", none, NULL);
    expect(json, "SELECT json_valid(?1)", "1");
    CU_ASSERT_EQUAL(fixture_count(json, hex), 2);
    free(json);
    facts_close(f);
}

static void test_json__very_long_is_cut(void)
{
    struct facts *f = fixture_open(1);
    char *json;

    fixture_sql(f, "UPDATE audit SET why = replace(hex(zeroblob(2000000)), '00', 'abc'), host = hex(zeroblob(131072))");
    json = fixture_report(f, "json", none, NULL);
    expect(json, "SELECT json_valid(?1)", "1");
    expect_path(json, "$.audit.why.bytes", "6000000");
    expect(json, "SELECT length(json_extract(?1, '$.audit.why.text'))", "262144");
    expect(json, "SELECT length(json_extract(?1, '$.audit.host'))", "262144"); /* just short enough to be whole */
    free(json);
    facts_close(f);
}

static void test_json__empty_recording(void)
{
    struct facts *f = fixture_open(1);
    char *json;

    fixture_sql(
        f, "DELETE FROM temp.finding; DELETE FROM temp.check_used; DELETE FROM temp.check_failed;"
           "DELETE FROM temp.check_left_out; DELETE FROM cred; DELETE FROM look; DELETE FROM call; DELETE FROM gap;"
           "DELETE FROM image; DELETE FROM process; DELETE FROM audit");
    json = fixture_report(f, "json", none, NULL);
    expect(json, "SELECT json_valid(?1)", "1");
    expect(json, "SELECT json_type(?1, '$.audit')", "null");
    expect(json, "SELECT json_array_length(?1, '$.processes')", "0");
    free(json);
    facts_close(f);
}

static void test_json__twice_the_same(void)
{
    struct facts *f = fixture_open(1);
    char *first = fixture_report(f, "json", none, NULL), *second = fixture_report(f, "json", none, NULL);

    CU_ASSERT_STRING_EQUAL(first, second);
    free(first);
    free(second);
    facts_close(f);
}

static void test_json__full_disk(void)
{
    struct facts *f = fixture_open(1);
    FILE *out = fopen("/dev/full", "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    setvbuf(out, NULL, _IONBF, 0);
    CU_ASSERT_TRUE(report_find("json")->write(f, &none, out) < 0);
    fclose(out);
    facts_close(f);
}

TEST_MAIN("json", TEST(test_json__valid), TEST(test_json__names_its_schema), TEST(test_json__verdict),
          TEST(test_json__audit), TEST(test_json__findings), TEST(test_json__processes),
          TEST(test_json__masks_are_hex_strings), TEST(test_json__hostile_names),
          TEST(test_json__bytes_that_are_no_utf8), TEST(test_json__harmless_on_a_terminal),
          TEST(test_json__any_bytes_anywhere), TEST(test_json__very_long_is_cut), TEST(test_json__empty_recording),
          TEST(test_json__twice_the_same), TEST(test_json__full_disk))

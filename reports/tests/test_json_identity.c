/* test_json_identity.c - the json format's members identity, proofs, sites and injections. */
#include "reports/escape.h"
#include "reports/tests/fixture.h"

static const struct report_options none;

static char *report_of(const char *sql)
{
    struct facts *f = fixture_open(1);
    char *json;

    fixture_file(f, "privilege.sql");
    fixture_sql(f, sql ? sql : "");
    json = fixture_report(f, "json", none, NULL);
    facts_close(f);
    return json;
}

/* One value of a JSON text, asked of SQLite: `what` is an expression on ?1. */
static void expect(const char *json, const char *what, const char *expected)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char sql[1024];
    const char *answer;

    snprintf(sql, sizeof sql, "SELECT %s", what);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(":memory:", &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_text(statement, 1, json, -1, SQLITE_STATIC);
    CU_ASSERT_EQUAL_FATAL(sqlite3_step(statement), SQLITE_ROW);
    answer = (const char *)sqlite3_column_text(statement, 0);
    if (strcmp(answer ? answer : "NULL", expected))
        fprintf(stderr, "%s\n  is %.200s\n  not %.200s\n", what, answer ? answer : "NULL", expected);
    CU_ASSERT_STRING_EQUAL(answer ? answer : "NULL", expected);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void expect_path(const char *json, const char *path, const char *expected)
{
    char what[512];

    snprintf(what, sizeof what, "json_extract(?1, '%s')", path);
    expect(json, what, expected);
}

#define WORKER "$.processes[1].identity"

static void test_json_identity__steps(void)
{
    char *json = report_of(NULL);

    expect(json, "json_valid(?1)", "1");
    expect(json, "json_array_length(?1, '" WORKER "')",
           "9"); /* born and 8 calls; that dumpable is seen at rest is no change */
    free(json);
}

static void test_json_identity__first_is_a_look(void)
{
    char *json = report_of(NULL);

    expect_path(json, WORKER "[0].step", "born");
    expect_path(json, WORKER "[0].look", "1100");
    expect(json, "json_type(?1, '" WORKER "[0].changes')", "null");
    expect(json, "json_type(?1, '" WORKER "[0].call')", "null");
    free(json);
}

static void test_json_identity__changes(void)
{
    char *json = report_of(NULL);

    expect_path(json, WORKER "[1].step", "call");
    expect_path(json, WORKER "[1].call.name", "setgroups");
    expect_path(json, WORKER "[1].call.detail", "33");
    expect_path(json, WORKER "[1].changes", "{\"groups\":[\"0 4\",\"33\"]}");
    expect_path(json, WORKER "[2].changes", "{\"rgid\":[0,33],\"egid\":[0,33],\"sgid\":[0,33],\"fsgid\":[0,33]}");
    expect_path(json, WORKER "[3].call.args", "[33,33,33]");
    expect_path(json, WORKER "[3].changes.suid", "[0,33]");
    expect_path(json, WORKER "[3].changes.cap_prm", "[\"0x000001ffffffffff\",\"0x0000000000000000\"]");
    expect_path(json, WORKER "[4].changes", "{\"no_new_privs\":[false,true]}");
    free(json);
}

static void test_json_identity__calls_that_failed(void)
{
    char *json = report_of(NULL);

    expect_path(json, WORKER "[5].call.result", "-1");
    expect_path(json, WORKER "[5].call.error", "1");
    expect_path(json, WORKER "[5].call.args[0]", "-1");
    expect(json, "json_type(?1, '" WORKER "[5].changes')", "null");
    expect(json, "json_type(?1, '" WORKER "[5].look')", "null");
    expect(json, "json_type(?1, '" WORKER "[5].call.injected')", "false");
    expect(json, "json_type(?1, '$.processes[8].identity[7].call.injected')", "true");
    free(json);
}

static void test_json_identity__threads(void)
{
    char *json = report_of(NULL);

    expect(json,
           "(SELECT json_extract(value, '$.changes.ruid') || json_extract(value, '$.step') FROM json_each(?1,"
           " '$.processes[8].identity') WHERE json_extract(value, '$.tid') = 719)",
           "[33,0]settled");
    free(json);
}

static void test_json_identity__credentials_have_all_columns(void)
{
    char *json = report_of("UPDATE cred SET securebits = 16 WHERE look = 1100");

    expect_path(json, "$.processes[1].looks[0].credentials[0].securebits", "16");
    expect(json, "json_type(?1, '$.processes[1].looks[0].credentials[0].dumpable')", "null");
    expect_path(json, "$.processes[1].looks[6].credentials[0].dumpable", "1");
    free(json);
}

static void test_json_identity__proofs(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.proofs')", "31");
    expect_path(json, "$.proofs[28].outcome", "regained");
    expect_path(json, "$.proofs[28].pid", "718");
    expect_path(json, "$.proofs[28].look", "1810");
    expect_path(json, "$.proofs[28].call", "setresuid(-1, 0, -1)");
    expect_path(json, "$.proofs[30].detail", "it waits in vfork");
    expect(json, "json_type(?1, '$.proofs[30].call')", "null");
    free(json);
}

static void test_json_identity__sites_and_frames(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.sites')", "4");
    expect_path(json, "$.sites[0].role", "served>");
    expect_path(json, "$.sites[0].call", "setgroups");
    expect_path(json, "$.sites[1].args", "[33,33,33]");
    expect_path(json, "$.sites[0].frames[1].symbol", "worker_drop");
    expect_path(json, "$.sites[0].frames[1].source", "/build/src/worker.c");
    expect_path(json, "$.sites[0].frames[1].line", "123");
    expect(json, "json_array_length(?1, '$.sites[0].frames')", "2");
    expect(json, "json_type(?1, '$.sites[3].frames')", "null");
    expect(json, "json_type(?1, '$.sites[3].args')", "null");
    free(json);
}

static void test_json_identity__injections(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.injections')", "6");
    expect_path(json, "$.injections[0].site", "1");
    expect_path(json, "$.injections[0].kept_groups", "0 4");
    expect(json, "json_type(?1, '$.injections[0].kept_uid')", "null");
    expect_path(json, "$.injections[3].kept_uid", "0");
    expect_path(json, "$.injections[3].kept_caps", "0x00000000000000c0");
    expect(json, "json_type(?1, '$.injections[4].kept_uid')", "null");
    expect_path(json, "$.injections[5].every", "1");
    expect_path(json, "$.injections[0].recording", "served-1.fork");
    free(json);
}

static void test_json_identity__without_any(void)
{
    char *json = report_of("DELETE FROM injection; DELETE FROM site; DELETE FROM proof; DELETE FROM cred");

    expect(json, "json_valid(?1)", "1");
    expect_path(json, "$.proofs", "[]");
    expect_path(json, "$.sites", "[]");
    expect_path(json, "$.injections", "[]");
    expect(json, "json_array_length(?1, '" WORKER "')", "8"); /* the calls that were seen */
    free(json);
}

#define HOSTILE "char(27) || '[31m' || char(10) || char(8238) || x'ff' || char(155) || '\\\"' || "

static void test_json_identity__hostile_is_harmless(void)
{
    char *json = report_of(
        "PRAGMA foreign_keys = OFF; UPDATE proof SET kind = " HOSTILE "'k', wanted = x'ff00', detail = " HOSTILE
        "hex(zeroblob(400000)); UPDATE cred SET groups = " HOSTILE "hex(zeroblob(32768)) WHERE look % 100 = 2;"
        "UPDATE cred SET cap_prm = x'1b', ruid = 'x' WHERE look % 100 = 3; UPDATE frame SET object = " HOSTILE
        "'o', symbol = " HOSTILE "hex(zeroblob(32768)), line = 'x'; UPDATE site SET role = " HOSTILE
        "'r', stack = 'x' WHERE id = 3;"
        "UPDATE injection SET evidence = " HOSTILE "'e', kept_uid = 'maybe', kept_caps = x'ff';"
        "UPDATE call SET name = " HOSTILE "'n', detail = x'0a00ff', error = 'x' WHERE process = 12;"
        "UPDATE look SET moment = " HOSTILE "'m' WHERE process = 13");
    size_t size = strlen(json), n;
    uint32_t code;

    expect(json, "json_valid(?1)", "1");
    for (size_t i = 0; i < size; i += n) {
        n = escape_decode(json + i, size - i, &code);
        if (n == 0)
            CU_FAIL_FATAL("not UTF-8");
        if (code != '\n' && escape_is_unsafe(code))
            CU_FAIL_FATAL("an unsafe character");
    }
    expect_path(json, "$.proofs[0].wanted.hex", "ff00");
    expect_path(json, "$.proofs[0].detail.bytes", "800014");
    free(json);
}

TEST_MAIN("json_identity", TEST(test_json_identity__steps), TEST(test_json_identity__first_is_a_look),
          TEST(test_json_identity__changes), TEST(test_json_identity__calls_that_failed),
          TEST(test_json_identity__threads), TEST(test_json_identity__credentials_have_all_columns),
          TEST(test_json_identity__proofs), TEST(test_json_identity__sites_and_frames),
          TEST(test_json_identity__injections), TEST(test_json_identity__without_any),
          TEST(test_json_identity__hostile_is_harmless))

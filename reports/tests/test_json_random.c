/* test_json_random.c - the json format's members about random numbers, from generators to tokens. */
#include "reports/escape.h"
#include "reports/tests/fixture.h"

static const struct report_options none;

static char *report_of(const char *sql)
{
    struct facts *f = fixture_open(1);
    char *json;

    fixture_file(f, "random.sql");
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

static void test_json_random__audit(void)
{
    char *json = report_of(NULL);

    expect(json, "json_valid(?1)", "1");
    expect(json, "json_type(?1, '$.audit.generators')", "true");
    expect(json, "json_type(?1, '$.audit.reuse_pid')", "false");
    free(json);
}

static void test_json_random__generators(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.generators')", "9");
    expect_path(json, "$.generators[1].name", "libc random");
    expect_path(json, "$.generators[1].state_of", "libc rand");
    expect_path(json, "$.generators[2].purpose", "cryptographic");
    expect_path(json, "$.generators[2].guard", "pid");
    expect_path(json, "$.generators[2].offset", "8192");
    expect_path(json, "$.generators[6].source", "option");
    expect(json, "json_type(?1, '$.generators[8].symbol')", "null");
    expect(json, "json_array_length(?1, '$.generators_present')", "43");
    expect_path(json, "$.generators_present[42]", "{\"process\":26,\"image\":26,\"generator\":9}");
    free(json);
}

static void test_json_random__calls(void)
{
    char *json = report_of("INSERT INTO stack VALUES (7, 7); INSERT INTO frame (stack, depth, object, offset, symbol)"
                           " VALUES (7, 0, '/bin/a', 16, 'main'), (7, 1, '/bin/b', 17, 'other');"
                           "UPDATE generator_call SET stack = 7, context = -4096 WHERE id = 1");

    expect(json, "json_array_length(?1, '$.generator_calls')", "35");
    expect_path(json, "$.generator_calls[0].kind", "seed");
    expect_path(json, "$.generator_calls[0].symbol", "srand");
    expect_path(json, "$.generator_calls[0].seed", "72034c69");
    expect_path(json, "$.generator_calls[0].seed_is", "time");
    expect(json, "json_type(?1, '$.generator_calls[0].is_added')", "false");
    expect_path(json, "$.generator_calls[0].context", "0xfffffffffffff000");
    expect_path(json, "$.generator_calls[0].place", "{\"object\":\"/bin/a\",\"offset\":16,\"symbol\":\"main\"}");
    expect_path(json, "$.generator_calls[1].pid", "800");
    expect(json, "json_type(?1, '$.generator_calls[1].seed')", "null");
    expect(json, "json_type(?1, '$.generator_calls[1].is_added')", "null");
    expect(json, "json_type(?1, '$.generator_calls[1].place')", "null");
    free(json);
}

static void test_json_random__snapshots(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.snapshots')", "8");
    expect_path(json, "$.snapshots[0].moment", "born");
    expect_path(json, "$.snapshots[0].held", "90000");
    expect_path(json, "$.snapshots[0].bytes", "270336");
    expect_path(json, "$.snapshots[1].moment", "first-draw");
    free(json);
}

static void test_json_random__comparisons(void)
{
    char *json = report_of(NULL);

    expect(json, "json_array_length(?1, '$.comparisons')", "47");
    expect_path(json, "$.comparisons[1].kind", "fork");
    expect_path(json, "$.comparisons[1].name", "libc rand");
    expect_path(json, "$.comparisons[1].pid", "801");
    expect_path(json, "$.comparisons[1].other_pid", "800");
    expect_path(json, "$.comparisons[1].verdict", "shared");
    expect_path(json, "$.comparisons[1].other_shift", "2");
    expect_path(json, "$.comparisons[1].equal", "6");
    expect_path(json, "$.comparisons[1].values", "a2000000a3000000a4000000a5000000a6000000a7000000a8000000a9000000");
    expect(json, "json_type(?1, '$.comparisons[1].partial')", "false");
    expect(json, "json_type(?1, '$.comparisons[2].pid_repeats')", "true");
    expect(json, "json_type(?1, '$.comparisons[2].partial')", "null");
    expect_path(json, "$.comparisons[2].reason", "reseed");
    expect(json, "json_type(?1, '$.comparisons[4].values')", "null");
    expect_path(json, "$.comparisons[46].kind", "sibling");
    free(json);
}

static void test_json_random__draws_and_tokens(void)
{
    char *json = report_of("INSERT INTO draw (process, tid, marker, seq, generator, offset, bytes) VALUES"
                           " (21, 801, NULL, 150, 'libc rand', 4, x'00ff'), (21, 801, NULL, 151, 'libc rand', 6, x'')");

    expect_path(json, "$.draws[0].bytes", "00ff");
    expect_path(json, "$.draws[0].offset", "4");
    expect_path(json, "$.draws[1].bytes", "");
    expect(json, "json_type(?1, '$.draws[0].marker')", "null");
    expect_path(json, "$.tokens[0].bytes", "7369643d3866336b324a7839517a");
    expect_path(json, "$.tokens[0].pid", "802");
    expect_path(json, "$.tokens[0].other_pid", "801");
    expect_path(json, "$.tokens[0].other_seq", "150");
    free(json);
}

static void test_json_random__without_any(void)
{
    static const char *const members[] = { "generators", "generators_present", "generator_calls",
                                           "snapshots",  "comparisons",        "draws",
                                           "tokens" };
    struct facts *f = fixture_open(1);
    char *json = fixture_report(f, "json", none, NULL), path[64];

    expect(json, "json_valid(?1)", "1");
    expect(json, "json_type(?1, '$.audit.generators')", "false");
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        snprintf(path, sizeof path, "$.%s", members[i]);
        expect_path(json, path, "[]");
    }
    free(json);
    facts_close(f);
}

#define HOSTILE "char(27) || '[31m' || char(10) || char(8238) || x'ff' || char(155) || '\\\"' || "

static void test_json_random__hostile_is_harmless(void)
{
    char *json = report_of(
        "PRAGMA foreign_keys = OFF; UPDATE generator SET name = " HOSTILE "hex(zeroblob(400000)), object = " HOSTILE
        "'o', symbol = x'00ff1b', offset = 'x', guard = " HOSTILE "'g', state_of = " HOSTILE "'s';"
        "UPDATE generator_call SET generator = " HOSTILE "'g', symbol = " HOSTILE "'s', seed = " HOSTILE
        "'seed', seed_is = " HOSTILE "'i', context = " HOSTILE "'c', is_added = 'maybe';"
        "UPDATE snapshot SET moment = " HOSTILE "'m', held = x'ff', bytes = 1e300;"
        "UPDATE comparison SET kind = " HOSTILE "'k', verdict = " HOSTILE "'v', reason = " HOSTILE
        "'r', own = 'text', shift = 'x', partial = x'1b', pid_repeats = 'x', other = 999;"
        "UPDATE token SET bytes = " HOSTILE "'t', other = 999");
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
    expect(json, "json_extract(?1, '$.generators[0].symbol.hex')", "00ff1b");
    expect(json, "json_extract(?1, '$.comparisons[0].values')", "74657874");
    expect(json, "json_type(?1, '$.tokens[0].other_pid')", "null");
    free(json);
}

TEST_MAIN("json_random", TEST(test_json_random__audit), TEST(test_json_random__generators),
          TEST(test_json_random__calls), TEST(test_json_random__snapshots), TEST(test_json_random__comparisons),
          TEST(test_json_random__draws_and_tokens), TEST(test_json_random__without_any),
          TEST(test_json_random__hostile_is_harmless))

/* test_judge.c - the check engine: strict heads, guarded queries, validated rows, gaps, options, hostile facts. */
#include "checks/tests/case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD(id)                                                                                                       \
    "-- " id ".sql: finds\n-- title: A title\n-- severity: high\n-- strength: observed\n-- cwe: none\n-- cert: none\n" \
    "-- needs: fd\n-- why: because\n--   of this\n-- accepted: none\n-- fix: mend it\n"
#define ROW "select 'found' as result, 1 as process, null as look, 's' as subject, 'e' as evidence"

/* Writes check files "name", "text", ... NULL beside the case and judges `sql` with them; what failed comes back as
 * "line: message", else the rows of check `my`. */
static const char *judge_file(const char *sql, const char *name, const void *text, size_t size, uint64_t max_steps)
{
    static char path[4300];
    const char *const files[] = { path, NULL };
    struct judge_options o = { .files = files, .max_steps = max_steps };
    FILE *f;

    case_begin(sql);
    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    f = fopen(path, "we");
    CU_ASSERT_FATAL(f != NULL);
    fwrite(text, 1, size, f);
    fclose(f);
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, &o, &case_result), 0);
    unlink(path);
    if (case_result.n_errors) {
        CU_ASSERT_EQUAL(case_result.n_errors, 1);
        CU_ASSERT_EQUAL(case_result.complete, 0);
        CU_ASSERT_STRING_EQUAL(case_result.errors[0].file, path);
        /* the others still ran */
        CU_ASSERT_TRUE(atoi(case_query("select count(*) from check_used")) >= 26);
        return case_query("select ifnull(line, 0) || ': ' || message from check_failed");
    }
    return case_query("select result || ifnull(':' || process, '') || '/' || severity || '/' || strength from finding"
                      " where check_id = 'my' order by id limit 50");
}

#define MY(text) judge_file(FAMILY, "my.sql", text, strlen(text), 0)
#define FAILS(part, text)                                                                                              \
    do {                                                                                                               \
        const char *fails_got = MY(text);                                                                              \
        if (!strstr(fails_got, part))                                                                                  \
            printf("%s:%d: expected \"...%s...\", got \"%s\"\n", __FILE__, __LINE__, part, fails_got);                 \
        CU_ASSERT_PTR_NOT_NULL(strstr(fails_got, part));                                                               \
    } while (0)

static void test_judge__built_in_checks_are_good(void)
{
    size_t n = 0;
    const struct check *c = judge_checks(&n);

    CU_ASSERT_EQUAL(n, 36);
    for (size_t i = 1; i < n; i++)
        CU_ASSERT_TRUE(strcmp(c[i - 1].id, c[i].id) < 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(judge_check("fd-across-exec"));
    CU_ASSERT_STRING_EQUAL(judge_check("fd-across-exec")->file, "checks/fd/fd-across-exec.sql");
    CU_ASSERT_STRING_EQUAL(judge_check("evidence-gap")->needs, "");
    CU_ASSERT_PTR_NULL(judge_check("views"));
    EXPECT("", case_judge("no-such-check", FAMILY));
    CU_ASSERT_EQUAL(case_result.n_errors, 0);
    CU_ASSERT_EQUAL(case_result.complete, 1);
    case_end();
}

static void test_judge__a_good_file_is_used(void)
{
    EXPECT("found:1/high/observed", MY(HEAD("my") ROW));
    EXPECT("because of this", case_query("select why from check_used where id = 'my'"));
    EXPECT("1", case_query("select found from check_used where id = 'my'"));
    CU_ASSERT_EQUAL(case_result.found[JUDGE_HIGH], 1);
    EXPECT("found:1/low/proven",
           MY(HEAD("my") "/* why */ with t as (select 1) " ROW
                         ", 'low' as severity, 'proven' as strength, null as reason from t; -- end\n"));
    case_end();
}

static void test_judge__bad_heads(void)
{
    FAILS("1: line 1 must be \"-- my.sql: what it finds\"", HEAD("other") ROW);
    FAILS("3: unknown key 'titel'", "-- my.sql: x\n-- severity: high\n-- titel: x\n" ROW);
    FAILS("4: 'title' is given twice: first in line 2", "-- my.sql: x\n-- title: x\n-- cwe: none\n-- title: y\n" ROW);
    FAILS("3: the head lacks 'severity'", "-- my.sql: x\n-- title: x\n" ROW);
    FAILS("2: 'title' is empty", "-- my.sql: x\n-- title:\n" ROW);
    FAILS("2: a line of the head is", "-- my.sql: x\n--\n" ROW);
    FAILS("2: a line of the head is", "-- my.sql: x\n--   more of nothing\n" ROW);
    FAILS("12: there is no query after the head", HEAD("my") "\n ;\n");
    FAILS("1: line 1 must be", "");
    FAILS("1: line 1 must be", "\377\376\001");
    case_end();
}

/* The good head with one word exchanged. */
static const char *changed_head(const char *from, const char *to)
{
    static char text[4000];
    const char *good = HEAD("my") ROW, *at = strstr(good, from);

    CU_ASSERT_FATAL(at != NULL);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static void test_judge__bad_values_in_heads(void)
{
    FAILS("3: unknown severity 'hihg': critical, high", changed_head("severity: high", "severity: hihg"));
    FAILS("4: unknown strength 'sure'", changed_head("observed", "sure"));
    FAILS("5: 'CWE403' is not a CWE number", changed_head("cwe: none", "cwe: CWE-1 CWE403"));
    FAILS("6: 'FIO22' is not a CERT C rule", changed_head("cert: none", "cert: FIO22"));
    FAILS("7: needs unknown evidence 'fds'", changed_head("needs: fd", "needs: cred fds"));
    FAILS("2: the title has 70 bytes",
          changed_head("A title", "1234567890123456789012345678901234567890123456789012345678901234567890"));
    case_end();
}

static void test_judge__bad_names(void)
{
    const char *text = HEAD("my") ROW;

    CU_ASSERT_PTR_NOT_NULL(strstr(judge_file(FAMILY, "My.sql", text, strlen(text), 0), "lower-case words"));
    CU_ASSERT_PTR_NOT_NULL(strstr(judge_file(FAMILY, "my-.sql", text, strlen(text), 0), "lower-case words"));
    CU_ASSERT_PTR_NOT_NULL(strstr(judge_file(FAMILY, "my.txt", text, strlen(text), 0), "ends in .sql"));
    text = HEAD("cap-kept") ROW;
    CU_ASSERT_PTR_NOT_NULL(
        strstr(judge_file(FAMILY, "cap-kept.sql", text, strlen(text), 0), "there is a check 'cap-kept'"));
    case_end();
}

static void test_judge__bad_sql_has_its_line(void)
{
    FAILS("14: SQL: no such column: nonsense",
          HEAD("my") "select 'found' as result,\n 1 as process,\n nonsense as look");
    FAILS("12: a check is one SELECT (or WITH ... SELECT), not 'selec'", HEAD("my") "selec 1");
    FAILS("13: SQL: near \"process\"", HEAD("my") "select 1\nform process where 1");
    FAILS("12: a check is one SELECT", HEAD("my") "values (1)");
    FAILS("14: a check is one statement", HEAD("my") "/* more\n */ " ROW ";\nselect 1");
    FAILS("parameters", HEAD("my") ROW " where ?1");
    FAILS("SQL: ", HEAD("my") "select * from no_such_table");
    FAILS("SQL: ", HEAD("my") ROW " where json_extract('x', '$')");
    case_end();
}

static void test_judge__a_check_only_reads(void)
{
    FAILS("a check is one SELECT", HEAD("my") "delete from process");
    FAILS("may not write", HEAD("my") "with x as (select 1) insert into gap select * from x");
    FAILS("a check is one SELECT", HEAD("my") "attach '/tmp/x' as y");
    FAILS("a check is one SELECT", HEAD("my") "pragma writable_schema = 1");
    FAILS("may not call load_extension", HEAD("my") ROW " where load_extension('x')");
    FAILS("readfile", HEAD("my") ROW " where readfile('/etc/passwd') is null");
    FAILS("may not call random", HEAD("my") ROW " where random() > 0");
    FAILS("may not read table finding", HEAD("my") ROW " from finding");
    FAILS("may not read table", HEAD("my") ROW " from temp.check_used");
    FAILS("may not", HEAD("my") ROW " from pragma_table_info('process')");
    EXPECT("2", case_query("select count(*) from process"));
    case_end();
}

static void test_judge__an_endless_query_ends(void)
{
    const char *text =
        HEAD("my") "with recursive r (n) as (select 1 union all select n + 1 from r)\n" ROW " from r where n < 0";
    const char *got = judge_file(FAMILY, "my.sql", text, strlen(text), 200000);

    CU_ASSERT_PTR_NOT_NULL(strstr(got, "12: stopped after 200000 steps: the query has no end"));
    case_end();
}

static void test_judge__costly_functions_are_counted(void)
{
    const char *text =
        HEAD("my") ROW " from (select zeroblob(200000) as z) where overlap(z, z) + overlap(z || '', z) >= 0";
    const char *got = judge_file(FAMILY, "my.sql", text, strlen(text), 300000);

    CU_ASSERT_PTR_NOT_NULL(strstr(got, "stopped after 300000 steps"));
    case_end();
}

static void test_judge__too_many_rows_end(void)
{
    const char *text =
        HEAD("my") "with recursive r (n) as (select 1 union all select n + 1 from r limit 100001)\n" ROW " from r";
    const char *got = judge_file(FAMILY, "my.sql", text, strlen(text), 0);

    CU_ASSERT_PTR_NOT_NULL(strstr(got, "stopped after 100000 rows"));
    /* what it found stays */
    EXPECT("100000", case_query("select count(*) from finding where check_id = 'my'"));
    case_end();
}

static void test_judge__wrong_columns(void)
{
    FAILS("12: column 'evidence' is missing",
          HEAD("my") "select 'found' as result, 1 as process, 1 as look, '' as subject");
    FAILS("unknown column 'colour'", HEAD("my") ROW ", 1 as colour");
    FAILS("column 'subject' is selected twice", HEAD("my") ROW ", 'x' as subject");
    case_end();
}

static void test_judge__wrong_rows(void)
{
    FAILS("12: row 1: unknown result 'fund'",
          HEAD("my") "select 'fund' as result, 1 as process, null as look, 's' as subject,"
                     " 'e' as evidence");
    FAILS("result is NULL",
          HEAD("my") "select null as result, 1 as process, null as look, 's' as subject, 'e' as evidence");
    FAILS("process is not the id", HEAD("my") "select 'found' as result, 99 as process, null as look, 's' as subject,"
                                              " 'e' as evidence");
    FAILS("process is not the id", HEAD("my") "select 'found' as result, 'x' as process, null as look, 's' as subject,"
                                              " 'e' as evidence");
    FAILS("look is not the id", HEAD("my") "select 'found' as result, 1 as process, 77 as look, 's' as subject,"
                                           " 'e' as evidence");
    FAILS("evidence is NULL", HEAD("my") "select 'found' as result, 1 as process, null as look, 's' as subject,"
                                         " null as evidence");
    FAILS("must say why",
          HEAD("my") "select 'accepted' as result, 1 as process, null as look, 's' as subject, 'e' as evidence");
    FAILS("unknown severity 'grave'", HEAD("my") ROW ", 'grave' as severity");
    FAILS("unknown strength 'sure'", HEAD("my") ROW ", 'sure' as strength");
    case_end();
}

/* A check that stops half way keeps what it found and passes nothing. */
static void test_judge__a_failed_check_passes_nothing(void)
{
    FAILS("row 3", HEAD("my") "select column1 as result, 1 as process, null as look, 's' as subject, 'e' as evidence"
                              " from (values ('pass'), ('found'), ('nonsense'))");
    EXPECT("found", case_query("select result from finding where check_id = 'my'"));
    case_end();
}

static void test_judge__bad_files(void)
{
    static char large[(1 << 20) + 10];
    const char *files[3] = { "/nonexistent/my.sql", NULL, NULL };
    struct judge_options o = { .files = files };
    char fifo[4300];

    memset(large, ' ', sizeof large);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(judge_file(FAMILY, "my.sql", large, sizeof large, 0), "is larger than 1048576 bytes"));
    CU_ASSERT_PTR_NOT_NULL(strstr(judge_file(FAMILY, "my.sql", "-- my\0", 6, 0), "holds NUL bytes"));
    case_begin(FAMILY);
    snprintf(fifo, sizeof fifo, "%s/fifo.sql", test_directory());
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    files[1] = fifo;
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, &o, &case_result), 0);
    EXPECT("cannot be opened: No such file or directory is not a regular file",
           case_query("select message from check_failed order by message"));
    case_end();
}

static void test_judge__without(void)
{
    const char *const without[] = { "rng-*", "cap-kept", NULL };
    struct judge_options o = { .without = without };

    case_begin(FAMILY "update image set markers = 0;");
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, &o, &case_result), 0);
    EXPECT(
        "cap-kept rng-clone-bypass rng-derived rng-entropy-unchecked rng-overlap rng-pid-reuse "
        "rng-present-not-callable rng-same-seed rng-shared rng-siblings rng-threads rng-weak-divergence rng-weak-seed "
        "rng-window rng-wipe-inactive",
        case_query("select id from check_left_out order by id"));
    EXPECT("21", case_query("select count(*) from check_used"));
    CU_ASSERT_EQUAL(case_result.unknown, 0);
    case_end();
}

static void test_judge__gaps_make_unknown(void)
{
    const char *text =
        HEAD("my") "select 'pass' as result, id as process, null as look, 's' as subject, 'e' as evidence"
                   " from process";
    size_t n = strlen(text);

    EXPECT("pass:1/high/observed pass:2/high/observed", judge_file(FAMILY, "my.sql", text, n, 0));
    /* twice the same words are one row; another source is none */
    EXPECT("pass:1/high/observed unknown:2/high/observed",
           judge_file(FAMILY GAP(1, 2, NULL, 'fd', 'x') GAP(2, 2, NULL, 'fd', 'x') GAP(3, 1, NULL, 'cred', 'x'),
                      "my.sql", text, n, 0));
    EXPECT("unknown/high/observed", judge_file(FAMILY GAP(1, NULL, NULL, 'fd', 'all of it'), "my.sql", text, n, 0));
    EXPECT("all of it", case_query("select reason from finding where check_id = 'my'"));
    CU_ASSERT_EQUAL(case_result.complete, 0);
    case_end();
}

static void test_judge__an_incomplete_audit_is_incomplete(void)
{
    EXPECT("", case_judge("cap-kept", FAMILY "update audit set complete = 0;"));
    CU_ASSERT_EQUAL(case_result.complete, 0);
    EXPECT("", case_judge("cap-kept", "delete from audit;"));
    CU_ASSERT_EQUAL(case_result.complete, 0);
    case_end();
}

static void test_judge__long_and_hostile_text(void)
{
    const char *text = HEAD(
        "my") "select 'found' as result, 1 as process, null as look, path as subject, replace(printf('%.5000c', 'x'),"
              " 'x', char(228)) as evidence from image";
    const char *hostile = FAMILY "update image set path = cast(x'2f00ff1b5b32ea80' as text);";

    EXPECT("found:1/high/observed", judge_file(hostile, "my.sql", text, strlen(text), 0));
    EXPECT("4095", case_query("select length(cast(evidence as blob)) from finding where check_id = 'my'"));
    EXPECT("2F20FF1B5B32EA80", case_query("select hex(subject) from finding where check_id = 'my'"));
    CU_ASSERT_EQUAL(case_result.n_errors, 0);
    case_end();
}

/* Values of the wrong type, dangling ids, ancestors in a circle: every check ends, and none fails. */
static void test_judge__hostile_facts(void)
{
    EXPECT("unknown",
           case_judge("evidence-gap",
                      FAMILY LOOK(1, 1, 3, 'exec', 1, 99) ROOT(1) LOOK(2, 77, 'x', 'settled', 88, 7) USER(2, 33, 'a b')
                          GAP(1, 500, 600, 'nonsense', 'x') CALL(1, 2, 5, 9, 'setgroups', 'x', 0, 0, zeroblob(2),
                                                                 1) DRAW(1, 2, 20, char(255), 'text')
                              DRAW(2, 1, 20, char(255), zeroblob(1)) "update process set parent = 2 where id = 1;"));
    CU_ASSERT_EQUAL(case_result.n_errors, 0);
    case_end();
}

static void test_judge__twice_on_one_recording(void)
{
    EXPECT("unknown", case_judge("evidence-gap", FAMILY GAP(1, NULL, NULL, 'poke', 'x')));
    judge_release(&case_result);
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, NULL, &case_result), 0);
    EXPECT("1", case_query("select count(*) from finding where check_id = 'evidence-gap'"));
    EXPECT("36", case_query("select count(*) from check_used"));
    case_end();
}

static void test_judge__judging_writes_nothing_and_store_does(void)
{
    char path[4300], why[200];

    case_judge("evidence-gap", FAMILY GAP(1, NULL, NULL, 'poke', 'x'));
    EXPECT("0", case_query("select count(*) from main.finding"));
    CU_ASSERT_EQUAL(judge_store(case_facts), 0);
    EXPECT("1", case_query("select count(*) from main.finding"));
    CU_ASSERT_EQUAL(judge_store(case_facts), 0);
    EXPECT("1", case_query("select count(*) from main.finding"));
    snprintf(path, sizeof path, "%s/case.fork", test_directory());
    case_end();
    /* read-only from now on */
    CU_ASSERT_EQUAL_FATAL(facts_open(path, &case_facts, why, sizeof why), 0);
    CU_ASSERT_EQUAL_FATAL(judge_run(case_facts, NULL, &case_result), 0);
    CU_ASSERT_EQUAL(case_result.unknown, 1);
    CU_ASSERT_EQUAL(case_result.n_errors, 0);
    CU_ASSERT_TRUE(judge_store(case_facts) < 0);
    case_end();
}

static void test_judge__functions(void)
{
    case_judge("x", FAMILY);
    EXPECT("0 4", case_query("select list_minus('0 4 27', '27')"));
    EXPECT("", case_query("select list_minus('', '27')"));
    EXPECT("-1 4", case_query("select list_minus('4 x -1 4 99999999999999999999', '9223372036854775807')"));
    EXPECT("4", case_query("select list_and('0 4 27', '4,5')"));
    EXPECT("cap_setuid,cap_net_admin", case_query("select cap_names((1 << 7) | (1 << 12))"));
    EXPECT("cap_63", case_query("select cap_names(-9223372036854775807 - 1)"));
    EXPECT("SIGHUP,SIGPIPE", case_query("select signal_names(4097)"));
    EXPECT("EPERM", case_query("select errno_name(1)"));
    EXPECT("a b", case_query("select args_text(x'6100620000')"));
    EXPECT("3", case_query("select prefix_equal(x'01020304', x'01020305')"));
    EXPECT("8/1/0", case_query("select overlap(x'000102030405060708', x'0102030405060708') || '/' ||"
                               " overlap_at_a(x'000102030405060708', x'0102030405060708') || '/' ||"
                               " overlap_at_b(x'000102030405060708', x'0102030405060708')"));
    EXPECT("0102", case_query("select hex(concat_blob(column1)) from (values (x'01'), (null), (x'02'))"));
    EXPECT("262144",
           case_query("select length(concat_blob(column1)) from (values (zeroblob(200000)), (zeroblob(200000)))"));
    case_end();
}

TEST_MAIN("test_judge", TEST(test_judge__built_in_checks_are_good), TEST(test_judge__a_good_file_is_used),
          TEST(test_judge__bad_heads), TEST(test_judge__bad_values_in_heads), TEST(test_judge__bad_names),
          TEST(test_judge__bad_sql_has_its_line), TEST(test_judge__a_check_only_reads),
          TEST(test_judge__an_endless_query_ends), TEST(test_judge__costly_functions_are_counted),
          TEST(test_judge__too_many_rows_end), TEST(test_judge__wrong_columns), TEST(test_judge__wrong_rows),
          TEST(test_judge__a_failed_check_passes_nothing), TEST(test_judge__bad_files), TEST(test_judge__without),
          TEST(test_judge__gaps_make_unknown), TEST(test_judge__an_incomplete_audit_is_incomplete),
          TEST(test_judge__long_and_hostile_text), TEST(test_judge__hostile_facts),
          TEST(test_judge__twice_on_one_recording), TEST(test_judge__judging_writes_nothing_and_store_does),
          TEST(test_judge__functions))

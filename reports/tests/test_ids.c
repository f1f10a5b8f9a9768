/* test_ids.c - the ids format: one line a result, sorted, passes left out, and the last line says whether all was
 * seen. */
#include "reports/tests/fixture.h"

static const struct report_options none;

static void test_ids__lines(void)
{
    struct facts *f = fixture_open(1);
    char *text = fixture_report(f, "ids", none, NULL);

    CU_ASSERT_STRING_EQUAL(text,
                           "accepted fd-across-exec\nfound fd-across-exec\nfound fd-across-exec\nfound fd-across-exec\n"
                           "found fd-across-exec\nfound fd-across-exec\nfound fd-across-exec\nfound fd-across-exec\n"
                           "found id-recoverable\nunknown fd-across-exec\nincomplete\n");
    free(text);
    facts_close(f);
}

static void test_ids__complete(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    text = fixture_report(f, "ids", none, NULL);
    CU_ASSERT_STRING_EQUAL(text, "accepted fd-across-exec\ncomplete\n");
    free(text);
    facts_close(f);
}

static void test_ids__audit_incomplete(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    fixture_sql(f, "UPDATE audit SET complete = 0");
    text = fixture_report(f, "ids", none, NULL);
    CU_ASSERT_STRING_EQUAL(text, "accepted fd-across-exec\nincomplete\n");
    free(text);
    facts_close(f);
}

static void test_ids__check_failed(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    fixture_sql(f, "INSERT INTO temp.check_failed VALUES ('x.sql', 1, 'bad')");
    text = fixture_report(f, "ids", none, NULL);
    ASSERT_HAS(text, "\nincomplete\n");
    free(text);
    facts_close(f);
}

static void test_ids__hostile_id_stays_one_word(void)
{
    struct facts *f = fixture_open(1);
    char *text;

    fixture_clean(f);
    fixture_sql(f, "UPDATE temp.finding SET check_id = 'a b' || char(10) || 'found fake' WHERE result = 'accepted'");
    text = fixture_report(f, "ids", none, NULL);
    CU_ASSERT_STRING_EQUAL(text, "accepted a_b\\x0afound_fake\ncomplete\n");
    free(text);
    facts_close(f);
}

static void test_ids__formats_are_known(void)
{
    CU_ASSERT_PTR_NOT_NULL(report_find("text"));
    CU_ASSERT_PTR_NOT_NULL(report_find("json"));
    CU_ASSERT_PTR_NOT_NULL(report_find("ids"));
    CU_ASSERT_PTR_NULL(report_find("html "));
    CU_ASSERT_PTR_NULL(report_find(""));
}

TEST_MAIN("ids", TEST(test_ids__lines), TEST(test_ids__complete), TEST(test_ids__audit_incomplete),
          TEST(test_ids__check_failed), TEST(test_ids__hostile_id_stays_one_word), TEST(test_ids__formats_are_known))

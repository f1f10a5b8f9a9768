/* test_text_audit.c - what the text report says of an audit as root of a user namespace. */
#include "reports/tests/fixture.h"

/* The report with audit.id_maps as this SQL expression. */
static char *report_maps(const char *maps)
{
    struct facts *f = fixture_open(1);
    char sql[300], *text;

    snprintf(sql, sizeof sql, "UPDATE audit SET id_maps = %s", maps);
    fixture_sql(f, sql);
    text = fixture_report(f, "text", (struct report_options){ .width = 0 }, NULL);
    facts_close(f);
    return text;
}

static void test_text_audit__fake_root(void)
{
    char *text = report_maps("'uid 0 1000 1, uid 1 100000 65536, gid 0 50 1, gid 1 200000 65536'");

    ASSERT_HAS(text, "root of a user namespace (--fake-root): uid 0 is 1000 outside, 1..65536 are 100000..165535; "
                     "gid 0 is 50 outside, 1..65536 are 200000..265535. Unlike real root:");
    free(text);
    text = report_maps("NULL");
    CU_ASSERT_PTR_NULL(strstr(text, "namespace"));
    free(text);
}

static void test_text_audit__fake_root_damaged(void)
{
    static const char *const maps[] = { "'uid 0 1000 0'", "'uid 0 5 1,'", "'uid 0'", "'x'", "5", "x'75696400'" };
    char *text;

    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        text = report_maps(maps[i]);
        ASSERT_HAS(text, "root of a user namespace (--fake-root): ");
        CU_ASSERT_PTR_NULL(strstr(text, "outside"));
        free(text);
    }
    text = report_maps("char(27) || '[2J'");
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    free(text);
}

TEST_MAIN("text_audit", TEST(test_text_audit__fake_root), TEST(test_text_audit__fake_root_damaged))

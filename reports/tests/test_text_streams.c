/* test_text_streams.c - two streams of random values side by side in the text report: of copies, and handed over. */
#include "reports/tests/fixture_random.h"

/* ---- pictures ---- */

static void test_text_streams__picture(void)
{
    char *text = section_of(NULL, PLAIN);

    ASSERT_HAS(text, "BYTE PARENT 800   BYTE CHILD 801\n");
    ASSERT_LACKS(text, "a0000000"); /* a longer lead is left out */
    ASSERT_HAS(
        text,
        "    4    a1000000          \n    8    a2000000   = 0    a2000000\n    12   a3000000   = 4    a3000000\n");
    ASSERT_HAS(text, "    BYTE PARENT 800          CHILD 801\n    0    c0c0c0c0c0c0c0c0 =  c0c0c0c0c0c0c0c0\n"
                     "    8    d1d1d1d1d1d1d1d1 != c1c1c1c1c1c1c1c1\n");
    ASSERT_LACKS(text, "BYTE PID 801"); /* siblings: the same values, shown already */
    free(text);
    text = section_of("DELETE FROM comparison WHERE generator = 1 AND kind <> 'sibling'", PLAIN);
    ASSERT_HAS(text, "    BYTE PID 801    PID 802\n    0    a2000000 = a2000000\n");
    free(text);
}

static void test_text_streams__picture_in_full(void)
{
    char *text = section_of(NULL, (struct report_options){ .width = 80, .utf8 = 1, .verbose = 1 });

    ASSERT_HAS(text, "    0    a0000000          \n    4    a1000000");
    ASSERT_HAS(text, "    28   a7000000   = 20   a7000000\n");
    ASSERT_HAS(text, "    0    b4b4b4b4b4b4b4b4 \xe2\x89\xa0 b3b3b3b3b3b3b3b3\n");
    free(text);
}

/* Shifts and sizes of a damaged recording, and equal values behind those that were kept. */
static void test_text_streams__picture_without_the_equal_values(void)
{
    char *text = section_of("UPDATE comparison SET other_shift = 300 WHERE generator = 1 AND kind = 'fork';"
                            "UPDATE comparison SET value_size = -1, shift = 9223372036854775807 WHERE generator = 4",
                            PLAIN);

    ASSERT_LACKS(text, "BYTE PARENT");
    ASSERT_HAS(text, "value 1 is the parent's 301)");
    free(text);
    text = section_of("UPDATE comparison SET value_size = 'x', own = 5, other_values = 'text'", VERBOSE);
    ASSERT_HAS(text, "SHARED after the fork: libc rand");
    free(text);
}

static void test_text_streams__long_values_are_cut(void)
{
    char *text = section_of("UPDATE comparison SET value_size = 32, shift = 0, other_shift = 0, own = zeroblob(64),"
                            " other_values = zeroblob(64) WHERE generator = 1",
                            UNBOUND);

    ASSERT_HAS(text, "0    00000000000000000000000000000000... = 00000000000000000000000000000000...\n");
    ASSERT_HAS(text, "32   00000000000000000000000000000000... = 00000000000000000000000000000000...\n");
    free(text);
}

static void test_text_streams__pictures_are_counted(void)
{
    char *text =
        section_of("INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, verdict,"
                   " value_size, shift, other_shift, equal, partial, pid_repeats, own, other_values)"
                   " SELECT 'fork', g.id + 100, i, 20, i * 10, i * 10, 'shared', 8, 0, 0, 1, 0, 0, zeroblob(8),"
                   " zeroblob(8) FROM temp.worker, generator g;"
                   "INSERT INTO generator (id, name, source, object, offset) SELECT id + 100, 'g' || id, 'known',"
                   " '/x', id FROM generator WHERE id < 10;"
                   "INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol)"
                   " SELECT i, 20, 1, 1, 1, 'draw', g.name, 'g' FROM temp.worker, generator g WHERE g.id > 100",
                   UNBOUND);

    CU_ASSERT_EQUAL(fixture_count(text, "BYTE "), 4 + 1); /* one has two columns of that name */
    CU_ASSERT_EQUAL(fixture_count(text, "SHARED after the fork"), 2 + 9);
    free(text);
}

/* ---- FORKAUDIT_DRAW ---- */

static const char handed_sql[] =
    "UPDATE audit SET generators = 0; INSERT INTO marker (id, process, tid, seq, at, kind, name) VALUES"
    " (1, 20, 800, 50, 1, 'draw', 'keys'), (2, 20, 800, 450, 1, 'draw', 'keys'), (3, 21, 801, 150, 1, 'draw', 'keys'),"
    " (4, 22, 802, 250, 1, 'draw', 'keys');"
    "INSERT INTO draw (process, tid, marker, seq, generator, offset, bytes) VALUES"
    " (20, 800, 1, 50, 'keys', 0, x'1111111111111111'), (20, 800, 2, 450, 'keys', 8, "
    "x'22222222222222223333333333333333'),"
    " (21, 801, 3, 150, 'keys', 0, x'22222222222222223434343434343434'), (22, 802, 4, 250, 'keys', 0, "
    "x'9999999999999999');";

static void test_text_streams__handed_over(void)
{
    char *text = section_of(handed_sql, PLAIN);

    ASSERT_HAS(text, "\nHanded over by the program: keys, 48 bytes by 3 processes\n");
    ASSERT_HAS(text, "    BYTE PARENT 800          CHILD 801\n    0    2222222222222222 =  2222222222222222\n"
                     "    8    3333333333333333 != 3434343434343434\n");
    ASSERT_LACKS(text, "1111111111111111"); /* before the fork */
    ASSERT_LACKS(text, "prefork");
    free(text);
}

static void test_text_streams__handed_over_by_siblings(void)
{
    char sql[4096], *text;

    snprintf(sql, sizeof sql, "%sDELETE FROM draw WHERE process = 20; UPDATE draw SET bytes = x'4444444444444444'",
             handed_sql);
    text = section_of(sql, PLAIN);
    ASSERT_HAS(text, "    BYTE PID 801            PID 802\n    0    4444444444444444 = 4444444444444444\n");
    free(text);
    snprintf(sql, sizeof sql, "%sDELETE FROM draw WHERE process = 21", handed_sql);
    text = section_of(sql, PLAIN);
    ASSERT_HAS(text, "keys, 32 bytes by 2 processes\n");
    ASSERT_LACKS(text, "BYTE "); /* nothing is equal */
    free(text);
}

TEST_MAIN("text_streams", TEST(test_text_streams__picture), TEST(test_text_streams__picture_in_full),
          TEST(test_text_streams__picture_without_the_equal_values), TEST(test_text_streams__long_values_are_cut),
          TEST(test_text_streams__pictures_are_counted), TEST(test_text_streams__handed_over),
          TEST(test_text_streams__handed_over_by_siblings))

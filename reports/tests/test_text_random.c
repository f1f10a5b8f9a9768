/* test_text_random.c - the section "Random numbers" of the text report: verdicts told once and right, bounds. */
#include <locale.h>
#include <wchar.h>

#include "reports/escape.h"
#include "reports/tests/fixture_random.h"

static void test_text_random__what_is_drawn_from(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "\nprefork (5 processes); 1 generator is there and not seen in use\n");
    ASSERT_HAS(text, "  Drawn from: NSS PK11_GenerateRandom (5 calls seen in 5 processes), OpenSSL RAND_bytes (4 calls "
                     "seen in 4 processes), ");                         /* cryptographic ones first */
    ASSERT_HAS(text, ", libc rand (5 calls seen in 5 processes), own"); /* that of unknown purpose last */
    ASSERT_LACKS(text, "drand48");
    free(text);
}

/* A function of a library that calls another of it is one draw; one of another name is named. */
static void test_text_random__calls_count_once(void)
{
    char *text = section_of(
        "INSERT INTO generator (id, name, source, symbol, object, offset, purpose, state_of) VALUES"
        " (20, 'OpenSSL RAND_bytes_ex', 'known', 'RAND_bytes_ex', '/x', 1, 'cryptographic', 'OpenSSL RAND_bytes');"
        "INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol)"
        " SELECT process, image, tid, seq, at, kind, 'OpenSSL RAND_bytes_ex', 'RAND_bytes_ex' FROM"
        " generator_call WHERE generator = 'OpenSSL RAND_bytes'; UPDATE generator_call SET generator ="
        " 'libc random', symbol = 'random' WHERE generator = 'libc rand' AND kind = 'draw'",
        UNBOUND);

    ASSERT_HAS(text, "OpenSSL RAND_bytes (4 calls seen in 4 processes), ");
    ASSERT_HAS(text, "libc rand by random (5 calls seen in 5 processes), ");
    free(text);
}

static void test_text_random__seeds(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "  Seeded: own jitter by seed_jitter 42 (a constant), the same in 4 processes, libc rand by srand "
                     "1766589298 (the time) in pid 800, NSS PK11_GenerateRandom by PK11_RandomUpdate (from the kernel) "
                     "added to its state in 4 processes\n");
    free(text);
}

static void test_text_random__seeds_that_differ(void)
{
    char *text = section_of("INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol, seed,"
                            " seed_is) VALUES (21, 20, 801, 111, 1, 'seed', 'libc rand', 'srand', x'21030000', 'pid'),"
                            " (22, 20, 802, 211, 1, 'seed', 'libc rand', 'srand', x'22030000', 'pid'),"
                            " (23, 20, 803, 311, 1, 'seed', 'libc rand', 'srand', x'22030000', 'pid'),"
                            " (21, 20, 801, 112, 1, 'seed', 'libc rand', 'initstate', zeroblob(40), NULL)",
                            UNBOUND);

    ASSERT_HAS(text, "libc rand by srand 802 (the process id), the same in 2 processes, and 1 other in 1");
    ASSERT_HAS(text, "libc rand by initstate 00000000000000000000000000000000... (40 bytes) in pid 801");
    free(text);
}

static void test_text_random__shared(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text,
               "- SHARED after the fork: libc rand in 4 children (pids 801, 802, 803, 804); 6 values in a row are "
               "equal (the child's value 1 is the parent's 3)\n");
    ASSERT_HAS(text,
               "- SHARED after the fork: NSS PK11_GenerateRandom (cryptographic) in 4 children (pids 801, 802, 803, "
               "804); 1 value is equal, then they part\n");
    ASSERT_HAS(text,
               "- SHARED between siblings: libc rand in pids 802, 803, 804, each as in an earlier one; 3 values in a "
               "row are equal\n");
    free(text);
}

static void test_text_random__other_verdicts(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "- One state, parted only by the process id and the clock: libgcrypt nonce (cryptographic) in 4 "
                     "children\n");
    ASSERT_HAS(text, "- Diverges after the fork, but repeats where the process id comes again: OpenSSL RAND_bytes "
                     "(cryptographic) in 4 children\n");
    ASSERT_HAS(text, "- Undecided: libuuid uuid_generate in 4 children: a lock was held\n");
    ASSERT_HAS(text, "- Shared at birth, parted by the program: own jitter in 4 children\n");
    ASSERT_LACKS(text, "Never seeded"); /* of one that nobody draws from */
    free(text);
    text = section_of("UPDATE comparison SET pid_repeats = 0, verdict = iif(process = 22, 'one-generator', verdict);"
                      "UPDATE comparison SET verdict = 'refuses', reason = 'it gave -1' WHERE process = 23;"
                      "UPDATE comparison SET verdict = 'so-so' WHERE process = 24",
                      UNBOUND);
    ASSERT_HAS(text, "- Diverges after the fork: OpenSSL RAND_bytes in child pid 801: reseeded from the kernel\n");
    ASSERT_HAS(
        text,
        "- Gives nothing after the fork: NSS PK11_GenerateRandom (cryptographic), OpenSSL RAND_bytes (cryptographic), "
        "libgcrypt nonce (cryptographic), libc rand, libuuid uuid_generate, own jitter in child pid 803: it gave -1\n");
    ASSERT_HAS(text, "- One generator for all, in shared memory: ");
    ASSERT_HAS(text, "in child pid 804: so-so\n");
    free(text);
}

static void test_text_random__what_became_of_it(void)
{
    char *text =
        section_of("INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, verdict, "
                   "reason, pid_repeats)"
                   " SELECT 'later', 1, i, 20, i * 10 + 1, i * 10, 'diverged', 'state', 0 FROM temp.worker UNION ALL"
                   " SELECT 'parent', 1, 20, i, i * 10, i * 10, 'diverged', 'state', 0 FROM temp.worker WHERE i > 22",
                   UNBOUND);

    ASSERT_HAS(
        text,
        "libc rand in 2 children (pids 801, 802); 6 values in a row are equal (the child's value 1 is the parent's 3); "
        "another state in the end: reseeded, but only after it had drawn, or drawn from by more than is compared\n");
    ASSERT_HAS(
        text,
        "libc rand in 2 children (pids 803, 804); 6 values in a row are equal (the child's value 1 is the parent's 3); "
        "another state in the end: reseeded, but only after it had drawn, or drawn from by more than is compared; the "
        "parent goes on with another stream\n");
    free(text);
}

/* Sharing what a process does not draw from is no alarm: with a word when others do, in one line when nobody does. */
static void test_text_random__use_counts(void)
{
    char *text =
        section_of("DELETE FROM generator_call WHERE generator = 'libc rand' AND process IN (22, 23)", UNBOUND);

    ASSERT_HAS(text, "- SHARED after the fork: libc rand in 2 children (pids 801, 804)");
    ASSERT_HAS(text, "- Shared after the fork, not drawn from since: libc rand in 2 children\n");
    ASSERT_LACKS(text, "SHARED between siblings");
    free(text);
    text = section_of("DELETE FROM generator_call WHERE generator = 'libc rand'", UNBOUND);
    ASSERT_HAS(text, "- Shared, and no draw from it was seen: libc rand in 4 children\n");
    ASSERT_LACKS(text, "SHARED after the fork: libc rand");
    free(text);
    /* random(3) draws from the same state */
    text = section_of("UPDATE generator_call SET generator = 'libc random' WHERE generator = 'libc rand'", UNBOUND);
    ASSERT_HAS(text, "- SHARED after the fork: libc rand in 4 children");
    free(text);
}

static void test_text_random__unseeded_in_use(void)
{
    char *text = section_of("INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol) VALUES"
                            " (21, 20, 801, 111, 1, 'draw', 'libc drand48', 'drand48')",
                            UNBOUND);

    ASSERT_HAS(text, "- Never seeded, so the same in everybody's processes: libc drand48 in 4 children\n");
    free(text);
}

static void test_text_random__drawn_from_and_not_compared(void)
{
    char *text = section_of("DELETE FROM comparison WHERE generator IN (3, 8)", UNBOUND);

    ASSERT_HAS(text, "  Drawn from, and not compared: OpenSSL RAND_bytes, libuuid uuid_generate\n");
    free(text);
    text =
        section_of("DELETE FROM comparison WHERE generator IN (3, 8); UPDATE process SET born = 'vfork' WHERE id > 20",
                   UNBOUND);
    ASSERT_LACKS(text, "not compared");
    free(text);
}

static void test_text_random__no_generator_is_said(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text,
               "\nstatic (1 process)\n  Not judged, as its code cannot be called from outside: MT19937 (static)\n");
    ASSERT_HAS(text, "\nHas generators, and nobody was seen drawing from them: idle\n");
    ASSERT_HAS(text, "\nNo generator that is known, nor code of one: bare\n");
    free(text);
}

static void test_text_random__tokens(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "\nWRITTEN BY TWO PROCESSES: \"sid=8f3k2Jx9Qz\" by pid 801 and pid 802\n");
    free(text);
    text =
        section_of("INSERT INTO token (process, other, seq, other_seq, bytes) SELECT i, 21, 999, 150, bytes FROM token,"
                   " temp.worker WHERE i > 22",
                   UNBOUND);
    ASSERT_HAS(text, "by pid 801 and pid 802, and by 2 more pairs\n");
    free(text);
}

static void test_text_random__gaps(void)
{
    char *text =
        section_of("INSERT INTO gap (process, seq, source, error, detail) SELECT i, 1, 'generator', 0, 'no room'"
                   " FROM temp.worker; INSERT INTO gap (process, seq, source, error, detail) VALUES"
                   " (NULL, 1, 'token', 0, 'too many'), (20, 1, 'fd', 0, 'not of random numbers')",
                   UNBOUND);

    ASSERT_HAS(text, "\nNot seen: prefork (pid 801) and 3 more: no room\nNot seen: too many\n");
    ASSERT_LACKS(text, "not of random");
    free(text);
}

static void test_text_random__only_where_there_is_something(void)
{
    char *text = section_of("UPDATE audit SET generators = 0", UNBOUND);

    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
}

static void test_text_random__hint_names_the_option(void)
{
    struct facts *f = fixture_open(1);
    char *text = fixture_report(f, "text", UNBOUND, NULL);

    ASSERT_HAS(text, "Record with --generators");
    free(text);
    fixture_sql(f, "UPDATE audit SET generators = 1");
    text = fixture_report(f, "text", UNBOUND, NULL);
    ASSERT_LACKS(text, "Record with --generators");
    free(text);
    facts_close(f);
}

/* ---- bounds ---- */

/* A daemon with nothing shared: its line, what it draws from, what came of it. */
static void test_text_random__a_sound_daemon_is_short(void)
{
    char *text =
        section_of("DELETE FROM token; DELETE FROM generator_call WHERE generator <> 'OpenSSL RAND_bytes';"
                   "DELETE FROM comparison WHERE generator NOT IN (1, 3, 5); UPDATE comparison SET pid_repeats = 0,"
                   " verdict = iif(generator = 3, 'diverged', 'unseeded') WHERE kind <> 'x'; DELETE FROM"
                   " generator_present WHERE image <> 20; DELETE FROM image WHERE id <> 20",
                   UNBOUND);

    CU_ASSERT_STRING_EQUAL(text,
                           "\nRandom numbers\nprefork (5 processes); 7 generators are there and not seen in use\n"
                           "  Drawn from: OpenSSL RAND_bytes (4 calls seen in 4 processes)\n"
                           "  - Diverges after the fork: OpenSSL RAND_bytes in 4 children: reseeded from the kernel\n");
    free(text);
}

static void test_text_random__10000_children(void)
{
    static const char sql[] =
        "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 10099)"
        "INSERT INTO process (id, seq, at, parent, pid, born, image) SELECT i, i * 100, i, 20, 1000 + i, 'fork', 20 "
        "FROM n;"
        "INSERT INTO generator_present SELECT p.id, 20, g.id FROM process p, generator g WHERE p.id >= 100 AND g.id < "
        "9;"
        "INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol)"
        " SELECT p.id, 20, p.pid, p.seq + g.id, 1, 'draw', g.name, 'x' FROM process p, generator g WHERE p.id >= 100 "
        "AND"
        " g.id IN (1, 3, 4);"
        "INSERT INTO snapshot (id, process, tid, seq, at, image, moment, threads, bytes, held)"
        " SELECT id * 10, id, pid, seq, 1, 20, 'born', 1, 1, 1 FROM process WHERE id >= 100;"
        "INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, verdict, reason, "
        "value_size, shift,"
        " other_shift, equal, partial, pid_repeats, own, other_values) SELECT o.kind, o.generator, p.id, 20, p.id * 10,"
        " p.id * 10, o.verdict, o.reason, o.value_size, o.shift, o.other_shift, o.equal, o.partial, o.pid_repeats, "
        "o.own,"
        " o.other FROM process p, temp.outcome o WHERE p.id >= 100;"
        "INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, verdict, pid_repeats) "
        "SELECT"
        " 'sibling', 1, id, id - 1, id * 10, id * 10 - 10, 'shared', 0 FROM process WHERE id > 100";
    struct facts *f = open_random(sql);
    char *text = section(f, PLAIN), *all = section(f, VERBOSE);

    ASSERT_HAS(text, "prefork (10005 processes)");
    ASSERT_HAS(text,
               "libc rand in 10004 children (pids 801, 802, 803, 804,\n    1100, 1101, 1102, 1103 and 9996 more); 6");
    CU_ASSERT_TRUE(fixture_count(text, "\n") < 60);
    CU_ASSERT_TRUE(fixture_count(all, "\n") < 100);
    free(text);
    free(all);
    facts_close(f);
}

/* As many programs and generators as a hostile recording likes. */
static void test_text_random__many_programs_and_names(void)
{
    static const char sql[] = "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 3999)"
                              "INSERT INTO image (id, process, seq, path) SELECT i, 20, i, '/p/' || i FROM n;"
                              "INSERT INTO generator (id, name, source, object, offset) SELECT id, 'own ' || id, "
                              "'option', '/x', id FROM image"
                              " WHERE id >= 1000;"
                              "INSERT INTO generator_present SELECT 20, id, id FROM image WHERE id >= 1000;"
                              "INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol) "
                              "SELECT 20, iif(id < 2000, id, 20),"
                              " 800, id, 1, 'draw', 'own ' || id, 'own' FROM image WHERE id >= 1000;"
                              "INSERT INTO snapshot (id, process, tid, seq, at, image, moment, threads, bytes, held)"
                              " SELECT id, 20, 800, id, 1, id, 'born', 1, 1, 1 FROM image WHERE id >= 1000;"
                              "INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, "
                              "verdict, reason, pid_repeats)"
                              " SELECT 'fork', iif(id < 3990, 7, 1), 21, 20, id, id, iif(id < 3990, 'undecided', "
                              "'shared'), 'because of ' || id, 0"
                              " FROM image WHERE id >= 1000";
    struct facts *f = open_random(sql);
    char *text = section(f, PLAIN), *all = section(f, VERBOSE);

    ASSERT_HAS(text, " and 1996 more\n"); /* 2000 and its own six, less the ten that are named */
    ASSERT_HAS(text, "more programs (-v shows them)");
    CU_ASSERT_TRUE(fixture_count(text, "\n") < 200);
    ASSERT_HAS(all, "more programs\n");
    free(text);
    free(all);
    facts_close(f);
}

static void test_text_random__shared_is_never_hidden(void)
{
    char *text =
        section_of("WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1099)"
                   "INSERT INTO image (id, process, seq, path) SELECT i, 20, i, '/p/' || i FROM n;"
                   "INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol)"
                   " SELECT 20, id, 800, id, 1, 'draw', 'libc rand', 'rand' FROM image WHERE id >= 1000;"
                   "INSERT INTO snapshot (id, process, tid, seq, at, image, moment, threads, bytes, held)"
                   " VALUES (9999, 20, 800, 1, 1, 1099, 'born', 1, 1, 1);"
                   "INSERT INTO comparison (kind, generator, process, other, snapshot, other_snapshot, verdict,"
                   " pid_repeats) VALUES ('fork', 1, 20, 21, 9999, 9999, 'shared', 0)",
                   UNBOUND);

    ASSERT_HAS(text, "\n1099 (1 process)\n");
    ASSERT_HAS(text, "SHARED after the fork: libc rand in child pid 800\n");
    ASSERT_HAS(text, "\n... and 89 more programs (-v shows them)\n"); /* of 102, less 12 and that one */
    free(text);
}

/* ---- hostile ---- */

#define HOSTILE "char(27) || '[31m' || char(10) || char(8238) || x'ff' || char(155) || '\\' || "
static const char hostile_sql[] =
    "PRAGMA foreign_keys = OFF; UPDATE image SET path = '/x/' || " HOSTILE "id;"
    "UPDATE generator SET name = name || " HOSTILE "hex(zeroblob(32768)), object = '/' || " HOSTILE
    "'o', symbol = " HOSTILE "'s', purpose = " HOSTILE "'p', guard = x'1b', state_of = iif(id = 2, " HOSTILE
    "'f', state_of);"
    "UPDATE generator_call SET generator = generator || " HOSTILE "hex(zeroblob(32768)), symbol = " HOSTILE
    "hex(zeroblob(32768)), seed_is = iif(kind = 'seed', " HOSTILE "'i', NULL), seed = iif(process = 22, " HOSTILE
    "'s', seed);"
    "UPDATE comparison SET reason = " HOSTILE "hex(zeroblob(32768)), equal = 'x' WHERE process = 21;"
    "UPDATE comparison SET verdict = " HOSTILE "'v', value_size = x'1b', own = " HOSTILE "'w' WHERE process = 23;"
    "UPDATE comparison SET reason = reason || " HOSTILE "' x y' WHERE verdict = 'weak';"
    "UPDATE token SET bytes = " HOSTILE "hex(zeroblob(32768)); UPDATE process SET pid = 'x' || char(27) WHERE id = 24;"
    "INSERT INTO marker (id, process, tid, seq, at, kind, name) VALUES (1, 20, 800, 50, 1, 'draw', 'keys');"
    "INSERT INTO draw (process, marker, seq, generator, offset, bytes) VALUES (21, 1, 1, " HOSTILE "'d', 0, " HOSTILE
    "'b')";

static void check_harmless(struct report_options options)
{
    struct facts *f = open_random(hostile_sql);
    char *text = fixture_report(f, "text", options, NULL);
    size_t size = strlen(text), n;
    uint32_t code;

    for (size_t i = 0; i < size; i += n) {
        n = escape_decode(text + i, size - i, &code);
        if (n == 0)
            CU_FAIL_FATAL("not UTF-8");
        if (code != '\n' && escape_is_unsafe(code))
            CU_FAIL_FATAL("an unsafe character");
        if (!options.utf8 && code >= 0x80)
            CU_FAIL_FATAL("beyond ASCII");
    }
    if (options.width == 0) {
        ASSERT_HAS(text, "libc rand\\x1b[31m\\x0a\\xe2\\x80\\xae\\xff"); /* the name of a generator */
        ASSERT_HAS(text, "(\\x1b[31m");                                  /* what a seed is */
        ASSERT_HAS(text, "TWO PROCESSES: \"\\x1b[31m");
        ASSERT_HAS(text, "Handed over by the program: \\x1b[31m");
        ASSERT_HAS(text, "parted only by the process id");
    }
    free(text);
    facts_close(f);
}

static void test_text_random__hostile_is_harmless(void)
{
    check_harmless(UNBOUND);
    check_harmless(VERBOSE);
    check_harmless((struct report_options){ .width = 80, .utf8 = 1, .verbose = 1 });
    check_harmless((struct report_options){ .width = 40 });
}

static void check_width(const char *sql, int width, int verbose)
{
    char *text = section_of(sql, (struct report_options){ .width = width, .utf8 = 1, .verbose = verbose });
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before;

    CU_ASSERT_PTR_NOT_NULL_FATAL(locale);
    before = uselocale(locale);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        wchar_t wide[4096];

        CU_ASSERT_TRUE_FATAL(mbstowcs(wide, line, 4096) != (size_t)-1);
        if (wcswidth(wide, 4096) > width) {
            fprintf(stderr, "wider than %d: %s\n", width, line);
            CU_FAIL("a line is too wide");
        }
    }
    uselocale(before);
    freelocale(locale);
    free(text);
}

static void test_text_random__fits_the_width(void)
{
    static const int widths[] = { 40, 60, 80, 200 };

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        for (int verbose = 0; verbose <= 1; verbose++) {
            check_width(NULL, widths[i], verbose);
            check_width(hostile_sql, widths[i], verbose);
        }
    }
    check_width("UPDATE comparison SET value_size = 16, own = zeroblob(64), other_values = zeroblob(64)", 80, 1);
    CU_PASS("four widths");
}

static void test_text_random__colour_changes_no_word(void)
{
    struct facts *f = open_random(NULL);
    char *plain = fixture_report(f, "text", PLAIN, NULL), *to;
    char *colour = fixture_report(f, "text", (struct report_options){ .width = 80, .color = 1 }, NULL);

    CU_ASSERT_PTR_NULL(strchr(plain, '\033'));
    ASSERT_HAS(colour, "\033[1;31mSHARED after the fork\033[0m");
    ASSERT_HAS(colour, "\033[1;31m=");
    to = colour;
    for (const char *from = colour; *from;) {
        if (*from == '\033')
            from += strcspn(from, "m") + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    CU_ASSERT_STRING_EQUAL(colour, plain);
    free(plain);
    free(colour);
    facts_close(f);
}

/* Everything that may be NULL is; rows that name nothing. */
static void test_text_random__nulls_everywhere(void)
{
    char *text = section_of(
        "PRAGMA foreign_keys = OFF; UPDATE comparison SET reason = NULL, value_size = NULL, shift = NULL,"
        " other_shift = NULL, equal = NULL, partial = NULL, own = NULL, other_values = NULL;"
        "UPDATE generator SET purpose = NULL, guard = NULL, state_of = NULL, symbol = NULL;"
        "UPDATE generator_call SET image = NULL, context = NULL, seed = NULL, seed_is = NULL, is_added = NULL;"
        "UPDATE snapshot SET image = NULL; UPDATE image SET path = NULL;"
        "UPDATE comparison SET generator = 999 WHERE generator = 3",
        VERBOSE);

    ASSERT_HAS(text, "\n? (5 processes)\n");
    ASSERT_HAS(text, "Drawn from: ");
    ASSERT_HAS(text, "libc rand by srand in pid 800");
    ASSERT_HAS(text, "SHARED after the fork: libc rand in 4 children");
    ASSERT_HAS(text, "One state, parted only by: libgcrypt nonce");
    free(text);
}

TEST_MAIN("text_random", TEST(test_text_random__what_is_drawn_from), TEST(test_text_random__calls_count_once),
          TEST(test_text_random__seeds), TEST(test_text_random__seeds_that_differ), TEST(test_text_random__shared),
          TEST(test_text_random__other_verdicts), TEST(test_text_random__what_became_of_it),
          TEST(test_text_random__use_counts), TEST(test_text_random__unseeded_in_use),
          TEST(test_text_random__drawn_from_and_not_compared), TEST(test_text_random__no_generator_is_said),
          TEST(test_text_random__tokens), TEST(test_text_random__gaps),
          TEST(test_text_random__only_where_there_is_something), TEST(test_text_random__hint_names_the_option),
          TEST(test_text_random__a_sound_daemon_is_short), TEST(test_text_random__10000_children),
          TEST(test_text_random__many_programs_and_names), TEST(test_text_random__shared_is_never_hidden),
          TEST(test_text_random__hostile_is_harmless), TEST(test_text_random__fits_the_width),
          TEST(test_text_random__colour_changes_no_word), TEST(test_text_random__nulls_everywhere))

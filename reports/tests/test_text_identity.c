/* test_text_identity.c - the section "Identity" of the text report: lives told right, once, and within bounds. */
#include <locale.h>
#include <wchar.h>

#include "reports/escape.h"
#include "reports/tests/fixture.h"

#define PLAIN   ((struct report_options){ .width = 80 })
#define UNBOUND ((struct report_options){ .width = 0 })
#define VERBOSE ((struct report_options){ .width = 0, .verbose = 1 })

static struct facts *open_privilege(const char *sql)
{
    struct facts *f = fixture_open(1);

    fixture_file(f, "privilege.sql");
    fixture_sql(f, sql ? sql : "");
    return f;
}

/* The section alone; owned by the caller. */
static char *section(struct facts *f, struct report_options options)
{
    char *text = fixture_report(f, "text", options, NULL), *found;
    const char *begin = strstr(text, "\nIdentity: "), *end = begin ? strstr(begin, "\nProcesses, as last seen") : NULL;

    found = begin ? strndup(begin, end ? (size_t)(end - begin) : strlen(begin)) : strdup("");
    free(text);
    return found;
}

static char *section_of(const char *sql, struct report_options options)
{
    struct facts *f = open_privilege(sql);
    char *text = section(f, options);

    facts_close(f);
    return text;
}

static void test_text_identity__a_life_in_order(void)
{
    static const char *const steps[] = {
        "served (pid 711), forked by pid 700",
        "born  ",
        "uid 0, gid 0, groups 0 4, capabilities all\n",
        "setgroups(33)  ",
        "groups 0 4 -> 33\n",
        "setresgid(33, 33, 33)  ",
        "gid 0/0/0/0 -> 33/33/33/33\n",
        "setresuid(33, 33, 33)  ",
        "uid 0/0/0/0 -> 33/33/33/33, permitted and effective all -> none\n",
        "prctl(PR_SET_NO_NEW_PRIVS 1)  ",
        "no_new_privs no -> yes\n",
        "setresuid(-1, 0, -1)  ",
        "failed: EPERM (3 times)\n",
        "settled  ",
        "uid 33, gid 33, groups 33, no capabilities, no_new_privs\n",
        "in a copy  ",
        "7 calls to get uid 0, gid 0, groups 0 4, 5 capabilities back: all refused\n",
    };
    char *text = section_of(NULL, UNBOUND), *at = text;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char *found = strstr(at, steps[i]);

        if (!found)
            fprintf(stderr, "missing, or not in its place: %s\n", steps[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        at = found + strlen(steps[i]);
    }
    free(text);
}

static void test_text_identity__equal_processes_once(void)
{
    char *text = section_of(NULL, UNBOUND), *all = section_of(NULL, VERBOSE);

    ASSERT_HAS(text, "served (pid 711), forked by pid 700; also pids 712, 713, 714, 715, 716, 717\n");
    CU_ASSERT_EQUAL(fixture_count(text, "7 calls to get"), 1);
    CU_ASSERT_EQUAL(fixture_count(text, "(pid "), 3); /* the master, the seven, and the one that is different */
    CU_ASSERT_EQUAL(fixture_count(all, "7 calls to get"), 1);
    free(text);
    free(all);
}

static void test_text_identity__a_small_difference_is_told(void)
{
    char *text = section_of("UPDATE cred SET suid = 0 WHERE look = 1510", UNBOUND);

    ASSERT_HAS(text, "; also pids 712, 713, 714, 716, 717\n");
    ASSERT_HAS(text, "served (pid 715)");
    ASSERT_HAS(text, "uid 33/33/0/33, gid 33");
    free(text);
}

static void test_text_identity__other_parents(void)
{
    char *text = section_of("UPDATE process SET parent = 11 WHERE id = 13", UNBOUND);

    ASSERT_HAS(text, "served (pid 711), forked by different processes; also pids 712, 713,");
    free(text);
}

static void test_text_identity__regained_comes_first(void)
{
    char *text = section_of(NULL, UNBOUND);
    const char *regained = strstr(text, "REGAINED uid 0 by setresuid(-1, 0, -1): uid 33/0/0/0\n");
    const char *clean = strstr(text, "served (pid 711)");

    CU_ASSERT_PTR_NOT_NULL_FATAL(regained);
    CU_ASSERT_PTR_NOT_NULL_FATAL(clean);
    CU_ASSERT_TRUE(regained < clean);
    ASSERT_HAS(text, "the rest: 1 call to get gid 0 back: killed by a seccomp filter of its own\n");
    free(text);
}

static void test_text_identity__not_tried_has_its_reason(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "not tried: it waits in vfork\n");
    free(text);
}

static void test_text_identity__outcomes_of_copies(void)
{
    char *text =
        section_of("UPDATE proof SET outcome = 'hung' WHERE process = 11 AND kind = 'gid';"
                   "UPDATE proof SET kind = 'uid-map', outcome = 'regained', call = 'unshare(CLONE_NEWUSER)'"
                   " WHERE process = 11 AND kind = 'groups';"
                   "INSERT INTO proof (process, look, tid, seq, at, kind, wanted, outcome, detail) VALUES"
                   " (11, 1110, 711, 1190, 1, 'set-uid-program', '/usr/bin/su', 'described', 'anyone may run it'),"
                   " (11, 1110, 711, 1191, 1, 'new-kind', 'x', 'new-outcome', NULL)",
                   UNBOUND);

    ASSERT_HAS(text, "REGAINED uid 0 4 (in a user namespace of its own) by unshare(CLONE_NEWUSER)\n");
    ASSERT_HAS(text, "the rest: 4 calls to get uid 0, 5 capabilities back: all refused\n");
    ASSERT_HAS(text, "the rest: 2 calls to get gid 0 back: they hung, and were ended\n");
    ASSERT_LACKS(text, "anyone may run it"); /* nothing was tried */
    ASSERT_HAS(text, "new-outcome: new-kind x\n");
    free(text);
    text = section_of("INSERT INTO proof (process, look, tid, seq, at, kind, wanted, outcome, detail) VALUES"
                      " (11, 1110, 711, 1190, 1, 'set-uid-program', '0', 'described', 'anyone may run it')",
                      VERBOSE);
    ASSERT_HAS(text, "anyone may run it\n");
    free(text);
}

static void test_text_identity__counts_calls(void)
{
    char *text = section_of("UPDATE proof SET call = 'capset for each' WHERE kind = 'cap' AND process = 11;"
                            "DELETE FROM proof WHERE kind <> 'cap' AND process = 11",
                            UNBOUND);

    ASSERT_HAS(text, "5 calls to get 5 capabilities back: all refused\n");
    free(text);
}

/* Credentials belong to a thread, and a thread that was left behind must be seen. */
static void test_text_identity__threads(void)
{
    char *text = section_of(NULL, UNBOUND);

    ASSERT_HAS(text, "thread 2 (tid 719): uid 0, gid 33, groups 33, capabilities cap_setgid cap_setuid\n");
    free(text);
}

static void test_text_identity__injected_calls_are_marked(void)
{
    char *text = section_of(NULL, UNBOUND), *all;
    struct facts *f = open_privilege(NULL);

    all = fixture_report(f, "text", VERBOSE, NULL);
    facts_close(f);

    ASSERT_HAS(text, "failed: EPERM (injected)\n");
    ASSERT_HAS(all, "served (pid 718): setresuid(-1, 0, -1) failed: EPERM (injected), from served+0x1234\n");
    ASSERT_HAS(all, "served (pid 711): setgroups(33) = 0, from worker_drop (served), worker.c:123\n");
    free(text);
    free(all);
}

static void test_text_identity__capset_by_name(void)
{
    char *text =
        section_of("UPDATE call SET name = 'capset', detail = 'effective 0000000000000400 permitted 0000000000000400"
                   " inheritable 0000000000000000' WHERE id = 1106;"
                   "UPDATE call SET name = 'capset', detail = 'effective 400 permitted ?' WHERE id = 1107;"
                   "UPDATE call SET name = 'capset', detail = NULL, a0 = 1, a1 = 2 WHERE id = 1108",
                   UNBOUND);

    ASSERT_HAS(
        text,
        "capset(effective cap_net_bind_service, permitted cap_net_bind_service, inheritable none)  failed: EPERM");
    ASSERT_HAS(text, "capset(effective 400 permitted ?)");
    ASSERT_HAS(text, "capset(1, 2, -1)");
    free(text);
}

static void test_text_identity__bits_by_name(void)
{
    char *text =
        section_of("UPDATE cred SET securebits = 0 WHERE look = 1100; UPDATE cred SET securebits = 0x117,"
                   " dumpable = 2, seccomp = 2, user_ns = 2, cap_bnd = 0xff, cap_inh = 1 << 10, cap_amb = 1 << 10,"
                   " cap_prm = 0x1fffeffffff WHERE look = 1110",
                   UNBOUND);

    ASSERT_HAS(text, "securebits none -> noroot noroot_locked no_setuid_fixup keep_caps 0x100, ");
    ASSERT_HAS(text, "permitted all but cap_sys_resource, effective none, inheritable cap_net_bind_service, ambient "
                     "cap_net_bind_service");
    ASSERT_HAS(text, "seccomp filter, not dumpable");
    free(text);
}

/* What changed between two looks without a call that was seen is told at the look; a large set by its mask. */
static void test_text_identity__changes_without_a_call(void)
{
    char *text = section_of("UPDATE cred SET cap_bnd = 255, seccomp = 2, user_ns = 7, dumpable = 0 WHERE look = 1103;"
                            "UPDATE cred SET dumpable = 1 WHERE look = 1100",
                            UNBOUND);

    ASSERT_HAS(text, "gid 0/0/0/0 -> 33/33/33/33, bounding all -> 8 capabilities (0xff), dumpable yes -> no, "
                     "seccomp off -> filter, user namespace 1 -> 7\n");
    free(text);
}

/* The first thing that is seen of a process has nothing to be compared with. */
static void test_text_identity__never_says_changed_nothing_of_the_unseen(void)
{
    char *text =
        section_of("DELETE FROM cred WHERE look IN (1100, 1101); UPDATE cred SET securebits = NULL, dumpable = NULL",
                   UNBOUND);

    ASSERT_HAS(text, "setgroups(33)                 = 0, uid 0, gid 0, groups 33, capabilities all\n");
    ASSERT_LACKS(text, "changed nothing");
    free(text);
}

static void test_text_identity__a_call_that_changed_nothing(void)
{
    char *text = section_of("UPDATE cred SET groups = '0 4' WHERE look = 1102", UNBOUND);

    ASSERT_HAS(text, "setgroups(33)                 changed nothing\n");
    free(text);
}

static void test_text_identity__end_that_was_not_seen(void)
{
    char *text = section_of("DELETE FROM proof WHERE process = 11; DELETE FROM cred WHERE look = 1110;"
                            "DELETE FROM look WHERE id = 1110",
                            UNBOUND);

    ASSERT_HAS(text, "at the end                    not seen\n");
    free(text);
}

static void test_text_identity__only_who_changed(void)
{
    const char *sql = "DELETE FROM proof; DELETE FROM call; DELETE FROM cred WHERE look > 1001; DELETE FROM injection;"
                      "DELETE FROM site; DELETE FROM look WHERE id > 1001";
    char *text = section_of(sql, UNBOUND), *all = section_of(sql, VERBOSE);

    CU_ASSERT_STRING_EQUAL(text, "");
    ASSERT_HAS(all, "served (pid 700), launched\n");
    free(text);
    free(all);
}

static void test_text_identity__verbose_has_every_step(void)
{
    char *text = section_of(NULL, UNBOUND), *all = section_of(NULL, VERBOSE);

    ASSERT_LACKS(text, "PR_SET_DUMPABLE");
    ASSERT_HAS(all, "prctl(PR_SET_DUMPABLE 1)      = 0\n");
    CU_ASSERT_EQUAL(fixture_count(all, "setresuid(-1, 0, -1)          failed: EPERM\n"), 3 + 2);
    free(text);
    free(all);
}

/* A server that toggles its ids for ever. */
static void test_text_identity__many_steps_are_bounded(void)
{
    const char *sql = "DELETE FROM proof WHERE process <> 18;"
                      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                      "INSERT INTO call (id, process, tid, seq, at, name, abi, a0, result, error, end_seq)"
                      " SELECT 100000 + i, 18, 718, 1831, i, 'setuid', 'x86_64', i, -1, 1, 1831 FROM n";
    char *text = section_of(sql, PLAIN), *all = section_of(sql, VERBOSE);

    ASSERT_HAS(text, "more steps (-v shows them)\n");
    ASSERT_HAS(text, "REGAINED uid 0"); /* it is among the last ones, and would be kept in the middle as well */
    CU_ASSERT_TRUE(fixture_count(text, "\n") < 80);
    CU_ASSERT_TRUE(fixture_count(all, "\n") < 2200);
    free(text);
    free(all);
}

static void test_text_identity__regained_is_never_hidden(void)
{
    char *text = section_of("UPDATE proof SET seq = 1832 WHERE outcome = 'regained';"
                            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
                            "INSERT INTO call (id, process, tid, seq, at, name, abi, a0, result, error, end_seq)"
                            " SELECT 100000 + i, 18, 718, 1840, i, 'setuid', 'x86_64', i, -1, 1, 1830 + i / 100 FROM n",
                            UNBOUND);

    ASSERT_HAS(text, "REGAINED uid 0");
    ASSERT_HAS(text, "more steps");
    free(text);
}

static const char many_sql[] =
    "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 599)"
    "INSERT INTO process (id, seq, at, parent, pid, born, image) SELECT i, 100000 + i * 10, 1, 10, i, 'fork', 10 FROM "
    "n;"
    "INSERT INTO look (id, process, tid, seq, at, moment) SELECT id * 100, id, pid, seq + 1, 1, 'born' FROM process"
    " WHERE id >= 100;"
    "INSERT INTO look (id, process, tid, seq, at, moment) SELECT id * 100 + 1, id, pid, seq + 2, 1, 'exit' FROM process"
    " WHERE id >= 100;"
    "INSERT INTO cred (look, tid, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups)"
    " SELECT l.id, l.tid, 0, iif(l.moment = 'born', 0, %s), 0, 0, 0, 0, 0, 0, '' FROM look l WHERE l.process >= 100";

static void test_text_identity__500_processes_are_bounded(void)
{
    char sql[2048], *alike, *all_alike, *different;

    snprintf(sql, sizeof sql, many_sql, "33");
    alike = section_of(sql, PLAIN);
    all_alike = section_of(sql, VERBOSE);
    snprintf(sql, sizeof sql, many_sql, "l.process");
    different = section_of(sql, PLAIN);
    ASSERT_HAS(alike, "and 491 more (-v names them)");
    CU_ASSERT_TRUE(fixture_count(alike, "\n") < 60);
    ASSERT_HAS(all_alike, ", 598, 599\n");
    ASSERT_HAS(different,
               "... and 495 more processes (-v shows more)\n"); /* 8 lives are told: 3 of them are of the others */
    CU_ASSERT_TRUE(fixture_count(different, "\n") < 80);
    free(alike);
    free(all_alike);
    free(different);
}

/* Everything that may be NULL is. */
static void test_text_identity__nulls_everywhere(void)
{
    char *text = section_of(
        "UPDATE cred SET cap_inh = NULL, cap_prm = NULL, cap_eff = NULL, cap_bnd = NULL, cap_amb = NULL,"
        " no_new_privs = NULL, seccomp = NULL, user_ns = NULL, securebits = NULL, dumpable = NULL;"
        "UPDATE call SET a0 = NULL, a1 = NULL, a2 = NULL, detail = NULL, result = NULL, error = NULL, end_seq = NULL;"
        "UPDATE look SET image = NULL, call = NULL WHERE moment <> 'after-change'; UPDATE process SET image = NULL;"
        "DELETE FROM site; DELETE FROM injection; UPDATE image SET path = NULL;"
        "UPDATE proof SET call = NULL, error = NULL, detail = NULL",
        VERBOSE);

    ASSERT_HAS(text, "? (pid 711), forked by pid 700");
    ASSERT_HAS(text, "uid 0, gid 0, groups 0 4, capabilities ?\n");
    ASSERT_HAS(text, "setresuid()  did not return");
    ASSERT_HAS(text, "4 attempts to get uid 0, gid 0, groups 0 4, 5 capabilities back: all refused\n");
    ASSERT_HAS(text, "REGAINED uid 0 by ?\n");
    free(text);
}

#define HOSTILE "char(27) || '[31m' || char(10) || char(8238) || x'ff' || char(155) || '\\' || "
static const char hostile_sql[] =
    "PRAGMA foreign_keys = OFF; UPDATE image SET path = '/x/' || " HOSTILE "'n'; UPDATE proof SET detail = " HOSTILE
    "hex(zeroblob(32768)), wanted = " HOSTILE "'w', call = " HOSTILE "'(c)' WHERE process = 18;"
    "UPDATE proof SET kind = " HOSTILE "'k', outcome = " HOSTILE "'o' WHERE process = 12;"
    "UPDATE call SET detail = " HOSTILE "hex(zeroblob(32768)), name = iif(process = 13, " HOSTILE "'n', name);"
    "UPDATE cred SET groups = " HOSTILE "hex(zeroblob(32768)) WHERE look % 100 = 2; UPDATE cred SET ruid = " HOSTILE
    "'u', cap_prm = x'1b5b' WHERE look % 100 = 3; UPDATE process SET born = " HOSTILE "'b' WHERE id = 14;"
    "UPDATE look SET moment = " HOSTILE "'m' WHERE id % 100 = 10;"
    "UPDATE frame SET object = " HOSTILE "'/o', symbol = " HOSTILE "hex(zeroblob(32768)), source = " HOSTILE "'s';"
    "UPDATE site SET role = " HOSTILE "'r'; UPDATE injection SET evidence = " HOSTILE "'e', outcome = " HOSTILE
    "'o' WHERE id < 3";

static void check_harmless(struct report_options options)
{
    struct facts *f = open_privilege(hostile_sql);
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
    ASSERT_HAS(text, "\\x1b[31m\\x0a\\xe2\\x80\\xae");
    free(text);
    facts_close(f);
}

static void test_text_identity__hostile_is_harmless(void)
{
    check_harmless(UNBOUND);
    check_harmless(VERBOSE);
    check_harmless((struct report_options){ .width = 80, .utf8 = 1, .verbose = 1 });
    check_harmless((struct report_options){ .width = 40 });
}

static void check_width(const char *sql, int width)
{
    struct facts *f = open_privilege(sql);
    char *text = fixture_report(f, "text", (struct report_options){ .width = width, .utf8 = 1, .verbose = 1 }, NULL);
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
    facts_close(f);
}

static void test_text_identity__fits_the_width(void)
{
    static const int widths[] = { 40, 60, 80, 200 };

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        check_width(NULL, widths[i]);
        check_width(hostile_sql, widths[i]);
    }
    CU_PASS("four widths");
}

static void test_text_identity__colour_only_when_asked(void)
{
    struct facts *f = open_privilege(NULL);
    char *plain = fixture_report(f, "text", PLAIN, NULL), *to;
    char *colour = fixture_report(f, "text", (struct report_options){ .width = 80, .color = 1 }, NULL);

    CU_ASSERT_PTR_NULL(strchr(plain, '\033'));
    ASSERT_HAS(colour, "\033[1;31mREGAINED uid 0\033[0m");
    ASSERT_HAS(colour, "\033[32mall refused\033[0m");
    ASSERT_HAS(colour, "\033[33mfailed: EPERM\033[0m");
    to = colour;
    for (const char *from = colour; *from;) {
        if (*from == '\033')
            from += strcspn(from, "m") + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    CU_ASSERT_STRING_EQUAL(colour, plain); /* colours change no word */
    free(plain);
    free(colour);
    facts_close(f);
}

static void test_text_identity__arrows_where_the_reader_can_see_them(void)
{
    char *text = section_of(NULL, (struct report_options){ .width = 0, .utf8 = 1 });

    ASSERT_HAS(text, "groups 0 4 \xe2\x86\x92 33\n");
    free(text);
}

TEST_MAIN("text_identity", TEST(test_text_identity__a_life_in_order), TEST(test_text_identity__equal_processes_once),
          TEST(test_text_identity__a_small_difference_is_told), TEST(test_text_identity__other_parents),
          TEST(test_text_identity__regained_comes_first), TEST(test_text_identity__not_tried_has_its_reason),
          TEST(test_text_identity__outcomes_of_copies), TEST(test_text_identity__counts_calls),
          TEST(test_text_identity__threads), TEST(test_text_identity__injected_calls_are_marked),
          TEST(test_text_identity__capset_by_name), TEST(test_text_identity__bits_by_name),
          TEST(test_text_identity__changes_without_a_call),
          TEST(test_text_identity__never_says_changed_nothing_of_the_unseen),
          TEST(test_text_identity__a_call_that_changed_nothing), TEST(test_text_identity__end_that_was_not_seen),
          TEST(test_text_identity__only_who_changed), TEST(test_text_identity__verbose_has_every_step),
          TEST(test_text_identity__many_steps_are_bounded), TEST(test_text_identity__regained_is_never_hidden),
          TEST(test_text_identity__500_processes_are_bounded), TEST(test_text_identity__nulls_everywhere),
          TEST(test_text_identity__hostile_is_harmless), TEST(test_text_identity__fits_the_width),
          TEST(test_text_identity__colour_only_when_asked),
          TEST(test_text_identity__arrows_where_the_reader_can_see_them))

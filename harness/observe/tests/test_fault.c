/* test_fault.c - runs that learn where calls are made from, and runs in which the calls of one such place fail. */
#include "harness/observe/tests/audit.h"
#include "harness/observe/tests/plays_fault.h"
#include "harness/testing.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a learning run has told of a place. */
struct place {
    char role[64], name[32], key[OBSERVE_KEY_SIZE];
};

static void run_play(struct audit *a, const char *name, int learn, const struct observe_fault *fault)
{
    static char self[4096];
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, argv);
    a->options.no_copies = 1;
    a->options.learn = learn;
    a->options.fault = fault;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
}

static int status_of(const struct audit *a)
{
    return WIFEXITED(a->result.target_status) ? WEXITSTATUS(a->result.target_status) : -1;
}

/* The key of the stack of the call whose id `sql` gives. */
static void place_read(const struct audit *a, const char *role, const char *name, const char *sql, struct place *ret)
{
    struct facts_frame frames[32];
    sqlite3_stmt *statement = NULL;
    char text[1024];
    size_t n = 0;

    memset(ret, 0, sizeof *ret);
    snprintf(ret->role, sizeof ret->role, "%s", role);
    snprintf(ret->name, sizeof ret->name, "%s", name);
    snprintf(text, sizeof text,
             "select object, offset from frame where stack = (select stack from call where id = (%s)) order by depth",
             sql);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(facts_db(a->f), text, -1, &statement, NULL), 0);
    while (n < 32 && sqlite3_step(statement) == SQLITE_ROW) {
        const char *object = (const char *)sqlite3_column_text(statement, 0);

        frames[n++] = (struct facts_frame){
            object ? strdup(object) : NULL, sqlite3_column_int64(statement, 1), NULL, 0, NULL, 0
        };
    }
    sqlite3_finalize(statement);
    CU_ASSERT_EQUAL(observe_site_key(frames, n, ret->key, sizeof ret->key), 0);
    for (size_t i = 0; i < n; i++)
        free((char *)frames[i].object);
}

static void test_key__is_made_of_the_innermost_frames(void)
{
    struct facts_frame frames[] = {
        { "/lib/libc.so.6", 0x1234, "setuid", 3, NULL, FACTS_NULL },
        { NULL, FACTS_NULL, NULL, FACTS_NULL, NULL, FACTS_NULL },
        { "[vdso]", 0xa, NULL, FACTS_NULL, NULL, FACTS_NULL },
        { "/usr/sbin/a b", 0, NULL, FACTS_NULL, NULL, FACTS_NULL },
    };
    struct facts_frame many[20];
    char key[OBSERVE_KEY_SIZE], name[256];

    CU_ASSERT_EQUAL(observe_site_key(frames, 4, key, sizeof key), 0);
    CU_ASSERT_STRING_EQUAL(key, "libc.so.6+0x1234 ? [vdso]+0xa a b+0x0");
    CU_ASSERT_EQUAL(observe_site_key(frames, 0, key, sizeof key), -EINVAL);
    CU_ASSERT_EQUAL(observe_site_key(frames, 4, key, sizeof key - 1), -EINVAL);
    for (int i = 0; i < 20; i++)
        many[i] = (struct facts_frame){ "/a", i, NULL, FACTS_NULL, NULL, FACTS_NULL };
    CU_ASSERT_EQUAL(observe_site_key(many, 20, key, sizeof key), 0);
    CU_ASSERT_STRING_EQUAL(key, "a+0x0 a+0x1 a+0x2 a+0x3"); /* the fourth of the program's own */
    for (int i = 0; i < 20; i++)
        many[i].object = "/lib/libc.so.6";
    CU_ASSERT_EQUAL(observe_site_key(many, 20, key, sizeof key), 0);
    CU_ASSERT_STRING_EQUAL(key + strlen(key) - 13, "libc.so.6+0xb"); /* the twelfth of all */
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 20; i++)
        many[i].object = name;
    CU_ASSERT_EQUAL(observe_site_key(many, 20, key, sizeof key), 0);
    CU_ASSERT(strlen(key) > 3 * 255 && strlen(key) < OBSERVE_KEY_SIZE);
}

static void test_learn__calls_have_stacks(void)
{
    struct audit a;

    run_play(&a, "places", 1, NULL);
    CU_ASSERT_EQUAL(status_of(&a), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'setgid' and stack is not null"), 4);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct stack) from call where name = 'setgid'"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct c.id) from call c join frame f using (stack) where "
                                  "c.name = 'setgid' and f.symbol = 'place_one' and f.source like '%plays_fault.c' "
                                  "and f.line > 0 and f.object like '%/test_fault'"),
                    3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select max(injected) from call"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select mode = 'launch' from audit"), 1);
    audit_release(&a);
}

static void test_learn__calls_that_only_it_shows(void)
{
    struct audit a;

    run_play(&a, "devices", 1, NULL);
    CU_ASSERT_EQUAL(status_of(&a), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'open' and detail = '/dev/urandom' and "
                                  "result >= 0 and error = 0 and end_seq is not null"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'open'"), 2);
    CU_ASSERT(audit_ask(&a, "select count(*) from call where name = 'getrandom' and result > 0") >= 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name like 'open%' and name <> 'open'"), 0);
    audit_release(&a);
    run_play(&a, "fork", 1, NULL);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'fork' and detail in ('clone', 'fork') and "
                                  "result = (select pid from process where id = 2)"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name in ('fork', 'clone', 'clone3')"), 1);
    audit_release(&a);
}

static void test_learn__an_ordinary_run_shows_none_of_it(void)
{
    struct audit a;

    run_play(&a, "devices", 0, NULL);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call"), 0);
    audit_release(&a);
    run_play(&a, "child", 0, NULL);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call"), 8);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where stack is not null"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from stack"), 0);
    audit_release(&a);
}

static void learn_place(const char *play, const char *function, struct place *ret)
{
    struct audit a;
    char sql[256];

    run_play(&a, play, 1, NULL);
    snprintf(sql, sizeof sql, "select min(c.id) from call c join frame f using (stack) where f.symbol = '%s'",
             function);
    place_read(&a, "test_fault", "setgid", sql, ret);
    CU_ASSERT(strstr(ret->key, "libc.so.6+0x") && strstr(ret->key, " test_fault+0x"));
    audit_release(&a);
}

static void test_fault__one_place_of_two(void)
{
    static const char *const functions[] = { "place_one", "place_two" };
    static const int statuses[] = { 1, 8 };

    for (int i = 0; i < 2; i++) {
        struct place place;
        struct audit a;

        learn_place("places", functions[i], &place);
        struct observe_fault fault = { .role = place.role, .name = place.name, .key = place.key, .error = EAGAIN };

        run_play(&a, "places", 0, &fault);
        CU_ASSERT_EQUAL(status_of(&a), statuses[i]);
        CU_ASSERT_EQUAL(a.result.faults, 1);
        CU_ASSERT_EQUAL(audit_ask(&a,
                                  "select count(*) from call where injected and name = 'setgid' and result = -1 and "
                                  "error = 11 and end_seq > seq and stack is not null"),
                        1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look l join call c on l.call = c.id where c.injected and "
                                      "l.moment = 'before-change'"),
                        1);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look l join call c on l.call = c.id where c.injected and "
                                      "l.moment = 'after-change'"),
                        0);
        CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from look where moment = 'after-change'"), 3);
        CU_ASSERT_EQUAL(audit_ask(&a, "select mode = 'inject' from audit"), 1);
        audit_release(&a);
    }
}

static void test_fault__every_call_of_the_place(void)
{
    struct place place;
    struct audit a;

    learn_place("places", "place_one", &place);
    struct observe_fault fault = {
        .role = place.role, .name = place.name, .key = place.key, .error = EAGAIN, .every = 1
    };

    run_play(&a, "places", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 7);
    CU_ASSERT_EQUAL(a.result.faults, 3);
    audit_release(&a);
}

static void test_fault__role_tells_parent_and_child(void)
{
    struct place place;
    struct audit a;

    learn_place("child", "place_two", &place);
    struct observe_fault fault = { .role = "test_fault>", .name = "setgid", .error = EAGAIN, .every = 1 };

    run_play(&a, "child", 0, &fault); /* of any place, but only in the child */
    CU_ASSERT_EQUAL(status_of(&a), 15);
    CU_ASSERT_EQUAL(a.result.faults, 4);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where injected and process = 2"), 4);
    audit_release(&a);
    fault.key = place.key;
    run_play(&a, "child", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 8);
    audit_release(&a);
    fault.role = "test_fault";
    fault.key = NULL;
    run_play(&a, "child", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 98);
    audit_release(&a);
    fault.role = "other";
    run_play(&a, "child", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 0);
    CU_ASSERT_EQUAL(a.result.faults, 0);
    audit_release(&a);
}

/* libc ends a program whose threads do not agree. */
static void test_fault__all_threads_together(void)
{
    uid_t uid = geteuid() ? geteuid() : 33;
    struct observe_fault fault = { .role = "test_fault",
                                   .name = "setuid",
                                   .key = "somewhere+0x1",
                                   .is_threaded = 1,
                                   .has_argument = 1,
                                   .argument = uid,
                                   .error = EAGAIN };
    struct audit a;

    run_play(&a, "threads", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 1);
    CU_ASSERT_EQUAL(a.result.faults, 3);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct tid) from call where injected"), 3);
    audit_release(&a);
    fault.has_argument = 0;
    fault.every = 1;
    run_play(&a, "threads", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 3);
    CU_ASSERT_EQUAL(a.result.faults, 7);
    audit_release(&a);
    fault.has_argument = 1;
    fault.argument = uid + 1;
    run_play(&a, "threads", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), geteuid() ? 0 : 4);
    CU_ASSERT_EQUAL(a.result.faults, 0);
    audit_release(&a);
}

static void test_fault__fork_and_devices(void)
{
    struct observe_fault fault = { .role = "test_fault", .name = "fork", .error = EAGAIN, .every = 1 };
    struct audit a;

    run_play(&a, "fork", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 1);
    CU_ASSERT_EQUAL(a.result.processes, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where name = 'fork' and injected and error = 11"), 1);
    audit_release(&a);
    fault.name = "open";
    fault.every = 0; /* the first one: urandom */
    run_play(&a, "devices", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from call where injected and detail = '/dev/urandom'"), 1);
    audit_release(&a);
    fault.every = 1; /* but no other file */
    run_play(&a, "devices", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 3);
    audit_release(&a);
    fault.name = "getrandom";
    run_play(&a, "devices", 0, &fault);
    CU_ASSERT_EQUAL(status_of(&a), 4);
    audit_release(&a);
}

static void test_limit__storm_of_processes_is_ended(void)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", "storm", NULL };
    struct audit a;

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(&a, argv);
    a.options.max_processes = 20;
    audit_run(&a);
    CU_ASSERT_EQUAL(a.r, 0);
    CU_ASSERT_EQUAL(a.result.too_many, 1);
    CU_ASSERT_EQUAL(a.result.complete, 0);
    CU_ASSERT(a.result.processes >= 20 && a.result.processes < 40);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from audit where not complete and why = 'more than 20 processes "
                                  "were born'"),
                    1);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    audit_release(&a);
}

static const struct test tests[] = {
    TEST(test_key__is_made_of_the_innermost_frames),
    TEST(test_learn__calls_have_stacks),
    TEST(test_learn__calls_that_only_it_shows),
    TEST(test_learn__an_ordinary_run_shows_none_of_it),
    TEST(test_fault__one_place_of_two),
    TEST(test_fault__every_call_of_the_place),
    TEST(test_fault__role_tells_parent_and_child),
    TEST(test_fault__all_threads_together),
    TEST(test_fault__fork_and_devices),
    TEST(test_limit__storm_of_processes_is_ended),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play_fault(argv[2]);
    return test_main("test_fault", tests, argc, argv);
}

/* test_marker.c - markers of an instrumented program, well-formed and hostile. The test acts as its own target: --play NAME. */
#include "harness/include/forkaudit.h"
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- plays ---- */

static int play_moment(void)
{
    FORKAUDIT_MOMENT("ready");
    return 0;
}

static int play_self(void)
{
    int fd = dup(0);

    FORKAUDIT_SELF("me");
    return close(fd);
}

static int play_draw(void)
{
    const char *bytes = "0123456789abcdef";
    pid_t pid;

    FORKAUDIT_DRAW("toy", bytes, 8);
    FORKAUDIT_DRAW("other", bytes, 4);
    FORKAUDIT_DRAW("toy", bytes + 8, 8);
    pid = fork();
    if (!pid) {
        FORKAUDIT_DRAW("toy", bytes, 2);
        _exit(0);
    }
    return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

/* More than is read of one draw, and of one stream. */
static int play_draw_much(void)
{
    static char bytes[10000];

    for (int i = 0; i < 20; i++)
        FORKAUDIT_DRAW("toy", bytes, sizeof bytes);
    return 0;
}

static int play_draw_unreadable(void)
{
    FORKAUDIT_DRAW("toy", (void *)16, 8);
    return 0;
}

static int play_generators(void)
{
    char name[16] = "generator-a";

    for (int i = 0; i < 200; i++) {
        name[9] = (char)('a' + i % 20);
        name[10] = (char)('a' + i / 20);
        FORKAUDIT_DRAW(name, name, 8);
    }
    return 0;
}

static int play_name_long(void)
{
    char *name = malloc(1 << 20);

    if (!name)
        return 1;
    memset(name, 'n', (1 << 20) - 1);
    name[(1 << 20) - 1] = '\0';
    FORKAUDIT_MOMENT(name);
    free(name);
    return 0;
}

static int play_name_unreadable(void)
{
    FORKAUDIT_MOMENT((char *)24);
    return 0;
}

/* A name that ends where the mapped memory does. */
static int play_name_at_edge(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    munmap(page + 4096, 4096);
    memcpy(page + 4096 - 5, "edge", 5);
    FORKAUDIT_MOMENT(page + 4096 - 5);
    return 0;
}

static int play_self_hostile(void)
{
    static struct forkaudit_self self = {
        .version = 1, .n_fds = 3, .n_groups = 2, .groups = { 9, 4 }, .fds = { 1, 1, -5 }
    };

    forkaudit_probe_self("twice", &self);
    self.version = 77;
    forkaudit_probe_self("version", &self);
    self.version = 1;
    self.n_fds = 1 << 30;
    self.n_groups = 1 << 30;
    forkaudit_probe_self("huge", &self);
    forkaudit_probe_self("nowhere", (struct forkaudit_self *)8);
    return 0;
}

/* Operands that another compiler, or another header, may have chosen: memory and constants. */
#undef STAP_SDT_ARG_CONSTRAINT
#define STAP_SDT_ARG_CONSTRAINT nor

static int play_operands(void)
{
    volatile const char *volatile name = "in-memory";

#undef STAP_SDT_ARG_CONSTRAINT
#define STAP_SDT_ARG_CONSTRAINT m
    STAP_PROBE1(forkaudit, moment, name);
#undef STAP_SDT_ARG_CONSTRAINT
#define STAP_SDT_ARG_CONSTRAINT n
    STAP_PROBE1(forkaudit, moment, 5);
    return 0;
}

static int play_trap(void)
{
    signal(SIGTRAP, SIG_DFL);
    raise(SIGTRAP);
    return 0;
}

/* With every signal blocked, as around a fork. */
static int play_blocked(void)
{
    sigset_t all, before, after;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigprocmask(SIG_SETMASK, NULL, &before);
    FORKAUDIT_MOMENT("blocked");
    sigprocmask(SIG_SETMASK, NULL, &after);
    return sigismember(&before, SIGTRAP) == 1 && !memcmp(&before, &after, 8) ? 0 : 1;
}

static const struct {
    const char *name;
    int (*run)(void);
} plays[] = {
    { "moment", play_moment },
    { "self", play_self },
    { "draw", play_draw },
    { "draw-much", play_draw_much },
    { "draw-unreadable", play_draw_unreadable },
    { "generators", play_generators },
    { "name-long", play_name_long },
    { "name-unreadable", play_name_unreadable },
    { "name-at-edge", play_name_at_edge },
    { "self-hostile", play_self_hostile },
    { "operands", play_operands },
    { "trap", play_trap },
    { "blocked", play_blocked },
};

static int play(const char *name)
{
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

/* The program is this one, by its name: under valgrind, /proc/self/exe itself would be valgrind. */
static void audit_self(struct audit *a, const char *name)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, argv);
    audit_run(a);
}

static void audit_play(struct audit *a, const char *name)
{
    audit_self(a, name);
    CU_ASSERT_EQUAL(a->r, 0);
    CU_ASSERT_EQUAL(a->result.target_status, 0);
}

/* ---- tests ---- */

static void test_marker__program_is_known_as_instrumented(void)
{
    struct audit a;

    audit_play(&a, "moment");
    CU_ASSERT(audit_ask(&a, "select markers from image") > 5);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where kind = 'moment' and name = 'ready'"), 1);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from look where moment = 'marker' and marker = 1 and fd_table is not null"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    audit_release(&a);
}

static void test_self__two_witnesses_agree(void)
{
    struct audit a;

    audit_play(&a, "self");
    CU_ASSERT(audit_ask(&a, "select count(*) from witness_fd") >= 4);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from (select fd, cloexec from witness_fd except select fd, cloexec from look "
                      "join fd using (fd_table) where marker = 1)"),
        0);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from (select fd, cloexec from look join fd using (fd_table) where marker = 1 "
                      "except select fd, cloexec from witness_fd)"),
        0);
    CU_ASSERT_EQUAL(
        audit_ask(&a, "select count(*) from witness w join look l on l.marker = w.marker join cred c on c.look = l.id "
                      "where w.euid = c.euid and w.sgid = c.sgid and w.groups = c.groups"),
        1);
    audit_release(&a);
}

static void test_self__hostile_views_do_no_harm(void)
{
    struct audit a;

    audit_play(&a, "self-hostile");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker"), 4);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from witness_fd"), 2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select groups = '4 9' from witness where marker = 1"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'marker'"), 3);
    audit_release(&a);
}

static void test_draw__streams_by_generator_and_process(void)
{
    struct audit a;

    audit_play(&a, "draw");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from draw"), 4);
    CU_ASSERT_EQUAL(audit_ask(&a, "select offset from draw where bytes = cast('89abcdef' as blob)"), 8);
    CU_ASSERT_EQUAL(audit_ask(&a, "select offset from draw where generator = 'other'"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select offset from draw where process = 2 and bytes = cast('01' as blob)"), 0);
    audit_release(&a);
}

static void test_draw__is_bounded(void)
{
    struct audit a;

    audit_play(&a, "draw-much");
    CU_ASSERT_EQUAL(audit_ask(&a, "select max(length(bytes)) from draw"), 4096);
    CU_ASSERT_EQUAL(audit_ask(&a, "select sum(length(bytes)) from draw"), 65536);
    audit_release(&a);
}

static void test_draw__unreadable_is_a_gap(void)
{
    struct audit a;

    audit_play(&a, "draw-unreadable");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from draw"), 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'draw' and error = 14"), 1);
    audit_release(&a);
}

static void test_draw__too_many_generators_is_a_gap(void)
{
    struct audit a;

    audit_play(&a, "generators");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct generator) from draw"), 64);
    CU_ASSERT(audit_ask(&a, "select count(*) from gap where source = 'draw'") > 0);
    audit_release(&a);
}

static void test_name__is_bounded_and_may_be_missing(void)
{
    struct audit a;

    audit_play(&a, "name-long");
    CU_ASSERT_EQUAL(audit_ask(&a, "select length(name) from marker"), 127);
    audit_release(&a);
    audit_play(&a, "name-unreadable");
    CU_ASSERT_EQUAL(audit_ask(&a, "select name = '?' from marker"), 1);
    audit_release(&a);
    audit_play(&a, "name-at-edge");
    CU_ASSERT_EQUAL(audit_ask(&a, "select name = 'edge' from marker"), 1);
    audit_release(&a);
}

static void test_operand__memory_and_constants(void)
{
    struct audit a;

    audit_play(&a, "operands");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where name = 'in-memory'"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where name = '?'"), 1);
    audit_release(&a);
}

static void test_trap__of_the_program_is_its_own(void)
{
    struct audit a;

    audit_self(&a, "trap");
    CU_ASSERT(WIFSIGNALED(a.result.target_status) && WTERMSIG(a.result.target_status) == SIGTRAP);
    audit_release(&a);
}

static void test_moment__signal_mask_stays_as_it_is(void)
{
    struct audit a;

    audit_play(&a, "blocked");
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from marker where name = 'blocked'"), 1);
    audit_release(&a);
}

static const struct test tests[] = {
    TEST(test_marker__program_is_known_as_instrumented),
    TEST(test_self__two_witnesses_agree),
    TEST(test_self__hostile_views_do_no_harm),
    TEST(test_draw__streams_by_generator_and_process),
    TEST(test_draw__is_bounded),
    TEST(test_draw__unreadable_is_a_gap),
    TEST(test_draw__too_many_generators_is_a_gap),
    TEST(test_name__is_bounded_and_may_be_missing),
    TEST(test_operand__memory_and_constants),
    TEST(test_trap__of_the_program_is_its_own),
    TEST(test_moment__signal_mask_stays_as_it_is),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_marker", tests, argc, argv);
}

/* test_token.c - the same token in what two processes write: found where it was drawn twice, and nowhere else; and pids that come again. */
#include "harness/observe/tests/audit.h"
#include "harness/random/tests/judging.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the programs ---- */

static int sink; /* /dev/null */
static uint64_t state = 0x9e3779b97f4a7c15;
static char from_before[40];

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void text_fill(char *text, size_t size, uint64_t a, uint64_t b)
{
    snprintf(text, size, "%016llx%016llx\n", (unsigned long long)a, (unsigned long long)b);
}

static void write_text(const char *text)
{
    if (write(sink, text, strlen(text)) < 0)
        _exit(1);
}

static void child_drawn(void)
{
    char text[40];
    uint64_t a = draw(), b = draw();

    text_fill(text, sizeof text, a, b);
    write_text(text);
}

static void child_fresh(void)
{
    char text[40];
    uint64_t bytes[2];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        _exit(1);
    text_fill(text, sizeof text, bytes[0], bytes[1]);
    write_text(text);
}

static void child_from_before(void)
{
    write_text(from_before);
}

/* Both read it from somewhere: an echo is no draw. The text is put together on the stack, so that no file or memory has it before. */
static void child_echo(void)
{
    char text[40];
    uint64_t a = draw(), b = draw();
    int ends[2];

    text_fill(text, sizeof text, a, b);
    if (pipe(ends) || write(ends[1], text, strlen(text)) < 0 || read(ends[0], text, sizeof text - 1) < 0)
        _exit(1);
    write_text(text);
}

static void children(void (*play)(void))
{
    sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (!pid) {
            play();
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    _exit(0);
}

static void wait_for_end_of(pid_t pid)
{
    while (!kill(pid, 0) || errno != ESRCH)
        sched_yield();
}

/* The first process dies, its child makes a grandchild. */
static void play_chain(void)
{
    pid_t first = getpid();

    if (fork())
        _exit(0);
    setsid(); /* the number of a process group is in use */
    wait_for_end_of(first);
    if (!fork())
        _exit(0);
    wait(NULL);
    _exit(0);
}

static void nothing(void)
{
}

static void play(const char *name)
{
    if (!strcmp(name, "drawn"))
        children(child_drawn);
    if (!strcmp(name, "fresh"))
        children(child_fresh);
    if (!strcmp(name, "echo"))
        children(child_echo);
    if (!strcmp(name, "siblings"))
        children(nothing);
    if (!strcmp(name, "chain"))
        play_chain();
    text_fill(from_before, sizeof from_before, draw(), draw());
    children(child_from_before);
}

/* ---- the suite ---- */

static void run_play(struct audit *a, const char *name, int reuse_pid)
{
    static char self[4096];
    static char *argv[] = { self, "--play", NULL, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    argv[2] = (char *)name;
    audit_init(a, argv);
    a->options.generators = 1;
    a->options.generator_memory = 64 << 20;
    a->options.reuse_pid = reuse_pid;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    CU_ASSERT_EQUAL(audit_ask(a, "select count(*) from process where status <> 0"), 0);
}

static void check_tokens(const char *name, int64_t n)
{
    struct audit a;

    if (!judging_is_possible())
        return;
    run_play(&a, name, 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from token"), n);
    audit_release(&a);
}

static void test_token__drawn_by_two(void)
{
    check_tokens("drawn", 1);
}

static void test_token__of_the_kernel(void)
{
    check_tokens("fresh", 0);
}

static void test_token__that_was_there_before_the_fork(void)
{
    check_tokens("before", 0);
}

static void test_token__that_came_in(void)
{
    check_tokens("echo", 0);
}

/* In a user namespace no way leads back out of a pid namespace, and out of one that has ended none into another
 * (unshare(2), EINVAL): forkaudit makes one audit, this program several. */
static int is_used_up(void)
{
    static int n;
    int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), r;

    if (!n++)
        return close(own);
    r = setns(own, CLONE_NEWPID);
    close(own);
    return r;
}

static void reuse(const char *name, int64_t first)
{
    struct audit a;

    if (geteuid()) {
        test_skip("a pid namespace is root's");
        return;
    }
    if (!judging_is_possible())
        return;
    if (is_used_up()) {
        test_skip("in a user namespace this program can have one pid namespace only");
        return;
    }
    run_play(&a, name, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select reuse_pid from audit"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a,
                              "select count(*) from process a join process b on b.ns_pid = a.ns_pid and b.id > a.id"),
                    1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select a.id from process a join process b on b.ns_pid = a.ns_pid and b.id > a.id"),
                    first);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from process"), 3);
    audit_release(&a);
}

static void test_reuse_pid__of_a_dead_sibling(void)
{
    reuse("siblings", 2);
}

static void test_reuse_pid__of_a_dead_ancestor(void)
{
    reuse("chain", 1);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = { TEST(test_token__drawn_by_two),
                                         TEST(test_token__of_the_kernel),
                                         TEST(test_token__that_was_there_before_the_fork),
                                         TEST(test_token__that_came_in),
                                         TEST(test_reuse_pid__of_a_dead_sibling),
                                         TEST(test_reuse_pid__of_a_dead_ancestor),
                                         { NULL, NULL } };

    if (argc == 3 && !strcmp(argv[1], "--play"))
        play(argv[2]);
    return test_main("test_token", tests, argc, argv);
}

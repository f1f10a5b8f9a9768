/* test_fail.c - calls that the tracer makes fail, and the stops that are there only for that. */
#include "harness/testing.h"
#include "harness/trace/tests/plays.h"
#include "harness/trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct failing {
    unsigned stop_more;
    const char *calls; /* names between blanks: these fail with EAGAIN */
    const char *path;  /* of open and openat only this one */
    /* what came */
    unsigned failed, calls_seen, returns_of_failed, births, forks_seen, returns_of_forks;
    int status;
};

static int is_named(const char *list, const char *name)
{
    char word[64];

    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

static int is_fork(const char *name)
{
    return is_named(" fork vfork clone clone3 ", name);
}

static int is_to_fail(const struct failing *f, const struct trace_event *e)
{
    uint64_t flags = 0;
    char path[64] = "";

    if (!is_named(f->calls, e->call.name))
        return 0;
    if (!strcmp(e->call.name, "open"))
        trace_read_string(e->tid, e->call.args[0], path, sizeof path);
    if (!strcmp(e->call.name, "openat"))
        trace_read_string(e->tid, e->call.args[1], path, sizeof path);
    if (!strncmp(e->call.name, "open", 4))
        return !strcmp(path, f->path);
    if (!strcmp(e->call.name, "clone"))
        flags = e->call.args[0];
    if (!strcmp(e->call.name, "clone3"))
        trace_read(e->tid, e->call.args[0], &flags, sizeof flags);
    return !(flags & CLONE_THREAD);
}

static void failing_event(struct trace *t, struct failing *f, const struct trace_event *e)
{
    f->births += e->kind == TRACE_EVENT_BORN;
    if (e->kind == TRACE_EVENT_RETURN)
        f->returns_of_failed += is_named(f->calls, e->call.name) && e->call.error == EAGAIN;
    if (e->kind == TRACE_EVENT_RETURN)
        f->returns_of_forks += is_fork(e->call.name);
    if (e->kind == TRACE_EVENT_CALL) {
        f->calls_seen++;
        f->forks_seen += is_fork(e->call.name);
        if (is_to_fail(f, e)) {
            f->failed++;
            CU_ASSERT_EQUAL(trace_fail(t, e, EAGAIN), 0);
            return;
        }
    }
    if (e->kind >= TRACE_EVENT_BORN)
        trace_resume(t, e, e->kind == TRACE_EVENT_CALL ? TRACE_TO_RETURN : TRACE_ON);
}

static int failing_program(struct failing *f, char *const argv[])
{
    struct trace_launch launch = {
        .path = argv[0], .argv = argv, .envp = environ, .terminal = -1, .stop_more = f->stop_more
    };
    enum trace_stage stage;
    struct trace_event e;
    struct trace *t;
    pid_t pid;
    int r = trace_launch(&launch, &t, &pid, &stage);

    if (r)
        return r;
    do {
        CU_ASSERT_EQUAL_FATAL(trace_next(t, 20000, &e), 0);
        CU_ASSERT_NOT_EQUAL_FATAL(e.kind, TRACE_EVENT_TIMEOUT);
        if (e.kind == TRACE_EVENT_END && e.pid == pid)
            f->status = e.status;
        failing_event(t, f, &e);
    } while (e.kind != TRACE_EVENT_NONE_LEFT);
    trace_free(t);
    return 0;
}

static void failing_play(struct failing *f, const char *name)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", (char *)name, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    CU_ASSERT_EQUAL(failing_program(f, argv), 0);
    CU_ASSERT_EQUAL(f->returns_of_failed, 0);
    CU_ASSERT_EQUAL(f->returns_of_forks, 0);
}

static void test_fail__setuid_leaves_the_uid(void)
{
    struct failing f = { .calls = " setuid " };

    failing_play(&f, "fail-setuid");
    CU_ASSERT_EQUAL(f.status, 0);
    CU_ASSERT_EQUAL(f.failed, 1);
}

static void test_fail__fork_in_all_its_forms_but_no_thread(void)
{
    struct failing f = { .stop_more = TRACE_MORE_INJECT, .calls = " fork vfork clone clone3 " };

    failing_play(&f, "fail-fork");
    CU_ASSERT_EQUAL(f.status, 0);
    CU_ASSERT(f.failed >= 4);
    CU_ASSERT_EQUAL(f.births, 0);
    CU_ASSERT(f.forks_seen > f.failed); /* the thread's */
}

static void test_fail__random_bytes_and_devices(void)
{
    struct failing f = { .stop_more = TRACE_MORE_INJECT, .calls = " getrandom open openat ", .path = "/dev/null" };

    failing_play(&f, "fail-open");
    CU_ASSERT_EQUAL(f.status, 0);
    CU_ASSERT(f.failed >= 3);
}

static void test_fail__one_thread_of_several(void)
{
    struct failing f = { .calls = " setresgid " };

    failing_play(&f, "fail-thread");
    CU_ASSERT_EQUAL(f.status, 0);
    CU_ASSERT_EQUAL(f.failed, 20);
    CU_ASSERT_EQUAL(f.calls_seen - f.forks_seen, 80);
}

static void test_fail__other_system_call_tables(void)
{
#ifdef __x86_64__
    struct failing f = { .calls = " setresuid " };

    failing_play(&f, "fail-tables");
    CU_ASSERT_EQUAL(f.status, 0);
    CU_ASSERT_EQUAL(f.failed, 2);
#else
    test_skip("this machine has one table");
#endif
}

/* A 32-bit program that ends with the errno of setuid32(0) as its status. */
static const unsigned char program_32[] = {
    0x7f, 'E',  'L',  'F', 1,    1, 1, 0, 0,    0,    0,    0,    0, 0,    0,    0, /* e_ident */
    2,    0,    3,    0,   1,    0, 0, 0, 0x54, 0x80, 0x04, 0x08,                   /* EXEC, i386, entry 0x08048054 */
    0x34, 0,    0,    0,   0,    0, 0, 0, 0,    0,    0,    0,                      /* program headers at 52 */
    0x34, 0,    0x20, 0,   1,    0, 0, 0, 0,    0,    0,    0,                      /* one of 32 bytes */
    1,    0,    0,    0,   0,    0, 0, 0, 0,    0x80, 0x04, 0x08, 0, 0x80, 0x04, 0x08, /* LOAD at 0x08048000 */
    0x80, 0,    0,    0,   0x80, 0, 0, 0, 5,    0,    0,    0,    0, 0x10, 0,    0,    0xb8, 213, 0, 0, 0, /* mov $213, %eax */
    0x31, 0xdb,               /* xor %ebx, %ebx */
    0xcd, 0x80,               /* int $0x80 */
    0xf7, 0xd8,               /* neg %eax */
    0x89, 0xc3,               /* mov %eax, %ebx */
    0xb8, 1,    0,    0,   0, /* mov $1, %eax */
    0xcd, 0x80,               /* int $0x80 */
    0,    0,    0,    0,   0,    0, 0, 0, 0,    0,    0,    0,    0, 0,    0,    0,    0,    0,   0, 0, 0, 0, 0, 0,
};

static void test_fail__32_bit_program(void)
{
    struct failing f = { .stop_more = TRACE_MORE_INJECT, .calls = " setuid " };
    char path[4200];
    char *const argv[] = { path, NULL };
    int fd, r;

    snprintf(path, sizeof path, "%s/program", test_directory());
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, program_32, sizeof program_32), sizeof program_32);
    close(fd);
    r = failing_program(&f, argv);
    if (r == -ENOEXEC) {
        test_skip("this kernel runs no 32-bit programs");
        return;
    }
    CU_ASSERT_EQUAL(r, 0);
    CU_ASSERT(WIFEXITED(f.status) && WEXITSTATUS(f.status) == EAGAIN);
    CU_ASSERT_EQUAL(f.failed, 1);
}

static void test_stop_more__is_off_unless_asked_for(void)
{
    static const char *const plays[] = { "fork", "vfork", "threads", "fail-open" };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
        struct failing without = { .calls = "" }, with = { .stop_more = TRACE_MORE_INJECT, .calls = "" };

        failing_play(&without, plays[i]);
        failing_play(&with, plays[i]);
        CU_ASSERT_EQUAL(without.status, with.status);
        CU_ASSERT_EQUAL(without.births, with.births);
        CU_ASSERT(without.calls_seen <= 1); /* vfork's execve */
        CU_ASSERT(with.calls_seen > without.calls_seen);
    }
}

static void test_stop_more__untraced_clone_does_not_escape(void)
{
    static const char *const plays[] = { "clone-untraced", "clone3-untraced" };

    for (int i = 0; i < 2; i++) {
        struct failing f = { .stop_more = TRACE_MORE_INJECT, .calls = "" };

        failing_play(&f, plays[i]);
        CU_ASSERT_EQUAL(f.status, 0);
        CU_ASSERT_EQUAL(f.births, 1);
        CU_ASSERT(f.forks_seen >= 1);
    }
}

static const struct test tests[] = {
    TEST(test_fail__setuid_leaves_the_uid),
    TEST(test_fail__fork_in_all_its_forms_but_no_thread),
    TEST(test_fail__random_bytes_and_devices),
    TEST(test_fail__one_thread_of_several),
    TEST(test_fail__other_system_call_tables),
    TEST(test_fail__32_bit_program),
    TEST(test_stop_more__is_off_unless_asked_for),
    TEST(test_stop_more__untraced_clone_does_not_escape),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play_fail(argv[2]);
    return test_main("test_fail", tests, argc, argv);
}

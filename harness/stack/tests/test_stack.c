/* test_stack.c - frames of stopped programs: names, order, offsets that are the same in every run, and what cannot
 * be known. */
#include "harness/stack/stack.h"
#include "harness/stack/tests/plays.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A traced run of a program. */
struct target {
    pid_t pid, tid; /* tid: who has stopped */
    struct stack_reader *reader;
};

static const char *self_path(void)
{
    static char self[4096];

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    return self;
}

/* Stopped before its first instruction. 0 or a negative errno: it could not be executed. */
static int target_start(struct target *t, const char *path, const char *name)
{
    char *const argv[] = { (char *)path, "--play", (char *)name, NULL };
    int status;

    memset(t, 0, sizeof *t);
    t->pid = t->tid = fork();
    if (!t->pid) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(path, argv);
        _exit(errno);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(t->pid, &status, __WALL), t->pid);
    if (WIFEXITED(status))
        return -WEXITSTATUS(status);
    CU_ASSERT_TRUE_FATAL(WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, t->pid, NULL, (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE));
    t->reader = stack_reader_new(t->pid);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->reader);
    return 0;
}

/* To its next SIGSTOP of its own (a new thread begins with one of ours). */
static void target_run(struct target *t)
{
    siginfo_t info;
    int status;

    for (;;) {
        ptrace(PTRACE_CONT, t->tid, NULL, NULL);
        if (t->tid != t->pid)
            t->tid = t->pid;
        do {
            t->tid = waitpid(-1, &status, __WALL);
            CU_ASSERT_TRUE_FATAL(t->tid > 0 && WIFSTOPPED(status));
            if (status >> 16 == PTRACE_EVENT_CLONE)
                ptrace(PTRACE_CONT, t->tid, NULL, NULL);
        } while (status >> 16 == PTRACE_EVENT_CLONE);
        memset(&info, 0, sizeof info);
        ptrace(PTRACE_GETSIGINFO, t->tid, NULL, &info);
        if (WSTOPSIG(status) == SIGSTOP && info.si_pid == t->pid && info.si_code == SI_TKILL)
            return;
    }
}

static void target_end(struct target *t)
{
    int status;

    stack_reader_free(t->reader);
    kill(t->pid, SIGKILL);
    while (waitpid(-1, &status, __WALL) > 0 || errno == EINTR)
        ;
}

static int is_object(const struct stack_frame *f, const char *name)
{
    const char *slash = f->object ? strrchr(f->object, '/') : NULL;

    return slash && !strcmp(slash + 1, name);
}

/* Depth of the function, -1: it is not there. */
static int depth_of(const struct stack *s, const char *symbol)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->frames[i].symbol && !strcmp(s->frames[i].symbol, symbol))
            return i;
    return -1;
}

static void test_read__names_in_order(void)
{
    struct stack s = { 0 };
    struct target t;
    int inner;

    CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), "chain"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL_FATAL(stack_read(t.reader, t.tid, 0, &s), 0);
    inner = depth_of(&s, "chain_inner");
    CU_ASSERT(inner > 0); /* syscall(2)'s wrapper is above it */
    CU_ASSERT_EQUAL(depth_of(&s, "chain_middle"), inner + 1);
    CU_ASSERT_EQUAL(depth_of(&s, "chain_outer"), inner + 2);
    CU_ASSERT_EQUAL(depth_of(&s, "play_chain"), inner + 3);
    CU_ASSERT(s.n > 4 && is_object(&s.frames[0], "libc.so.6") && is_object(&s.frames[inner], "test_stack"));
    CU_ASSERT(s.frames[inner].symbol_offset > 0 && s.frames[inner].symbol_offset < 4096);
    CU_ASSERT_PTR_NULL(s.frames[inner].source);
    stack_release(&s);
    target_end(&t);
}

static void test_read__source_lines(void)
{
    struct stack s = { 0 };
    struct target t;
    int inner;

    CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), "chain"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL_FATAL(stack_read(t.reader, t.tid, 1, &s), 0);
    inner = depth_of(&s, "chain_inner");
    CU_ASSERT_TRUE_FATAL(inner > 0);
    CU_ASSERT(s.frames[inner].source && strstr(s.frames[inner].source, "tests/plays.c") && s.frames[inner].line > 0);
    stack_release(&s);
    target_end(&t);
}

static void read_chain(const char *path, struct stack *ret)
{
    struct target t;

    memset(ret, 0, sizeof *ret);
    CU_ASSERT_EQUAL_FATAL(target_start(&t, path, "chain"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 0, ret), 0);
    target_end(&t);
}

static void test_read__offsets_are_the_same_in_every_run(void)
{
    struct stack a, b;

    read_chain(self_path(), &a);
    read_chain(self_path(), &b);
    CU_ASSERT_EQUAL_FATAL(a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        CU_ASSERT_EQUAL(a.frames[i].offset, b.frames[i].offset);
        CU_ASSERT(a.frames[i].object && b.frames[i].object && !strcmp(a.frames[i].object, b.frames[i].object));
    }
    stack_release(&a);
    stack_release(&b);
}

/* A copy of the suite in the test's directory. */
static void copy_self(char *path, size_t size)
{
    static char buffer[1 << 16];
    int from = open(self_path(), O_RDONLY | O_CLOEXEC), to;
    ssize_t n;

    snprintf(path, size, "%s/test_stack", test_directory());
    to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    CU_ASSERT_TRUE_FATAL(from >= 0 && to >= 0);
    while ((n = read(from, buffer, sizeof buffer)) > 0)
        CU_ASSERT_EQUAL(write(to, buffer, n), n);
    close(from);
    close(to);
}

/* Wait status. */
static int run_program(char *const argv[])
{
    pid_t pid = fork();
    int status = -1;

    if (!pid) {
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void test_read__stripped_program_has_objects_and_offsets(void)
{
    struct stack whole, stripped;
    char path[4200];

    copy_self(path, sizeof path);
    if (run_program((char *[]){ "strip", path, NULL })) {
        test_skip("strip(1) is not here");
        return;
    }
    read_chain(self_path(), &whole);
    read_chain(path, &stripped);
    CU_ASSERT_EQUAL_FATAL(whole.n, stripped.n);
    for (size_t i = 0; i < whole.n; i++)
        CU_ASSERT_EQUAL(whole.frames[i].offset, stripped.frames[i].offset);
    CU_ASSERT(depth_of(&whole, "chain_outer") > 0);
    CU_ASSERT_EQUAL(depth_of(&stripped, "chain_outer"), -1);
    stack_release(&whole);
    stack_release(&stripped);
}

/* What others may have written is looked through before libdw may open what it names. */
static void test_read__file_of_somebody_else(void)
{
    struct stack s = { 0 };
    struct target t;
    char path[4200];

    if (geteuid()) {
        test_skip("needs root to give a file away");
        return;
    }
    copy_self(path, sizeof path);
    CU_ASSERT_EQUAL(chown(path, 33, 33), 0);
    CU_ASSERT_EQUAL_FATAL(target_start(&t, path, "chain"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 1, &s), 0);
    CU_ASSERT_TRUE_FATAL(depth_of(&s, "chain_inner") > 0);
    CU_ASSERT_PTR_NOT_NULL(s.frames[depth_of(&s, "chain_inner")].source);
    stack_release(&s);
    target_end(&t);
    if (run_program((char *[]){ "objcopy", "--add-section", ".gnu_debugaltlink=/dev/null", path, NULL })) {
        test_skip("objcopy(1) is not here");
        return;
    }
    CU_ASSERT_EQUAL(chown(path, 33, 33), 0);
    CU_ASSERT_EQUAL_FATAL(target_start(&t, path, "chain"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 1, &s), 0);
    CU_ASSERT(s.n >= 2 && depth_of(&s, "chain_inner") == -1);
    stack_release(&s);
    target_end(&t);
}

/* With the kernel's own link to the mapped file everything is known, else at least where it stands. */
static void test_read__deleted_program(void)
{
    struct stack s = { 0 };
    struct target t;
    char path[4200];

    copy_self(path, sizeof path);
    CU_ASSERT_EQUAL_FATAL(target_start(&t, path, "chain"), 0);
    unlink(path);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0); /* who opens this waits for ever */
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 1, &s), 0);
    CU_ASSERT(s.n >= 1);
    if (!geteuid())
        CU_ASSERT(depth_of(&s, "chain_outer") > 0);
    for (size_t i = 0; i < s.n; i++)
        CU_ASSERT(!s.frames[i].object || strstr(s.frames[i].object, "libc.so.6") ||
                  strstr(s.frames[i].object, "test_stack (deleted)"));
    stack_release(&s);
    target_end(&t);
}

static void test_read__one_thread_of_several(void)
{
    struct stack s = { 0 };
    struct target t;

    CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), "thread"), 0);
    target_run(&t);
    CU_ASSERT_NOT_EQUAL(t.tid, t.pid);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 0, &s), 0);
    CU_ASSERT(depth_of(&s, "chain_outer") > 0 && depth_of(&s, "thread_chain") > 0);
    CU_ASSERT_EQUAL(depth_of(&s, "play_thread"), -1);
    stack_release(&s);
    target_end(&t);
}

static void test_read__library_mapped_since(void)
{
    struct stack s = { 0 };
    struct target t;
    int at;

    CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), "dlopen"), 0);
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 0, &s), 0);
    CU_ASSERT(depth_of(&s, "play_dlopen") > 0);
    stack_release(&s);
    target_run(&t);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 0, &s), 0);
    at = depth_of(&s, "compare");
    CU_ASSERT_TRUE_FATAL(at > 0 && s.n > (size_t)at + 1);
    CU_ASSERT(is_object(&s.frames[at + 1], "libc.so.6"));
    CU_ASSERT(depth_of(&s, "play_dlopen") > at);
    stack_release(&s);
    target_end(&t);
}

static void test_read__code_without_a_file(void)
{
#ifdef __x86_64__
    static const char *const plays[] = { "anonymous", "device" }, *const objects[] = { NULL, "zero" };

    for (int i = 0; i < 2; i++) {
        struct stack s = { 0 };
        struct target t;
        int outer;

        CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), plays[i]), 0);
        target_run(&t);
        CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 1, &s), 0);
        outer = depth_of(&s, "chain_outer");
        CU_ASSERT_TRUE_FATAL(outer > 0 && s.n > (size_t)outer + 1);
        if (objects[i])
            CU_ASSERT(is_object(&s.frames[outer + 1], objects[i]) && s.frames[outer + 1].offset == 5)
        else
            CU_ASSERT_PTR_NULL(s.frames[outer + 1].object);
        CU_ASSERT_PTR_NULL(s.frames[outer + 1].symbol);
        stack_release(&s);
        target_end(&t);
    }
#else
    test_skip("its code is for x86-64");
#endif
}

/* A 32-bit program that does nothing. */
static const unsigned char program_32[] = {
    0x7f, 'E',  'L',  'F',  1,    1, 1, 0, 0, 0,    0, 0, 0,    0,    0,    0,    2,    0,    3,    0,    1,    0, 0, 0,
    0x54, 0x80, 0x04, 0x08, 0x34, 0, 0, 0, 0, 0,    0, 0, 0,    0,    0,    0,    0x34, 0,    0x20, 0,    1,    0, 0, 0,
    0,    0,    0,    0,    1,    0, 0, 0, 0, 0,    0, 0, 0,    0x80, 0x04, 0x08, 0,    0x80, 0x04, 0x08, 0x60, 0, 0, 0,
    0x60, 0,    0,    0,    5,    0, 0, 0, 0, 0x10, 0, 0, 0xb8, 1,    0,    0,    0,    0xcd, 0x80, 0,    0,    0, 0, 0,
};

static void test_read__32_bit_program(void)
{
    struct stack s = { 0 };
    struct target t;
    char path[4200];
    int fd, r;

    snprintf(path, sizeof path, "%s/program", test_directory());
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    CU_ASSERT_EQUAL(write(fd, program_32, sizeof program_32), sizeof program_32);
    close(fd);
    r = target_start(&t, path, "");
    if (r == -ENOEXEC) {
        test_skip("this kernel runs no 32-bit programs");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(r, 0);
    CU_ASSERT_EQUAL(stack_read(t.reader, t.tid, 1, &s), 0);
    CU_ASSERT_TRUE_FATAL(s.n >= 1);
    CU_ASSERT_EQUAL(s.frames[0].pc, 0x08048054);
    CU_ASSERT(is_object(&s.frames[0], "program"));
    stack_release(&s);
    target_end(&t);
}

static void test_read__no_network(void)
{
    struct stack s;

    /* A server that does not answer would be waited for. */
    setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9/", 1);
    read_chain(self_path(), &s);
    CU_ASSERT(depth_of(&s, "chain_inner") > 0);
    unsetenv("DEBUGINFOD_URLS");
    stack_release(&s);
}

static void test_read__dead_process_is_an_error(void)
{
    struct stack s = { 0 };
    struct target t;

    CU_ASSERT_EQUAL_FATAL(target_start(&t, self_path(), "chain"), 0);
    kill(t.pid, SIGKILL);
    waitpid(t.pid, NULL, __WALL);
    CU_ASSERT(stack_read(t.reader, t.pid, 0, &s) < 0);
    CU_ASSERT_EQUAL(s.n, 0);
    target_end(&t);
}

static const struct test tests[] = {
    TEST(test_read__names_in_order),
    TEST(test_read__source_lines),
    TEST(test_read__offsets_are_the_same_in_every_run),
    TEST(test_read__stripped_program_has_objects_and_offsets),
    TEST(test_read__file_of_somebody_else),
    TEST(test_read__deleted_program),
    TEST(test_read__one_thread_of_several),
    TEST(test_read__library_mapped_since),
    TEST(test_read__code_without_a_file),
    TEST(test_read__32_bit_program),
    TEST(test_read__no_network),
    TEST(test_read__dead_process_is_an_error),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_stack", tests, argc, argv);
}

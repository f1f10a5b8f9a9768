/* test_call.c - what copies are made to do: calls of another table, and functions of the program, which may do
 * anything. */
#include "harness/testing.h"
#include "harness/trace/tests/plays_hold.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COPIES 25

static const uint64_t none[6];

/* The first copy of the play, in which functions are called. */
struct calling {
    struct stage s;
    struct trace_hold h, copy;
};

static void calling_begin(struct calling *c, const char *name)
{
    memset(c, 0, sizeof *c);
    stage_open(&c->s, name);
    stage_until(&c->s, &c->s.board->ready, 1);
    CU_ASSERT(stage_until_waiting(&c->s, c->s.pid, SYS_read));
    CU_ASSERT_EQUAL_FATAL(stage_hold(&c->s, c->s.pid, NULL, &c->h), 0);
}

static int calling_call(struct calling *c, enum function function, const uint64_t args[6], int timeout_ms,
                        uint64_t *ret)
{
    int r;

    *ret = 0;
    CU_ASSERT_EQUAL_FATAL(trace_copy(&c->h, 0, &c->copy), 0);
    r = trace_call_function(&c->copy, (uint64_t)c->s.board->values[function], args, timeout_ms, ret);
    CU_ASSERT_EQUAL(trace_copy_end(&c->h, &c->copy), 0);
    CU_ASSERT(kill(c->copy.tid, 0) == -1 && errno == ESRCH);
    return r;
}

static void calling_end(struct calling *c)
{
    CU_ASSERT_EQUAL(trace_let_go(&c->h, NULL), 0);
    stage_write(&c->s, 1);
    stage_close(&c->s);
}

static void test_function__of_six_arguments(void)
{
    const uint64_t args[6] = { 1, 10, 100, 1000, 10000, 100000 };
    struct calling c;
    uint64_t value;

    calling_begin(&c, "functions");
    for (int i = 0; i < COPIES; i++) {
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_SUM, args, 20000, &value), 0);
        CU_ASSERT_EQUAL(value, 1 + 20 + 300 + 4000 + 50000 + 600000);
    }
    CU_ASSERT_EQUAL(trace_call_function(&c.h, (uint64_t)c.s.board->values[FUNCTION_SUM], args, 1000, &value), -EPERM);
    calling_end(&c);
}

static void test_function__that_waits_for_ever(void)
{
    struct calling c;
    uint64_t args[6] = { 0 }, value;

    calling_begin(&c, "functions");
    args[0] = (uint64_t)c.s.board->values[FUNCTION_MUTEX];
    for (int i = 0; i < COPIES; i++) {
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_LOCK, args, 10, &value), -ETIMEDOUT);
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_LOOP, args, 10, &value), -ETIMEDOUT);
    }
    calling_end(&c);
}

static void crash_and_exit(const char *name)
{
    const uint64_t at[6] = { 16 }, status[6] = { 3 };
    struct calling c;
    uint64_t value;

    calling_begin(&c, name);
    for (int i = 0; i < COPIES; i++) {
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_CRASH, at, 20000, &value), -ECHILD);
        CU_ASSERT_EQUAL(value, SIGSEGV);
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_EXIT, status, 20000, &value), -ECHILD);
        CU_ASSERT_EQUAL(value, 0);
    }
    calling_end(&c);
}

static void test_function__that_crashes_or_exits(void)
{
    crash_and_exit("functions");
    crash_and_exit("functions-alone");
}

/* What a function makes does not outlive its copy: stage_close() sees that nobody is left, for orphans come to us. */
static void test_function__that_makes_processes_and_threads(void)
{
    struct calling c;
    uint64_t value;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    calling_begin(&c, "functions");
    for (int i = 0; i < COPIES; i++) {
        CU_ASSERT_EQUAL(calling_call(&c, FUNCTION_FORK, none, 20000, &value), 0);
        CU_ASSERT_EQUAL(value, 1);
        int r = calling_call(&c, FUNCTION_THREAD, none, 20000, &value);

        CU_ASSERT_EQUAL(r, -ECHILD);
        CU_ASSERT_EQUAL(value, SIGKILL);
    }
    calling_end(&c);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* A program without a C library, of the 32-bit table. Reads bytes until one is 'q'; its registers must be as they were.
 * */
static const char program_32[] =
    "static int call(int nr, int a, int b, int c, int d)\n"
    "{ int r; __asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(nr), \"b\"(a), \"c\"(b), \"d\"(c), \"S\"(d) : "
    "\"memory\"); return r; }\n"
    "static struct { unsigned entry, base, limit, flags; } area = { -1u, 0, 0xfffff, 0x51 };\n"
    "static int thread_word = 0x12345678;\n"
    "__attribute__((used)) void begin(int *stack)\n"
    "{ char **argv = (char **)(stack + 1); char *p = argv[4]; char byte = 0; int fd = 0, word = 0;\n"
    "  while (*p) fd = fd * 10 + *p++ - '0';\n"
    "  area.base = (unsigned)&thread_word;\n"
    "  if (call(243, (int)&area, 0, 0, 0)) call(1, 2, 0, 0, 0);\n"
    "  __asm__ volatile(\"mov %w0, %%gs\" : : \"r\"(area.entry * 8 + 3));\n"
    "  while (byte != 'q') if (call(3, fd, (int)&byte, 1, 0) != 1) call(1, 3, 0, 0, 0);\n"
    "  __asm__ volatile(\"mov %%gs:0, %0\" : \"=r\"(word));\n"
    "  if (word != 0x12345678) call(1, 4, 0, 0, 0);\n"
    "  if (call(114, -1, 0, 0x40000000, 0) != -10) call(1, 5, 0, 0, 0);\n"
    "  call(1, 0, 0, 0, 0); }\n"
    "__asm__(\".globl _start\\n_start: mov %esp, %eax\\n push %eax\\n call begin\");\n";

/* 0: built. */
static int build_32(char *path, size_t size)
{
    char command[9000], source[4300];
    FILE *f;

    snprintf(path, size, "%s/program32", test_directory());
    snprintf(source, sizeof source, "%s.c", path);
    f = fopen(source, "we");
    if (!f || fputs(program_32, f) < 0 || fclose(f))
        return -1;
    snprintf(command, sizeof command,
             "gcc -m32 -O1 -nostdlib -static -fno-pie -no-pie -fno-stack-protector -fcf-protection=none -o '%s' '%s' "
             "2>/dev/null",
             path, source);
    return system(command);
}

static void test_call__in_a_32_bit_program(void)
{
    struct trace_hold h, copy;
    struct stage s;
    unsigned long ids[4];
    uint64_t args[6] = { getuid(), getuid(), getuid() };
    int64_t result;
    char path[4200];

    if (build_32(path, sizeof path)) {
        test_skip("this compiler builds no 32-bit program");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(stage_prepare(&s), 0);
    s.path = path;
    stage_open(&s, "32");
    while (!s.has_ended && !(stage_until_waiting(&s, s.pid, 3)))
        ;
    for (int i = 0; i < COPIES && !s.has_ended; i++) {
        CU_ASSERT_EQUAL_FATAL(stage_hold(&s, s.pid, NULL, &h), 0);
        CU_ASSERT(h.is_32);
        CU_ASSERT_EQUAL_FATAL(trace_copy(&h, i % 2 ? TRACE_COPY_SHARES_FILES : 0, &copy), 0);
        CU_ASSERT_EQUAL(trace_inject(&copy, "getpid", none, &result), 0);
        CU_ASSERT_EQUAL(result, copy.seen_pid);
        CU_ASSERT_EQUAL(trace_inject(&copy, "setresuid", args, &result), 0);
        CU_ASSERT_EQUAL(result, 0);
        if (!geteuid()) { /* more than the 16 bits of the older call */
            const uint64_t large[6] = { 100000 };

            CU_ASSERT_EQUAL(trace_inject(&copy, "setuid", large, &result), 0);
            CU_ASSERT_EQUAL(stage_status(copy.tid, "Uid", ids), 4);
            CU_ASSERT(result == -EINVAL || ids[1] == 100000);
            CU_ASSERT_EQUAL(trace_inject(&copy, "setuid", none, &result), 0);
            CU_ASSERT(result == -EPERM || ids[1] == 0);
        }
        CU_ASSERT_EQUAL(trace_call_function(&copy, 4096, none, 1000, (uint64_t *)&result), -ENOSYS);
        CU_ASSERT_EQUAL(trace_copy_end(&h, &copy), 0);
        CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
    }
    CU_ASSERT_EQUAL(write(s.in, "abcq", 4), 4);
    stage_close(&s);
}

/* A shadow stack knows of no call that we make. */
static void test_function__with_a_shadow_stack(void)
{
    char line[8192] = "";
    FILE *f = fopen("/proc/cpuinfo", "re");

    while (f && fgets(line, sizeof line, f) && !strstr(line, " user_shstk"))
        ;
    if (f)
        fclose(f);
    if (!strstr(line, " user_shstk"))
        test_skip("this processor or kernel has no shadow stacks for programs");
    else
        test_function__of_six_arguments();
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        TEST(test_call__in_a_32_bit_program),
        TEST(test_function__of_six_arguments),
        TEST(test_function__that_waits_for_ever),
        TEST(test_function__that_crashes_or_exits),
        TEST(test_function__that_makes_processes_and_threads),
        TEST(test_function__with_a_shadow_stack),
        { NULL, NULL },
    };
    int status = stage_play(play_hold, argc, argv);

    return status >= 0 ? status : test_main("test_call", tests, argc, argv);
}

/* test_breakpoint.c - a breakpoint that is put in, hit, taken out, and of which the program sees nothing. */
#include "harness/testing.h"
#include "harness/trace/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#define WANTED 0x4009b74000000000 /* of a double; any */

/* Runs an int3 with that double in xmm0, whose successor must not run: it is to go on behind. 0: it did. */
__attribute__((noinline)) static int play_skip(void)
{
    uint64_t wanted = WANTED;
    int ran = 0;

    __asm__ volatile("movq %1, %%xmm0\n\t"
                     "int3\n\t"
                     "movb $1, %b0\n\t" /* 2 to 4 bytes: the tracer is told where it ends */
                     "1:\n\t"
                     ".pushsection .data.skip,\"aw\"\n\t"
                     ".globl play_skip_to\nplay_skip_to: .quad 1b\n\t"
                     ".popsection"
                     : "+r"(ran)
                     : "r"(wanted)
                     : "xmm0");
    return ran;
}
extern uint64_t play_skip_to;

/* The byte that is swapped: the program compares it with what is left of it. */
static volatile unsigned char play_byte = 7;

static int play(void)
{
    uint64_t at[2] = { (uintptr_t)&play_byte, play_skip_to };

    /* Where they are: a register of the first breakpoint tells. */
    __asm__ volatile("int3" : : "D"(at) : "memory");
    return play_skip() || play_byte != 9;
}

struct seen {
    unsigned traps;
    uint64_t at[2], bits;
    int swapped, refused, unmapped, pc, status;
};

static void trap_first(const struct trace_event *e, struct seen *seen)
{
    uint64_t registers[TRACE_REGISTERS], pc;

    if (trace_registers(e->tid, registers, &pc))
        return;
    trace_read(e->tid, registers[5], seen->at, sizeof seen->at);
    seen->swapped = trace_swap_byte(e->tid, seen->at[0], 7, 9);
    seen->refused = trace_swap_byte(e->tid, seen->at[0], 7, 8);
    seen->unmapped = trace_swap_byte(e->tid, 16, 0, 1);
}

static void trap_second(const struct trace_event *e, struct seen *seen)
{
    trace_returned_double(e->tid, &seen->bits);
    seen->pc = trace_set_pc(e->tid, seen->at[1]);
}

static void test_breakpoint__what_its_handler_does(void)
{
    char self[4096] = "";
    char *const argv[] = { self, "--play", NULL };
    struct trace_launch launch = { .path = self, .argv = argv, .envp = environ, .terminal = -1 };
    enum trace_stage stage;
    struct trace_event e;
    struct seen seen = { .status = -1 };
    struct trace *t;
    pid_t pid;

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &t, &pid, &stage), 0);
    while (!trace_next(t, -1, &e) && e.kind != TRACE_EVENT_NONE_LEFT) {
        if (e.kind == TRACE_EVENT_TRAP && !seen.traps++)
            trap_first(&e, &seen);
        else if (e.kind == TRACE_EVENT_TRAP)
            trap_second(&e, &seen);
        if (e.kind == TRACE_EVENT_END)
            seen.status = e.status;
        if (e.kind >= TRACE_EVENT_BORN)
            trace_resume(t, &e, TRACE_ON);
    }
    trace_free(t);
    CU_ASSERT_EQUAL(seen.traps, 2);
    CU_ASSERT_EQUAL(seen.swapped, 0);
    CU_ASSERT_EQUAL(seen.refused, -EILSEQ);
    CU_ASSERT(seen.unmapped < 0 && seen.unmapped != -EILSEQ);
    CU_ASSERT_EQUAL(seen.bits, WANTED);
    CU_ASSERT_EQUAL(seen.pc, 0);
    CU_ASSERT(WIFEXITED(seen.status));
    CU_ASSERT_EQUAL(WEXITSTATUS(seen.status), 0);
}

#else

static int play(void)
{
    return 0;
}

static void test_breakpoint__what_its_handler_does(void)
{
    uint64_t bits;

    CU_ASSERT_EQUAL(trace_set_pc(getpid(), 0), -ENOSYS);
    CU_ASSERT_EQUAL(trace_returned_double(getpid(), &bits), -ENOSYS);
}

#endif

int main(int argc, char **argv)
{
    static const struct test tests[] = { TEST(test_breakpoint__what_its_handler_does), { NULL, NULL } };

    if (argc == 2 && !strcmp(argv[1], "--play"))
        return play();
    return test_main("test_breakpoint", tests, argc, argv);
}

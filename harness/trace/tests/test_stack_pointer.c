/* test_stack_pointer.c - copies of a program whose stack pointer points where nothing can be written. */
#include "harness/testing.h"
#include "harness/trace/tests/stage.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static volatile sig_atomic_t children_heard;

static void handle_child(int signal)
{
    (void)signal;
    children_heard = 1;
}

#ifdef __x86_64__
/* read(in, byte, 1) with another stack pointer; a handler could not run there. */
#define WAIT_ELSEWHERE(sp, in, byte, n)                                                                                \
    __asm__ volatile("mov %%rsp, %%rbx\n mov %1, %%rsp\n syscall\n mov %%rbx, %%rsp"                                   \
                     : "=a"(n)                                                                                         \
                     : "r"(sp), "0"((long)SYS_read), "D"((long)(in)), "S"(byte), "d"(1L)                               \
                     : "rbx", "rcx", "r11", "memory")

static int play(const char *name, struct board *b, int in)
{
    static char byte;
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction now;
    long n;

    signal(SIGCHLD, handle_child);
    if (pages == MAP_FAILED || (!strcmp(name, "no-stack") && munmap(pages, 2 * PAGE)))
        return board_complain(b, "no pages: %s", strerror(errno));
    atomic_store(&b->ready, 1);
    WAIT_ELSEWHERE(pages + PAGE, in, &byte, n);
    atomic_store(&b->done, 1);
    sigaction(SIGCHLD, NULL, &now);
    if (n != 1)
        return board_complain(b, "read gave %ld", n);
    if (now.sa_handler != handle_child)
        return board_complain(b, "the handler of SIGCHLD is another now");
    if (children_heard || waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD)
        return board_complain(b, "a child was heard of");
    return 0;
}

static void copied(const char *name)
{
    struct stage s = { 0 };

    stage_open(&s, name);
    stage_until(&s, &s.board->ready, 1);
    CU_ASSERT(stage_until_waiting(&s, s.pid, SYS_read));
    stage_round(&s, s.pid, TRACE_COPY_SHARES_FILES, 3);
    stage_write(&s, 1);
    stage_close(&s);
}
#else
static int play(const char *name, struct board *b, int in)
{
    (void)name, (void)b, (void)in, (void)handle_child, (void)children_heard;
    return 0;
}

static void copied(const char *name)
{
    (void)name;
    test_skip("copies are not made on this machine");
}
#endif

static void test_stack_pointer__into_memory_that_is_read_only(void)
{
    copied("read-only-stack");
}

static void test_stack_pointer__into_nothing(void)
{
    copied("no-stack");
}

int main(int argc, char **argv)
{
    static const struct test tests[] = { TEST(test_stack_pointer__into_memory_that_is_read_only),
                                         TEST(test_stack_pointer__into_nothing),
                                         { NULL, NULL } };
    int status = stage_play(play, argc, argv);

    return status >= 0 ? status : test_main("test_stack_pointer", tests, argc, argv);
}

/* test_rebuild.c - a rebuilt process has the memory of the snapshot, and its worker runs the program's own code in
 * it. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char data[64] = "data of the program";
static __thread long own = 5;
static char *shared, *file_page;

__attribute__((noinline)) static long get_own(long a)
{
    return own * 100 + a;
}

__attribute__((noinline)) static long length_of(const char *text)
{
    return (long)strlen(text);
}

__attribute__((noinline)) static long put(char *at, long byte)
{
    *(volatile char *)at = (char)byte;
    return *(volatile char *)at;
}

/* The first bytes of a text, as a number; not strncpy: that is the C library's. */
__attribute__((noinline)) static uint64_t head_of(const char *text)
{
    uint64_t head;

    memcpy(&head, text, sizeof head);
    return head;
}

static void play(void)
{
    own = 7;
    strcpy(data, "old data");
    strcpy(shared, "old shared");
    strcpy(file_page + 8, "old file");
    SUBJECT_STOP();
    own = 8;
    strcpy(data, "new data");
    strcpy(file_page + 8, "new file");
    SUBJECT_STOP();
}

static int map_both(void)
{
    char path[4200];
    int fd, is_ready;

    snprintf(path, sizeof path, "%s/file", test_directory());
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    is_ready = fd >= 0 && pwrite(fd, "the file", 8, 0) == 8 && !ftruncate(fd, PAGE);
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    file_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    return is_ready && shared != MAP_FAILED && file_page != MAP_FAILED ? 0 : -1;
}

static void unmap_both(void)
{
    munmap(shared, PAGE);
    munmap(file_page, PAGE);
}

static uint64_t value_of(struct worker *w, uint64_t function, uint64_t a, uint64_t b)
{
    struct worker_stop stop = { .kind = WORKER_DEAD };
    uint64_t value = 0;

    CU_ASSERT_EQUAL(subject_call(w, function, a, b, &stop, &value), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_TRAP);
    CU_ASSERT_EQUAL(stop.pc, w->room + 1);
    return value;
}

static void test_rebuild__contents(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;
    unsigned fds = subject_fds();

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_both(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play, 0), 0);
    taken = subject_take(&s, NULL);
    CU_ASSERT_TRUE(subject_next(&s) > 0);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        struct user_regs_struct registers;

        CU_ASSERT_EQUAL(worker_registers(&w, &registers), 0);
        CU_ASSERT_EQUAL(registers.rip, snapshot_registers(taken)->rip);
        CU_ASSERT_EQUAL(registers.rsp, snapshot_registers(taken)->rsp);
        CU_ASSERT_EQUAL(registers.fs_base, snapshot_registers(taken)->fs_base);
        CU_ASSERT_TRUE(w.room_size >= (1 << 20) && w.room % PAGE == 0);
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)get_own, 3, 0), 703);
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)length_of, (uintptr_t)data, 0), 8);
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)head_of, (uintptr_t)data, 0), head_of("old data"));
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)head_of, (uintptr_t)file_page, 0), head_of("the file"));
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)head_of, (uintptr_t)file_page + 8, 0), head_of("old file"));
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)head_of, (uintptr_t)shared, 0), head_of("old shar"));
        worker_end(&w);
        rebuilt_free(r);
    }
    CU_ASSERT_EQUAL(own, 5);
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
    CU_ASSERT_EQUAL(subject_fds(), fds);
    CU_ASSERT_FALSE(subject_has_children());
}

/* Workers are apart from each other, from the master and from the original; their room is at one place. */
static void test_rebuild__workers(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r, *again;
    struct worker w, other, third;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_both(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play, 0), 0);
    taken = subject_take(&s, NULL);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)put, (uintptr_t)data, 'X'), 'X');
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)put, (uintptr_t)w.room + 4096, 'R'), 'R');
        if (!worker_make(r, &other)) {
            CU_ASSERT_EQUAL(value_of(&other, (uintptr_t)head_of, (uintptr_t)data, 0), head_of("old data"));
            CU_ASSERT_EQUAL(value_of(&other, (uintptr_t)head_of, (uintptr_t)w.room + 4096, 0), 0);
            CU_ASSERT_EQUAL(other.room, w.room);
            worker_end(&other);
        } else {
            CU_FAIL("no second worker");
        }
        if (!subject_rebuild(taken, &again, &third)) {
            CU_ASSERT_EQUAL(third.room, w.room);
            worker_end(&third);
            rebuilt_free(again);
        }
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
    CU_ASSERT_FALSE(subject_has_children());
}

static void test_rebuild__shared_memory(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_both(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play, 0), 0);
    taken = subject_take(&s, NULL);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(worker_has_written_shared(&w), 0);
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)put, (uintptr_t)data, 'X'), 'X');
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)length_of, (uintptr_t)shared, 0), 10);
        CU_ASSERT_EQUAL(worker_has_written_shared(&w), 0);
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)put, (uintptr_t)shared, 'X'), 'X');
        CU_ASSERT_EQUAL(worker_has_written_shared(&w), 1);
        CU_ASSERT_STRING_EQUAL(shared, "old shared");
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
}

/* ---- a thread ---- */

static void *play_thread(void *unused)
{
    (void)unused;
    own = 9;
    SUBJECT_STOP();
    return NULL;
}

static void play_threads(void)
{
    pthread_t thread;

    if (!pthread_create(&thread, NULL, play_thread, NULL))
        pthread_join(thread, NULL);
}

static void test_rebuild__thread(void)
{
    struct subject s;
    struct snapshot *taken = NULL;
    struct rebuilt *r;
    struct worker w;
    unsigned long tid = 0;
    int status;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_threads, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL), 0);
    CU_ASSERT_EQUAL(ptrace(PTRACE_GETEVENTMSG, s.pid, NULL, &tid), 0);
    CU_ASSERT_EQUAL(waitpid((pid_t)tid, &status, __WALL), (pid_t)tid);
    CU_ASSERT_EQUAL(ptrace(PTRACE_CONT, tid, NULL, NULL), 0);
    CU_ASSERT_EQUAL(waitpid((pid_t)tid, &status, __WALL), (pid_t)tid);
    CU_ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CU_ASSERT_EQUAL(snapshot_take(s.store, s.proc, s.pid, (pid_t)tid, NULL, NULL, 0, UINT64_MAX, &taken, NULL), 0);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(value_of(&w, (uintptr_t)get_own, 1, 0), 901);
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    kill(s.pid, SIGKILL);
    while (waitpid((pid_t)tid, &status, __WALL) == (pid_t)tid && WIFSTOPPED(status))
        ;
    subject_end(&s);
}

/* ---- other programs ---- */

static const char program[] = "#include <stdint.h>\n"
                              "static __thread long own = 40;\n"
                              "static long data[1000];\n"
                              "__attribute__((noinline)) static long get(long a) { return own + data[500] + a; }\n"
                              "int main(void)\n"
                              "{\n"
                              "    own = 41; data[500] = 1000;\n"
                              "    __asm__ volatile(\"int3\" : : \"a\"(get) : \"memory\");\n"
                              "    return 0;\n"
                              "}\n";

static int compile(const char *how, char *path, size_t size)
{
    char command[9000];
    FILE *source;

    snprintf(path, size, "%s/program.c", test_directory());
    source = fopen(path, "we");
    if (!source || fputs(program, source) < 0 || fclose(source))
        return -1;
    snprintf(path, size, "%s/program", test_directory());
    snprintf(command, sizeof command, "cc %s -O1 -o %s %s.c 2>/dev/null", how, path, path);
    return system(command) ? -1 : 0;
}

static void test_rebuild__programs(void)
{
    const char *const how[] = { "", "-static", "-static-pie", "-no-pie" };
    char path[4200];

    if (subject_is_skipped())
        return;
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        struct subject s;
        struct snapshot *taken;
        struct rebuilt *r;
        struct worker w;

        if (compile(how[i], path, sizeof path)) {
            test_skip("no compiler for static programs");
            return;
        }
        CU_ASSERT_EQUAL_FATAL(subject_start_program(&s, path), 0);
        CU_ASSERT_TRUE(subject_next(&s) > 0);
        taken = subject_take(&s, NULL);
        if (taken && !subject_rebuild(taken, &r, &w)) {
            CU_ASSERT_EQUAL(value_of(&w, snapshot_registers(taken)->rax, 1, 0), 1042);
            worker_end(&w);
            rebuilt_free(r);
        }
        snapshot_release(taken);
        subject_end(&s);
    }
}

/* The time through the [vdso], which was moved: without a system call where the machine's clock allows that. */
__attribute__((noinline)) static long get_time(struct timespec *at)
{
    return clock_gettime(CLOCK_MONOTONIC, at);
}

static void test_rebuild__vdso(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;
    struct worker_stop stop;
    struct timespec before, got, after;
    uint64_t value = 1;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_both(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play, 0), 0);
    taken = subject_take(&s, NULL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(subject_call(&w, (uintptr_t)get_time, w.room + 8192, 0, &stop, &value), 0);
        if (stop.kind == WORKER_CALL) {
            CU_ASSERT_EQUAL(stop.nr, SYS_clock_gettime);
            CU_ASSERT_EQUAL(worker_allow(&w), 0);
            CU_ASSERT_EQUAL(worker_run(&w, 10000, &stop), 0);
        }
        CU_ASSERT_EQUAL(stop.kind, WORKER_TRAP);
        clock_gettime(CLOCK_MONOTONIC, &after);
        CU_ASSERT_EQUAL(worker_read(&w, w.room + 8192, &got, sizeof got), 0);
        CU_ASSERT_TRUE(got.tv_sec >= before.tv_sec && got.tv_sec <= after.tv_sec);
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
}

static void play_nothing(void)
{
    SUBJECT_STOP();
}

/* A file that was written to since is not shown as what the process saw. */
static void test_rebuild__changed_file(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;
    struct worker_stop stop;
    char path[4200];
    int fd;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_both(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_nothing, 0), 0);
    taken = subject_take(&s, NULL);
    snprintf(path, sizeof path, "%s/file", test_directory());
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    CU_ASSERT_TRUE(fd >= 0 && write(fd, "more", 4) == 4);
    close(fd);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(subject_call(&w, (uintptr_t)head_of, (uintptr_t)file_page, 0, &stop, NULL), 0);
        CU_ASSERT_TRUE(stop.kind == WORKER_SIGNAL && stop.signal == SIGSEGV);
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
}

TEST_MAIN("test_rebuild", TEST(test_rebuild__contents), TEST(test_rebuild__workers), TEST(test_rebuild__shared_memory),
          TEST(test_rebuild__thread), TEST(test_rebuild__programs), TEST(test_rebuild__vdso),
          TEST(test_rebuild__changed_file))

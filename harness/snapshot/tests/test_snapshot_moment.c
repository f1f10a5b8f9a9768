/* test_snapshot_moment.c - snapshots that no code in the process could take: before its first instruction, on its
 * way out, in a sandbox. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[64] = "data of the program";
static char *memory, *hidden;

static int reads(const struct snapshot *s, const void *address, const char *expected)
{
    char got[64] = "";
    size_t n = strlen(expected) + 1;

    return snapshot_read(s, (uintptr_t)address, got, n) == (ssize_t)n && !strcmp(got, expected);
}

static int is_mapped(const struct snapshot *s, const void *address)
{
    size_t n;
    const struct snapshot_map *maps = snapshot_maps(s, &n);

    for (size_t i = 0; i < n; i++)
        if (maps[i].start <= (uintptr_t)address && (uintptr_t)address < maps[i].end)
            return 1;
    return 0;
}

static void map_both(void)
{
    memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hidden = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_TRUE_FATAL(memory != MAP_FAILED && hidden != MAP_FAILED);
}

static void unmap_both(void)
{
    munmap(memory, 2 * PAGE);
    munmap(hidden, PAGE);
}

static void play_fork(void)
{
    strcpy(data, "of the parent");
    madvise(memory, PAGE, MADV_WIPEONFORK);
    strcpy(memory, "wiped");
    strcpy(memory + PAGE, "kept");
    madvise(hidden, PAGE, MADV_DONTFORK);
    SUBJECT_STOP();
    if (!fork())
        strcpy(data, "of the child");
    for (;;)
        pause();
}

static void test_snapshot_moment__newborn(void)
{
    struct subject s, child;
    struct snapshot *taken;
    unsigned long pid = 0;
    int status;
    char byte = 1;
    int is_old;

    if (subject_is_skipped())
        return;
    map_both();
    /* The child is ours to reap when its parent has been killed. */
    CU_ASSERT_EQUAL_FATAL(prctl(PR_GET_CHILD_SUBREAPER, &is_old), 0);
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_fork, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL), 0);
    CU_ASSERT_EQUAL(subject_next(&s) >> 16, PTRACE_EVENT_FORK);
    CU_ASSERT_EQUAL(ptrace(PTRACE_GETEVENTMSG, s.pid, NULL, &pid), 0);
    child = s;
    child.pid = (pid_t)pid;
    CU_ASSERT_EQUAL(waitpid(child.pid, &status, __WALL), child.pid);
    taken = subject_take(&child, NULL);
    if (taken) {
        CU_ASSERT_TRUE(reads(taken, data, "of the parent"));
        CU_ASSERT_EQUAL(snapshot_read(taken, (uintptr_t)memory, &byte, 1), 1);
        CU_ASSERT_EQUAL(byte, 0);
        CU_ASSERT_TRUE(reads(taken, memory + PAGE, "kept"));
        CU_ASSERT_FALSE(is_mapped(taken, hidden));
    }
    snapshot_release(taken);
    kill(child.pid, SIGKILL);
    while (waitpid(child.pid, &status, __WALL) == child.pid && WIFSTOPPED(status))
        ;
    subject_end(&s);
    while (waitpid(child.pid, &status, __WALL) == child.pid)
        ;
    prctl(PR_SET_CHILD_SUBREAPER, is_old);
    CU_ASSERT_FALSE(subject_has_children());
    unmap_both();
}

static void play_exit(void)
{
    SUBJECT_STOP();
    strcpy(data, "later");
    _exit(7);
}

static void test_snapshot_moment__at_exit(void)
{
    struct subject s;
    struct snapshot *taken;

    if (subject_is_skipped())
        return;
    map_both();
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_exit, PTRACE_O_TRACEEXIT), 0);
    CU_ASSERT_EQUAL(subject_next(&s) >> 16, PTRACE_EVENT_EXIT);
    taken = subject_take(&s, NULL);
    CU_ASSERT_TRUE(taken && reads(taken, data, "later"));
    snapshot_release(taken);
    subject_end(&s);
    unmap_both();
}

static void play_sandbox(void)
{
    struct sock_filter filter[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS) };
    struct sock_fprog program = { 1, filter };
    struct rlimit none = { 0, 0 };

    strcpy(data, "of the sandboxed");
    setrlimit(RLIMIT_NPROC, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    SUBJECT_STOP();
}

static void play_strict(void)
{
    strcpy(data, "of the strict");
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    SUBJECT_STOP();
}

static void test_snapshot_moment__sandboxed(void)
{
    void (*const parts[])(void) = { play_sandbox, play_strict };
    const char *const texts[] = { "of the sandboxed", "of the strict" };

    if (subject_is_skipped())
        return;
    for (int i = 0; i < 2; i++) {
        struct subject s;
        struct snapshot *taken;

        CU_ASSERT_EQUAL_FATAL(subject_start(&s, parts[i], 0), 0);
        taken = subject_take(&s, NULL);
        CU_ASSERT_TRUE(taken && reads(taken, data, texts[i]));
        snapshot_release(taken);
        subject_end(&s);
    }
}

TEST_MAIN("test_snapshot_moment", TEST(test_snapshot_moment__newborn), TEST(test_snapshot_moment__at_exit),
          TEST(test_snapshot_moment__sandboxed))

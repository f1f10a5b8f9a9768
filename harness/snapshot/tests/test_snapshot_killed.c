/* test_snapshot_killed.c - the process that is looked at lives on unharmed, at whatever moment we are killed. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROBES    1000
#define BUDGET_MS 8000
#define ENDING_NS INT64_C(60000000000)

/* Of a process that is never ours: a sum over its own count, checked at every step. */
struct sums {
    volatile uint64_t count, sum, is_wrong;
};
static struct sums *sums;

__attribute__((noreturn)) static void be_original(void)
{
    uint64_t count = 0, sum = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        count++;
        sum += count;
        if (2 * sum != count * (count + 1)) /* also when they overflow */
            sums->is_wrong = 1;
        sums->count = count;
        sums->sum = sum;
    }
}

__attribute__((noreturn)) static void probe_for_ever(pid_t original, int tell)
{
    struct snapshot_store *store;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), status;

    if (proc < 0 || snapshot_store_new((uint64_t)64 << 20, &store) || ptrace(PTRACE_SEIZE, original, NULL, 0) ||
        write(tell, "", 1) != 1)
        _exit(1);
    for (;;) {
        struct snapshot *taken;
        struct rebuilt *r;
        struct worker w;

        if (ptrace(PTRACE_INTERRUPT, original, NULL, NULL) || waitpid(original, &status, __WALL) != original)
            _exit(2);
        if (snapshot_take(store, proc, original, original, NULL, NULL, 0, UINT64_MAX, &taken, NULL))
            _exit(3);
        if (ptrace(PTRACE_CONT, original, NULL, NULL) || rebuild(taken, &r, NULL, 0) || worker_make(r, &w))
            _exit(4);
        worker_end(&w);
        rebuilt_free(r);
        snapshot_release(taken);
        if (write(tell, "", 1) != 1)
            _exit(5);
    }
}

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Kills the tracer somewhere in a probe: moments are spread evenly over the length of one, `longest` so far. */
static int kill_one(pid_t original, int i, int64_t *longest)
{
    int tell[2], status = 0, is_probing = 0;
    int64_t begin = 0, end;
    pid_t tracer;
    char byte;

    if (pipe2(tell, O_CLOEXEC))
        return -1;
    tracer = fork();
    if (!tracer)
        probe_for_ever(original, tell[1]);
    close(tell[1]);
    if (tracer > 0 && read(tell[0], &byte, 1) == 1) {
        begin = clock_ns();
        is_probing = 1;
        if (i % 16 == 0 && read(tell[0], &byte, 1) == 1) {
            *longest = clock_ns() - begin;
            begin = clock_ns();
        }
        end = begin + *longest * (i * 7 % 64) / 64;
        while (clock_ns() < end)
            ;
    }
    kill(tracer, SIGKILL);
    waitpid(tracer, &status, 0);
    close(tell[0]);
    return is_probing && WIFSIGNALED(status) ? 0 : -1;
}

static void test_snapshot_killed__any_moment(void)
{
    int64_t end = clock_ns() + BUDGET_MS * INT64_C(1000000), longest = 2000000;
    int is_old, status, failed = 0, done = 0;
    unsigned fds = subject_fds();
    uint64_t count;
    pid_t original, got;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(prctl(PR_GET_CHILD_SUBREAPER, &is_old), 0);
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    sums = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(sums, MAP_FAILED);
    original = fork();
    if (!original)
        be_original();
    for (; done < PROBES && clock_ns() < end && !failed; done++)
        failed = kill_one(original, done, &longest) != 0;
    CU_ASSERT_FALSE(failed);
    /* What the dead tracers left comes to us, and has an end. */
    while ((got = waitpid(-1, &status, __WALL | WNOHANG)) >= 0 || errno == EINTR) {
        if (got == original || (!got && !subject_has_others(original)) || clock_ns() > end + ENDING_NS)
            break;
    }
    CU_ASSERT_NOT_EQUAL(got, original);
    count = sums->count;
    while (sums->count == count) /* it runs on */
        ;
    CU_ASSERT_EQUAL(sums->is_wrong, 0);
    kill(original, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(original, &status, 0), original);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CU_ASSERT_FALSE(subject_has_children());
    CU_ASSERT_EQUAL(subject_fds(), fds);
    CU_ASSERT_TRUE(done > 0);
    munmap(sums, PAGE);
    prctl(PR_SET_CHILD_SUBREAPER, is_old);
}

TEST_MAIN("test_snapshot_killed", TEST(test_snapshot_killed__any_moment))

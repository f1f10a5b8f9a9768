/* test_stand_in.c - the process that takes the place of one that allows no copy: nobody who shares its uid can keep us waiting by it. */
#include "harness/testing.h"
#include "harness/trace/hold.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OTHER 54321

static const uint64_t none[6];

/* A program that only waits; the trace is all that is wanted. */
static struct trace *trace_begin(void)
{
    static char *const argv[] = { "cat", NULL }, *const envp[] = { NULL };
    const struct trace_launch launch = { .path = "/bin/cat", .argv = argv, .envp = envp, .terminal = -1 };
    enum trace_stage stage;
    struct trace *t = NULL;
    pid_t pid;

    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &t, &pid, &stage), 0);
    return t;
}

/* Somebody else's SIGSTOP at the worst moments: our own stands for it. */
static int become_stopped(const void *context)
{
    (void)context;
    for (int i = 0; i < 5; i++)
        syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
    return 0;
}

static int become_killed(const void *context)
{
    (void)context;
    kill(getpid(), SIGKILL);
    return 0;
}

static int become_refused(const void *context)
{
    return *(const int *)context;
}

static int become_other(const void *context)
{
    (void)context;
    return syscall(SYS_setresgid, OTHER, OTHER, OTHER) || syscall(SYS_setresuid, OTHER, OTHER, OTHER) ? errno : 0;
}

static void test_stand_in__stopped_by_others(void)
{
    struct trace *t = trace_begin();
    struct trace_hold h;
    int64_t pid = 0;

    CU_ASSERT_EQUAL_FATAL(trace_stand_in(t, become_stopped, NULL, 1000, &h), 0);
    CU_ASSERT_EQUAL(trace_inject(&h, "getpid", none, &pid), 0);
    CU_ASSERT_EQUAL(pid, h.tid);
    CU_ASSERT_EQUAL(kill(h.tid, SIGSTOP), 0);
    CU_ASSERT_EQUAL(kill(h.tid, SIGUSR1), 0);
    CU_ASSERT_EQUAL(trace_inject(&h, "getppid", none, &pid), 0);
    CU_ASSERT_EQUAL(pid, getpid());
    CU_ASSERT_EQUAL(trace_stand_in_end(&h), 0);
    CU_ASSERT_EQUAL(kill(h.tid, 0), -1);
    trace_free(t);
}

static void test_stand_in__killed_by_others(void)
{
    struct trace *t = trace_begin();
    struct trace_hold h;
    int64_t pid;

    CU_ASSERT_EQUAL(trace_stand_in(t, become_killed, NULL, 1000, &h), -ESRCH);
    CU_ASSERT_EQUAL_FATAL(trace_stand_in(t, become_stopped, NULL, 1000, &h), 0);
    CU_ASSERT_EQUAL(kill(h.tid, SIGKILL), 0);
    CU_ASSERT_EQUAL(trace_inject(&h, "getpid", none, &pid), -ECHILD);
    CU_ASSERT_EQUAL(trace_stand_in_end(&h), 0);
    trace_free(t);
}

static void test_stand_in__cannot_become(void)
{
    struct trace *t = trace_begin();
    struct trace_hold h;
    int error = EPERM;

    CU_ASSERT_EQUAL(trace_stand_in(t, become_refused, &error, 1000, &h), -EPERM);
    trace_free(t);
}

/* A line of its status that begins with `name`. */
static void status_line(pid_t pid, const char *name, char *line, size_t size)
{
    char path[64], *found = NULL;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    f = fopen(path, "re");
    while (f && (found = fgets(line, (int)size, f)) && strncmp(line, name, strlen(name)))
        ;
    if (!found)
        line[0] = '\0';
    if (f)
        fclose(f);
}

static void test_stand_in__nobody_looks_into_it(void)
{
    char path[64], line[128];
    struct trace_hold h;
    struct trace *t;
    int64_t dumpable = -1;
    int r;

    if (geteuid()) {
        test_skip("only root can become somebody else");
        return;
    }
    t = trace_begin();
    r = trace_stand_in(t, become_other, NULL, 1000, &h);
    if (r == -EINVAL || r == -EPERM) {
        test_skip("there is no such user in this user namespace");
        trace_free(t);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(r, 0);
    CU_ASSERT_EQUAL(trace_inject(&h, "prctl", (const uint64_t[6]){ 3 /* PR_GET_DUMPABLE */ }, &dumpable), 0);
    CU_ASSERT_EQUAL(dumpable, 0);
    status_line(h.tid, "Uid:", line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "Uid:\t54321\t54321\t54321\t54321\n");
    for (int fd = 1; fd < 64; fd++) { /* a link of /proc leads nowhere where nothing is open */
        snprintf(path, sizeof path, "/proc/%d/fd/%d", h.tid, fd);
        CU_ASSERT_EQUAL(readlink(path, line, sizeof line), -1);
    }
    CU_ASSERT_EQUAL(trace_stand_in_end(&h), 0);
    trace_free(t);
}

TEST_MAIN("test_stand_in", TEST(test_stand_in__stopped_by_others), TEST(test_stand_in__killed_by_others),
          TEST(test_stand_in__cannot_become), TEST(test_stand_in__nobody_looks_into_it))

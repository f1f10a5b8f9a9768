/* test_worker.c - a worker stops at each system call, fault and end, and outlives nobody. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[64] = "data of the program";

static void play(void)
{
    SUBJECT_STOP();
}

/* The frame of most tests: a worker of a process that plays nothing. */
struct stage {
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;
};

static int stage_open(struct stage *t)
{
    if (subject_is_skipped())
        return -1;
    CU_ASSERT_EQUAL_FATAL(subject_start(&t->s, play, 0), 0);
    t->taken = subject_take(&t->s, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->taken);
    CU_ASSERT_EQUAL_FATAL(subject_rebuild(t->taken, &t->r, &t->w), 0);
    return 0;
}

static void stage_close(struct stage *t)
{
    worker_end(&t->w);
    rebuilt_free(t->r);
    snapshot_release(t->taken);
    subject_end(&t->s);
    CU_ASSERT_FALSE(subject_has_children());
}

/* As the kernel answers it: not through the C library's errno. */
__attribute__((noinline)) static long call(long nr, long a)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(0L), "d"(0L) : "rcx", "r11", "memory");
    return result;
}

__attribute__((noinline)) static long call_i386(long nr, long a)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a) : "r8", "r9", "r10", "r11", "memory");
    return result;
}

static uint64_t result_of(struct stage *t, struct worker_stop *stop)
{
    struct user_regs_struct r = { .rax = 0 };

    CU_ASSERT_EQUAL(worker_run(&t->w, 20000, stop), 0);
    CU_ASSERT_EQUAL(stop->kind, WORKER_TRAP);
    CU_ASSERT_EQUAL(worker_registers(&t->w, &r), 0);
    return r.rax;
}

static void test_worker__gate(void)
{
    struct stage t;
    struct worker_stop stop;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, SYS_getpid, 11, &stop, NULL), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_CALL);
    CU_ASSERT_EQUAL(stop.nr, SYS_getpid);
    CU_ASSERT_EQUAL(stop.args[0], 11);
    CU_ASSERT_TRUE(t.w.is_stopped_at_call);
    CU_ASSERT_EQUAL(worker_inject(&t.w, SYS_getpid, stop.args, &(int64_t){ 0 }), -EINVAL);
    CU_ASSERT_EQUAL(worker_answer(&t.w, 4242), 0);
    CU_ASSERT_EQUAL(worker_answer(&t.w, 4242), -EINVAL);
    CU_ASSERT_EQUAL(result_of(&t, &stop), 4242);
    /* Neither answered nor allowed. */
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, SYS_getpid, 0, &stop, NULL), 0);
    CU_ASSERT_EQUAL((int64_t)result_of(&t, &stop), -ENOSYS);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, SYS_getpid, 0, &stop, NULL), 0);
    CU_ASSERT_EQUAL(worker_allow(&t.w), 0);
    CU_ASSERT_EQUAL((pid_t)result_of(&t, &stop), t.w.pid);
    CU_ASSERT_EQUAL(worker_allow(&t.w), -EINVAL);
    stage_close(&t);
}

static void test_worker__never_allowed(void)
{
    const long calls[] = { SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_execve, SYS_ptrace, SYS_seccomp };
    struct stage t;
    struct worker_stop stop;

    if (stage_open(&t))
        return;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, (uint64_t)calls[i], 0, &stop, NULL), 0);
        CU_ASSERT_EQUAL(stop.nr, calls[i]);
        CU_ASSERT_EQUAL(worker_allow(&t.w), -EPERM);
        CU_ASSERT_EQUAL((int64_t)result_of(&t, &stop), -ENOSYS);
    }
    /* Of another ABI: exit, and getpid. */
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, 0x40000000 + SYS_getpid, 0, &stop, NULL), 0);
    CU_ASSERT_TRUE(stop.kind == WORKER_CALL && stop.nr == -1);
    CU_ASSERT_EQUAL(worker_allow(&t.w), -EPERM);
    CU_ASSERT_EQUAL((int64_t)result_of(&t, &stop), -ENOSYS);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call_i386, 1, 0, &stop, NULL), 0);
    if (stop.kind == WORKER_CALL) { /* else the kernel has no such calls */
        CU_ASSERT_EQUAL(stop.nr, -1);
        CU_ASSERT_EQUAL(worker_allow(&t.w), -EPERM);
        CU_ASSERT_EQUAL((int64_t)result_of(&t, &stop), -ENOSYS);
    }
    stage_close(&t);
}

__attribute__((noinline)) static long fault(volatile char *at)
{
    return *at;
}

__attribute__((noinline)) static void bad_instruction(void)
{
    __asm__ volatile("ud2");
}

__attribute__((noinline)) static void spin(void)
{
    for (;;)
        __asm__ volatile("");
}

static void test_worker__signals(void)
{
    struct stage t;
    struct worker_stop stop;
    uint64_t value = 0;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)fault, 0x10, 0, &stop, NULL), 0);
    CU_ASSERT_TRUE(stop.kind == WORKER_SIGNAL && stop.signal == SIGSEGV);
    CU_ASSERT_TRUE(stop.address == 0x10 && stop.code == SEGV_MAPERR);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)bad_instruction, 0, 0, &stop, NULL), 0);
    CU_ASSERT_TRUE(stop.kind == WORKER_SIGNAL && stop.signal == SIGILL);
    /* A signal from elsewhere is no event of the worker's. */
    CU_ASSERT_EQUAL(kill(t.w.pid, SIGTERM), 0);
    CU_ASSERT_EQUAL(kill(t.w.pid, SIGSTOP), 0);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)fault, (uintptr_t)data, 0, &stop, &value), 0);
    CU_ASSERT_TRUE(stop.kind == WORKER_TRAP && value == (uint64_t)'d');
    stage_close(&t);
}

static void test_worker__timeout(void)
{
    struct stage t;
    struct worker_stop stop;
    struct user_regs_struct r;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(worker_registers(&t.w, &r), 0);
    r.rip = (uintptr_t)spin;
    CU_ASSERT_EQUAL(worker_set_registers(&t.w, &r), 0);
    CU_ASSERT_EQUAL(worker_run(&t.w, 5, &stop), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_TIMEOUT);
    CU_ASSERT_EQUAL(worker_run(&t.w, 5, &stop), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_TIMEOUT);
    stage_close(&t);
}

/* A byte into each page, and without end: it writes, and makes no call. */
__attribute__((noinline)) static void fill(volatile char *at, uint64_t size)
{
    for (uint64_t i = 0;; i = (i + PAGE) % size)
        at[i]++;
}

static void test_worker__too_big(void)
{
    const uint64_t size = (uint64_t)64 << 20;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct user_regs_struct r;
    struct worker_stop stop = { 0 };
    struct stage t;

    CU_ASSERT_PTR_NOT_EQUAL_FATAL(at, MAP_FAILED);
    if (!stage_open(&t)) {
        CU_ASSERT_EQUAL(worker_registers(&t.w, &r), 0);
        r.rip = (uintptr_t)fill;
        r.rdi = (uintptr_t)at;
        r.rsi = size;
        CU_ASSERT_EQUAL(worker_set_registers(&t.w, &r), 0);
        CU_ASSERT_EQUAL(worker_run(&t.w, 200, &stop), 0);
        CU_ASSERT_EQUAL(stop.kind, WORKER_TIMEOUT);
        worker_memory = (uint64_t)8 << 20;
        CU_ASSERT_EQUAL(worker_run(&t.w, 60000, &stop), 0);
        CU_ASSERT_EQUAL(stop.kind, WORKER_TOO_BIG);
        worker_memory = WORKER_MEMORY;
        stage_close(&t);
    }
    munmap(at, size);
}

static void test_worker__dead(void)
{
    struct stage t;
    struct worker_stop stop;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, SYS_exit_group, 42, &stop, NULL), 0);
    CU_ASSERT_EQUAL(worker_allow(&t.w), 0);
    CU_ASSERT_EQUAL(worker_run(&t.w, 20000, &stop), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_DEAD);
    CU_ASSERT_TRUE(WIFEXITED(stop.status) && WEXITSTATUS(stop.status) == 42);
    CU_ASSERT_EQUAL(worker_run(&t.w, 20000, &stop), -ESRCH);
    /* The master makes more. */
    CU_ASSERT_EQUAL(worker_make(t.r, &t.w), 0);
    CU_ASSERT_EQUAL(kill(t.w.pid, SIGKILL), 0);
    CU_ASSERT_EQUAL(worker_run(&t.w, 20000, &stop), 0);
    CU_ASSERT_TRUE(stop.kind == WORKER_DEAD && WIFSIGNALED(stop.status));
    stage_close(&t);
}

static void test_worker__inject(void)
{
    struct stage t;
    struct worker_stop stop;
    struct user_regs_struct before, after;
    uint64_t map[6] = { 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0 }, value = 0;
    uint64_t tsc[6] = { PR_SET_TSC, PR_TSC_SIGSEGV };
    int64_t at = 0, result = -1;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(worker_registers(&t.w, &before), 0);
    CU_ASSERT_EQUAL(worker_inject(&t.w, SYS_mmap, map, &at), 0);
    CU_ASSERT_TRUE(at > 0);
    CU_ASSERT_EQUAL(worker_registers(&t.w, &after), 0);
    before.orig_rax = after.orig_rax;
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
    CU_ASSERT_EQUAL(worker_write(&t.w, (uint64_t)at, "z", 1), 0);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)fault, (uint64_t)at, 0, &stop, &value), 0);
    CU_ASSERT_EQUAL(value, (uint64_t)'z');
    CU_ASSERT_EQUAL(worker_inject(&t.w, SYS_close, map, &result), 0);
    CU_ASSERT_EQUAL(result, -EBADF); /* it has no descriptor */
    CU_ASSERT_EQUAL(worker_inject(&t.w, SYS_prctl, tsc, &result), 0);
    CU_ASSERT_EQUAL(result, 0);
    stage_close(&t);
}

/* Text is written as well, in this worker only; what is not there is refused. */
static void test_worker__memory(void)
{
    struct stage t;
    struct worker_stop stop;
    const uint8_t returns[] = { 0xb8, 7, 0, 0, 0, 0xc3 }; /* mov $7, %eax; ret */
    uint8_t got[sizeof returns];
    uint64_t value = 0;

    if (stage_open(&t))
        return;
    CU_ASSERT_EQUAL(worker_write(&t.w, (uintptr_t)call, returns, sizeof returns), 0);
    CU_ASSERT_EQUAL(worker_read(&t.w, (uintptr_t)call, got, sizeof got), 0);
    CU_ASSERT_EQUAL(memcmp(got, returns, sizeof got), 0);
    CU_ASSERT_EQUAL(subject_call(&t.w, (uintptr_t)call, 0, 0, &stop, &value), 0);
    CU_ASSERT_EQUAL(value, 7);
    CU_ASSERT_NOT_EQUAL(memcmp((const void *)(uintptr_t)call, returns, sizeof returns), 0);
    CU_ASSERT_EQUAL(worker_read(&t.w, 0, got, 1), -EFAULT);
    CU_ASSERT_EQUAL(worker_write(&t.w, 0, got, 1), -EFAULT);
    CU_ASSERT_EQUAL(worker_read(&t.w, t.w.room + t.w.room_size - 1, got, 2), -EFAULT);
    stage_close(&t);
}

static int read_status(pid_t pid, const char *name, char *value, size_t size)
{
    char file[64], line[256];
    FILE *f;
    int is_found = 0;

    snprintf(file, sizeof file, "/proc/%d/status", (int)pid);
    f = fopen(file, "re");
    while (f && !is_found && fgets(line, sizeof line, f))
        if (!strncmp(line, name, strlen(name))) {
            snprintf(value, size, "%s", line + strlen(name));
            is_found = 1;
        }
    if (f)
        fclose(f);
    return is_found ? 0 : -1;
}

/* As root of the first user namespace, and allowed to look into the processes of others. */
static int may_have_no_id(int proc)
{
    struct look_id_map map;
    struct look_status status;
    int is_allowed;

    if (geteuid() || look_id_map(proc, getpid(), getpid(), "uid", &map) ||
        look_status(proc, getpid(), getpid(), &status))
        return 0;
    is_allowed = map.n == 1 && map.ranges[0].length == UINT32_MAX && (status.cap_eff >> 19 & 1);
    look_status_release(&status);
    return is_allowed;
}

static void test_worker__privileges(void)
{
    const char *const none[] = { "CapInh:\t", "CapPrm:\t", "CapEff:\t", "CapAmb:\t" };
    struct stage t;
    struct look_limits limits = { .n = 0 };
    char value[256];

    if (stage_open(&t))
        return;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CU_ASSERT_EQUAL(read_status(t.w.pid, none[i], value, sizeof value), 0);
        CU_ASSERT_STRING_EQUAL(value, "0000000000000000\n");
    }
    CU_ASSERT_EQUAL(read_status(t.w.pid, "NoNewPrivs:\t", value, sizeof value), 0);
    CU_ASSERT_STRING_EQUAL(value, "1\n");
    CU_ASSERT_EQUAL(read_status(t.w.pid, "Seccomp:\t", value, sizeof value), 0);
    CU_ASSERT_STRING_EQUAL(value, "2\n");
    CU_ASSERT_EQUAL(read_status(t.w.pid, "SigBlk:\t", value, sizeof value), 0);
    CU_ASSERT_STRING_EQUAL(value, "0000000000000000\n");
    CU_ASSERT_EQUAL(read_status(t.w.pid, "SigIgn:\t", value, sizeof value), 0);
    CU_ASSERT_STRING_EQUAL(value, "0000000000000000\n");
    CU_ASSERT_EQUAL(look_limits(t.s.proc, t.w.pid, t.w.pid, &limits), 0);
    for (size_t i = 0; i < limits.n; i++)
        if (!strcmp(limits.limits[i].name, "Max core file size") || !strcmp(limits.limits[i].name, "Max file size"))
            CU_ASSERT_TRUE(limits.limits[i].soft == 0 && limits.limits[i].hard == 0);
    if (may_have_no_id(t.s.proc)) {
        CU_ASSERT_EQUAL(read_status(t.w.pid, "Uid:\t", value, sizeof value), 0);
        CU_ASSERT_STRING_EQUAL(value, "65534\t65534\t65534\t65534\n");
        CU_ASSERT_EQUAL(read_status(t.w.pid, "Groups:\t", value, sizeof value), 0);
        CU_ASSERT_TRUE(value[0] == ' ' || value[0] == '\n');
    }
    stage_close(&t);
}

/* ---- the tracer dies ---- */

struct pids {
    pid_t subject, master, worker;
};

/* A tracer that makes a worker, tells of it, and lets it run for ever. */
static void be_tracer(int tell)
{
    struct stage t = { .r = NULL };
    struct pids pids;
    struct worker_stop stop;
    struct user_regs_struct r;

    if (subject_start(&t.s, play, 0) || !(t.taken = subject_take(&t.s, NULL)) || rebuild(t.taken, &t.r, NULL, 0) ||
        worker_make(t.r, &t.w) || worker_registers(&t.w, &r))
        _exit(1);
    r.rip = (uintptr_t)spin;
    if (worker_set_registers(&t.w, &r) || worker_run(&t.w, 0, &stop) || stop.kind != WORKER_TIMEOUT)
        _exit(2);
    pids = (struct pids){ t.s.pid, t.r->pid, t.w.pid };
    if (write(tell, &pids, sizeof pids) != sizeof pids)
        _exit(3);
    for (;;)
        pause();
}

/* With us as the one to whom orphans fall, each of them is waited for by its id: it is dead, and by SIGKILL. */
static void test_worker__tracer_killed(void)
{
    struct pids pids = { 0 };
    int tell[2], status, is_old;
    pid_t tracer;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(prctl(PR_GET_CHILD_SUBREAPER, &is_old), 0);
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(tell, O_CLOEXEC), 0);
    tracer = fork();
    if (!tracer) {
        be_tracer(tell[1]);
        _exit(4);
    }
    close(tell[1]);
    CU_ASSERT_EQUAL(read(tell[0], &pids, sizeof pids), (ssize_t)sizeof pids);
    close(tell[0]);
    kill(tracer, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(tracer, &status, 0), tracer);
    if (pids.worker) {
        CU_ASSERT_EQUAL(waitpid(pids.worker, &status, __WALL), pids.worker);
        CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CU_ASSERT_EQUAL(waitpid(pids.master, &status, __WALL), pids.master);
        CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CU_ASSERT_EQUAL(waitpid(pids.subject, &status, __WALL), pids.subject);
    }
    CU_ASSERT_FALSE(subject_has_children());
    prctl(PR_SET_CHILD_SUBREAPER, is_old);
}

TEST_MAIN("test_worker", TEST(test_worker__gate), TEST(test_worker__never_allowed), TEST(test_worker__signals),
          TEST(test_worker__timeout), TEST(test_worker__too_big), TEST(test_worker__dead), TEST(test_worker__inject),
          TEST(test_worker__memory), TEST(test_worker__privileges), TEST(test_worker__tracer_killed))

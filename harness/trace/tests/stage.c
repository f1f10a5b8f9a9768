/* stage.c - a play on a stage: launch, follow, hold, copy, end. */
#include "harness/trace/tests/stage.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S   30
#define HOLD_MS      20000
#define COPY_CALL_MS 20000

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

void stage_fail(const char *file, int line, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CU_assertImplementation(CU_FALSE, line, text, file, "", CU_FALSE);
}

int stage_prepare(struct stage *s)
{
    memset(s, 0, sizeof *s);
    s->in = -1;
    s->board_fd = memfd_create("board", 0);
    if (s->board_fd < 0 || ftruncate(s->board_fd, sizeof *s->board))
        return -1;
    s->board = mmap(NULL, sizeof *s->board, PROT_READ | PROT_WRITE, MAP_SHARED, s->board_fd, 0);
    if (s->board == MAP_FAILED)
        return -1;
    snprintf(s->board->folder, sizeof s->board->folder, "%s", test_directory());
    return 0;
}

void stage_open(struct stage *s, const char *name)
{
    char self[4096] = "", board[16], in[16];
    char *const argv[] = { self, "--play", (char *)name, board, in, NULL };
    struct trace_launch launch = { .path = self, .argv = argv, .envp = environ, .terminal = -1 };
    enum trace_stage stage;
    int fds[2];

    if (!s->board)
        CU_ASSERT_EQUAL_FATAL(stage_prepare(s), 0);
    s->name = name;
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    /* By its name: under valgrind, /proc/self/exe itself would be valgrind. */
    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    if (s->path)
        snprintf(self, sizeof self, "%s", s->path);
    snprintf(board, sizeof board, "%d", s->board_fd);
    snprintf(in, sizeof in, "%d", fds[0]);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    s->in = fds[1];
    CU_ASSERT_EQUAL_FATAL(trace_launch(&launch, &s->t, &s->pid, &stage), 0);
    close(fds[0]);
}

void stage_step(struct stage *s)
{
    struct trace_event e;

    if (s->at.tid)
        return;
    CU_ASSERT_EQUAL_FATAL(trace_next(s->t, 1, &e), 0);
    s->counts[e.kind]++;
    if (e.kind == TRACE_EVENT_NONE_LEFT)
        s->has_ended = 1;
    if (e.kind == TRACE_EVENT_END && e.pid == s->pid) {
        s->status = e.status;
        s->has_ended = 1;
    }
    if (e.kind == TRACE_EVENT_BORN) {
        s->born = e.pid;
        s->born_tid = e.tid;
    }
    if (e.kind == TRACE_EVENT_CHILD) {
        s->other = e.pid;
        s->other_status = e.status;
    }
    if (s->stops_at && e.kind == s->stops_at - 1u && e.pid == s->pid)
        s->at = e;
    else if (e.kind >= TRACE_EVENT_BORN)
        trace_resume(s->t, &e,
                     s->stops_at == TRACE_EVENT_RETURN + 1 && e.kind == TRACE_EVENT_CALL ? TRACE_TO_RETURN : TRACE_ON);
}

int stage_until(struct stage *s, atomic_int *what, int value)
{
    double end = now() + PATIENCE_S;

    while (atomic_load(what) < value && !s->has_ended) {
        if (now() > end) {
            stage_fail(__FILE__, __LINE__, "%s did not come to where it was awaited: %s", s->name, s->board->complaint);
            return 0;
        }
        stage_step(s);
    }
    return atomic_load(what) >= value;
}

char stage_state(pid_t pid, pid_t tid, long *ret_call)
{
    char path[64], text[512] = "", *end;
    FILE *f;

    *ret_call = -1;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
    f = fopen(path, "re");
    if (f && fgets(text, sizeof text, f) && strncmp(text, "running", 7))
        *ret_call = atol(text);
    if (f)
        fclose(f);
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    f = fopen(path, "re");
    text[0] = '\0';
    if (f && !fgets(text, sizeof text, f))
        text[0] = '\0';
    if (f)
        fclose(f);
    end = strrchr(text, ')');
    return end ? end[2] : '?';
}

int stage_status(pid_t pid, const char *name, unsigned long ret[4])
{
    char path[64], line[512];
    size_t size = strlen(name);
    int n = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    f = fopen(path, "re");
    while (f && !n && fgets(line, sizeof line, f))
        if (!strncmp(line, name, size) && line[size] == ':')
            n = sscanf(line + size + 1, "%lu %lu %lu %lu", &ret[0], &ret[1], &ret[2], &ret[3]);
    if (f)
        fclose(f);
    return n;
}

int stage_until_waiting(struct stage *s, pid_t tid, long nr)
{
    double end = now() + PATIENCE_S;
    pid_t pid = tid;
    long call;

    for (;;) {
        char state = stage_state(pid, tid, &call);

        if (state == 'S' && (nr < 0 || call == nr || call == SYS_restart_syscall))
            return 1;
        if (state == 'R' && nr == -1)
            return 1;
        if (atomic_load(&s->board->done) || s->has_ended)
            return 0;
        if (now() > end) {
            stage_fail(__FILE__, __LINE__, "%s does not wait: state %c, call %ld, not %ld", s->name, state, call, nr);
            return 0;
        }
        stage_step(s);
    }
}

uint64_t stage_vdso(pid_t pid)
{
    uint64_t pair[2] = { 0, 0 }, found = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/auxv", pid);
    f = fopen(path, "re");
    while (f && fread(pair, sizeof pair, 1, f) == 1)
        if (pair[0] == AT_SYSINFO_EHDR)
            found = pair[1];
    if (f)
        fclose(f);
    return found;
}

int stage_hold(struct stage *s, pid_t tid, const struct trace_event *event, struct trace_hold *ret)
{
    double end = now() + PATIENCE_S;
    uint64_t vdso = s->board->vdso ? s->board->vdso : stage_vdso(tid);
    int r;

    while ((r = trace_hold(s->t, tid, event, vdso, HOLD_MS, ret)) == -EAGAIN && !s->has_ended && now() < end)
        if (event)
            break;
        else
            stage_step(s);
    if (!r)
        ret->timeout_ms = COPY_CALL_MS;
    return r == -EAGAIN && s->has_ended ? -ESRCH : r;
}

void stage_copies(struct stage *s, struct trace_hold *h, unsigned flags, int n)
{
    const uint64_t none[6] = { 0 };
    struct trace_hold copy;
    int64_t result;

    (void)s;
    for (int i = 0; i < n; i++) {
        int r = trace_copy(h, flags, &copy);

        if (r) {
            stage_fail(__FILE__, __LINE__, "copy %d was not made: %s", i, strerror(-r));
            return;
        }
        result = 0;
        CU_ASSERT_EQUAL(trace_inject(&copy, "getpid", none, &result), 0);
        CU_ASSERT_EQUAL(result, copy.seen_pid);
        CU_ASSERT_EQUAL(trace_copy_end(h, &copy), 0);
        CU_ASSERT(kill(copy.tid, 0) == -1 && errno == ESRCH);
    }
}

void stage_round(struct stage *s, pid_t tid, unsigned flags, int n)
{
    struct trace_hold h;
    int r = stage_hold(s, tid, NULL, &h);

    if (r) {
        stage_fail(__FILE__, __LINE__, "it could not be held: %s", strerror(-r));
        return;
    }
    stage_copies(s, &h, flags, n);
    CU_ASSERT_EQUAL(trace_let_go(&h, NULL), 0);
}

void stage_write(struct stage *s, size_t n)
{
    char bytes[64] = "";

    CU_ASSERT_EQUAL(write(s->in, bytes, n), (ssize_t)n);
}

void stage_release(struct stage *s)
{
    if (s->in >= 0)
        close(s->in);
    close(s->board_fd);
    munmap(s->board, sizeof *s->board);
}

void stage_end(struct stage *s)
{
    double end = now() + PATIENCE_S;

    atomic_store(&s->board->go, 1);
    syscall(SYS_futex, &s->board->go, FUTEX_WAKE, 1000, NULL, NULL, 0);
    while (!s->counts[TRACE_EVENT_NONE_LEFT] && now() < end)
        stage_step(s);
    CU_ASSERT(s->counts[TRACE_EVENT_NONE_LEFT] > 0);
    trace_free(s->t);
    stage_release(s);
}

void stage_close(struct stage *s)
{
    char complaint[512];

    atomic_store(&s->board->go, 1);
    syscall(SYS_futex, &s->board->go, FUTEX_WAKE, 1000, NULL, NULL, 0);
    for (double end = now() + PATIENCE_S; !s->has_ended && now() < end;)
        stage_step(s);
    memcpy(complaint, s->board->complaint, sizeof complaint);
    stage_end(s);
    if (s->status || complaint[0])
        stage_fail(__FILE__, __LINE__, "%s ended with %#x: %.400s", s->name, s->status, complaint);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, __WALL | WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
}

int stage_play(int (*run)(const char *name, struct board *b, int in), int argc, char **argv)
{
    struct board *b;

    if (argc != 5 || strcmp(argv[1], "--play"))
        return -1;
    b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[3]), 0);
    if (b == MAP_FAILED)
        return 98;
    b->vdso = getauxval(AT_SYSINFO_EHDR);
    return run(argv[2], b, atoi(argv[4]));
}

void board_wait_go(struct board *b)
{
    while (!atomic_load(&b->go))
        syscall(SYS_futex, &b->go, FUTEX_WAIT, 0, NULL, NULL, 0);
}

int board_complain(struct board *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!b->complaint[0])
        vsnprintf(b->complaint, sizeof b->complaint, format, args);
    va_end(args);
    return 1;
}

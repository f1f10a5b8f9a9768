/* stage.c - a real parent and its real child under ptrace(2): held where a snapshot is taken, then let draw. */
#include "harness/draw/tests/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE_BYTES ((uint64_t)1 << 30)
#define MOST_BYTES  ((uint64_t)512 << 20)

struct truth *stage_truth;

int is_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}

void stage_fail(int line, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CU_assertImplementation(CU_FALSE, (unsigned)line, text, __FILE__, "", CU_FALSE);
}

/* ---- in the processes of the play ---- */

typedef uint64_t function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
typedef double double_function(uint64_t);

/* One value, as its shape says. 0, or -1: it refused. */
static int draw_one(const struct play *play, const struct generator_shape *shape, uint8_t *to)
{
    uint64_t args[6] = { 0 }, size = generator_value_size(shape), result;

    for (unsigned i = 0; i < shape->n; i++)
        args[i] = shape->arguments[i].kind == GENERATOR_OUT      ? (uint64_t)(uintptr_t)to
                  : shape->arguments[i].kind == GENERATOR_BYTES  ? size
                  : shape->arguments[i].kind == GENERATOR_NUMBER ? shape->arguments[i].number
                                                                 : (uint64_t)(uintptr_t)play->context;
    if (shape->result == GENERATOR_F64) {
        double value = ((double_function *)(uintptr_t)play->address)(args[0]);

        memcpy(to, &value, sizeof value);
        return 0;
    }
    result = ((function *)(uintptr_t)play->address)(args[0], args[1], args[2], args[3], args[4], args[5]);
    if (shape->result <= GENERATOR_U64)
        memcpy(to, &result, size);
    return (shape->result == GENERATOR_ZERO && (int)result) || (shape->result == GENERATOR_ONE && (int)result != 1) ||
                   (shape->result == GENERATOR_SIZE && (int)result != (int)size)
               ? -1
               : 0;
}

static unsigned draw_some(const struct play *play, const struct generator_shape *shape, unsigned n, uint8_t *to)
{
    unsigned size = generator_value_size(shape), i = 0;
    uint8_t spare[64];

    while (i < n && !draw_one(play, shape, to ? to + (size_t)i * size : spare))
        i++;
    return i;
}

static inline void hold(void)
{
    __asm__ volatile("int3" ::: "memory");
}

__attribute__((noreturn)) static void act(const struct play *play, const struct generator_shape *shape, int go)
{
    pid_t child;
    char byte;

    if (read(go, &byte, 1) != 1)
        _exit(1);
    if (play->begin)
        play->begin();
    draw_some(play, shape, play->before, NULL);
    child = play->is_bare_clone ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
    if (!child) {
        if (play->in_child)
            play->in_child();
        draw_some(play, shape, play->child, NULL);
        hold();
        if (play->before_last)
            play->before_last();
        if (!play->draws_nothing)
            stage_truth->n_child = draw_some(play, shape, STAGE_CHILD, stage_truth->child);
        _exit(0);
    }
    draw_some(play, shape, play->parent, stage_truth->parent);
    hold();
    if (play->before_last)
        play->before_last();
    if (!play->draws_nothing)
        stage_truth->n_parent =
            play->parent + draw_some(play, shape, STAGE_PARENT - play->parent,
                                     stage_truth->parent + (size_t)play->parent * generator_value_size(shape));
    while (waitpid(-1, NULL, 0) > 0)
        ;
    _exit(0);
}

/* ---- in the test ---- */

/* Lets it run to its hold(), to its fork (*ret_child), or to its end (0). */
static int run_to(pid_t pid, pid_t *ret_child)
{
    int status;
    unsigned long child;

    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        int event = status >> 16, number = WSTOPSIG(status);

        if ((event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE) && ret_child) {
            if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child))
                return 0;
            *ret_child = (pid_t)child;
            return 1;
        }
        if (!event && number == SIGTRAP)
            return 1;
        if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)(event || number == SIGTRAP ? 0 : number)))
            return 0;
    }
    return 0;
}

static int take(struct stage *s, pid_t pid, const struct snapshot *base, struct snapshot **ret,
                struct draw_state **ret_state)
{
    uint64_t bytes = 0;
    int r = snapshot_take(s->store, s->proc, pid, pid, base, NULL, 0, MOST_BYTES, ret, &bytes);

    if (r)
        stage_fail(__LINE__, "snapshot_take: %s, %llu bytes", strerror(-r), (unsigned long long)bytes);
    return r ? r : draw_state_new(*ret, ret_state);
}

static int go_on(pid_t pid)
{
    return ptrace(PTRACE_CONT, pid, NULL, NULL) ? -errno : 0;
}

static int direct(struct stage *s)
{
    int status;

    if (!run_to(s->pid, &s->child_pid) || waitpid(s->child_pid, &status, __WALL) != s->child_pid)
        return -ECHILD;
    if (take(s, s->child_pid, NULL, &s->born, &s->born_state) || go_on(s->child_pid) || !run_to(s->child_pid, NULL) ||
        take(s, s->child_pid, s->born, &s->child, &s->child_state))
        return -EIO;
    if (go_on(s->pid) || !run_to(s->pid, NULL) || take(s, s->pid, s->born, &s->parent, &s->parent_state))
        return -EIO;
    /* One after the other, so that what they share is drawn from in order. */
    if (go_on(s->child_pid))
        return -EIO;
    run_to(s->child_pid, NULL);
    if (go_on(s->pid))
        return -EIO;
    run_to(s->pid, NULL);
    return 0;
}

static void prepare_generator(struct stage *s, const struct play *play)
{
    char why[160] = "";

    s->kind =
        (struct generator_kind){ .name = "play", .symbol = "play", .shape = play->shape, .purpose = play->purpose };
    s->g = (struct generator){ .kind = &s->kind, .address = (uint64_t)(uintptr_t)play->address, .object = "play" };
    if (generator_shape_parse(play->shape, &s->g.shape, why, sizeof why))
        stage_fail(__LINE__, "%s: %s", play->shape, why);
    if (play->context) {
        s->g.context = (uint64_t)(uintptr_t)play->context;
        s->g.has_context = s->g.needs_context = 1;
    }
}

int stage_open(struct stage *s, const struct play *play)
{
    int go[2], r;

    memset(s, 0, sizeof *s);
    s->proc = -1;
    if (is_under_valgrind()) {
        test_skip("a process under valgrind cannot be rebuilt");
        return 0;
    }
    s->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage_truth = s->truth = mmap(NULL, sizeof *s->truth, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prepare_generator(s, play);
    CU_ASSERT_EQUAL_FATAL(snapshot_store_new(STORE_BYTES, &s->store), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(go, O_CLOEXEC), 0);
    fflush(NULL);
    s->pid = fork();
    if (!s->pid)
        act(play, &s->g.shape, go[0]);
    r = ptrace(PTRACE_SEIZE, s->pid, NULL,
               (void *)(long)(PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE));
    if (r || write(go[1], "", 1) != 1)
        stage_fail(__LINE__, "the play cannot be traced: %s", strerror(errno));
    close(go[0]);
    close(go[1]);
    r = r ? -EPERM : direct(s);
    if (r)
        stage_fail(__LINE__, "the play did not come to its end: %s", strerror(-r));
    return !r;
}

static void end(pid_t pid)
{
    int status;

    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
        ;
}

void stage_close(struct stage *s)
{
    end(s->child_pid);
    end(s->pid);
    draw_state_free(s->born_state);
    draw_state_free(s->child_state);
    draw_state_free(s->parent_state);
    snapshot_release(s->born);
    snapshot_release(s->child);
    snapshot_release(s->parent);
    snapshot_store_free(s->store);
    if (s->truth)
        munmap(s->truth, sizeof *s->truth);
    if (s->proc >= 0)
        close(s->proc);
    stage_truth = NULL;
}

struct draw_side stage_side(const struct stage *s, enum who who)
{
    struct draw_side child = { s->born_state, s->child_pid, s->pid, s->child_pid };
    struct draw_side parent = { s->born_state, s->pid, getpid(), s->pid };

    switch (who) {
    case NEWBORN:
        return child;
    case FOSSIL:
        return parent;
    case CHILD:
        child.state = s->child_state;
        return child;
    default:
        parent.state = s->parent_state;
        return parent;
    }
}

int stage_repeats(const struct stage *s)
{
    unsigned size = generator_value_size(&s->g.shape), unit = stream_is_bytes(&s->g) ? 1 : size;
    unsigned need = size < 8 || s->g.shape.result == GENERATOR_F64 ? 2 * size : size;

    for (unsigned i = 0; i + need <= s->truth->n_child * size; i += unit)
        for (unsigned j = 0; j + need <= s->truth->n_parent * size; j += unit)
            if (!memcmp(s->truth->child + i, s->truth->parent + j, need))
                return 1;
    return 0;
}

void stage_expect(struct stage *s, enum who own, enum who other, enum draw_verdict verdict, const char *reason,
                  int line)
{
    struct draw_side a = stage_side(s, own), b = stage_side(s, other);
    int r = draw_compare(&s->g, &a, &b, &s->result);

    if (r || s->result.verdict != verdict || (reason && !strstr(s->result.reason, reason)))
        stage_fail(line, "%s: verdict %s \"%s\" (%d), %u and %u values, %u runs, %lld us", s->kind.shape,
                   draw_verdict_name(s->result.verdict), s->result.reason, r, s->result.n_own, s->result.n_other,
                   s->result.runs, (long long)(s->result.ns / 1000));
    if (getenv("DRAW_SHOWN"))
        printf("%s:%d %s \"%s\" runs %u, %lld us\n", s->kind.shape, line, draw_verdict_name(s->result.verdict),
               s->result.reason, s->result.runs, (long long)(s->result.ns / 1000));
}

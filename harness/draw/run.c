/* run.c - one worker, from its making to its end: it draws values, and whatever it asks for is answered. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>

#define NS            ((int64_t)1000000000)
#define PATIENCE      8 /* asks for the time without a value: more of them, and it waits for the time to go on */
#define ENOUGH_STOPS  64
#define ENOUGH_VALUES 64
#define MANY_STOPS    192
#define FEW_VALUES    24

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

int run_end(struct draw_run *run, enum draw_end end, const char *format, ...)
{
    va_list args;

    run->s->end = end;
    va_start(args, format);
    vsnprintf(run->s->why, sizeof run->s->why, format, args);
    va_end(args);
    return 1;
}

/* The code in the worker counts its values; it may lie. */
static uint32_t count_finished(struct draw_run *run)
{
    uint64_t done;

    if (!run->is_script &&
        !worker_read(run->w, run->room.block + offsetof(struct stub_block, done), &done, sizeof done))
        run->finished = done < run->most ? (uint32_t)done : run->most;
    return run->finished;
}

void run_consulted(struct draw_run *run, enum draw_source source)
{
    if (run->s->first[source] == DRAW_NEVER)
        run->s->first[source] = count_finished(run);
    if (source != DRAW_ENTROPY || run->fresh_at == count_finished(run))
        return;
    run->fresh_at = run->finished;
    run->fresh++;
}

/* splitmix64 */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int run_entropy(struct draw_run *run, uint8_t *buffer, size_t size)
{
    size_t n = 0;

    if (!run->mode->is_neutral) {
        while (n < size) {
            ssize_t got = getrandom(buffer + n, size - n, 0);

            if (got < 0 && errno != EINTR)
                return -errno;
            n += got > 0 ? (size_t)got : 0;
        }
        return 0;
    }
    for (; n < size; n += 8) {
        uint64_t number = next_number(&run->entropy);

        memcpy(buffer + n, &number, size - n < 8 ? size - n : 8);
    }
    return 0;
}

uint64_t run_chip(struct draw_run *run)
{
    return next_number(&run->chip);
}

/* Stands still, for a clock that goes on would part streams by how much time they take; but whoever waits for it must
 * come on. */
static void count_ask(struct draw_run *run)
{
    unsigned over;

    if (run->asked_at != count_finished(run))
        run->asks = 0;
    run->asked_at = run->finished;
    if (++run->asks <= PATIENCE)
        return;
    over = run->asks - PATIENCE;
    run->ticked += over < 30 ? (int64_t)1000 << (over > 20 ? 20 : over) : NS;
}

int64_t run_clock(struct draw_run *run)
{
    static const int64_t begin[2] = { 1600000000 * NS + 123456789, 1612345678 * NS + 987654321 };

    count_ask(run);
    return begin[run->mode->variant[DRAW_CLOCK]] + run->ticked;
}

uint64_t run_tsc(struct draw_run *run)
{
    static const uint64_t begin[2] = { 0x123456789abcdeu, 0x3a5c7e91b2d4f6u };

    count_ask(run);
    return begin[run->mode->variant[DRAW_TSC]] + (uint64_t)run->ticked * 3;
}

static int is_fatal(int number)
{
    return number == SIGABRT || number == SIGTRAP;
}

/* A signal that is no answer of ours. */
static int end_by_signal(struct draw_run *run, const struct worker_stop *stop)
{
    if (is_fatal(stop->signal))
        return run_end(run, DRAW_ABORTED, "it ends its process with signal %d", stop->signal);
    return run_end(run, DRAW_CRASHED, "it dies of signal %d (%s) at %#llx", stop->signal, strsignal(stop->signal),
                   (unsigned long long)stop->pc);
}

static int take_stop(struct draw_run *run, const struct worker_stop *stop)
{
    int r;

    switch (stop->kind) {
    case WORKER_CALL:
        return gate_pass(run, stop);
    case WORKER_SIGNAL:
        r = instruction_answer(run, stop);
        return r > 0 ? 0 : r ? r : end_by_signal(run, stop);
    case WORKER_TRAP:
        return run_end(run, DRAW_CRASHED, "it runs into a breakpoint at %#llx", (unsigned long long)stop->pc - 1);
    case WORKER_TIMEOUT:
        return run_end(run, DRAW_HUNG, "it did not come back within %d ms", DRAW_MS);
    case WORKER_TOO_BIG:
        return run_end(run, DRAW_REFUSED, "it fills more than %llu MiB of memory",
                       (unsigned long long)(WORKER_MEMORY >> 20));
    default:
        return run_end(run, DRAW_CRASHED, "its copy died (status %#x)", (unsigned)stop->status);
    }
}

/* Where each value costs a stop, fewer of them must do; where it costs several, or each is the kernel's, fewer still.
 * Neutral runs may meet far from their beginnings. */
static int is_enough(struct draw_run *run)
{
    unsigned stops = run->mode->is_neutral ? 2 * ENOUGH_STOPS : ENOUGH_STOPS;

    if (run->is_script || run->stops % 8 || (run->stops < stops && run->fresh < FEW_VALUES))
        return 0;
    count_finished(run);
    if (run->finished < FEW_VALUES ||
        (run->finished < ENOUGH_VALUES && run->stops < MANY_STOPS && run->fresh < run->finished))
        return 0;
    run->most = run->finished;
    return 1;
}

int run_on(struct draw_run *run)
{
    struct worker_stop stop;
    int r = 0;

    while (!r) {
        int64_t left = (run->ends_at - now_ns()) / 1000000;

        if (left <= 0)
            r = run_end(run, DRAW_HUNG, "it was not ready within %d ms", DRAW_ALL_MS);
        if (r)
            break;
        r = worker_run(run->w, left < DRAW_MS ? (int)left : DRAW_MS, &stop);
        if (r)
            break;
        if (stop.kind == WORKER_TRAP && stop.pc == run->room.end)
            return 0;
        if (is_enough(run))
            return 0;
        r = ++run->stops > DRAW_CALLS ? run_end(run, DRAW_HUNG, "it makes more than %d system calls", DRAW_CALLS)
                                      : take_stop(run, &stop);
    }
    count_finished(run);
    return r > 0 ? 1 : run_end(run, DRAW_NO_WORKER, "its copy was lost: %s", strerror(-r));
}

static int write_patches(struct worker *w, const struct draw_patches *p)
{
    int r = 0;

    for (size_t i = 0; !r && i < p->n; i++)
        r = worker_write(w, p->patches[i].address, p->patches[i].bytes, p->patches[i].size);
    return r;
}

/* Where the processor is asked and not the kernel: stops there, in neutral runs. */
static int stop_instructions(struct draw_run *run)
{
    const uint64_t args[6] = { PR_SET_TSC, PR_TSC_SIGSEGV };
    int64_t result = 0;
    int r = worker_inject(run->w, SYS_prctl, args, &result);

    if (r || result)
        return r ? r : (int)result;
    return write_patches(run->w, run->rdrand);
}

static int prepare(struct draw_run *run)
{
    int r = stub_layout(run->w, &run->room);

    if (!r)
        r = stub_install(run->w, &run->room);
    if (!r && run->mode->is_neutral)
        r = stop_instructions(run);
    if (!r && run->pages)
        r = shared_put(run->w, run->pages);
    if (r)
        run_end(run, DRAW_NO_WORKER, "its copy could not be prepared: %s", strerror(-r));
    return r ? 1 : 0;
}

/* What `context` arguments are given. */
static int find_context(struct draw_run *run, const struct generator *g, uint64_t *ret)
{
    *ret = g->context;
    for (unsigned i = 0; i < g->shape.n; i++)
        if (g->shape.arguments[i].kind == GENERATOR_CONTEXT_IN &&
            (worker_read(run->w, g->context, ret, sizeof *ret) || !*ret))
            return run_end(run, DRAW_REFUSED, "%s points nowhere yet: it was not set up", g->shape.arguments[i].name);
    return 0;
}

static int draw_values(struct draw_run *run, const struct generator *g)
{
    struct stub_block block;
    uint64_t context;

    if (find_context(run, g, &context))
        return 1;
    stub_for(g, &run->room, context, run->most, &block);
    if (stub_start(run->w, &run->room, &block, 0))
        return run_end(run, DRAW_NO_WORKER, "its copy could not be started");
    if (run_on(run))
        return 1;
    if (count_finished(run) >= run->most || worker_read(run->w, run->room.block, &block, sizeof block))
        return 0;
    return run_end(run, DRAW_ERROR, "it returned %lld instead of a value", (long long)(int32_t)block.result);
}

static int keep_values(struct draw_run *run)
{
    struct draw_stream *s = run->s;
    size_t size = (size_t)run->finished * s->value_size;

    if (!run->finished || run->is_script)
        return 0;
    s->values = malloc(size);
    if (!s->values)
        return -ENOMEM;
    s->n = run->finished;
    if (worker_read(run->w, run->room.values, s->values, size))
        s->n = 0;
    return 0;
}

static int run_worker(struct draw_run *run, struct draw_state *d, const struct generator *g)
{
    int r = 0;

    if (!prepare(run)) {
        if (run->is_script)
            r = call_script(run, g, snapshot_registers(state_snapshot(d)), run->most);
        else
            draw_values(run, g);
        if (!r)
            r = keep_values(run);
    }
    run->s->has_written_shared = worker_has_written_shared(run->w) != 0; /* or not known */
    if (!r && run->wants_pages && run->s->has_written_shared)
        r = shared_take(run->w, state_snapshot(d), run->s);
    return r;
}

int run_stream(struct draw_state *d, const struct generator *g, const struct draw_mode *mode, unsigned n,
               const struct draw_stream *pages, int wants_pages, struct draw_stream *ret)
{
    struct worker w;
    struct draw_run run = {
        .w = &w,
        .snapshot = state_snapshot(d),
        .mode = mode,
        .s = ret,
        .pages = pages,
        .wants_pages = wants_pages,
        .most = n,
        .is_script = g->kind->script != NULL,
        .entropy = 0x1234 + mode->variant[DRAW_ENTROPY],
        .fresh_at = DRAW_NEVER,
        .chip = 0x5678 + mode->variant[DRAW_RDRAND],
    };
    int r;

    memset(ret, 0, sizeof *ret);
    memset(ret->first, 0xff, sizeof ret->first);
    ret->value_size = generator_value_size(&g->shape);
    ret->is_bytes = stream_is_bytes(g);
    if (mode->is_neutral) {
        r = state_rdrand(d, g->address, &run.rdrand);
        if (r)
            return r;
    }
    r = state_worker(d, mode->is_neutral, &w, ret->why, sizeof ret->why);
    if (r == -ENOMEM)
        return r;
    if (r) {
        ret->end = DRAW_NO_WORKER;
        return 0;
    }
    run.ends_at = now_ns() + (int64_t)DRAW_ALL_MS * 1000000;
    r = run_worker(&run, d, g);
    worker_end(&w);
    if (!r)
        r = stream_measure(ret, g);
    if (r)
        stream_free(ret);
    return r;
}

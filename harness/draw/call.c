/* call.c - generators that are made by several calls: scripts that evaluate in a copied interpreter. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MOST 20000 /* of functions, by one script */

#ifdef __x86_64__

struct caller {
    struct generator_caller c;
    struct draw_run *run;
    uint64_t stack; /* of the thread that was copied */
    unsigned calls;
};

static int caller_call(struct generator_caller *c, uint64_t function, const uint64_t args[6], int own_stack,
                       uint64_t *ret)
{
    struct caller *caller = c->context;
    struct draw_run *run = caller->run;
    struct stub_block block = {
        .function = function, .count = 1, .to = run->room.values, .slot = run->room.block + 120
    };
    int r;

    if (run->s->end != DRAW_DONE)
        return -EIO;
    if (++caller->calls > CALLS_MOST) {
        run_end(run, DRAW_HUNG, "its script makes more than %d calls", CALLS_MOST);
        return -EIO;
    }
    memcpy(block.args, args, sizeof block.args);
    r = stub_start(run->w, &run->room, &block, own_stack ? caller->stack : 0);
    if (r)
        run_end(run, DRAW_NO_WORKER, "its copy could not be started: %s", strerror(-r));
    if (r || run_on(run) || worker_read(run->w, run->room.block, &block, sizeof block))
        return -EIO;
    *ret = block.result;
    return 0;
}

static int caller_read(struct generator_caller *c, uint64_t address, void *buffer, size_t size)
{
    return worker_read(((struct caller *)c->context)->run->w, address, buffer, size);
}

static int caller_write(struct generator_caller *c, uint64_t address, const void *bytes, size_t size)
{
    return worker_write(((struct caller *)c->context)->run->w, address, bytes, size);
}

int call_script(struct draw_run *run, const struct generator *g, const struct user_regs_struct *registers, unsigned n)
{
    struct draw_stream *s = run->s;
    struct caller caller = {
        .c = { .call = caller_call, .read = caller_read, .write = caller_write, .scratch = run->room.scratch },
        .run = run,
        .stack = registers->rsp,
    };
    uint64_t *values = calloc(n, sizeof *values);
    int r = values ? 0 : -ENOMEM;

    caller.c.context = &caller;
    s->values = malloc((size_t)n * s->value_size);
    if (r || !s->values || s->value_size > sizeof *values) {
        free(values);
        return -ENOMEM;
    }
    r = g->kind->script->draw(&caller.c, g->symbols, n, values);
    if (!r) {
        for (unsigned i = 0; i < n; i++)
            memcpy(s->values + (size_t)i * s->value_size, &values[i], s->value_size);
        s->n = n;
    } else if (r == -ENOTSUP && s->end == DRAW_DONE) {
        run_end(run, DRAW_NOTHING, "there is none in this process");
    } else if (s->end == DRAW_DONE) {
        /* The script's error, not the generator's. */
        run_end(run, DRAW_REFUSED, "its script failed: %s", strerror(-r));
    }
    free(values);
    return 0;
}

#else

int call_script(struct draw_run *run, const struct generator *g, const struct user_regs_struct *registers, unsigned n)
{
    (void)g, (void)registers, (void)n;
    run_end(run, DRAW_REFUSED, "copies are only known on x86-64");
    return 0;
}

#endif

/* watch_hit.c - a breakpoint was hit: a call of a generator or of a seeding function begins, or has returned. */
#include "harness/random/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAITS_MAX 1024

/* ---- which of them are still wanted ---- */

static int wants_draw(const struct random_life *life, const struct random_generator *g)
{
    return g->calls < RANDOM_CALLS || keep_wants(life, g);
}

static int wants_function(const struct subject *s, uint64_t address)
{
    const struct random_watch *w = s->random->watch;
    const struct random_life *life = s->random->life;

    for (size_t i = 0; life && i < life->n_generators; i++)
        if (life->generators[i].g.address == address && !life->generators[i].g.kind->script &&
            wants_draw(life, &life->generators[i]))
            return 1;
    for (size_t i = 0; i < w->n_seedings; i++)
        if (w->seedings[i].s.address == address && w->seedings[i].calls < RANDOM_CALLS)
            return 1;
    return 0;
}

/* Only of those that are compared with others. */
static int wants_end(const struct subject *s)
{
    const struct random_life *life = s->random->life;

    return life && !life->end && (life->of || life->children);
}

void hit_arm(struct subject *s, pid_t tid, struct watch_spot *spot)
{
    if ((spot->is_function && wants_function(s, spot->address)) || (spot->is_ending && wants_end(s)))
        watch_plant(spot, tid);
}

void hit_arm_all(struct subject *s, pid_t tid)
{
    struct random_watch *w = s->random->watch;

    for (size_t i = 0; i < w->n_spots; i++)
        hit_arm(s, tid, &w->spots[i]);
}

/* ---- returns ---- */

static int wait_add(struct random_watch *w, const struct watch_wait *wait)
{
    struct watch_wait *more;

    if (w->n_waits == WAITS_MAX)
        return -E2BIG;
    more = reallocarray(w->waits, w->n_waits + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    w->waits = more;
    w->waits[w->n_waits++] = *wait;
    return 0;
}

/* 1: this thread is in that call already: a hit that another thread's made late. */
static int wait_is_there(const struct random_watch *w, const struct watch_wait *wait)
{
    for (size_t i = 0; i < w->n_waits; i++)
        if (w->waits[i].tid == wait->tid && w->waits[i].function == wait->function && w->waits[i].back == wait->back &&
            w->waits[i].sp == wait->sp)
            return 1;
    return 0;
}

/* The seeding function that this thread is in, NULL: none. What that calls is no use that the program makes. */
static const struct watch_wait *wait_seeding(const struct random_watch *w, pid_t tid, uint64_t sp)
{
    for (size_t i = 0; i < w->n_waits; i++) {
        const struct watch_wait *wait = &w->waits[i];
        uint64_t back;

        /* One that was left by a jump has its frame no more. */
        if (wait->is_seeding && wait->tid == tid && wait->sp > sp &&
            trace_read(tid, wait->sp - sizeof back, &back, sizeof back) == sizeof back && back == wait->back)
            return wait;
    }
    return NULL;
}

/* The call gave its bytes: as many as are still wanted are recorded. */
static int return_value(struct observe *o, struct subject *s, const struct watch_wait *wait)
{
    struct random_life *life = s->random->life;
    unsigned char bytes[VALUE_BYTES_MAX];
    struct facts_draw row = { .process = s->id, .tid = wait->tid, .marker = FACTS_NULL, .bytes = bytes };
    struct random_generator *g;
    uint64_t drawn;
    int64_t most;
    int r;

    if (!life || wait->generator < 0 || (size_t)wait->generator >= life->n_generators)
        return 0;
    g = &life->generators[wait->generator];
    most = (int64_t)RANDOM_VALUES * generator_value_size(&g->g.shape);
    if (most > VALUE_BYTES_MAX)
        most = VALUE_BYTES_MAX;
    if (g->drawn >= most)
        return 0;
    r = value_take(wait->tid, &g->g.shape, wait->out, wait->size, bytes, (size_t)(most - g->drawn), &drawn, &row.size);
    if (r == -ESRCH)
        return 0;
    if (r)
        return record_gap(o, s, FACTS_NULL, "draw", -r, "what a generator gave could not be read");
    if (!row.size)
        return 0;
    row.seq = facts_next_seq(o->f);
    row.generator = g->g.kind->name;
    row.offset = g->drawn;
    g->drawn += drawn > INT32_MAX ? INT32_MAX : (int64_t)drawn;
    return facts_add_draw(o->f, &row);
}

/* Whoever comes back here: the thread whose call this is, or one that ran through while a function's breakpoint
 * was out. Our byte is out now, so no other call can be waited for here. */
static int hit_return(struct observe *o, struct subject *s, pid_t tid, const struct watch_spot *here, uint64_t sp)
{
    struct random_watch *w = s->random->watch;
    uint64_t back = here->address;
    int is_marker = here->is_marker, r = 0;

    for (size_t i = 0; i < w->n_waits;) {
        struct watch_wait wait = w->waits[i];
        struct watch_spot *function;
        int is_own = wait.tid == tid && wait.back == back;

        if (wait.back != back || (is_marker && !is_own)) {
            i++;
            continue;
        }
        w->waits[i] = w->waits[--w->n_waits];
        if (!r && is_own && wait.sp == sp)
            r = return_value(o, s, &wait);
        function = watch_find(w, wait.function);
        if (function)
            hit_arm(s, tid, function);
    }
    return r;
}

/* ---- calls ---- */

/* Where a call comes from is worth its price (symbols of each process) once for each place in a program. */
static int call_stack(struct observe *o, struct subject *s, const struct watch_wait *wait, int64_t *ret)
{
    uint64_t hash = ((uint64_t)s->image * 0x100000001b3u ^ wait->function) * 0x9e3779b97f4a7c15u ^ wait->back, *slot;
    char key[FAULT_KEY_SIZE];

    *ret = FACTS_NULL;
    hash *= 0xd6e8feb86659fd93u;
    slot = &o->random->stacks[hash >> 55];
    if (*slot == hash)
        return 0;
    *slot = hash;
    return fault_stack(o, s, wait->tid, key, ret);
}

static int draw_row(struct observe *o, struct subject *s, const struct watch_wait *wait,
                    const struct random_generator *g, int64_t context)
{
    struct facts_generator_call row = {
        .process = s->id,
        .image = s->image,
        .tid = wait->tid,
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .kind = "draw",
        .generator = g->g.kind->name,
        .symbol = g->g.kind->symbol ? g->g.kind->symbol : g->g.kind->name,
        .context = context,
        .is_added = FACTS_NULL,
    };
    int r = call_stack(o, s, wait, &row.stack);

    return r ? r : facts_add_generator_call(o->f, &row, NULL);
}

static int hit_draw(struct observe *o, struct subject *s, struct watch_wait *wait, int generator,
                    const struct value_call *call)
{
    struct random_life *life = s->random->life;
    struct random_generator *g = &life->generators[generator];
    uint64_t context = 0;
    int given = value_context(&g->g.shape, call, &context), r;

    if (given == 1 && !g->calls) {
        g->g.context = context;
        g->g.has_context = 1;
    }
    r = keep_first(o, s, wait->tid, g);
    if (!r && g->calls < RANDOM_CALLS)
        r = draw_row(o, s, wait, g, given ? (int64_t)context : FACTS_NULL);
    g->calls += g->calls < UINT32_MAX;
    wait->generator = generator;
    value_expect(&g->g.shape, call, &wait->out, &wait->size);
    return r ? r : wait_add(s->random->watch, wait);
}

static int seed_row(struct observe *o, struct subject *s, const struct watch_wait *wait,
                    const struct watch_seeding *seeding, const struct value_call *call)
{
    const struct random_life *life = s->random->life;
    const struct generator_seeder *seeder = seeding->s.seeder;
    struct seed_seen seen = { .now = observe_clock(CLOCK_REALTIME) };
    struct seed seed;
    struct facts_generator_call row = {
        .process = s->id,
        .image = s->image,
        .tid = wait->tid,
        .seq = facts_next_seq(o->f),
        .at = observe_now_ns(o),
        .kind = "seed",
        .generator = seeder->generator,
        .symbol = seeder->symbol,
        .context = FACTS_NULL,
        .is_added = seeder->is_added,
    };
    int r;

    if (life)
        seen.pid = life->pid, seen.ppid = life->ppid, seen.tid = life->tid;
    r = seed_read(s->random->watch, wait->tid, seeder, call, &seed);
    if (r && r != -ESRCH)
        r = record_gap(o, s, FACTS_NULL, "generator", -r, "what a generator was seeded with could not be read");
    if (r < 0 && r != -ESRCH)
        return r;
    if (seed.size) {
        row.seed = seed.bytes;
        row.seed_size = seed.size;
        row.seed_is = seed_recognise(&seed, &seen);
    }
    r = call_stack(o, s, wait, &row.stack);
    return r ? r : facts_add_generator_call(o->f, &row, NULL);
}

/* Those whose numbers are passed; where none's are, the first one: its state is the same. How many are in `ret`. */
static int draws_at(const struct random_life *life, uint64_t address, const struct value_call *call, int *ret, int max)
{
    int n = 0, first = -1;

    for (size_t i = 0; i < life->n_generators && n < max; i++) {
        const struct generator *g = &life->generators[i].g;

        if (g->address != address || g->kind->script)
            continue;
        if (first < 0)
            first = (int)i;
        if (value_is_shape(&g->shape, call))
            ret[n++] = (int)i;
    }
    if (!n && first >= 0)
        ret[n++] = first;
    return n;
}

/* The place that it returns to, so that the function's own breakpoint can be set again. Where none can be, this
 * was the last call of it that is seen. */
static void plant_return(struct random_watch *w, const struct subject *s, pid_t tid, uint64_t back)
{
    struct watch_spot *spot;
    int r = watch_spot(w, s, tid, back, &spot);

    if (!r)
        r = watch_plant(spot, tid);
    if (!r)
        return;
    for (size_t i = 0; i < w->n_waits;)
        if (w->waits[i].back == back)
            w->waits[i] = w->waits[--w->n_waits];
        else
            i++;
}

static int hit_function(struct observe *o, struct subject *s, pid_t tid, uint64_t address)
{
    struct random_watch *w = s->random->watch;
    struct random_life *life = s->random->life;
    struct watch_wait wait = { .tid = tid, .function = address, .generator = -1 };
    const struct watch_wait *seeding;
    struct value_call call;
    int draws[8], n, r = value_read_call(tid, &call);

    if (r)
        return 0; /* it is dying, or has no stack: the call will tell */
    wait.back = call.back;
    wait.sp = call.sp + sizeof call.back;
    if (wait_is_there(w, &wait))
        return 0;
    seeding = wait_seeding(w, tid, call.sp);
    if (seeding) { /* not seen again before that returns */
        wait.back = seeding->back;
        wait.sp = seeding->sp;
        r = wait_add(w, &wait);
        return r == -E2BIG ? 0 : r;
    }
    n = life ? draws_at(life, address, &call, draws, (int)(sizeof draws / sizeof *draws)) : 0;
    for (int i = 0; !r && i < n; i++)
        r = hit_draw(o, s, &wait, draws[i], &call);
    wait.generator = -1;
    wait.is_seeding = 1;
    for (size_t i = 0; !r && i < w->n_seedings; i++) {
        if (w->seedings[i].s.address != address)
            continue;
        if (w->seedings[i].calls++ < RANDOM_CALLS)
            r = seed_row(o, s, &wait, &w->seedings[i], &call);
        if (!r)
            r = wait_add(w, &wait);
    }
    if (!r || r == -E2BIG)
        plant_return(w, s, tid, call.back);
    return r == -E2BIG ? 0 : r;
}

/* 1: somebody has put a breakpoint where ours was. */
static int is_foreign(const struct watch_spot *spot, pid_t tid)
{
    uint8_t now;

    return !spot->is_marker && !spot->is_planted && trace_read(tid, spot->address, &now, 1) == 1 && now == WATCH_INT3;
}

int hit_handle(struct observe *o, struct subject *s, const struct trace_event *e)
{
    struct random_watch *w = s->random->watch;
    struct watch_spot *spot = watch_find(w, e->pc - 1);
    uint64_t registers[TRACE_REGISTERS], pc, address = e->pc - 1;
    int is_marker, is_function, is_ending, is_entry, r;

    if (!spot || is_foreign(spot, e->tid))
        return 0;
    is_marker = spot->is_marker;
    is_function = spot->is_function;
    is_ending = spot->is_ending;
    is_entry = spot->is_entry;
    if (!is_marker) {
        watch_lift(spot, e->tid);
        trace_set_pc(e->tid, address);
    }
    spot->is_entry = 0;
    if (o->result->record_error)
        return !is_marker;
    r = trace_registers(e->tid, registers, &pc);
    if (r)
        return !is_marker;
    if (watch_is_awaited(w, address))
        r = hit_return(o, s, e->tid, spot, registers[7]);
    if (!r && is_entry)
        r = find_generators(o, s, e->tid);
    if (!r && is_ending)
        r = keep_end(o, s, e->tid, "exit");
    if (!r && is_function)
        r = hit_function(o, s, e->tid, address);
    return r ? r : !is_marker;
}

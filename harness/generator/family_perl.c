/* family_perl.c - Perl: rand is evaluated in the interpreter of the thread, for its state lies in there. A child goes
 * on alike. */
#include "harness/generator/families.h"

#include <errno.h>
#include <stdio.h>

enum { CURRENT_INTERPRETER, THREAD_KEY, GET_SPECIFIC, EVAL_PV, STRING_OF, N_SYMBOLS };

/* The interpreter that runs in this thread. 0 in *ret: there is none. */
static int find_interpreter(struct generator_caller *c, const uint64_t *addresses, uint64_t *ret)
{
    uint64_t first = 0;
    uint32_t key = 0;
    int error = c->read(c, addresses[CURRENT_INTERPRETER], &first, sizeof first);

    if (error)
        return error;
    *ret = 0;
    if (!first) /* then the key is not made yet, and may be someone else's */
        return 0;
    error = c->read(c, addresses[THREAD_KEY], &key, sizeof key);
    return error ? error : c->call(c, addresses[GET_SPECIFIC], (const uint64_t[6]){ key }, 0, ret);
}

static int draw_rand(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    uint64_t perl, text, value, bytes, size;
    char program[128];
    int error = find_interpreter(c, addresses, &perl);

    if (error)
        return error;
    if (!perl)
        return -ENOTSUP;
    snprintf(program, sizeof program, "CORE::join('', CORE::map(CORE::pack('d', CORE::rand()), 1 .. %u))", n);
    error = script_text(c, program, &text);
    if (!error)
        error = c->call(c, addresses[EVAL_PV], (const uint64_t[6]){ perl, text, 0 }, 0, &value);
    if (error)
        return error;
    if (!value)
        return -EIO;
    error = c->call(c, addresses[STRING_OF], (const uint64_t[6]){ perl, value, script_word(c), 2 /* SV_GMAGIC */ }, 0,
                    &bytes);
    if (!error)
        error = script_word_read(c, &size);
    if (error)
        return error;
    return size ? script_values(c, bytes, size, n, ret) : -EIO; /* rand is always there */
}

/* Perls without threads have no interpreter to hand over: there PL_thr_key is missing, and this is not found. */
static const struct generator_script rand_script = {
    .symbols = { [CURRENT_INTERPRETER] = "PL_curinterp",
                 [THREAD_KEY] = "PL_thr_key",
                 [GET_SPECIFIC] = "pthread_getspecific",
                 [EVAL_PV] = "Perl_eval_pv",
                 [STRING_OF] = "Perl_sv_2pv_flags" },
    .draw = draw_rand,
};
static const struct generator_kind kinds[] = {
    { .name = "Perl rand",
      .symbol = "Perl_pp_rand",
      .shape = "f64()",
      .purpose = GENERATOR_ORDINARY,
      .script = &rand_script,
      .ended_by = "perl_destruct" },
    { .name = "Perl drand48", /* what rand calls: shows that it is used */
      .symbol = "Perl_drand48_r",
      .shape = "f64(context)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "Perl rand" },
};
static const struct generator_seeder seeders[] = {
    { "Perl_drand48_init_r", 0, "Perl rand", 1, 32, -1, -1, 0 },
};
const struct generator_family family_perl = { "perl", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

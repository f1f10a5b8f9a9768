/* test_generator_families.c - the table of known generators agrees with itself. */
#include "harness/generator/generator.h"
#include "harness/testing.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH_FAMILY(f) for (const struct generator_family *const *f = generator_families; *f; f++)

static const struct generator_kind *find_kind(const char *name)
{
    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_kinds; i++)
        if (!strcmp((*f)->kinds[i].name, name))
            return &(*f)->kinds[i];
    return NULL;
}

static void test_families__shapes(void)
{
    unsigned n = 0;

    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_kinds; i++, n++) {
        const struct generator_kind *k = &(*f)->kinds[i];
        struct generator_shape shape;
        char why[256] = "";

        if (generator_shape_parse(k->shape, &shape, why, sizeof why))
            fprintf(stderr, "%s: %s\n", k->name, why);
        CU_ASSERT_STRING_EQUAL(why, "");
        /* A script makes values of 4 or 8 bytes. */
        CU_ASSERT(!k->script ||
                  (generator_value_size(&shape) % 4 == 0 && generator_value_size(&shape) <= 8 && !shape.n));
        CU_ASSERT(k->n_unseeded <= 4);
        CU_ASSERT(!k->n_unseeded || k->n_unseeded * 4 % generator_value_size(&shape) == 0);
    }
    CU_ASSERT(n > 60);
}

static void test_families__names(void)
{
    EACH_FAMILY(f)
    {
        EACH_FAMILY(g)
        CU_ASSERT(f == g || strcmp((*f)->name, (*g)->name));
        CU_ASSERT((*f)->n_kinds > 0);
        for (size_t i = 0; i < (*f)->n_kinds; i++) {
            const struct generator_kind *k = &(*f)->kinds[i];

            CU_ASSERT_PTR_EQUAL(find_kind(k->name), k); /* there is no earlier one of that name */
            CU_ASSERT(k->symbol && *k->symbol && strlen(k->symbol) < 128);
            CU_ASSERT_PTR_NULL(k->source);
            CU_ASSERT((unsigned)k->purpose < N_GENERATOR_PURPOSE);
        }
    }
}

static void test_families__state_of(void)
{
    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_kinds; i++) {
        const struct generator_kind *k = &(*f)->kinds[i], *of = k->state_of ? find_kind(k->state_of) : NULL;

        CU_ASSERT(!k->state_of || (of && of != k && !of->state_of));
    }
}

static void test_families__guards(void)
{
    static const char *const words[] = { "pthread_atfork", "pid", "wipe", "kernel" };

    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_kinds; i++) {
        const char *guard = (*f)->kinds[i].guard;
        int is_known = !guard;

        for (size_t j = 0; guard && j < sizeof words / sizeof *words; j++)
            is_known |= !strcmp(guard, words[j]);
        CU_ASSERT(is_known);
    }
}

static void test_families__seeders(void)
{
    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_seeders; i++) {
        const struct generator_seeder *s = &(*f)->seeders[i];

        CU_ASSERT_PTR_NOT_NULL(find_kind(s->generator));
        CU_ASSERT(s->value < 6 && s->buffer < 6 && s->size < 6);
        if (s->value >= 0) {
            CU_ASSERT(s->bits == 16 || s->bits == 32 || s->bits == 64);
            CU_ASSERT_EQUAL(s->buffer, -1);
        } else {
            CU_ASSERT(s->buffer >= 0 && (s->size >= 0 || s->size < -1));
        }
        /* One of a file is one of the other too. */
        CU_ASSERT(!s->object == !find_kind(s->generator)->object);
    }
}

/* Two kinds that any file may have must not be told apart by it; several of one symbol differ in shape. */
static void test_families__symbols(void)
{
    EACH_FAMILY(f)
    for (size_t i = 0; i < (*f)->n_kinds; i++)
        EACH_FAMILY(g)
    for (size_t j = 0; j < (*g)->n_kinds; j++) {
        const struct generator_kind *a = &(*f)->kinds[i], *b = &(*g)->kinds[j];

        if (a == b || strcmp(a->symbol, b->symbol))
            continue;
        CU_ASSERT(a->script || strcmp(a->shape, b->shape) || (a->object && b->object && f != g));
        /* In a static program only a mark tells. */
        CU_ASSERT(f == g || ((*f)->mark && (*g)->mark));
    }
}

static void test_families__objects(void)
{
    static const struct {
        const char *kind, *file;
        int matches;
    } cases[] = {
        { "libc rand", "libc.so.6", 1 },
        { "libc rand", "libc-2.31.so", 1 },
        { "libc rand", "libc.so", 0 },
        { "libc rand", "libcrypt.so.1", 0 },
        { "libc rand", "libc++.so.1", 0 },
        { "musl rand", "libc.so", 1 },
        { "musl rand", "ld-musl-x86_64.so.1", 1 },
        { "musl rand", "libc.so.6", 0 },
        { "libbsd arc4random", "libbsd.so.0.11.7", 1 },
        { "libbsd arc4random", "libc.so.6", 0 },
        { "Redis getRandomBytes", "redis-check-rdb", 1 },
        { "Redis getRandomBytes", "valkey-server", 1 },
        { "Redis getRandomBytes", "nginx", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(!fnmatch(find_kind(cases[i].kind)->object, cases[i].file, FNM_EXTMATCH), cases[i].matches);
}

TEST_MAIN("generator_families", TEST(test_families__shapes), TEST(test_families__names), TEST(test_families__state_of),
          TEST(test_families__guards), TEST(test_families__seeders), TEST(test_families__symbols),
          TEST(test_families__objects))

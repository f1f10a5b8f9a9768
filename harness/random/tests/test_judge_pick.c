/* test_judge_pick.c - lives made by hand: which generators of theirs are compared, and which snapshot shows one. */
#include "harness/random/judge.h"
#include "harness/testing.h"

#include <stdlib.h>
#include <string.h>

static const struct generator_kind kinds[] = {
    { .name = "libc rand", .symbol = "rand", .purpose = GENERATOR_ORDINARY },
    { .name = "libc random", .symbol = "random", .purpose = GENERATOR_ORDINARY, .state_of = "libc rand" },
    { .name = "OpenSSL RAND_bytes", .symbol = "RAND_bytes", .purpose = GENERATOR_CRYPTOGRAPHIC },
    { .name = "libc rand_r", .symbol = "rand_r", .purpose = GENERATOR_ORDINARY },
};
enum { RAND, RANDOM, OPENSSL, RAND_R };

/* Snapshots are only handed on here: never looked into. */
static char memories[8];
#define MEMORY(n) ((struct snapshot *)&memories[n])

static void add(struct random_life *life, int kind, const char *object, uint64_t address)
{
    const struct generator g = { .kind = &kinds[kind], .object = object, .address = address };

    CU_ASSERT_EQUAL(life_add_generator(life, &g, (int64_t)address), 0);
}

static struct random_life *life_with_all(void)
{
    struct random_life *life = life_new(NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(life);
    add(life, RAND_R, "libc.so.6", 4);
    add(life, RANDOM, "libc.so.6", 2);
    add(life, RAND, "libc.so.6", 1);
    add(life, OPENSSL, "libcrypto.so.3", 3);
    return life;
}

static struct random_generator *generator_at(struct random_life *life, uint64_t address)
{
    for (size_t i = 0; i < life->n_generators; i++)
        if (life->generators[i].g.address == address)
            return &life->generators[i];
    return NULL;
}

/* What is no snapshot must not be released as one. */
static void forget(struct random_life *life)
{
    life->end = life->born = NULL;
    for (size_t i = 0; i < life->n_generators; i++)
        life->generators[i].first = NULL, life->generators[i].n_nexts = 0;
    life_release(life);
}

static void test_judge_pick__one_for_each_state(void)
{
    struct random_life *life = life_with_all();
    struct random_generator *picked[8];

    CU_ASSERT_EQUAL_FATAL(pick_generators(life, picked), 3);
    CU_ASSERT_EQUAL(picked[0]->g.address, 3); /* cryptographic */
    CU_ASSERT_TRUE(picked[1]->g.address != 2 && picked[2]->g.address != 2);
    forget(life);
}

static void test_judge_pick__what_is_called_stands_for_its_state(void)
{
    struct random_life *life = life_with_all();
    struct random_generator *picked[8];

    generator_at(life, 2)->calls = 1;
    CU_ASSERT_EQUAL_FATAL(pick_generators(life, picked), 3);
    CU_ASSERT_EQUAL(picked[0]->g.address, 2);
    CU_ASSERT_TRUE(pick_is_called(life, generator_at(life, 1)));
    CU_ASSERT_FALSE(pick_is_called(life, generator_at(life, 3)));
    forget(life);
}

static void test_judge_pick__two_copies_of_a_library_have_two_states(void)
{
    struct random_life *life = life_with_all();
    struct random_generator *picked[8];

    add(life, OPENSSL, "program", 30);
    CU_ASSERT_EQUAL(pick_generators(life, picked), 4);
    CU_ASSERT_EQUAL(pick_same(life, generator_at(life, 30))->g.address, 30);
    forget(life);
}

static void test_judge_pick__added_once(void)
{
    struct random_life *life = life_with_all();

    add(life, RAND, "libc.so.6", 1);
    CU_ASSERT_EQUAL(life->n_generators, 4);
    forget(life);
}

static void test_judge_pick__a_child_has_its_parents_generators_uncalled(void)
{
    struct random_life *parent = life_with_all(), *child, *second;

    generator_at(parent, 1)->calls = 3;
    generator_at(parent, 1)->g.has_context = 1;
    generator_at(parent, 1)->g.context = 0x1000;
    child = life_new(parent);
    second = life_new(parent);
    CU_ASSERT_PTR_NOT_NULL_FATAL(child);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT_EQUAL(child->n_generators, 4);
    CU_ASSERT_EQUAL(generator_at(child, 1)->calls, 0);
    CU_ASSERT_EQUAL(generator_at(child, 1)->g.context, 0x1000);
    CU_ASSERT_EQUAL(child->nth, 0);
    CU_ASSERT_EQUAL(second->nth, 1);
    CU_ASSERT_EQUAL(parent->children, 2);
    CU_ASSERT_EQUAL(parent->references, 3);
    forget(second);
    forget(child);
    CU_ASSERT_EQUAL(parent->references, 1);
    forget(parent);
}

static void test_judge_pick__its_own_first_draw_before_its_end(void)
{
    struct random_life *life = life_with_all();
    struct judge_side side = { 0 };
    int is_first;

    pick_own(life, generator_at(life, 1), &side, &is_first);
    CU_ASSERT_PTR_NULL(side.snapshot);
    life->end = MEMORY(0);
    life->end_id = 9;
    life->pid = 7;
    pick_own(life, generator_at(life, 1), &side, &is_first);
    CU_ASSERT_EQUAL(side.id, 9);
    CU_ASSERT_EQUAL(side.pid, 7);
    CU_ASSERT_FALSE(is_first);
    /* Two functions of one state: the draw that came first. */
    generator_at(life, 1)->first = MEMORY(1);
    generator_at(life, 1)->first_id = 5;
    generator_at(life, 2)->first = MEMORY(2);
    generator_at(life, 2)->first_id = 3;
    pick_own(life, generator_at(life, 1), &side, &is_first);
    CU_ASSERT_EQUAL(side.id, 3);
    CU_ASSERT_TRUE(is_first);
    pick_own(life, generator_at(life, 3), &side, &is_first);
    CU_ASSERT_EQUAL(side.id, 9);
    forget(life);
}

static void test_judge_pick__the_parents_draw_tells_of_children_before_it(void)
{
    struct random_life *life = life_with_all();
    struct judge_side side = { 0 };

    life->end = MEMORY(0);
    life->end_id = 9;
    generator_at(life, 1)->nexts[0] = (struct random_next){ MEMORY(1), 4, 2 };
    generator_at(life, 1)->nexts[1] = (struct random_next){ MEMORY(2), 5, 4 };
    generator_at(life, 1)->n_nexts = 2;
    CU_ASSERT_TRUE(pick_parent(life, generator_at(life, 1), 1, &side));
    CU_ASSERT_EQUAL(side.id, 4);
    CU_ASSERT_TRUE(pick_parent(life, generator_at(life, 1), 2, &side));
    CU_ASSERT_EQUAL(side.id, 5);
    CU_ASSERT_TRUE(pick_parent(life, generator_at(life, 1), 4, &side));
    CU_ASSERT_EQUAL(side.id, 9);
    generator_at(life, 1)->n_nexts = RANDOM_NEXTS;
    for (unsigned i = 2; i < RANDOM_NEXTS; i++)
        generator_at(life, 1)->nexts[i] = (struct random_next){ MEMORY(2), 6, 4 };
    CU_ASSERT_FALSE(pick_parent(life, generator_at(life, 1), 4, &side));
    forget(life);
}

/* A daemon's children refer to those before them, as long as it runs. */
static void test_judge_pick__long_chains_are_let_go(void)
{
    struct random_life *parent = life_with_all(), *last = NULL;

    for (int i = 0; i < 200000; i++) {
        struct random_life *life = life_new(parent);

        CU_ASSERT_PTR_NOT_NULL_FATAL(life);
        life->previous = last;
        life->wanted = 1;
        last = life;
    }
    CU_ASSERT_EQUAL(parent->references, 200001);
    life_release(last);
    CU_ASSERT_EQUAL(parent->references, 1);
    forget(parent);
}

static void test_judge_pick__those_that_are_over_stand_in_order(void)
{
    struct random random = { 0 };
    struct observe o = { .random = &random };
    struct random_life *a = life_with_all(), *b = life_new(a);

    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    a->first_child = life_link(b);
    a->last_child = life_link(b);
    life_end(&o, b);
    life_end(&o, a);
    CU_ASSERT_PTR_EQUAL(random.ended, b);
    CU_ASSERT_PTR_EQUAL(b->next, a);
    CU_ASSERT_PTR_EQUAL(random.last, a);
    CU_ASSERT_PTR_NULL(a->first_child);
    CU_ASSERT_TRUE(a->is_over && b->is_over);
    CU_ASSERT_EQUAL(b->references, 1);
    life_forget_all(&o);
    CU_ASSERT_PTR_NULL(random.ended);
}

TEST_MAIN("test_judge_pick", TEST(test_judge_pick__one_for_each_state),
          TEST(test_judge_pick__what_is_called_stands_for_its_state),
          TEST(test_judge_pick__two_copies_of_a_library_have_two_states), TEST(test_judge_pick__added_once),
          TEST(test_judge_pick__a_child_has_its_parents_generators_uncalled),
          TEST(test_judge_pick__its_own_first_draw_before_its_end),
          TEST(test_judge_pick__the_parents_draw_tells_of_children_before_it),
          TEST(test_judge_pick__long_chains_are_let_go), TEST(test_judge_pick__those_that_are_over_stand_in_order))

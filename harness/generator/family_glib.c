/* family_glib.c - GLib: a Mersenne Twister, seeded from the kernel once, that does not notice a fork. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "GLib g_random_int", .symbol = "g_random_int", .shape = "u32()", .purpose = GENERATOR_ORDINARY },
    { .name = "GLib g_random_double",
      .symbol = "g_random_double",
      .shape = "f64()",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "GLib g_random_int" },
    { .name = "GLib g_rand_int", .symbol = "g_rand_int", .shape = "u32(context)", .purpose = GENERATOR_ORDINARY },
    { .name = "GLib g_rand_double", .symbol = "g_rand_double", .shape = "f64(context)", .purpose = GENERATOR_ORDINARY },
};
static const struct generator_seeder seeders[] = {
    { "g_random_set_seed", 0, "GLib g_random_int", 0, 32, -1, -1, 0 },
    { "g_rand_new_with_seed", 0, "GLib g_rand_int", 0, 32, -1, -1, 0 },
    { "g_rand_set_seed_array", 0, "GLib g_rand_int", -1, 0, 1, 2, 0 },
    { "g_rand_set_seed", 0, "GLib g_rand_int", 1, 32, -1, -1, 0 },
};
const struct generator_family family_glib = { "glib", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

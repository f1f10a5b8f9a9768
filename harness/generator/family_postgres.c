/* family_postgres.c - PostgreSQL: one xoroshiro128** for each process, which seeds it when it begins, and strong
 * bytes, of OpenSSL where it was built with it. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "PostgreSQL pg_prng_uint64",
      .symbol = "pg_prng_uint64",
      .shape = "u64(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY },
    { .name = "PostgreSQL pg_prng_uint32",
      .symbol = "pg_prng_uint32",
      .shape = "u32(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "PostgreSQL pg_prng_uint64" },
    { .name = "PostgreSQL pg_prng_int64",
      .symbol = "pg_prng_int64",
      .shape = "u64(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "PostgreSQL pg_prng_uint64" },
    { .name = "PostgreSQL pg_prng_int32",
      .symbol = "pg_prng_int32",
      .shape = "u32(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "PostgreSQL pg_prng_uint64" },
    { .name = "PostgreSQL pg_prng_int32p",
      .symbol = "pg_prng_int32p",
      .shape = "u31(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "PostgreSQL pg_prng_uint64" },
    { .name = "PostgreSQL pg_prng_double",
      .symbol = "pg_prng_double",
      .shape = "f64(context:pg_global_prng_state)",
      .purpose = GENERATOR_ORDINARY,
      .state_of = "PostgreSQL pg_prng_uint64" },
    { .name = "PostgreSQL pg_strong_random",
      .symbol = "pg_strong_random",
      .shape = "one(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid" },
};
static const struct generator_seeder seeders[] = {
    { "pg_prng_seed", 0, "PostgreSQL pg_prng_uint64", 1, 64, -1, -1, 0 },
};
const struct generator_family family_postgres = { "postgres", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

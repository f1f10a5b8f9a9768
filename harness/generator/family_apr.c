/* family_apr.c - the Apache Portable Runtime: the kernel's bytes, and pools of the program's own that go apart in a
 * child only when it calls apr_random_after_fork. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "APR apr_generate_random_bytes",
      .symbol = "apr_generate_random_bytes",
      .shape = "zero(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "kernel" },
    { .name = "APR apr_random_insecure_bytes",
      .symbol = "apr_random_insecure_bytes",
      .shape = "zero(context,out,size)",
      .purpose = GENERATOR_ORDINARY },
    { .name = "APR apr_random_secure_bytes",
      .symbol = "apr_random_secure_bytes",
      .shape = "zero(context,out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
};
static const struct generator_seeder seeders[] = {
    { "apr_random_add_entropy", 0, "APR apr_random_insecure_bytes", -1, 0, 1, 2, 1 },
};
const struct generator_family family_apr = { "apr", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

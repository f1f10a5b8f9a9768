/* family_nss.c - NSS: its generator lives in the token and does not notice a fork. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "NSS PK11_GenerateRandom",
      .symbol = "PK11_GenerateRandom",
      .shape = "zero(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
    { .name = "NSS PK11_GenerateRandomOnSlot",
      .symbol = "PK11_GenerateRandomOnSlot",
      .shape = "zero(context,out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
};
static const struct generator_seeder seeders[] = {
    { "PK11_RandomUpdate", 0, "NSS PK11_GenerateRandom", -1, 0, 0, 1, 1 },
    { "PK11_SeedRandom", 0, "NSS PK11_GenerateRandom", -1, 0, 1, 2, 1 },
};
const struct generator_family family_nss = { "nss", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

/* family_gcrypt.c - libgcrypt. It notices a fork by the pid, and then mixes in pid, clock and RDRAND, not kernel
 * entropy; nonces get the pid only. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "libgcrypt gcry_randomize",
      .symbol = "gcry_randomize",
      .shape = "void(out,size,1)", /* GCRY_STRONG_RANDOM */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid" },
    { .name = "libgcrypt gcry_randomize (very strong)",
      .symbol = "gcry_randomize",
      .shape = "void(out,size,2)", /* GCRY_VERY_STRONG_RANDOM */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .state_of = "libgcrypt gcry_randomize" },
    { .name = "libgcrypt gcry_create_nonce",
      .symbol = "gcry_create_nonce",
      .shape = "void(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid" },
};
static const struct generator_seeder seeders[] = {
    { "gcry_random_add_bytes", 0, "libgcrypt gcry_randomize", -1, 0, 0, 1, 1 },
};
const struct generator_family family_gcrypt = { "gcrypt", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

/* family_sodium.c - libsodium: by default every value comes from the kernel. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "libsodium randombytes_buf",
      .symbol = "randombytes_buf",
      .shape = "void(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "kernel" },
    { .name = "libsodium randombytes_random",
      .symbol = "randombytes_random",
      .shape = "u32()",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "kernel",
      .state_of = "libsodium randombytes_buf" },
};
const struct generator_family family_sodium = { "sodium", kinds, FAMILY_N(kinds), 0, 0, 0 };

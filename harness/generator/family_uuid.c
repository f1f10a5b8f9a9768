/* family_uuid.c - libuuid: random UUIDs come from the kernel, those of the time from a clock and a counter that a fork
 * copies. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "libuuid uuid_generate",
      .symbol = "uuid_generate",
      .object = "libuuid.so*",
      .shape = "void(out16)",
      .purpose = GENERATOR_IDENTIFIER,
      .guard = "kernel",
      .state_of = "libuuid uuid_generate_random" },
    { .name = "libuuid uuid_generate_random",
      .symbol = "uuid_generate_random",
      .shape = "void(out16)",
      .purpose = GENERATOR_IDENTIFIER,
      .guard = "kernel" },
    { .name = "libuuid uuid_generate_time",
      .symbol = "uuid_generate_time",
      .shape = "void(out16)",
      .purpose = GENERATOR_IDENTIFIER },
    { .name = "libuuid uuid_generate_time_safe",
      .symbol = "uuid_generate_time_safe", /* -1: made, but not surely unique */
      .shape = "void(out16)",
      .purpose = GENERATOR_IDENTIFIER,
      .state_of = "libuuid uuid_generate_time" },
};
const struct generator_family family_uuid = { "uuid", kinds, FAMILY_N(kinds), 0, 0, "uuid_generate_time_safe" };

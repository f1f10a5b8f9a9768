/* family_bsd.c - arc4random of libbsd: it compares pids before each draw, and its handler of pthread_atfork(3) makes
 * it seed itself again even where the pid came again. Only after _Fork(3) or clone(2) with the same pid (but not 1) it
 * goes on alike. */
#include "harness/generator/families.h"

#define BSD "libbsd.so*"

static const struct generator_kind kinds[] = {
    { .name = "libbsd arc4random",
      .symbol = "arc4random",
      .object = BSD,
      .shape = "u32()",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .state_of = "libbsd arc4random_buf" },
    { .name = "libbsd arc4random_buf",
      .symbol = "arc4random_buf",
      .object = BSD,
      .shape = "void(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid" },
};
static const struct generator_seeder seeders[] = {
    { "arc4random_addrandom", BSD, "libbsd arc4random_buf", -1, 0, 0, 1, 1 },
};
const struct generator_family family_bsd = {
    "bsd", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), "arc4random_addrandom"
};

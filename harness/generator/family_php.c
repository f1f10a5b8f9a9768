/* family_php.c - PHP: mt_rand() and lcg_value() go on alike in children of pcntl_fork(); random_bytes() asks the
 * kernel.
 *
 * Objects of Random\Engine are out of reach: PHP keeps no list of them that its functions would give. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "PHP mt_rand",
      .symbol = "php_mt_rand",
      .shape = "u32()",
      .purpose = GENERATOR_ORDINARY,
      .ended_by = "php_module_shutdown" },
    { .name = "PHP mt_rand in a range", /* shuffle(), array_rand() ... call it too */
      .symbol = "php_mt_rand_range",
      .shape = "u32(0,4294967295)",
      .purpose = GENERATOR_ORDINARY,
      .ended_by = "php_module_shutdown",
      .state_of = "PHP mt_rand" },
    { .name = "PHP lcg_value",
      .symbol = "php_combined_lcg",
      .shape = "f64()",
      .purpose = GENERATOR_ORDINARY,
      .ended_by = "php_module_shutdown" },
    { .name = "PHP random_bytes",
      .symbol = "php_random_bytes",
      .shape = "zero(out,size,0)", /* 0: no exception */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "kernel" },
};
static const struct generator_seeder seeders[] = {
    { "php_mt_srand", 0, "PHP mt_rand", 0, 32, -1, -1, 0 },
};
const struct generator_family family_php = { "php", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

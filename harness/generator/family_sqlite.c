/* family_sqlite.c - SQLite: seeded from the kernel once; a child goes apart when it opens a file, not before. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "SQLite sqlite3_randomness",
      .symbol = "sqlite3_randomness",
      .shape = "void(size,out)",
      .purpose = GENERATOR_ORDINARY },
};
const struct generator_family family_sqlite = { "sqlite", kinds, FAMILY_N(kinds), 0, 0, 0 };

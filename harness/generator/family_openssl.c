/* family_openssl.c - RAND_bytes and its kin, of OpenSSL and of what is derived from it.
 *
 * OpenSSL 3 compares pids before each draw and reseeds from the kernel when they differ: two processes of one pid go
 * on alike. RAND_bytes and RAND_priv_bytes have a generator each in every thread. libssl calls the functions that end
 * in _ex. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "OpenSSL RAND_bytes",
      .symbol = "RAND_bytes",
      .shape = "one(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .ended_by = "OPENSSL_cleanup" },
    { .name = "OpenSSL RAND_bytes_ex",
      .symbol = "RAND_bytes_ex",
      .shape = "one(0,out,size,0)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .state_of = "OpenSSL RAND_bytes",
      .ended_by = "OPENSSL_cleanup" },
    { .name = "OpenSSL RAND_pseudo_bytes",
      .symbol = "RAND_pseudo_bytes",
      .shape = "one(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .state_of = "OpenSSL RAND_bytes",
      .ended_by = "OPENSSL_cleanup" },
    { .name = "OpenSSL RAND_priv_bytes",
      .symbol = "RAND_priv_bytes",
      .shape = "one(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .ended_by = "OPENSSL_cleanup" },
    { .name = "OpenSSL RAND_priv_bytes_ex",
      .symbol = "RAND_priv_bytes_ex",
      .shape = "one(0,out,size,0)",
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pid",
      .state_of = "OpenSSL RAND_priv_bytes",
      .ended_by = "OPENSSL_cleanup" },
};
static const struct generator_seeder seeders[] = {
    { "RAND_seed", 0, "OpenSSL RAND_bytes", -1, 0, 0, 1, 1 },
    { "RAND_add", 0, "OpenSSL RAND_bytes", -1, 0, 0, 1, 1 },
};
const struct generator_family family_openssl = { "openssl", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

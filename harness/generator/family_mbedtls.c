/* family_mbedtls.c - Mbed TLS: generators whose state is the program's, and that of PSA. None notices a fork. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "mbedTLS ctr_drbg",
      .symbol = "mbedtls_ctr_drbg_random",
      .shape = "zero(context,out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
    { .name = "mbedTLS hmac_drbg",
      .symbol = "mbedtls_hmac_drbg_random",
      .shape = "zero(context,out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
    { .name = "mbedTLS psa_generate_random",
      .symbol = "psa_generate_random",
      .shape = "zero(out,size)",
      .purpose = GENERATOR_CRYPTOGRAPHIC },
};
/* What the caller adds to the entropy. Not mbedtls_hmac_drbg_seed_buf: signatures give it their private key. */
static const struct generator_seeder seeders[] = {
    { "mbedtls_ctr_drbg_seed", 0, "mbedTLS ctr_drbg", -1, 0, 3, 4, 1 },
    { "mbedtls_ctr_drbg_reseed", 0, "mbedTLS ctr_drbg", -1, 0, 1, 2, 1 },
    { "mbedtls_hmac_drbg_seed", 0, "mbedTLS hmac_drbg", -1, 0, 4, 5, 1 },
    { "mbedtls_hmac_drbg_reseed", 0, "mbedTLS hmac_drbg", -1, 0, 1, 2, 1 },
};
const struct generator_family family_mbedtls = { "mbedtls", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

/* mbedtls.c - Mbed TLS: two generators whose state is the program's own, and PSA's, which it keeps itself. */
#include "targets/generators/skeleton.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/hmac_drbg.h>
#include <psa/crypto.h>

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context ctr;
static mbedtls_hmac_drbg_context hmac;

static int ctr_begin(void)
{
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&ctr);
    return mbedtls_ctr_drbg_seed(&ctr, mbedtls_entropy_func, &entropy, NULL, 0);
}
static int ctr_draw(void *value)
{
    return mbedtls_ctr_drbg_random(&ctr, value, 8);
}
static int ctr_reseed(void)
{
    return mbedtls_ctr_drbg_reseed(&ctr, NULL, 0);
}

static int hmac_begin(void)
{
    mbedtls_entropy_init(&entropy);
    mbedtls_hmac_drbg_init(&hmac);
    return mbedtls_hmac_drbg_seed(&hmac, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), mbedtls_entropy_func, &entropy,
                                  NULL, 0);
}
static int hmac_draw(void *value)
{
    return mbedtls_hmac_drbg_random(&hmac, value, 8);
}
static int hmac_reseed(void)
{
    return mbedtls_hmac_drbg_reseed(&hmac, NULL, 0);
}

static int psa_begin(void)
{
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}
static int psa_draw(void *value)
{
    return psa_generate_random(value, 8) == PSA_SUCCESS ? 0 : -1;
}

const struct source sources[] = {
    { "ctr_drbg", 8, ctr_begin, ctr_draw, ctr_reseed },
    { "hmac_drbg", 8, hmac_begin, hmac_draw, hmac_reseed },
    { "psa", 8, psa_begin, psa_draw, NULL },
    { NULL, 0, NULL, NULL, NULL },
};

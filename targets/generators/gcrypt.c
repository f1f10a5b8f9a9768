/* gcrypt.c - libgcrypt's strong generator and its nonces. */
#include "targets/generators/skeleton.h"

#include <gcrypt.h>

static int begin(void)
{
    if (!gcry_check_version(NULL))
        return -1;
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 0;
}
static int strong_draw(void *value)
{
    gcry_randomize(value, 8, GCRY_STRONG_RANDOM);
    return 0;
}
static int nonce_draw(void *value)
{
    gcry_create_nonce(value, 8);
    return 0;
}
static int reseed(void)
{
    unsigned char seed[64];

    kernel_bytes(seed, sizeof seed);
    gcry_random_add_bytes(seed, sizeof seed, 100);
    return 0;
}

const struct source sources[] = {
    { "gcry_randomize", 8, begin, strong_draw, reseed },
    { "gcry_create_nonce", 8, begin, nonce_draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

/* openssl.c - OpenSSL's public and private generator. */
#include "targets/generators/skeleton.h"

#include <openssl/rand.h>

static int bytes_draw(void *value)
{
    return RAND_bytes(value, 8) == 1 ? 0 : -1;
}
static int priv_bytes_draw(void *value)
{
    return RAND_priv_bytes(value, 8) == 1 ? 0 : -1;
}
static int reseed(void)
{
    unsigned char seed[32];

    kernel_bytes(seed, sizeof seed);
    RAND_seed(seed, sizeof seed);
    return 0;
}

const struct source sources[] = {
    { "RAND_bytes", 8, NULL, bytes_draw, reseed },
    { "RAND_priv_bytes", 8, NULL, priv_bytes_draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

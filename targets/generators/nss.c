/* nss.c - the generator of NSS. */
#include "targets/generators/skeleton.h"

#include <nss.h>
#include <pk11pub.h>

static int begin(void)
{
    return NSS_NoDB_Init(NULL) == SECSuccess ? 0 : -1;
}
static int draw(void *value)
{
    return PK11_GenerateRandom(value, 8) == SECSuccess ? 0 : -1;
}
static int reseed(void)
{
    unsigned char seed[64];

    kernel_bytes(seed, sizeof seed);
    return PK11_RandomUpdate(seed, sizeof seed) == SECSuccess ? 0 : -1;
}

const struct source sources[] = {
    { "PK11_GenerateRandom", 8, begin, draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

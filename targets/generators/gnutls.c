/* gnutls.c - GnuTLS's generator for keys and the one for nonces. */
#include "targets/generators/skeleton.h"

#include <gnutls/crypto.h>

static int key_draw(void *value)
{
    return gnutls_rnd(GNUTLS_RND_RANDOM, value, 8);
}
static int nonce_draw(void *value)
{
    return gnutls_rnd(GNUTLS_RND_NONCE, value, 8);
}
static int reseed(void)
{
    gnutls_rnd_refresh();
    return 0;
}

const struct source sources[] = {
    { "gnutls_rnd", 8, NULL, key_draw, reseed },
    { "gnutls_nonce", 8, NULL, nonce_draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

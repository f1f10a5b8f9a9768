/* family_gnutls.c - GnuTLS: one generator for nonces, one for the rest, in every thread. A handler of
 * pthread_atfork(3) makes them seed themselves again: _Fork(3) and clone(2) run none. */
#include "harness/generator/families.h"

static const struct generator_kind kinds[] = {
    { .name = "GnuTLS nonce",
      .symbol = "gnutls_rnd",
      .shape = "zero(0,out,size)", /* GNUTLS_RND_NONCE */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pthread_atfork" },
    { .name = "GnuTLS random",
      .symbol = "gnutls_rnd",
      .shape = "zero(1,out,size)", /* GNUTLS_RND_RANDOM */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pthread_atfork" },
    { .name = "GnuTLS key",
      .symbol = "gnutls_rnd",
      .shape = "zero(2,out,size)", /* GNUTLS_RND_KEY */
      .purpose = GENERATOR_CRYPTOGRAPHIC,
      .guard = "pthread_atfork",
      .state_of = "GnuTLS random" },
};
const struct generator_family family_gnutls = { "gnutls", kinds, FAMILY_N(kinds), 0, 0, 0 };

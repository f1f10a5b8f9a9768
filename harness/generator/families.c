/* families.c - the table of known generators: one word per family. */
#include "harness/generator/families.h"

/* Where two families have a function of the same name and shape, the one that comes first is meant. */
const struct generator_family *const generator_families[] = {
    &family_bsd,    &family_libc,   &family_musl,   &family_openssl,  &family_gcrypt,
    &family_gnutls, &family_nss,    &family_sodium, &family_mbedtls,  &family_uuid,
    &family_apr,    &family_glib,   &family_sqlite, &family_postgres, &family_redis,
    &family_perl,   &family_python, &family_ruby,   &family_php,      0,
};

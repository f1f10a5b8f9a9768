/* sodium.c - libsodium's generator: the usual one, which asks the kernel, and the one of its own that a program may
 * choose. */
#include "targets/generators/skeleton.h"

#include <sodium.h>

static int begin(void)
{
    return sodium_init() < 0;
}
static int internal_begin(void)
{
    return randombytes_set_implementation(&randombytes_internal_implementation) || begin();
}
static int draw(void *value)
{
    randombytes_buf(value, 8);
    return 0;
}
static int reseed(void)
{
    randombytes_stir();
    return 0;
}

const struct source sources[] = {
    { "randombytes_buf", 8, begin, draw, reseed },
    { "internal", 8, internal_begin, draw, reseed }, /* aborts in a child that has not stirred */
    { NULL, 0, NULL, NULL, NULL },
};

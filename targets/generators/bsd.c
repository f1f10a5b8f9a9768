/* bsd.c - libbsd's arc4random, which is not that of the C library. */
#include "targets/generators/skeleton.h"

#include <bsd/stdlib.h>

static int draw(void *value)
{
    arc4random_buf(value, 8);
    return 0;
}
static int reseed(void)
{
    arc4random_stir();
    return 0;
}

const struct source sources[] = {
    { "arc4random_buf", 8, NULL, draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

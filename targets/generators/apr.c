/* apr.c - APR: bytes from the kernel, and a generator whose state is the program's own. */
#include "targets/generators/skeleton.h"

#include <apr_general.h>
#include <apr_random.h>

static apr_pool_t *pool;
static apr_random_t *own;

static int begin(void)
{
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}
static int kernel_draw(void *value)
{
    return apr_generate_random_bytes(value, 8) == APR_SUCCESS ? 0 : -1;
}

#define ENOUGH 40960 /* bytes until it gives anything: it uses them in small pieces, now and then */
static int reseed(void)
{
    unsigned char seed[256];

    for (size_t n = 0; n < ENOUGH; n += sizeof seed) {
        kernel_bytes(seed, sizeof seed);
        apr_random_add_entropy(own, seed, sizeof seed);
    }
    return apr_random_insecure_ready(own) == APR_SUCCESS ? 0 : -1;
}
static int insecure_begin(void)
{
    if (begin())
        return -1;
    own = apr_random_standard_new(pool);
    return reseed();
}
static int insecure_draw(void *value)
{
    return apr_random_insecure_bytes(own, value, 8) == APR_SUCCESS ? 0 : -1;
}

const struct source sources[] = {
    { "apr_generate_random_bytes", 8, begin, kernel_draw, NULL },
    { "apr_random_insecure_bytes", 8, insecure_begin, insecure_draw, reseed },
    { NULL, 0, NULL, NULL, NULL },
};

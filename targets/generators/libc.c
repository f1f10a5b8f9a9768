/* libc.c - the generators of the C library. */
#include "targets/generators/skeleton.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned own_r;
static unsigned short own_48[3];
static struct random_data own_data;
static char own_state[128];

static unsigned fresh(void)
{
    unsigned seed;

    kernel_bytes(&seed, sizeof seed);
    return seed;
}

/* Two results of 31 bits make one value. */
static int put(void *value, long high, long low)
{
    uint64_t both = (uint64_t)high << 32 ^ (uint64_t)low;

    memcpy(value, &both, sizeof both);
    return 0;
}

static int rand_seed(void)
{
    srand(fresh());
    return 0;
}
static int rand_time(void)
{
    srand((unsigned)time(NULL));
    return 0;
}
static int rand_draw(void *value)
{
    long high = rand();

    return put(value, high, rand());
}

static int random_seed(void)
{
    srandom(fresh());
    return 0;
}
static int random_draw(void *value)
{
    long high = random();

    return put(value, high, random());
}

static int rand48_seed(void)
{
    srand48((long)fresh());
    return 0;
}
static int drand48_draw(void *value)
{
    double d = drand48();

    memcpy(value, &d, sizeof d);
    return 0;
}
static int lrand48_draw(void *value)
{
    long high = lrand48();

    return put(value, high, lrand48());
}

static int erand48_seed(void)
{
    kernel_bytes(own_48, sizeof own_48);
    return 0;
}
static int erand48_draw(void *value)
{
    double d = erand48(own_48);

    memcpy(value, &d, sizeof d);
    return 0;
}

static int rand_r_seed(void)
{
    own_r = fresh();
    return 0;
}
static int rand_r_draw(void *value)
{
    long high = rand_r(&own_r);

    return put(value, high, rand_r(&own_r));
}

static int random_r_begin(void)
{
    return initstate_r(fresh(), own_state, sizeof own_state, &own_data);
}
static int random_r_seed(void)
{
    return srandom_r(fresh(), &own_data);
}
static int random_r_draw(void *value)
{
    int32_t high, low;

    return random_r(&own_data, &high) || random_r(&own_data, &low) ? -1 : put(value, high, low);
}

static int arc4random_draw(void *value)
{
    arc4random_buf(value, 8);
    return 0;
}

const struct source sources[] = {
    { "rand", 8, rand_seed, rand_draw, rand_seed },
    { "rand_unused", 8, NULL, rand_draw, NULL },
    { "rand_time", 8, rand_time, rand_draw, rand_time },
    { "random", 8, random_seed, random_draw, random_seed },
    { "drand48", 8, rand48_seed, drand48_draw, rand48_seed },
    { "lrand48", 8, rand48_seed, lrand48_draw, rand48_seed },
    { "erand48", 8, erand48_seed, erand48_draw, erand48_seed },
    { "rand_r", 8, rand_r_seed, rand_r_draw, rand_r_seed },
    { "random_r", 8, random_r_begin, random_r_draw, random_r_seed },
    { "arc4random", 8, NULL, arc4random_draw, NULL },
    { NULL, 0, NULL, NULL, NULL },
};

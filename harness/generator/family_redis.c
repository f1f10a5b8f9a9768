/* family_redis.c - Redis and Valkey: generators in the program, none of which notices a fork. genrand64_int64 is the
 * name in the reference code of MT19937-64, that others use too. */
#include "harness/generator/families.h"

#define REDIS "@(redis|valkey|keydb)-*"

static const struct generator_kind kinds[] = {
    { .name = "MT19937-64 genrand64_int64",
      .symbol = "genrand64_int64",
      .shape = "u64()",
      .purpose = GENERATOR_ORDINARY },
    { .name = "Redis getRandomBytes",
      .symbol = "getRandomBytes",
      .object = REDIS,
      .shape = "void(out,size)",
      .purpose = GENERATOR_IDENTIFIER },
    { .name = "Redis redisLrand48",
      .symbol = "redisLrand48",
      .object = REDIS,
      .shape = "u31()",
      .purpose = GENERATOR_ORDINARY },
};
static const struct generator_seeder seeders[] = {
    { "init_genrand64", 0, "MT19937-64 genrand64_int64", 0, 64, -1, -1, 0 },
    { "redisSrand48", REDIS, "Redis redisLrand48", 0, 32, -1, -1, 0 },
};
const struct generator_family family_redis = { "redis", kinds, FAMILY_N(kinds), seeders, FAMILY_N(seeders), 0 };

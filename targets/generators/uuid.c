/* uuid.c - libuuid: UUIDs of random bytes, and UUIDs of the time. */
#include "targets/generators/skeleton.h"

#include <uuid.h>

static int random_draw(void *value)
{
    uuid_generate_random(value);
    return 0;
}
static int time_draw(void *value)
{
    uuid_generate_time(value);
    return 0;
}

const struct source sources[] = {
    { "uuid_generate_random", 16, NULL, random_draw, NULL },
    { "uuid_generate_time", 16, NULL, time_draw, NULL },
    { NULL, 0, NULL, NULL, NULL },
};

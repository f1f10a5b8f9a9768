/* own.c - generators that a program brings along: each with one way, good or bad, to meet a fork. */
#include "targets/generators/own.h"
#include "targets/generators/skeleton.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static uint64_t xorshift, checked, handled, mixed, ticked, clocked;
static uint64_t *wiped;
static _Atomic uint64_t *shared;
static pid_t checked_pid;
static struct {
    uint32_t words[624];
    unsigned next;
} twister;

static uint64_t fresh(void)
{
    uint64_t seed;

    kernel_bytes(&seed, sizeof seed);
    return seed | 1;
}

static uint64_t step(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t stir(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

__attribute__((noinline)) uint64_t own_xorshift(void)
{
    return step(&xorshift);
}

__attribute__((noinline)) uint64_t own_wipe(void)
{
    if (!*wiped)
        *wiped = fresh();
    return step(wiped);
}

__attribute__((noinline)) uint64_t own_pidcheck(void)
{
    if (checked_pid != getpid()) {
        checked_pid = getpid();
        checked = fresh();
    }
    return step(&checked);
}

__attribute__((noinline)) uint64_t own_atfork(void)
{
    return step(&handled);
}

__attribute__((noinline)) uint64_t own_pidmix(void)
{
    return step(&mixed) ^ stir((uint64_t)getpid());
}

__attribute__((noinline)) uint64_t own_tsc(void)
{
    return step(&ticked) ^ stir(__rdtsc());
}

__attribute__((noinline)) uint64_t own_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return step(&clocked) ^ stir((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

__attribute__((noinline)) uint64_t own_shared(void)
{
    return stir(atomic_fetch_add(shared, 0x9e3779b97f4a7c15));
}

__attribute__((noinline)) uint64_t own_getrandom(void)
{
    uint64_t value;

    kernel_bytes(&value, sizeof value);
    return value;
}

/* MT19937, put by the compiler into the one function that uses it: nobody can call it. */
static inline __attribute__((always_inline)) uint32_t twister_next(void)
{
    uint32_t y;

    if (twister.next >= 624) {
        for (unsigned i = 0; i < 624; i++) {
            y = (twister.words[i] & 0x80000000) | (twister.words[(i + 1) % 624] & 0x7fffffff);
            twister.words[i] = twister.words[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
        }
        twister.next = 0;
    }
    y = twister.words[twister.next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >> 18;
}

/* ---- each as a source ---- */
#define SEED(name, state)                                                                                              \
    static int name##_seed(void)                                                                                       \
    {                                                                                                                  \
        state = fresh();                                                                                               \
        return 0;                                                                                                      \
    }
#define DRAW(name)                                                                                                     \
    static int name##_draw(void *value)                                                                                \
    {                                                                                                                  \
        uint64_t bits = own_##name();                                                                                  \
                                                                                                                       \
        memcpy(value, &bits, sizeof bits);                                                                             \
        return 0;                                                                                                      \
    }
SEED(xorshift, xorshift)
SEED(wipe, *wiped)
SEED(pidcheck, checked)
SEED(atfork, handled)
SEED(pidmix, mixed)
SEED(tsc, ticked)
SEED(clock, clocked)
DRAW(xorshift)
DRAW(wipe)
DRAW(pidcheck)
DRAW(atfork)
DRAW(pidmix)
DRAW(tsc)
DRAW(clock)
DRAW(shared)
DRAW(getrandom)

static int wipe_begin(void)
{
    wiped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return wiped == MAP_FAILED || madvise(wiped, 4096, MADV_WIPEONFORK) ? -1 : 0;
}

static int shared_begin(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -1;
    atomic_store(shared, fresh());
    return 0;
}

static void atfork_child(void)
{
    handled = fresh();
}
static int atfork_begin(void)
{
    return atfork_seed() || pthread_atfork(NULL, NULL, atfork_child);
}

static int twister_seed(void)
{
    twister.words[0] = (uint32_t)fresh();
    for (unsigned i = 1; i < 624; i++)
        twister.words[i] = 1812433253 * (twister.words[i - 1] ^ twister.words[i - 1] >> 30) + i;
    twister.next = 624;
    return 0;
}
static int twister_draw(void *value)
{
    uint32_t both[2];

    for (int i = 0; i < 2; i++)
        both[i] = twister_next();
    memcpy(value, both, sizeof both);
    return 0;
}

const struct source sources[] = {
    { "xorshift", 8, xorshift_seed, xorshift_draw, xorshift_seed },
    { "wipe", 8, wipe_begin, wipe_draw, wipe_seed },
    { "pidcheck", 8, NULL, pidcheck_draw, pidcheck_seed },
    { "atfork", 8, atfork_begin, atfork_draw, atfork_seed },
    { "pidmix", 8, pidmix_seed, pidmix_draw, pidmix_seed },
    { "tsc", 8, tsc_seed, tsc_draw, tsc_seed },
    { "clock", 8, clock_seed, clock_draw, clock_seed },
    { "shared", 8, shared_begin, shared_draw, NULL },
    { "getrandom", 8, NULL, getrandom_draw, NULL },
    { "twister", 8, twister_seed, twister_draw, twister_seed },
    { NULL, 0, NULL, NULL, NULL },
};

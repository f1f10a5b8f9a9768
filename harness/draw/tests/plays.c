/* plays.c - generators of every kind, good and bad, as programs have them. */
#include "harness/draw/tests/plays.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define GENERATOR __attribute__((noinline))

static uint64_t state = 88172645463325252u;

static uint64_t step(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    return *s ^= *s << 17;
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

static void seed_by_kernel(void)
{
    if (getrandom(&state, sizeof state, 0) != sizeof state)
        abort();
}

/* ---- a state, and nothing else ---- */

GENERATOR static uint64_t xorshift(void)
{
    return step(&state);
}
const struct play play_xorshift = { .shape = "u64()", .address = xorshift, .purpose = GENERATOR_ORDINARY, .before = 3 };
const struct play play_xorshift_reseeded = {
    .shape = "u64()", .address = xorshift, .purpose = GENERATOR_ORDINARY, .in_child = seed_by_kernel
};

GENERATOR static int bytes(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(step(&state) >> 24);
    return 1;
}
static void draw_five(void)
{
    uint8_t five[5];

    bytes(five, sizeof five);
}
const struct play play_bytes = {
    .shape = "one(out,size)", .address = bytes, .purpose = GENERATOR_CRYPTOGRAPHIC, .in_child = draw_five
};

static void seed_libc(void)
{
    srand(4711);
    srand48(4711);
}
static void seed_by_pid(void)
{
    srand((unsigned)getpid());
}
const struct play play_rand = { .shape = "u31()", .address = rand, .purpose = GENERATOR_ORDINARY };
const struct play play_rand_seeded = {
    .shape = "u31()", .address = rand, .purpose = GENERATOR_ORDINARY, .begin = seed_libc
};
const struct play play_rand_reseeded = {
    .shape = "u31()", .address = rand, .purpose = GENERATOR_ORDINARY, .begin = seed_libc, .in_child = seed_by_pid
};
static unsigned small_state = 99;
const struct play play_rand_r = {
    .shape = "u31(context)", .address = rand_r, .purpose = GENERATOR_ORDINARY, .context = &small_state
};
unsigned *plays_pointer = &small_state, *plays_no_pointer;
const struct play play_no_context = {
    .shape = "u31(context)", .address = rand_r, .purpose = GENERATOR_ORDINARY, .draws_nothing = 1
};
static struct random_data random_context;
static char random_memory[64];
static void seed_random_r(void)
{
    initstate_r(5, random_memory, sizeof random_memory, &random_context);
}
const struct play play_random_r = { .shape = "zero(context,out4)",
                                    .address = random_r,
                                    .purpose = GENERATOR_ORDINARY,
                                    .context = &random_context,
                                    .begin = seed_random_r };
const struct play play_drand48 = {
    .shape = "f64()", .address = drand48, .purpose = GENERATOR_ORDINARY, .begin = seed_libc
};
static unsigned short rand48_state[3] = { 1, 2, 3 };
const struct play play_erand48 = {
    .shape = "f64(context)", .address = erand48, .purpose = GENERATOR_ORDINARY, .context = rand48_state
};

GENERATOR static uint32_t dice(void)
{
    return step(&state) % 6;
}
const struct play play_dice = {
    .shape = "u32()", .address = dice, .purpose = GENERATOR_ORDINARY, .in_child = seed_by_kernel
};

/* ---- the pid ---- */

static pid_t known_pid;

GENERATOR static uint64_t pidcheck(void)
{
    if (known_pid != getpid()) {
        seed_by_kernel();
        known_pid = getpid();
    }
    return step(&state);
}
const struct play play_pidcheck = { .shape = "u64()", .address = pidcheck, .purpose = GENERATOR_ORDINARY, .before = 1 };

GENERATOR static uint64_t pidmix(void)
{
    return step(&state) ^ mixed((uint64_t)getpid());
}
const struct play play_pidmix = { .shape = "u64()", .address = pidmix, .purpose = GENERATOR_ORDINARY };

static void note_pid(void)
{
    known_pid = getpid();
}
GENERATOR static int fails_in_child(uint8_t *out, size_t size)
{
    return known_pid == getpid() ? !bytes(out, size) : -1;
}
const struct play play_error = {
    .shape = "zero(out,size)", .address = fails_in_child, .purpose = GENERATOR_CRYPTOGRAPHIC, .begin = note_pid
};
GENERATOR static uint64_t aborts_in_child(void)
{
    if (known_pid != getpid())
        abort();
    return step(&state);
}
const struct play play_abort = {
    .shape = "u64()", .address = aborts_in_child, .purpose = GENERATOR_ORDINARY, .begin = note_pid, .draws_nothing = 1
};
/* Does not know its own state any more, once the pid is another one. */
static void seed_anew(void)
{
    note_pid();
    seed_by_kernel();
}
const struct play play_bound = { .shape = "u64()",
                                 .address = aborts_in_child,
                                 .purpose = GENERATOR_ORDINARY,
                                 .begin = note_pid,
                                 .in_child = seed_anew };
GENERATOR static uint64_t bound_with_clock(void)
{
    struct timespec t;

    if (known_pid != getpid())
        abort();
    clock_gettime(CLOCK_REALTIME, &t);
    return step(&state) ^ mixed((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}
const struct play play_bound_with_clock = { .shape = "u64()",
                                            .address = bound_with_clock,
                                            .purpose = GENERATOR_ORDINARY,
                                            .begin = note_pid,
                                            .in_child = note_pid };
/* For a script: 0: there is nothing to draw from. */
static uint64_t is_set_up = 1;
static void take_down(void)
{
    is_set_up = 0;
}
const struct play play_flag = {
    .shape = "u64()", .address = xorshift, .purpose = GENERATOR_ORDINARY, .context = &is_set_up, .in_child = take_down
};
/* Needs what a copy is not given: that it fails on both sides says nothing. */
GENERATOR static int fails_without(uint8_t *out, size_t size)
{
    return syscall(SYS_pkey_alloc, 0, 0) < 0 && errno == ENOMEM ? -1 : !bytes(out, size);
}
const struct play play_needs = { .shape = "zero(out,size)", .address = fails_without, .purpose = GENERATOR_ORDINARY };
GENERATOR static uint64_t exits_in_child(void)
{
    if (known_pid != getpid())
        syscall(SYS_exit_group, 3); /* not _exit(2), which coverage builds count in */
    return step(&state);
}
const struct play play_exit = {
    .shape = "u64()", .address = exits_in_child, .purpose = GENERATOR_ORDINARY, .begin = note_pid, .draws_nothing = 1
};

static void reseed_after_fork(void)
{
    static int is_set;

    if (!is_set)
        pthread_atfork(NULL, NULL, seed_by_kernel);
    is_set = 1;
}
const struct play play_atfork = {
    .shape = "u64()", .address = xorshift, .purpose = GENERATOR_ORDINARY, .begin = reseed_after_fork
};

/* ---- clocks, and the processor ---- */

GENERATOR static uint64_t with_gettime(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return step(&state) ^ mixed((uint64_t)t.tv_nsec);
}
GENERATOR static uint64_t with_timeofday(void)
{
    struct timeval t;

    gettimeofday(&t, NULL);
    return step(&state) ^ mixed((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec);
}
GENERATOR static uint64_t with_time(void)
{
    return step(&state) ^ mixed((uint64_t)time(NULL));
}
const struct play play_gettime = { .shape = "u64()", .address = with_gettime, .purpose = GENERATOR_ORDINARY };
const struct play play_timeofday = { .shape = "u64()", .address = with_timeofday, .purpose = GENERATOR_ORDINARY };
const struct play play_time = { .shape = "u64()", .address = with_time, .purpose = GENERATOR_ORDINARY };

/* As libuuid does: one value per tick of the clock. */
GENERATOR static uint64_t waits_for_clock(void)
{
    static struct timespec last;
    struct timespec t;

    do
        clock_gettime(CLOCK_REALTIME, &t);
    while (t.tv_sec == last.tv_sec && t.tv_nsec / 1000 == last.tv_nsec / 1000);
    last = t;
    return step(&state);
}
const struct play play_waits = {
    .shape = "u64()", .address = waits_for_clock, .purpose = GENERATOR_ORDINARY, .in_child = seed_by_kernel
};

int chip_is_there(void)
{
#ifdef __x86_64__
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
#else
    return 0;
#endif
}

#ifdef __x86_64__
GENERATOR static uint64_t with_tsc(void)
{
    return step(&state) ^ mixed(__builtin_ia32_rdtsc());
}
GENERATOR static uint64_t with_tscp(void)
{
    unsigned processor;

    return step(&state) ^ mixed(__builtin_ia32_rdtscp(&processor));
}
GENERATOR static uint64_t with_chip(void)
{
    uint64_t number;
    unsigned char good;

    do
        __asm__ volatile("rdrand %0; setc %1" : "=r"(number), "=qm"(good)::"cc");
    while (!good);
    return step(&state) ^ number;
}
/* As libsodium: whether there is a number is not asked. */
GENERATOR static uint64_t with_chip_careless(void)
{
    uint32_t number;

    __asm__ volatile("rdrand %%eax; movl %%eax, %0" : "=m"(number)::"eax", "cc");
    return step(&state) ^ number;
}
#else
#define with_tsc           xorshift
#define with_tscp          xorshift
#define with_chip          xorshift
#define with_chip_careless xorshift
#endif
const struct play play_tsc = { .shape = "u64()", .address = with_tsc, .purpose = GENERATOR_ORDINARY };
const struct play play_tscp = { .shape = "u64()", .address = with_tscp, .purpose = GENERATOR_ORDINARY };
const struct play play_chip = { .shape = "u64()", .address = with_chip, .purpose = GENERATOR_ORDINARY };
const struct play play_chip_careless = { .shape = "u64()",
                                         .address = with_chip_careless,
                                         .purpose = GENERATOR_ORDINARY };

/* ---- the kernel ---- */

const struct play play_getrandom = { .shape = "size(out,size,0)",
                                     .address = getrandom,
                                     .purpose = GENERATOR_CRYPTOGRAPHIC };

GENERATOR static int from_urandom(uint8_t *out, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    int r = fd < 0 || read(fd, out, size) != (ssize_t)size;

    close(fd);
    return r ? -1 : 0;
}
const struct play play_urandom = { .shape = "zero(out,size)",
                                   .address = from_urandom,
                                   .purpose = GENERATOR_CRYPTOGRAPHIC };
static int kept_fd = -1;
static void open_urandom(void)
{
    kept_fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}
GENERATOR static int from_kept(uint8_t *out, size_t size)
{
    return read(kept_fd, out, size) == (ssize_t)size ? 0 : -1;
}
const struct play play_urandom_kept = {
    .shape = "zero(out,size)", .address = from_kept, .purpose = GENERATOR_CRYPTOGRAPHIC, .begin = open_urandom
};
/* Does without, in secret: what a copy gives then proves nothing. */
GENERATOR static uint64_t with_fallback(void)
{
    uint64_t number = 0;

    if (read(kept_fd, &number, sizeof number) != sizeof number)
        number = step(&state);
    return number;
}
const struct play play_fallback = {
    .shape = "u64()", .address = with_fallback, .purpose = GENERATOR_ORDINARY, .begin = open_urandom
};
GENERATOR static uint64_t with_config(void)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return step(&state);
}
const struct play play_config = { .shape = "u64()", .address = with_config, .purpose = GENERATOR_ORDINARY };

/* Entropy that has nothing to do with the values: malloc's own. */
GENERATOR static uint64_t with_malloc(void)
{
    uint64_t unused;
    void *volatile p;

    if (getrandom(&unused, sizeof unused, GRND_NONBLOCK) < 0)
        abort();
    p = malloc(200000);
    free(p);
    return step(&state) ^ mixed((uint64_t)getpid());
}
const struct play play_malloc = { .shape = "u64()", .address = with_malloc, .purpose = GENERATOR_ORDINARY };

/* One value is left from before the fork (NSS). */
static uint64_t buffered[4];
static unsigned n_buffered;
GENERATOR static int from_buffer(uint8_t *out, size_t size)
{
    if (!n_buffered) {
        if (getrandom(buffered, sizeof buffered, 0) != sizeof buffered)
            return -1;
        n_buffered = 4;
    }
    memcpy(out, &buffered[--n_buffered], size < 8 ? size : 8);
    return 0;
}
const struct play play_buffered = {
    .shape = "zero(out,size)", .address = from_buffer, .purpose = GENERATOR_CRYPTOGRAPHIC, .before = 3
};
/* Values of its own until the kernel is asked: with constant entropy two different states become one then. */
static void spoil_buffer(void)
{
    for (int i = 0; i < 4; i++)
        buffered[i] = mixed((uint64_t)getpid() + (uint64_t)i);
    n_buffered = 4;
}
const struct play play_late = { .shape = "zero(out,size)",
                                .address = from_buffer,
                                .purpose = GENERATOR_CRYPTOGRAPHIC,
                                .before = 1,
                                .in_child = spoil_buffer };

const struct play play_openssl = {
    .shape = "one(out,size)", .address = RAND_bytes, .purpose = GENERATOR_CRYPTOGRAPHIC, .before = 2
};

/* ---- where the state is ---- */

static uint64_t *page;
static void make_wiped_page(void)
{
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (madvise(page, 4096, MADV_WIPEONFORK))
        abort();
}
GENERATOR static uint64_t from_wiped_page(void)
{
    if (!page[0] && getrandom(page, 8, 0) != 8)
        abort();
    return step(page);
}
const struct play play_wipe = {
    .shape = "u64()", .address = from_wiped_page, .purpose = GENERATOR_ORDINARY, .begin = make_wiped_page, .before = 1
};

static void use_shared_state(void)
{
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    page[0] = 7;
}
GENERATOR static uint64_t from_page(void)
{
    return step(page);
}
const struct play play_shared = {
    .shape = "u64()", .address = from_page, .purpose = GENERATOR_ORDINARY, .begin = use_shared_state
};
/* The state is its own; only a count of draws is shared. */
GENERATOR static uint64_t counted(void)
{
    page[0]++;
    return step(&state);
}
const struct play play_counted = {
    .shape = "u64()", .address = counted, .purpose = GENERATOR_ORDINARY, .begin = use_shared_state
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
GENERATOR static uint64_t locked(void)
{
    uint64_t number;

    pthread_mutex_lock(&mutex);
    number = step(&state);
    pthread_mutex_unlock(&mutex);
    return number;
}
static void take_lock(void)
{
    pthread_mutex_lock(&mutex);
}
static void give_lock(void)
{
    pthread_mutex_unlock(&mutex);
}
const struct play play_lock = {
    .shape = "u64()", .address = locked, .purpose = GENERATOR_ORDINARY, .begin = take_lock, .before_last = give_lock
};
const struct play play_lock_reseeded = { .shape = "u64()",
                                         .address = locked,
                                         .purpose = GENERATOR_ORDINARY,
                                         .begin = take_lock,
                                         .in_child = seed_by_kernel,
                                         .before_last = give_lock };

/* ---- what must not be believed, or not be seen ---- */

GENERATOR static uint64_t loops(void)
{
    while (stage_truth)
        __asm__ volatile("" ::: "memory");
    return 0;
}
GENERATOR static uint64_t makes_calls(void)
{
    while (stage_truth)
        syscall(SYS_sched_yield);
    return 0;
}
GENERATOR static uint64_t crashes(void)
{
    uint64_t number = 0;

#ifdef __x86_64__
    __asm__ volatile("movq (%1), %0" : "=r"(number) : "r"(8L)); /* as no sanitizer sees it */
#endif
    return number;
}
GENERATOR static uint64_t forks(void)
{
    pid_t pid = fork();

    if (!pid)
        for (;;)
            stage_truth->board[0] = 'x';
    return step(&state);
}
GENERATOR static uint64_t writes(void)
{
    strcpy(stage_truth->board, "seen");
    if (write(1, "seen\n", 5) != 5 || write(*(int *)(stage_truth->board + 64), "seen\n", 5) != 5)
        return 1;
    return step(&state);
}
GENERATOR static uint64_t kills(void)
{
    pid_t victim;

    memcpy(&victim, stage_truth->board + 8, sizeof victim);
    kill(victim, SIGTERM);
    return step(&state);
}
static void choose_victim(void)
{
    pid_t victim = getppid();

    memcpy(stage_truth->board + 8, &victim, sizeof victim);
}
GENERATOR static uint64_t soon_aborts(void)
{
    static int n;

    if (n++ == 2)
        abort();
    return step(&state);
}
GENERATOR static uint64_t constant(void)
{
    return 0x1234567890abcdefu;
}
GENERATOR static uint64_t counter(void)
{
    return state++;
}
#define UNREAL(function)                                                                                               \
    {                                                                                                                  \
        .shape = "u64()", .address = function, .purpose = GENERATOR_ORDINARY, .draws_nothing = 1                       \
    }
const struct play play_loop = UNREAL(loops), play_calls = UNREAL(makes_calls), play_crash = UNREAL(crashes),
                  play_forks = UNREAL(forks), play_writes = UNREAL(writes), play_few = UNREAL(soon_aborts),
                  play_constant = UNREAL(constant), play_counter = UNREAL(counter);
const struct play play_kills = {
    .shape = "u64()", .address = kills, .purpose = GENERATOR_ORDINARY, .begin = choose_victim, .draws_nothing = 1
};

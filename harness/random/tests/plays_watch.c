/* plays_watch.c - programs that draw and seed, and that write down themselves what they got. */
#include "harness/random/tests/plays_watch.h"
#include "harness/include/forkaudit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int words = -1;

static void say_of(const char *generator, const void *bytes, size_t size, uint64_t context)
{
    struct play_word word = { .pid = getpid(), .size = (uint32_t)size, .context = context };

    strncpy(word.generator, generator, sizeof word.generator - 1);
    memcpy(word.bytes, bytes, size);
    if (write(words, &word, sizeof word) != sizeof word)
        _exit(98);
}

static void say(const char *generator, const void *bytes, size_t size)
{
    say_of(generator, bytes, size, 0);
}

static void say_rand(void)
{
    int value = rand();

    say("libc rand", &value, 4);
}

/* Waits for one child; 0 when it ended with 0. */
int play_reap(pid_t pid)
{
    int status;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int play_rand(void)
{
    pid_t pid;

    srand((unsigned)time(NULL));
    say_rand();
    pid = fork();
    for (int i = 0; i < 3; i++)
        say_rand();
    if (!pid)
        _exit(0);
    return play_reap(pid);
}

/* More often than is recorded. */
static int play_rand_much(void)
{
    int sum = 0;

    for (int i = 0; i < 1000; i++)
        sum |= rand();
    return sum ? 0 : 1;
}

static int play_bytes(void)
{
    static const int sizes[] = { 16, 1, 48, 8 };
    unsigned char bytes[64];
    pid_t pid = fork();

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (RAND_bytes(bytes, sizes[i]) != 1)
            return 1;
        say("OpenSSL RAND_bytes", bytes, (size_t)sizes[i]);
    }
    if (!pid)
        _exit(0);
    return play_reap(pid);
}

static int play_context(void)
{
    unsigned short state[3] = { 1, 2, 3 };
    unsigned seed = 7;
    double value = erand48(state);
    int number = rand_r(&seed);

    say_of("libc erand48", &value, 8, (uint64_t)(uintptr_t)state);
    say_of("libc rand_r", &number, 4, (uint64_t)(uintptr_t)&seed);
    value = drand48();
    say("libc drand48", &value, 8);
    return 0;
}

static int play_seed_time(void)
{
    srand((unsigned)time(NULL));
    return 0;
}

static int play_seed_pid(void)
{
    srand((unsigned)getpid());
    return 0;
}

static int play_seed_both(void)
{
    srand((unsigned)time(NULL) ^ (unsigned)getpid());
    return 0;
}

static int play_seed_small(void)
{
    srand(42);
    return 0;
}

static int play_seed_code(void)
{
    srand(0x7a5b3c1d);
    return 0;
}

/* From a file: of none of these kinds. */
static int play_seed_kernel(void)
{
    unsigned seed;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    do
        if (fd < 0 || read(fd, &seed, sizeof seed) != sizeof seed)
            return 1;
    while (seed < 1u << 24 || (seed > 0x60000000 && seed < 0x90000000)); /* nor one that looks like a time */
    close(fd);
    srand(seed);
    return 0;
}

static int play_seed_buffer(void)
{
    static const char text[] = "a constant that the program was built with";
    time_t now = time(NULL);

    RAND_seed(text, sizeof text);
    RAND_add(&now, sizeof now, 0);
    return 0;
}

/* A library that comes after the start, and is there when the program forks. */
static int play_dlopen(void)
{
    void *library = dlopen("libuuid.so.1", RTLD_NOW | RTLD_LOCAL);
    void (*generate)(unsigned char *);
    unsigned char uuid[16];
    pid_t pid;

    if (!library || !(*(void **)&generate = dlsym(library, "uuid_generate_random")))
        return PLAY_NOT_HERE;
    pid = fork();
    generate(uuid);
    say("libuuid uuid_generate_random", uuid, sizeof uuid);
    if (!pid)
        _exit(0);
    if (play_reap(pid))
        return 1;
    /* It goes, and what comes then may be mapped where it was. */
    dlclose(library);
    pid = fork();
    say_rand();
    if (!pid)
        _exit(0);
    return play_reap(pid);
}

static int play_vfork(void)
{
    char *const argv[] = { "true", NULL };
    pid_t pid = vfork();

    if (!pid) {
        rand();
        execv("/bin/true", argv);
        _exit(1);
    }
    say_rand();
    return play_reap(pid);
}

static int play_exec(void)
{
    char *const argv[] = { "true", NULL };

    say_rand();
    execv("/bin/true", argv);
    return 1;
}

static int is_breakpoint(const void *function)
{
    unsigned char byte = 0;
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || pread(fd, &byte, 1, (off_t)(uintptr_t)function) != 1)
        byte = 0;
    close(fd);
    return byte == 0xcc;
}

/* A program that reads its own text sees our byte until enough was seen. */
static int play_text(void)
{
    unsigned seed = 1;
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    void *function = libc ? dlsym(libc, "rand_r") : NULL;

    if (!function)
        return PLAY_NOT_HERE;
    if (!is_breakpoint(function))
        return 1;
    for (int i = 0; i < 100; i++)
        rand_r(&seed);
    return is_breakpoint(function) ? 2 : 0;
}

static uint32_t own_state = 1;

__attribute__((noinline)) uint32_t play_own_next(void)
{
    own_state ^= own_state << 13;
    own_state ^= own_state >> 17;
    own_state ^= own_state << 5;
    return own_state;
}

static int play_own(void)
{
    uint32_t value = play_own_next();
    pid_t pid;

    say("play_own_next", &value, 4);
    pid = fork();
    value = play_own_next();
    say("play_own_next", &value, 4);
    if (!pid)
        _exit(0);
    return play_reap(pid);
}

static int play_marker(void)
{
    uint32_t value;

    FORKAUDIT_GENERATOR("my own", play_own_next, "u32()");
    FORKAUDIT_GENERATOR("wrong", play_own_next, "u33()");
    FORKAUDIT_GENERATOR("nowhere", 16, "u32()");
    value = play_own_next();
    say("my own", &value, 4);
    return 0;
}

/* A draw right before a marker: its return is where the marker's breakpoint is. */
static int play_beside(void)
{
    int value = rand();

    FORKAUDIT_MOMENT("beside");
    say("libc rand", &value, 4);
    return 0;
}

static int play_rest(void)
{
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    say_rand();
    if (!pid)
        for (;;)
            pause();
    for (;;)
        pause();
}

int play_watch(const char *name, const char *path)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "rand", play_rand },
        { "rand-much", play_rand_much },
        { "bytes", play_bytes },
        { "context", play_context },
        { "seed-time", play_seed_time },
        { "seed-pid", play_seed_pid },
        { "seed-both", play_seed_both },
        { "seed-small", play_seed_small },
        { "seed-code", play_seed_code },
        { "seed-kernel", play_seed_kernel },
        { "seed-buffer", play_seed_buffer },
        { "dlopen", play_dlopen },
        { "vfork", play_vfork },
        { "exec", play_exec },
        { "text", play_text },
        { "own", play_own },
        { "marker", play_marker },
        { "beside", play_beside },
        { "rest", play_rest },
    };

    words = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return play_watch_hard(name);
}

/* plays_judge.c - programs whose generators a test draws from. */
#include "harness/random/tests/plays_judge.h"

#include <openssl/rand.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int sink;
static uint64_t *wiped;

static void draw(int n)
{
    while (n-- > 0)
        sink = rand();
}

static void reseed(void)
{
    unsigned seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        _exit(3);
    srand(seed);
}

/* A child that does `act` and ends; waited for. */
static void with_child(void (*act)(void))
{
    pid_t pid = fork();

    if (!pid) {
        act();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void act_draw(void)
{
    draw(2);
}

static void act_nothing(void)
{
}

static void act_reseed(void)
{
    reseed();
    draw(2);
}

static void act_reseed_late(void)
{
    draw(2);
    reseed();
    draw(2);
}

static void act_exec(void)
{
    execl("/bin/true", "true", (char *)NULL);
}

static void act_die(void)
{
    draw(1);
    raise(SIGKILL);
}

static void act_beget(void)
{
    with_child(act_draw);
}

static void act_openssl(void)
{
    unsigned char bytes[16];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        _exit(3);
}

static void act_wiped(void)
{
    sink = (int)play_wiped_next();
}

__attribute__((noinline)) uint64_t play_wiped_next(void)
{
    uint64_t x = *wiped;

    if (!x && getrandom(&x, sizeof x, 0) != sizeof x)
        _exit(3);
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *wiped = x;
    return x;
}

/* ---- the plays: all seed libc's generator by the time, and draw from it ---- */

static void play_shared(void)
{
    with_child(act_draw);
    with_child(act_draw);
    draw(1);
}

static void play_reseeds(void)
{
    with_child(act_reseed);
    with_child(act_reseed);
}

static void play_window(void)
{
    with_child(act_reseed_late);
}

static void play_parent_reseeds(void)
{
    with_child(act_draw);
    reseed();
    draw(1);
}

static void play_unused(void)
{
    with_child(act_nothing);
}

static void play_raw_clone(void)
{
    long pid = syscall(SYS_clone, (unsigned long)SIGCHLD, 0, 0, 0, 0);

    if (!pid) {
        act_draw();
        _exit(0);
    }
    waitpid((pid_t)pid, NULL, 0);
}

static void play_wipes(void)
{
    wiped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (wiped == MAP_FAILED || madvise(wiped, 4096, MADV_WIPEONFORK))
        _exit(3);
    sink = (int)play_wiped_next();
    with_child(act_wiped);
}

static void play_executes(void)
{
    with_child(act_exec);
}

/* As a shell does, and then it makes one that works. */
static void play_executes_many(void)
{
    for (int i = 0; i < 20; i++)
        with_child(act_exec);
    with_child(act_draw);
}

static void play_generations(void)
{
    with_child(act_beget);
}

/* With a megabyte that is each child's own. */
static void act_beget_in_own_memory(void)
{
    static unsigned char own[1 << 20];

    for (size_t i = 0; i < sizeof own; i++)
        own[i] = (unsigned char)((i >> 12) + (size_t)getpid() + i);
    sink = own[1234];
    act_beget();
    draw(1);
}

static void play_generations_many(void)
{
    for (int i = 0; i < 10; i++)
        with_child(act_beget_in_own_memory);
}

static void play_many(void)
{
    for (int i = 0; i < 40; i++)
        with_child(act_draw);
}

static void play_killed(void)
{
    with_child(act_die);
}

/* The child draws when its parent is gone. */
static void play_orphan(void)
{
    int fds[2];
    char byte;

    if (pipe(fds))
        _exit(3);
    if (!fork()) {
        close(fds[1]);
        if (read(fds[0], &byte, 1) == 0)
            draw(2);
        _exit(0);
    }
}

/* exit(3), whose handlers take the library down. */
static void act_exit(void)
{
    exit(0);
}

static void play_taken_down(void)
{
    act_openssl();
    with_child(act_exit);
}

static void play_openssl(void)
{
    act_openssl();
    with_child(act_openssl);
}

static void play_vfork(void)
{
    pid_t pid = vfork();

    if (!pid) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}

void play_judge(const char *name)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } plays[] = {
        { "shared", play_shared },
        { "reseeds", play_reseeds },
        { "window", play_window },
        { "parent-reseeds", play_parent_reseeds },
        { "unused", play_unused },
        { "raw-clone", play_raw_clone },
        { "wipes", play_wipes },
        { "executes", play_executes },
        { "executes-many", play_executes_many },
        { "generations", play_generations },
        { "generations-many", play_generations_many },
        { "many", play_many },
        { "killed", play_killed },
        { "orphan", play_orphan },
        { "openssl", play_openssl },
        { "taken-down", play_taken_down },
        { "vfork", play_vfork },
    };

    srand((unsigned)time(NULL));
    draw(1);
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name)) {
            plays[i].run();
            _exit(0);
        }
    _exit(2);
}

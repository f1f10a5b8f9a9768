/* test_draw_gate.c - what a copy is told when it asks, and that nothing that it does is seen outside. */
#include "harness/draw/tests/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GENERATOR __attribute__((noinline))

/* The streams of one such function: as the snapshot of the child has it, shown these pids. */
static const struct draw_stream *values_of(struct stage *s, int is_neutral, unsigned variant)
{
    const struct draw_side shown = { s->child_state, 4711, 4710, 4712 };
    struct draw_mode mode = mode_of(&shown, is_neutral);
    const struct draw_stream *stream = NULL;
    unsigned runs = 0;

    for (int i = 0; i < N_DRAW_SOURCE; i++)
        mode.variant[i] = (uint8_t)variant;
    CU_ASSERT_EQUAL_FATAL(state_stream(s->child_state, &s->g, &mode, &runs, &stream), 0);
    return stream;
}

static uint64_t value(const struct draw_stream *s, unsigned i)
{
    uint64_t number = 0;

    if (i < s->n)
        memcpy(&number, s->values + (size_t)i * s->value_size, s->value_size);
    return number;
}

static int open_probe(struct stage *s, const void *probe)
{
    const struct play play = {
        .shape = "u64()", .address = probe, .purpose = GENERATOR_IDENTIFIER, .draws_nothing = 1
    };

    return stage_open(s, &play);
}

/* Each call says the next thing; 0x600d is what we want to hear of the others. */
#define GOOD 0x600d
static uint64_t nth;

GENERATOR static uint64_t probe_pids(void)
{
    switch (nth++) {
    case 0:
        return (uint64_t)getpid();
    case 1:
        return (uint64_t)getppid();
    case 2:
        return (uint64_t)syscall(SYS_gettid);
    case 3:
        return kill(getpid(), 0) ? 1 : GOOD;
    case 4:
        return waitid(P_ALL, 0, NULL, WEXITED) == -1 && errno == ECHILD ? GOOD : 1;
    case 5:
        return getuid() == geteuid() ? GOOD : 1;
    default:
        return nth;
    }
}

static void test_draw_gate__pids(void)
{
    const struct draw_stream *stream;
    struct stage s;

    if (open_probe(&s, probe_pids)) {
        stream = values_of(&s, 0, 0);
        CU_ASSERT_EQUAL(stream->end, DRAW_DONE);
        CU_ASSERT_EQUAL(value(stream, 0), 4711);
        CU_ASSERT_EQUAL(value(stream, 1), 4710);
        CU_ASSERT_EQUAL(value(stream, 2), 4712);
        for (unsigned i = 3; i < 6; i++)
            CU_ASSERT_EQUAL(value(stream, i), GOOD);
        CU_ASSERT_EQUAL(stream->first[DRAW_PID], 0);
        CU_ASSERT_EQUAL(stream->first[DRAW_ENTROPY], DRAW_NEVER);
        CU_ASSERT_EQUAL(stream->first[DRAW_CLOCK], DRAW_NEVER);
    }
    stage_close(&s);
}

static uint64_t from_device(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), bits = 0;
    struct pollfd waits = { fd, POLLIN, 0 };
    uint64_t number[2] = { 0, 0 };
    struct stat st, by_path;
    fd_set set;

    if (fd < 0 || fd >= FD_SETSIZE)
        return 1;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    if (fstat(fd, &st) || !S_ISCHR(st.st_mode) || stat(path, &by_path) || st.st_rdev != by_path.st_rdev)
        return 2;
    if (poll(&waits, 1, 1000) != 1 || !(waits.revents & POLLIN) || select(fd + 1, &set, NULL, NULL, NULL) != 1 ||
        !FD_ISSET(fd, &set))
        return 3;
    if (ioctl(fd, RNDGETENTCNT, &bits) || bits <= 0 || isatty(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) ||
        access(path, R_OK))
        return 4;
    if (read(fd, number, 8) != 8 || pread(fd, number + 1, 8, 0) != 8 || !number[0] || number[0] == number[1])
        return 5;
    return close(fd) || close(fd) != -1 ? 6 : number[0];
}

GENERATOR static uint64_t probe_entropy(void)
{
    uint64_t number = 0;
    FILE *f;

    switch (nth++) {
    case 0:
        return 7; /* a value for which nobody was asked */
    case 1:
        return from_device("/dev/urandom");
    case 2:
        return from_device("/dev/random");
    case 3:
        f = fopen("/dev/urandom", "re");
        if (!f || fread(&number, sizeof number, 1, f) != 1)
            return 1;
        fclose(f);
        return number;
    default:
        return syscall(SYS_getrandom, &number, sizeof number, 0) == sizeof number ? number : 1;
    }
}

static void test_draw_gate__entropy(void)
{
    const struct draw_stream *faithful, *neutral, *other;
    struct stage s;

    if (open_probe(&s, probe_entropy)) {
        faithful = values_of(&s, 0, 0);
        neutral = values_of(&s, 1, 0);
        other = values_of(&s, 1, 1);
        CU_ASSERT_EQUAL(faithful->first[DRAW_ENTROPY], 1);
        CU_ASSERT(faithful->n == 32 && neutral->n == 32 && other->n == 32);
        for (unsigned i = 1; i < 32; i++) {
            CU_ASSERT(value(faithful, i) > 6 && value(neutral, i) > 6);
            CU_ASSERT_NOT_EQUAL(value(faithful, i), value(neutral, i));
            CU_ASSERT_NOT_EQUAL(value(neutral, i), value(other, i));
        }
    }
    stage_close(&s);
}

GENERATOR static uint64_t probe_time(void)
{
    struct timespec t = { 100000, 0 };
    struct timeval v;
    struct rusage u;
    struct sysinfo info;
    struct tms ticks;
    unsigned cpu = 77;

    switch (nth++) {
    case 0:
        return clock_gettime(CLOCK_REALTIME, &t) ? 1 : (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    case 1:
        return gettimeofday(&v, NULL) ? 1 : (uint64_t)v.tv_sec * 1000000u + (uint64_t)v.tv_usec;
    case 2:
        return (uint64_t)time(NULL);
    case 3:
        return clock_gettime(CLOCK_MONOTONIC, &t) ? 1 : (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    case 4:
        return getrusage(RUSAGE_SELF, &u) || sysinfo(&info) || clock_getres(CLOCK_REALTIME, &t) ||
                       times(&ticks) == -1 || syscall(SYS_getcpu, &cpu, NULL, NULL) || cpu == 77
                   ? 1
                   : GOOD;
    case 5:
        return nanosleep(&t, NULL) || clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL) || sched_yield() ? 1 : GOOD;
    case 6:
        return t.tv_nsec = 2000000000, nanosleep(&t, NULL) == -1 && errno == EINVAL ? GOOD : 1;
    default:
        return nth;
    }
}

static void test_draw_gate__time(void)
{
    const struct draw_stream *real, *still, *other;
    struct timespec now;
    struct stage s;

    if (open_probe(&s, probe_time)) {
        clock_gettime(CLOCK_REALTIME, &now);
        real = values_of(&s, 0, 0);
        CU_ASSERT(value(real, 2) >= (uint64_t)now.tv_sec && value(real, 2) < (uint64_t)now.tv_sec + 600);
        CU_ASSERT(value(real, 0) / 1000000000u >= (uint64_t)now.tv_sec);
        CU_ASSERT(value(real, 1) / 1000000u >= (uint64_t)now.tv_sec);
        CU_ASSERT_EQUAL(real->first[DRAW_CLOCK], 4); /* the vDSO asks nobody */
        still = values_of(&s, 1, 0);
        other = values_of(&s, 1, 1);
        CU_ASSERT(value(still, 0) / 1000000000u == value(still, 2) && value(still, 0) / 1000 == value(still, 1));
        CU_ASSERT(value(still, 2) != value(other, 2) && value(still, 2) != value(real, 2));
        CU_ASSERT_NOT_EQUAL(value(still, 3), value(other, 3));
        for (unsigned i = 4; i < 7; i++)
            CU_ASSERT(value(real, i) == GOOD && value(still, i) == GOOD && value(other, i) == GOOD);
    }
    stage_close(&s);
}

static uint64_t heap_end;

GENERATOR static uint64_t probe_memory(void)
{
    uint8_t *p;
    uint64_t end;

    switch (nth++) {
    case 0:
        p = malloc(3000000);
        memset(p, 1, 3000000);
        free(p);
        return GOOD;
    case 1:
        p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED || madvise(p, 4096, MADV_DONTNEED) || mprotect(p, 65536, PROT_READ) || munmap(p, 65536)
                   ? 1
                   : GOOD;
    case 2:
        return madvise((void *)4096, 4096, MADV_REMOVE) == -1 && mlock(&nth, 8) == 0 ? GOOD : 1;
    case 3: /* the heap does not grow, and its end is told */
        end = (uint64_t)syscall(SYS_brk, heap_end + 65536);
        return end && end < heap_end + 65536 && end + 4096 > heap_end ? GOOD : 1;
    case 4:
        return (uint64_t)syscall(SYS_brk, heap_end) >= heap_end ? GOOD : 1;
    default:
        return nth;
    }
}

static void test_draw_gate__memory(void)
{
    const struct draw_stream *stream;
    struct stage s;

    CU_ASSERT_FATAL(sbrk(65536) != (void *)-1); /* who has none yet */
    heap_end = (uint64_t)syscall(SYS_brk, 0);
    if (open_probe(&s, probe_memory)) {
        stream = values_of(&s, 0, 0);
        CU_ASSERT_EQUAL(stream->n, 32);
        for (unsigned i = 0; i < 5; i++)
            CU_ASSERT_EQUAL(value(stream, i), GOOD);
    }
    stage_close(&s);
}

GENERATOR static uint64_t probe_files(void)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), copy;
    struct iovec v = { &fd, 0 };
    struct pollfd waits = { fd, POLLIN | POLLOUT, 0 };
    struct timespec t = { 1, 0 };
    struct statx x;
    struct stat st;
    uint64_t number = 0;
    char text[64];

    switch (nth++) {
    case 0:
        v = (struct iovec){ &number, sizeof number };
        return readv(fd, &v, 1) == sizeof number && number && ppoll(&waits, 1, &t, NULL) == 1 ? GOOD : 1;
    case 1:
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        return copy > 2 && copy != fd && read(copy, &number, 8) == 8 && fcntl(fd, F_GETFD) == FD_CLOEXEC &&
                       fcntl(fd, F_GETFL) == O_RDONLY && lseek(fd, 0, SEEK_SET) == 0
                   ? GOOD
                   : 1;
    case 2:
        return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &x) == 0 && S_ISCHR(x.stx_mode) && x.stx_rdev_minor == 9 ? GOOD
                                                                                                                 : 1;
    case 3:
        return open("/dev/urandom", O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR &&
                       stat("/etc/passwd", &st) == -1 && errno == ENOENT && access("/etc/passwd", R_OK) == -1 &&
                       readlink("/etc", text, sizeof text) == -1
                   ? GOOD
                   : 1;
    case 4:
        return open((const char *)8, O_RDONLY) == -1 && errno == EFAULT && close(5) == 0 && close(9999) == -1 ? GOOD
                                                                                                              : 1;
    default:
        return nth;
    }
}

static void test_draw_gate__files(void)
{
    const struct draw_stream *stream;
    struct stage s;

    if (open_probe(&s, probe_files)) {
        stream = values_of(&s, 0, 0);
        for (unsigned i = 0; i < 5; i++)
            if (value(stream, i) != GOOD)
                stage_fail(__LINE__, "%u: %llu, %s", i, (unsigned long long)value(stream, i), stream->why);
        CU_ASSERT(stream->is_file_missing && stream->first[DRAW_ENTROPY] == 0);
    }
    stage_close(&s);
}

static int locks[3]; /* of locks that nobody gives back */

GENERATOR static uint64_t probe_others(void)
{
    struct timespec t = { 0, 1000 };
    struct ifreq interface = { .ifr_name = "" };
    struct ifconf all = { sizeof interface, { (char *)&interface } };
    struct rlimit limit;
    cpu_set_t set;
    uint8_t *p;
    int fd;

    switch (nth++) {
    case 0:
        return prctl(PR_SET_NAME, "other") || prctl(PR_GET_NAME, interface.ifr_name) || getpgrp() <= 0 || getsid(0) <= 0
                   ? 1
                   : GOOD;
    case 1:
        return getrlimit(RLIMIT_NOFILE, &limit) || prlimit(0, RLIMIT_STACK, NULL, &limit) ||
                       sched_getaffinity(0, sizeof set, &set) || prlimit(getpid(), RLIMIT_CPU, &limit, NULL) != -1
                   ? 1
                   : GOOD;
    case 2:
        locks[0] = 1;
        return syscall(SYS_futex, &locks[0], 0, 1, &t) == -1 && errno == ETIMEDOUT &&
                       syscall(SYS_futex, &locks[0], 1, 1, NULL) == 0 && locks[0] == 1
                   ? GOOD
                   : 1;
    case 3:
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return fd < 0 || ioctl(fd, SIOCGIFCONF, &all) || all.ifc_len != sizeof interface || !interface.ifr_name[0] ||
                       ioctl(fd, SIOCGIFHWADDR, &interface) || interface.ifr_hwaddr.sa_family != 1 || close(fd)
                   ? 1
                   : GOOD;
    case 4:
        p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        p = p == MAP_FAILED ? p : mremap(p, 4096, 1 << 20, MREMAP_MAYMOVE);
        if (p == MAP_FAILED)
            return 1;
        memset(p, 1, 1 << 20);
        return sbrk(1 << 20) == (void *)-1 && umask(0) == 022 ? GOOD : 1;
    default:
        return nth;
    }
}

static void test_draw_gate__others(void)
{
    const struct draw_stream *stream;
    struct stage s;

    if (open_probe(&s, probe_others)) {
        stream = values_of(&s, 0, 0);
        for (unsigned i = 0; i < 5; i++)
            if (value(stream, i) != GOOD)
                stage_fail(__LINE__, "%u: %llu, %s", i, (unsigned long long)value(stream, i), stream->why);
        CU_ASSERT(!stream->is_lock_broken);
    }
    stage_close(&s);
}

/* ---- what is refused: the values before it count, those behind it do not ---- */

static int which;

GENERATOR static uint64_t probe_forbidden(void)
{
    static const struct sockaddr_un nobody = { AF_UNIX, "/nonexistent/daemon" };
    uint8_t big[8];
    int fd;

    if (nth++ < 3)
        return nth;
    switch (which) {
    case 0:
        return (uint64_t)fork();
    case 1:
        return (uint64_t)kill(getppid(), SIGKILL);
    case 2:
        return (uint64_t)open("/dev/null-device", O_RDWR);
    case 3:
        return (uint64_t)mmap(NULL, (size_t)1 << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    case 4:
        return (uint64_t)syscall(SYS_execve, "/bin/true", NULL, NULL);
    case 5:
        return (uint64_t)socket(AF_INET, SOCK_STREAM, 0);
    case 6:
        return (uint64_t)read(0, big, sizeof big);
    case 7:
        return (uint64_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    case 8:
        return (uint64_t)syscall(SYS_unlink, "/tmp");
    case 9:
        return (uint64_t)syscall(100000);
    case 10:
        return (uint64_t)syscall(SYS_ptrace, 0, 0, 0, 0);
    case 11:
        return (uint64_t)open("/proc/sys/kernel/random/uuid", O_RDONLY);
    case 12:
        return (uint64_t)prctl(PR_SET_DUMPABLE, 0);
    case 13:
        return (uint64_t)prlimit(1, RLIMIT_NOFILE, NULL, NULL);
    case 14:
        return (uint64_t)raise(SIGUSR1);
    case 15: /* a lock that is taken again as soon as it is broken */
        for (;;) {
            locks[1] = 1;
            syscall(SYS_futex, &locks[1], 0, 1, NULL);
        }
    case 16:
        return (uint64_t)syscall(SYS_futex, &locks[2], 6 /* FUTEX_LOCK_PI */, 0, NULL);
    default: /* and what only sounds so */
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&nobody, sizeof nobody) != -1 || close(fd))
            return 0;
        return open("/etc/passwd", O_RDWR | O_CREAT, 0600) == -1 ? nth : 0;
    }
}
#define FORBIDDEN 17

static void test_draw_gate__what_could_be_seen(void)
{
    static const char *const words[FORBIDDEN + 1] = {
        "clone",
        "signal to process",
        "/dev/null-device",
        "MiB",
        "execve",
        "socket",
        "descriptor 0",
        "share",
        "unlink",
        "system call",
        "system call",
        "/proc/sys/kernel/random/uuid",
    };
    const struct draw_stream *stream;
    struct stage s;

    for (which = 0; which <= FORBIDDEN; which++) {
        if (open_probe(&s, probe_forbidden)) {
            stream = values_of(&s, 0, 0);
            if (stream->n != (which < FORBIDDEN ? 3 : 32) || (which < FORBIDDEN && stream->end == DRAW_DONE) ||
                (words[which] && !strstr(stream->why, words[which])))
                stage_fail(__LINE__, "%d: %u values, end %d, %s", which, stream->n, (int)stream->end, stream->why);
            CU_ASSERT_EQUAL(stream->is_file_missing, which == 2 || which == 11 || which == FORBIDDEN);
        }
        stage_close(&s);
    }
}

static int out_fd = -1;

GENERATOR static uint64_t probe_output(void)
{
    stage_truth->board[nth % sizeof stage_truth->board] = 'x';
    if (write(out_fd, "seen\n", 5) != 5 || write(1, "seen\n", 5) != 5 || dprintf(2, "seen\n") != 5)
        return 1;
    puts("seen");
    fflush(stdout);
    return ++nth * 0x9e3779b97f4a7c15u;
}

static void test_draw_gate__nothing_is_written(void)
{
    const struct draw_stream *stream;
    char none[sizeof stage_truth->board] = { 0 };
    struct pollfd ready;
    struct stage s;
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    out_fd = ends[1];
    if (open_probe(&s, probe_output)) {
        stream = values_of(&s, 0, 0);
        if (stream->n < 8 || stream->end != DRAW_DONE)
            stage_fail(__LINE__, "%u values, %s", stream->n, stream->why);
        CU_ASSERT(stream->has_written_shared && value(stream, 7) != 1);
        ready = (struct pollfd){ ends[0], POLLIN, 0 };
        CU_ASSERT_EQUAL(poll(&ready, 1, 0), 0);
        CU_ASSERT(!memcmp(s.truth->board, none, sizeof none));
    }
    stage_close(&s);
    close(ends[0]);
    close(ends[1]);
}

/* ---- scripts ---- */

static uint64_t script_state = 5;

GENERATOR static uint64_t seven(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    char here;

    stage_truth->board[1] = 'x';
    script_state = script_state * 6364136223846793005u + a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
    return f ? script_state : (uint64_t)(uintptr_t)&here;
}
static uint64_t places[2]; /* where the stack was: ours, the thread's */

static int script_draw(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    const uint64_t args[6] = { 1, 2, 3, 4, 5, 6 }, none[6] = { 0 };
    uint64_t word = 0x0123456789abcdefu, back = 0;
    int r = addresses[1] ? 0 : -ENOTSUP;

    for (int own = 0; !r && own < 2; own++)
        r = c->call(c, addresses[0], none, own, &places[own]);
    if (!r)
        r = c->write(c, c->scratch + 65528, &word, sizeof word);
    if (!r)
        r = c->read(c, c->scratch + 65528, &back, sizeof back);
    for (unsigned i = 0; !r && i < n; i++)
        r = c->call(c, addresses[0], args, (int)(i & 1), &ret[i]);
    return r ? r : back == word ? 0 : -EBADMSG;
}

static void test_draw_gate__scripts(void)
{
    static const struct generator_script script = { { "seven", "more", NULL }, script_draw };
    const struct draw_stream *stream;
    uint64_t state;
    struct stage s;

    if (open_probe(&s, seven)) {
        s.kind.script = &script;
        s.kind.purpose = GENERATOR_ORDINARY;
        s.g.symbols[0] = s.g.address;
        stream = values_of(&s, 0, 0);
        CU_ASSERT(stream->n == 0 && stream->end == DRAW_NOTHING && strstr(stream->why, "none in this process"));
        s.g.symbols[1] = 1;
        stream = values_of(&s, 0, 0);
        CU_ASSERT_EQUAL(stream->n, 2048);
        state = 5;
        state = state * 6364136223846793005u;
        state = state * 6364136223846793005u;
        for (unsigned i = 0; i < stream->n; i++) {
            state = state * 6364136223846793005u + 91;
            CU_ASSERT_EQUAL(value(stream, i), state);
        }
        CU_ASSERT(places[1] < snapshot_registers(s.child)->rsp && places[1] + 65536 > snapshot_registers(s.child)->rsp);
        CU_ASSERT(places[0] + 65536 < places[1] || places[0] > places[1] + 65536);
        STAGE_EXPECT(&s, CHILD, FOSSIL, DRAW_SHARED, NULL);
    }
    stage_close(&s);
}

TEST_MAIN("test_draw_gate", TEST(test_draw_gate__pids), TEST(test_draw_gate__entropy), TEST(test_draw_gate__time),
          TEST(test_draw_gate__memory), TEST(test_draw_gate__files), TEST(test_draw_gate__others),
          TEST(test_draw_gate__what_could_be_seen), TEST(test_draw_gate__nothing_is_written),
          TEST(test_draw_gate__scripts))

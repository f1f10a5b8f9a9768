/* test_snapshot_hostile.c - address spaces that are odd on purpose. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TERABYTE ((size_t)1 << 40)

/* What a part tells of what it mapped. */
struct told {
    char *at, *other;
};
static struct told *told;

__attribute__((noinline)) static uint64_t head_of(const char *text)
{
    uint64_t head;

    memcpy(&head, text, sizeof head);
    return head;
}

static int told_open(void)
{
    told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return told == MAP_FAILED ? -1 : 0;
}

static void told_close(void)
{
    munmap(told, PAGE);
}

static uint64_t value_at(struct worker *w, const char *at)
{
    struct worker_stop stop = { .kind = WORKER_DEAD };
    uint64_t value = 0;

    CU_ASSERT_EQUAL(subject_call(w, (uintptr_t)head_of, (uintptr_t)at, 0, &stop, &value), 0);
    CU_ASSERT_EQUAL(stop.kind, WORKER_TRAP);
    return value;
}

static void *map_at(uint64_t at, size_t size, int prot)
{
    void *got = mmap((void *)(uintptr_t)at, size, prot,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

    return got == MAP_FAILED ? NULL : got;
}

/* The part maps told->at and told->other, writes there and stops; a worker must see both. */
static void check_both(void (*part)(void))
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(told_open(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, part, 0), 0);
    taken = subject_take(&s, NULL);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        if (told->at)
            CU_ASSERT_EQUAL(value_at(&w, told->at), head_of("the first"));
        if (told->other)
            CU_ASSERT_EQUAL(value_at(&w, told->other), head_of("the other"));
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    told_close();
}

static void play_sparse(void)
{
    char *area = map_at(0, TERABYTE, PROT_READ | PROT_WRITE), *none = map_at(0, TERABYTE, PROT_NONE);

    if (area && none) {
        told->at = area;
        told->other = area + TERABYTE - PAGE;
        strcpy(told->at, "the first");
        strcpy(told->other, "the other");
    }
    SUBJECT_STOP();
}

static void test_snapshot_hostile__sparse(void)
{
    check_both(play_sparse);
}

static void play_husk(void)
{
    told->at = map_at(HUSK_BASE, PAGE, PROT_READ | PROT_WRITE);
    told->other = map_at(0x200000000000, 4 * PAGE, PROT_READ | PROT_WRITE);
    strcpy(told->at, "the first");
    strcpy(told->other, "the other");
    SUBJECT_STOP();
}

/* Where the husk is loaded, and where the room would be. */
static void test_snapshot_hostile__in_the_way(void)
{
    check_both(play_husk);
}

static void play_lowest(void)
{
    for (uint64_t at = PAGE; !told->at && at <= 16 * PAGE; at += PAGE) /* mmap_min_addr is not more */
        told->at = map_at(at, PAGE, PROT_READ | PROT_WRITE);
    if (told->at)
        strcpy(told->at, "the first");
    told->other = map_at(USER_END - PAGE, PAGE, PROT_READ | PROT_WRITE);
    if (told->other)
        strcpy(told->other, "the other");
    SUBJECT_STOP();
}

static void test_snapshot_hostile__lowest_and_highest(void)
{
    check_both(play_lowest);
}

#define MANY 20000

/* Each a mapping of its own, every other one with a page in it. */
static void play_many(void)
{
    char *area = map_at(0, MANY * 2 * PAGE, PROT_READ | PROT_WRITE);

    for (size_t i = 0; i < MANY; i++) {
        mprotect(area + i * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
        if (i % 2)
            strcpy(area + i * 2 * PAGE, i == 1 ? "the first" : "the other");
    }
    told->at = area + 2 * PAGE;
    told->other = area + (MANY - 1) * 2 * PAGE;
    SUBJECT_STOP();
}

static void test_snapshot_hostile__many_mappings(void)
{
    check_both(play_many);
}

/* Few mappings, but every other page of them is there: mapped one by one they would be too many. */
static void play_scattered(void)
{
    char *area = map_at(0, MANY * 4 * PAGE, PROT_READ | PROT_WRITE);

    madvise(area, MANY * 4 * PAGE, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < MANY; i++)
        strcpy(area + i * 2 * PAGE, i ? "the other" : "the first");
    told->at = area;
    told->other = area + (MANY - 1) * 2 * PAGE;
    SUBJECT_STOP();
}

static void test_snapshot_hostile__scattered_pages(void)
{
    check_both(play_scattered);
}

/* As many as there may be, so that ours may be too many: that is said, and nothing is left. */
static void play_too_many(void)
{
    for (size_t i = 0;; i++)
        if (mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
            break;
    SUBJECT_STOP();
}

static void test_snapshot_hostile__too_many_mappings(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    char why[256] = "";
    int error;

    if (subject_is_skipped())
        return;
    if (subject_is_sanitized()) {
        test_skip("the sanitizer needs mappings too");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_too_many, 0), 0);
    taken = subject_take(&s, NULL);
    error = taken ? rebuild(taken, &r, why, sizeof why) : -1;
    if (error) {
        CU_ASSERT_TRUE(error == -ENOMEM && strstr(why, "could not be made"));
    } else {
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    CU_ASSERT_FALSE(subject_has_children());
}

/* Pages behind the end of their file: SIGBUS there, SIGBUS here. */
static void play_truncated(void)
{
    SUBJECT_STOP();
}

static void test_snapshot_hostile__truncated_file(void)
{
    struct subject s;
    struct snapshot *taken;
    struct rebuilt *r;
    struct worker w;
    struct worker_stop stop;
    char path[4200], byte, *at;
    int fd;

    if (subject_is_skipped())
        return;
    snprintf(path, sizeof path, "%s/file", test_directory());
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    CU_ASSERT_EQUAL_FATAL(ftruncate(fd, 4 * PAGE), 0);
    at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    strcpy(at, "the first");
    strcpy(at + 3 * PAGE, "gone");
    CU_ASSERT_EQUAL_FATAL(ftruncate(fd, PAGE), 0);
    close(fd);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_truncated, 0), 0);
    taken = subject_take(&s, NULL);
    if (taken && !subject_rebuild(taken, &r, &w)) {
        CU_ASSERT_EQUAL(snapshot_read(taken, (uintptr_t)at + PAGE - 1, &byte, 1), 1);
        CU_ASSERT_EQUAL(snapshot_read(taken, (uintptr_t)at + PAGE, &byte, 1), 0);
        CU_ASSERT_EQUAL(value_at(&w, at), head_of("the first"));
        CU_ASSERT_EQUAL(subject_call(&w, (uintptr_t)head_of, (uintptr_t)at + 3 * PAGE, 0, &stop, NULL), 0);
        CU_ASSERT_TRUE(stop.kind == WORKER_SIGNAL && stop.signal == SIGBUS);
        worker_end(&w);
        rebuilt_free(r);
    }
    snapshot_release(taken);
    subject_end(&s);
    munmap(at, 4 * PAGE);
}

/* A FIFO is never opened, whatever a mapping calls itself. */
static void test_snapshot_hostile__not_a_file(void)
{
    char path[4200];
    struct look_map map = { .start = PAGE, .end = 2 * PAGE, .perms = "r--p", .path = path };
    struct stat st;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

    snprintf(path, sizeof path, "%s/fifo", test_directory());
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    map.dev = st.st_dev;
    map.ino = st.st_ino;
    CU_ASSERT_EQUAL(look_map_open(proc, getpid(), getpid(), &map), -EACCES);
    snprintf(path, sizeof path, "%s", "/dev/zero");
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    map.dev = st.st_dev;
    map.ino = st.st_ino;
    CU_ASSERT_EQUAL(look_map_open(proc, getpid(), getpid(), &map), -EACCES);
    snprintf(path, sizeof path, "%s", "/proc/self/exe");
    CU_ASSERT_EQUAL(look_map_open(proc, getpid(), getpid(), &map), -ESTALE);
    close(proc);
}

/* Who has a lease is told by a signal when its file is opened, and dies of it. */
static void test_snapshot_hostile__leased(void)
{
    char path[4200];
    struct look_map map = { .start = PAGE, .end = 2 * PAGE, .perms = "r--p", .path = path };
    struct stat st;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd, found;

    snprintf(path, sizeof path, "%s/leased", test_directory());
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(fd >= 0 && !fstat(fd, &st));
    map.dev = st.st_dev;
    map.ino = st.st_ino;
    if (fcntl(fd, F_SETLEASE, F_WRLCK)) {
        test_skip("this file system has no leases");
    } else {
        CU_ASSERT_EQUAL(look_map_open(proc, getpid(), getpid(), &map), -EBUSY);
        CU_ASSERT_EQUAL(fcntl(fd, F_GETLEASE), F_WRLCK); /* nobody has asked for it */
        CU_ASSERT_EQUAL(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
        found = look_map_open(proc, getpid(), getpid(), &map);
        CU_ASSERT_TRUE(found >= 0);
        close(found);
    }
    close(fd);
    close(proc);
}

TEST_MAIN("test_snapshot_hostile", TEST(test_snapshot_hostile__sparse), TEST(test_snapshot_hostile__in_the_way),
          TEST(test_snapshot_hostile__lowest_and_highest), TEST(test_snapshot_hostile__many_mappings),
          TEST(test_snapshot_hostile__scattered_pages), TEST(test_snapshot_hostile__too_many_mappings),
          TEST(test_snapshot_hostile__truncated_file), TEST(test_snapshot_hostile__not_a_file),
          TEST(test_snapshot_hostile__leased))

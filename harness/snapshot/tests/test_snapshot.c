/* test_snapshot.c - what a snapshot holds of its process, and what it shares with an earlier one. */
#include "harness/snapshot/internal.h"
#include "harness/snapshot/tests/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY ((size_t)512 * PAGE)

static char data[64] = "data of the program";
static char nothing[3 * 4096];
static char *memory, *file_page, *shared, *hidden, *gone;
static char path[4200];

static char *map(size_t size, int prot, int flags, int fd)
{
    char *at = mmap(NULL, size, prot, flags, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

static int make_file(const char *name, const char *text)
{
    int fd;

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    return fd >= 0 && ftruncate(fd, 2 * PAGE) == 0 && pwrite(fd, text, strlen(text), 0) > 0 ? fd : -1;
}

/* Everything is mapped before the fork: so the test knows the addresses. */
static int map_all(void)
{
    int fd = make_file("file", "in the file"), deleted = make_file("deleted", "in a deleted file");

    if (fd < 0 || deleted < 0 || unlink(path))
        return -1;
    memory = map(MANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    file_page = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    gone = map(2 * PAGE, PROT_READ, MAP_PRIVATE, deleted);
    shared = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    hidden = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    close(fd);
    close(deleted);
    return memory && file_page && gone && shared && hidden ? 0 : -1;
}

static void unmap_all(void)
{
    munmap(memory, MANY);
    munmap(file_page, 2 * PAGE);
    munmap(gone, 2 * PAGE);
    munmap(shared, 2 * PAGE);
    munmap(hidden, 2 * PAGE);
}

static void play_all(void)
{
    strcpy(data, "changed by the child");
    strcpy(nothing + 4096, "was nothing");
    for (size_t i = 0; i < MANY; i += PAGE)
        memory[i] = (char)(1 + i / PAGE);
    strcpy(file_page + 100, "and on top");
    strcpy(shared, "shared");
    strcpy(hidden, "hidden");
    mprotect(hidden, 2 * PAGE, PROT_NONE);
    SUBJECT_STOP();
    strcpy(data, "later");
    memory[5 * PAGE] = 'x';
    strcpy(file_page + 100, "later");
    SUBJECT_STOP();
    _exit(7);
}

static int reads(const struct snapshot *s, const void *address, const char *expected)
{
    char got[64] = "";
    size_t n = strlen(expected) + 1;

    return snapshot_read(s, (uintptr_t)address, got, n) == (ssize_t)n && !strcmp(got, expected);
}

static void test_snapshot__contents(void)
{
    struct subject s;
    struct snapshot *taken;
    char page[2 * 4096];

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    taken = subject_take(&s, NULL);
    CU_ASSERT_TRUE(subject_next(&s) > 0);
    if (taken) {
        CU_ASSERT_TRUE(reads(taken, data, "changed by the child"));
        CU_ASSERT_TRUE(reads(taken, nothing + 4096, "was nothing"));
        CU_ASSERT_TRUE(reads(taken, file_page, "in the file"));
        CU_ASSERT_TRUE(reads(taken, file_page + 100, "and on top"));
        CU_ASSERT_TRUE(reads(taken, gone, "in a deleted file"));
        CU_ASSERT_TRUE(reads(taken, shared, "shared"));
        CU_ASSERT_TRUE(reads(taken, hidden, "hidden"));
        /* A page that was never touched is not there to read where it may not be read. */
        CU_ASSERT_EQUAL(snapshot_read(taken, (uintptr_t)hidden, page, sizeof page), 4096);
        CU_ASSERT_EQUAL(snapshot_read(taken, (uintptr_t)memory + 5 * PAGE, page, 1), 1);
        CU_ASSERT_EQUAL(page[0], 6);
        CU_ASSERT_EQUAL(snapshot_read(taken, 0, page, 1), 0);
        CU_ASSERT_EQUAL(snapshot_read(taken, UINT64_MAX, page, 2), 0);
        CU_ASSERT_TRUE(snapshot_bytes(taken) >= MANY);
        CU_ASSERT_TRUE(snapshot_held_ns(taken) > 0);
        CU_ASSERT_EQUAL(snapshot_registers(taken)->cs, 0x33);
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_all();
}

static const struct snapshot_map *find(const struct snapshot *s, const void *address)
{
    size_t n;
    const struct snapshot_map *maps = snapshot_maps(s, &n);

    for (size_t i = 0; i < n; i++)
        if (maps[i].start <= (uintptr_t)address && (uintptr_t)address < maps[i].end)
            return &maps[i];
    return NULL;
}

static int is_mapped(const struct snapshot *s, const void *address, const char *perms)
{
    const struct snapshot_map *m = find(s, address);

    return m && !strcmp(m->perms, perms) && m->is_complete;
}

static void test_snapshot__maps(void)
{
    struct subject s;
    struct snapshot *taken;
    const struct snapshot_map *m;
    uint64_t end = 0;
    size_t n;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    taken = subject_take(&s, NULL);
    if (taken) {
        m = snapshot_maps(taken, &n);
        for (size_t i = 0; i < n; i++) {
            CU_ASSERT_TRUE(m[i].start >= end && m[i].end > m[i].start);
            end = m[i].end;
        }
        CU_ASSERT_TRUE(is_mapped(taken, shared, "rw-s"));
        CU_ASSERT_TRUE(is_mapped(taken, gone, "r--p"));
        CU_ASSERT_TRUE(is_mapped(taken, hidden, "---p"));
        CU_ASSERT_FALSE(is_mapped(taken, NULL, "r--p"));
    }
    snapshot_release(taken);
    subject_end(&s);
    unmap_all();
}

/* Equal pages are stored once; the later snapshot outlives the earlier one. */
static void test_snapshot__base(void)
{
    struct subject s;
    struct snapshot *first, *second;
    uint64_t used;
    char byte;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    first = subject_take(&s, NULL);
    used = snapshot_store_used(s.store);
    CU_ASSERT_TRUE(subject_next(&s) > 0);
    second = first ? subject_take(&s, first) : NULL;
    if (second) {
        CU_ASSERT_TRUE(snapshot_store_used(s.store) > used);
        CU_ASSERT_TRUE(snapshot_store_used(s.store) - used < 64 * PAGE);
        CU_ASSERT_TRUE(reads(first, data, "changed by the child"));
        snapshot_release(first);
        first = NULL;
        CU_ASSERT_TRUE(reads(second, data, "later"));
        CU_ASSERT_TRUE(reads(second, file_page + 100, "later"));
        CU_ASSERT_EQUAL(snapshot_read(second, (uintptr_t)memory + 5 * PAGE, &byte, 1), 1);
        CU_ASSERT_EQUAL(byte, 'x');
        CU_ASSERT_EQUAL(snapshot_read(second, (uintptr_t)memory + 6 * PAGE, &byte, 1), 1);
        CU_ASSERT_EQUAL(byte, 7);
    }
    snapshot_release(first);
    snapshot_release(second);
    subject_end(&s);
    unmap_all();
}

/* Our own byte is in the memory of both processes; neither snapshot has it, and the base's page is shared only where
 * it is equal without it. */
static void test_snapshot__patches(void)
{
    struct subject s;
    struct snapshot *first = NULL, *second = NULL;
    struct snapshot_patch patches[] = { { (uintptr_t)data + 3, '?' }, { (uintptr_t)data, 'D' }, { 0x1000, 1 } };
    uint64_t used;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    CU_ASSERT_EQUAL(snapshot_take(s.store, s.proc, s.pid, s.pid, NULL, patches, 3, UINT64_MAX, &first, NULL), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    used = snapshot_store_used(s.store);
    CU_ASSERT_TRUE(reads(first, data, "Dha?ged by the child"));
    second = subject_take(&s, first);
    CU_ASSERT_TRUE(second && reads(second, data, "changed by the child"));
    CU_ASSERT_EQUAL(snapshot_store_used(s.store), used + PAGE);
    snapshot_release(second);
    second = NULL;
    CU_ASSERT_EQUAL(snapshot_take(s.store, s.proc, s.pid, s.pid, first, patches, 3, UINT64_MAX, &second, NULL), 0);
    CU_ASSERT_EQUAL(snapshot_store_used(s.store), used);
    CU_ASSERT_TRUE(second && reads(second, data, "Dha?ged by the child"));
    snapshot_release(second);
    snapshot_release(first);
    subject_end(&s);
    unmap_all();
}

static void test_snapshot__limits(void)
{
    struct subject s;
    struct snapshot *taken = NULL;
    struct snapshot_store *small;
    uint64_t bytes = 0;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    CU_ASSERT_EQUAL(snapshot_take(s.store, s.proc, s.pid, s.pid, NULL, NULL, 0, PAGE, &taken, &bytes), -EFBIG);
    CU_ASSERT_TRUE(bytes >= MANY && bytes % PAGE == 0);
    CU_ASSERT_EQUAL(snapshot_store_used(s.store), 0);
    CU_ASSERT_EQUAL_FATAL(snapshot_store_new(MANY / 2, &small), 0);
    CU_ASSERT_EQUAL(snapshot_take(small, s.proc, s.pid, s.pid, NULL, NULL, 0, UINT64_MAX, &taken, NULL), -ENOSPC);
    CU_ASSERT_EQUAL(snapshot_store_used(small), 0);
    snapshot_store_free(small);
    CU_ASSERT_PTR_NULL(taken);
    kill(s.pid, SIGKILL);
    while (waitpid(s.pid, NULL, __WALL) == s.pid)
        ;
    CU_ASSERT_EQUAL(snapshot_take(s.store, s.proc, s.pid, s.pid, NULL, NULL, 0, UINT64_MAX, &taken, NULL), -ESRCH);
    s.pid = 0;
    subject_end(&s);
    unmap_all();
}

/* The kernel before 6.7 tells of private pages in another way: the same ones. */
static void test_snapshot__old_kernel(void)
{
    struct subject s;
    struct snapshot *first, *second;
    uint64_t used;

    if (subject_is_skipped())
        return;
    CU_ASSERT_EQUAL_FATAL(map_all(), 0);
    CU_ASSERT_EQUAL_FATAL(subject_start(&s, play_all, 0), 0);
    first = subject_take(&s, NULL);
    used = snapshot_store_used(s.store);
    scan_is_old = 1;
    second =
        first && !subject_is_sanitized() ? subject_take(&s, first) : NULL; /* of a shadow of terabytes it gives up */
    scan_is_old = 0;
    CU_ASSERT_EQUAL(snapshot_store_used(s.store), used);
    if (second)
        CU_ASSERT_TRUE(reads(second, data, "changed by the child") && reads(second, hidden, "hidden"));
    snapshot_release(first);
    snapshot_release(second);
    subject_end(&s);
    unmap_all();
}

TEST_MAIN("test_snapshot", TEST(test_snapshot__contents), TEST(test_snapshot__maps), TEST(test_snapshot__base),
          TEST(test_snapshot__patches), TEST(test_snapshot__limits), TEST(test_snapshot__old_kernel))

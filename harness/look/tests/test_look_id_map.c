/* test_look_id_map.c - /proc/PID/task/TID/uid_map and gid_map, saved and real, and ids across them. */
#include "harness/look/tests/tree.h"

#include <sched.h>

static int try_map(const char *text, struct look_id_map *ret)
{
    int tree = tree_open(), error;

    tree_text(tree, "uid_map", text);
    error = look_id_map(tree, TREE, "uid", ret);
    close(tree);
    return error;
}

static void expect_inside(const struct look_id_map *map, uint32_t outside, int64_t expected)
{
    uint32_t id = 4711;
    int error = look_id_map_inside(map, outside, &id);

    CU_ASSERT_EQUAL(error, expected < 0 ? -ENOENT : 0);
    CU_ASSERT_EQUAL(id, expected < 0 ? 4711 : expected);
}

static void expect_outside(const struct look_id_map *map, uint32_t inside, int64_t expected)
{
    uint32_t id = 4711;
    int error = look_id_map_outside(map, inside, &id);

    CU_ASSERT_EQUAL(error, expected < 0 ? -ENOENT : 0);
    CU_ASSERT_EQUAL(id, expected < 0 ? 4711 : expected);
}

static void test_look_id_map__both_ways(void)
{
    struct look_id_map map;

    CU_ASSERT_EQUAL_FATAL(try_map("         0       1000          1\n         1     100000      65536\n", &map), 0);
    CU_ASSERT_EQUAL(map.n, 2);
    CU_ASSERT(map.ranges[1].inside == 1 && map.ranges[1].outside == 100000 && map.ranges[1].length == 65536);
    expect_inside(&map, 1000, 0);
    expect_inside(&map, 999, -1);
    expect_inside(&map, 1001, -1);
    expect_inside(&map, 0, -1);
    expect_inside(&map, 100000, 1);
    expect_inside(&map, 165535, 65536);
    expect_inside(&map, 165536, -1);
    expect_inside(&map, UINT32_MAX, -1);
    expect_outside(&map, 0, 1000);
    expect_outside(&map, 1, 100000);
    expect_outside(&map, 33, 100032);
    expect_outside(&map, 65536, 165535);
    expect_outside(&map, 65537, -1);
    expect_outside(&map, UINT32_MAX, -1);
}

static void test_look_id_map__of_the_host(void)
{
    struct look_id_map map;

    CU_ASSERT_EQUAL_FATAL(try_map("         0          0 4294967295\n", &map), 0);
    expect_inside(&map, 0, 0);
    expect_inside(&map, 4294967294, 4294967294);
    expect_inside(&map, UINT32_MAX, -1);
    expect_outside(&map, 4294967294, 4294967294);
    expect_outside(&map, UINT32_MAX, -1);
}

static void test_look_id_map__nothing_written_yet(void)
{
    struct look_id_map map = { .n = 4711 };

    CU_ASSERT_EQUAL_FATAL(try_map("", &map), 0);
    CU_ASSERT_EQUAL(map.n, 0);
    expect_inside(&map, 0, -1);
    expect_outside(&map, 0, -1);
}

/* The reader has no such ids: they are there, but nobody's outside. */
static void test_look_id_map__strangers(void)
{
    struct look_id_map map;

    CU_ASSERT_EQUAL_FATAL(try_map("0 4294967295 10\n20 4294967295 10\n40 7 1\n", &map), 0);
    expect_outside(&map, 0, -1);
    expect_outside(&map, 25, -1);
    expect_outside(&map, 40, 7);
    expect_inside(&map, UINT32_MAX, -1);
    expect_inside(&map, 3, -1);
    expect_inside(&map, 7, 40);
}

static void test_look_id_map__gid_is_another_file(void)
{
    struct look_id_map map;
    int tree = tree_open();

    tree_text(tree, "uid_map", "0 1 1\n");
    tree_text(tree, "gid_map", "0 2 1\n");
    CU_ASSERT_EQUAL_FATAL(look_id_map(tree, TREE, "gid", &map), 0);
    CU_ASSERT_EQUAL(map.ranges[0].outside, 2);
    CU_ASSERT_EQUAL(look_id_map(tree, TREE, "projid", &map), -EINVAL);
    CU_ASSERT_EQUAL(look_id_map(tree, TREE, "../uid", &map), -EINVAL);
    CU_ASSERT_EQUAL(look_id_map(tree, 0, 8, "uid", &map), -EINVAL);
    CU_ASSERT_EQUAL(look_id_map(tree, 6, 6, "uid", &map), -ENOENT);
    close(tree);
}

static void test_look_id_map__damaged(void)
{
    static const char *const texts[] = {
        "\n",
        "0 0",
        "0 0\n",
        "0 0 1",
        "0 0 1 2\n",
        "0 0 1x\n",
        "0x1 0 1\n",
        "-1 0 1\n",
        "0 0 0\n",
        "0 0 4294967296\n",
        "4294967295 0 1\n",
        "4294967294 0 2\n",
        "0 4294967294 2\n",
        "0 0 1\n\n",
        "0 0 10\n9 100 1\n",
        "9 100 1\n0 0 10\n",
        "0 0 10\n10 9 1\n",
        "0 0 1\n0 5 1\n",
        "99999999999999999999 0 1\n",
    };
    struct look_id_map map = { .n = 4711 };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(try_map(texts[i], &map), -EBADMSG);
    CU_ASSERT_EQUAL(map.n, 4711);
}

/* As many ranges as the kernel takes, one more, and more than that. */
static void test_look_id_map__is_bounded(void)
{
    struct look_id_map map;
    char text[400 * 33 + 1];
    size_t at = 0;

    for (unsigned i = 0; i < 341; i++) {
        if (i == 340) {
            CU_ASSERT_EQUAL_FATAL(try_map(text, &map), 0);
            CU_ASSERT_EQUAL(map.n, 340);
            expect_outside(&map, 339 * 2, 1000 + 339 * 2);
        }
        at += (size_t)snprintf(text + at, sizeof text - at, "%u %u 1\n", i * 2, 1000 + i * 2);
    }
    CU_ASSERT_EQUAL(try_map(text, &map), -EBADMSG);
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 2] = '\n';
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(try_map(text, &map), -EFBIG);
}

static void test_look_id_map__nul_byte_and_link(void)
{
    struct look_id_map map;
    int tree = tree_open();

    tree_write(tree, "uid_map", "0 0 1\n\0", 7);
    CU_ASSERT_EQUAL(look_id_map(tree, TREE, "uid", &map), -EBADMSG);
    tree_link(tree, "gid_map", "uid_map");
    CU_ASSERT_EQUAL(look_id_map(tree, TREE, "gid", &map), -ELOOP);
    close(tree);
}

static void test_look_id_map__ourselves(void)
{
    struct look_id_map map;
    int proc = real_proc();
    uint32_t id;

    CU_ASSERT_EQUAL_FATAL(look_id_map(proc, getpid(), getpid(), "uid", &map), 0);
    CU_ASSERT_EQUAL(look_id_map_outside(&map, getuid(), &id), 0);
    CU_ASSERT_EQUAL_FATAL(look_id_map(proc, getpid(), getpid(), "gid", &map), 0);
    CU_ASSERT_EQUAL(look_id_map_outside(&map, getgid(), &id), 0);
    close(proc);
}

/* A child that has made a user namespace and mapped itself: before and after that. */
static void test_look_id_map__a_child_in_its_own_namespace(void)
{
    int ready[2], go[2], proc = real_proc(), is_made;
    char byte = 0, line[64];
    struct look_id_map map;
    uid_t uid = geteuid();
    pid_t child;

    CU_ASSERT_FATAL(!pipe2(ready, O_CLOEXEC) && !pipe2(go, O_CLOEXEC));
    child = fork();
    if (child == 0) {
        int fd, n = snprintf(line, sizeof line, "5 %u 1", uid);

        byte = unshare(CLONE_NEWUSER) ? 'n' : 'y';
        if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
            _exit(1);
        fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
        byte = fd >= 0 && write(fd, line, (size_t)n) == n ? 'y' : 'n';
        close(fd);
        if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
            _exit(1);
        _exit(0);
    }
    CU_ASSERT_FATAL(read(ready[0], &byte, 1) == 1);
    is_made = byte == 'y';
    if (is_made) {
        CU_ASSERT_EQUAL_FATAL(look_id_map(proc, child, child, "uid", &map), 0);
        CU_ASSERT_EQUAL(map.n, 0);
    }
    CU_ASSERT_FATAL(write(go[1], &byte, 1) == 1 && read(ready[0], &byte, 1) == 1);
    if (!is_made || byte != 'y') {
        test_skip("no user namespace can be made here");
    } else {
        CU_ASSERT_EQUAL_FATAL(look_id_map(proc, child, child, "uid", &map), 0);
        expect_inside(&map, uid, 5);
        expect_outside(&map, 5, uid);
        expect_outside(&map, 0, -1);
    }
    CU_ASSERT_EQUAL(write(go[1], &byte, 1), 1);
    wait_status(child);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(go[i]);
    }
    close(proc);
}

TEST_MAIN("test_look_id_map", TEST(test_look_id_map__both_ways), TEST(test_look_id_map__of_the_host),
          TEST(test_look_id_map__nothing_written_yet), TEST(test_look_id_map__strangers),
          TEST(test_look_id_map__gid_is_another_file), TEST(test_look_id_map__damaged),
          TEST(test_look_id_map__is_bounded), TEST(test_look_id_map__nul_byte_and_link),
          TEST(test_look_id_map__ourselves), TEST(test_look_id_map__a_child_in_its_own_namespace))

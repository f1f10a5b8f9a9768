/* test_look_memory.c - mappings and resource limits, saved and real. */
#include "harness/look/tests/tree.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#define HEAD "Limit                     Soft Limit           Hard Limit           Units     \n"

static int try_maps(const char *text, struct look_maps *ret)
{
    int tree = tree_open(), error;

    tree_text(tree, "maps", text);
    error = look_maps(tree, TREE, ret);
    close(tree);
    return error;
}

static void test_look_maps__forms(void)
{
    struct look_maps m;

    CU_ASSERT_EQUAL_FATAL(
        try_maps("5633fc58b000-5633fc58e000 r--p 00001000 fe:1f 248030                     /usr/bin/a b\\012c\n"
                 "7f0000000000-7f0000001000 rw-s 00000000 00:00 0 \n"
                 "7f0000001000-7f0000002000 -w-p 00000000 00:00 0\n"
                 "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
                 &m),
        0);
    CU_ASSERT_EQUAL_FATAL(m.n, 4);
    CU_ASSERT(m.maps[0].start == 0x5633fc58b000 && m.maps[0].end == 0x5633fc58e000 && m.maps[0].offset == 0x1000);
    CU_ASSERT(m.maps[0].dev == makedev(0xfe, 0x1f) && m.maps[0].ino == 248030);
    CU_ASSERT_STRING_EQUAL(m.maps[0].perms, "r--p");
    CU_ASSERT_STRING_EQUAL(m.maps[0].path, "/usr/bin/a b\\012c");
    CU_ASSERT_STRING_EQUAL(m.maps[1].perms, "rw-s");
    CU_ASSERT_STRING_EQUAL(m.maps[1].path, "");
    CU_ASSERT_STRING_EQUAL(m.maps[2].path, "");
    CU_ASSERT(m.maps[3].start == 0xffffffffff600000);
    CU_ASSERT_STRING_EQUAL(m.maps[3].path, "[vsyscall]");
    look_maps_release(&m);
    look_maps_release(&m);
}

static void test_look_maps__none(void)
{
    struct look_maps m;

    CU_ASSERT_EQUAL_FATAL(try_maps("", &m), 0); /* a kernel thread, or a process that has just died */
    CU_ASSERT_EQUAL(m.n, 0);
    look_maps_release(&m);
}

static void test_look_maps__damaged(void)
{
    static const char *const lines[] = {
        "\n",
        "1000\n",
        "1000-\n",
        "1000-2000\n",
        "2000-1000 r--p 0 00:00 0\n",
        "1000-2000 r--\n",
        "1000-2000 rwxq 0 00:00 0\n",
        "1000-2000 xwrp 0 00:00 0\n",
        "1000-2000 r--p\n",
        "1000-2000 r--p 0\n",
        "1000-2000 r--p 0 00\n",
        "1000-2000 r--p 0 00:00\n",
        "1000-2000 r--p 0 00:00 x\n",
        "1000-2000 r--p 0 00:00 12x\n",
        "10000000000000000-10000000000000001 r--p 0 00:00 0\n",
        "1000-2000 r--p 0 fffffffff:00 0\n",
        "1000-2000 r--p 0 00:00 99999999999999999999\n",
        "1000-2000 r--p 0 00:00 0",
        "-1000-2000 r--p 0 00:00 0\n",
    };
    struct look_maps m = { .n = 4711 };
    char text[256];

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        /* Behind a good line, so that there is something to release. */
        snprintf(text, sizeof text, "1000-2000 r--p 00000000 00:00 0 /a\n%s", lines[i]);
        CU_ASSERT_EQUAL(try_maps(text, &m), -EBADMSG);
    }
    CU_ASSERT_EQUAL(m.n, 4711);
}

static void test_look_maps__ourselves(void)
{
    size_t size = 5 * 4096;
    char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *hole = area + 2 * 4096;
    struct look_maps m;
    int proc = real_proc(), found = 0;

    CU_ASSERT_FATAL(area != MAP_FAILED);
    CU_ASSERT_EQUAL(mprotect(hole, 4096, PROT_NONE), 0);
    CU_ASSERT_EQUAL_FATAL(look_maps(proc, getpid(), getpid(), &m), 0);
    for (size_t i = 0; i < m.n; i++) {
        CU_ASSERT_TRUE(m.maps[i].start < m.maps[i].end);
        if (m.maps[i].start == (uintptr_t)hole) {
            found = 1;
            CU_ASSERT_EQUAL(m.maps[i].end, (uintptr_t)hole + 4096);
            CU_ASSERT_STRING_EQUAL(m.maps[i].perms, "---p");
        }
    }
    CU_ASSERT_TRUE(found);
    look_maps_release(&m);
    munmap(area, size);
    close(proc);
}

static void test_look_maps__newline_in_a_path(void)
{
    char path[4096];
    struct look_maps m;
    int proc = real_proc(), fd, found = 0;
    void *area;

    snprintf(path, sizeof path, "%s/a\n0-1 rwxp", test_directory());
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_EQUAL_FATAL(ftruncate(fd, 4096), 0);
    area = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CU_ASSERT_FATAL(area != MAP_FAILED);
    CU_ASSERT_EQUAL_FATAL(look_maps(proc, getpid(), getpid(), &m), 0);
    for (size_t i = 0; i < m.n; i++)
        if (m.maps[i].start == (uintptr_t)area) {
            found = 1;
            CU_ASSERT_PTR_NOT_NULL(strstr(m.maps[i].path, "/a\\0120-1 rwxp"));
        }
    CU_ASSERT_TRUE(found);
    look_maps_release(&m);
    munmap(area, 4096);
    close(fd);
    close(proc);
}

static int try_limits(const char *text, struct look_limits *ret)
{
    int tree = tree_open(), error;

    tree_text(tree, "limits", text);
    error = look_limits(tree, TREE, ret);
    close(tree);
    return error;
}

static void test_look_limits__forms(void)
{
    struct look_limits l;

    CU_ASSERT_EQUAL_FATAL(try_limits(HEAD
                                     "Max cpu time              unlimited            unlimited            seconds   \n"
                                     "Max nice priority         0                    18446744073709551614 \n"
                                     "A name of the full width  1024                 unlimited            files     \n",
                                     &l),
                          0);
    CU_ASSERT_EQUAL_FATAL(l.n, 3);
    CU_ASSERT_STRING_EQUAL(l.limits[0].name, "Max cpu time");
    CU_ASSERT(l.limits[0].soft == -1 && l.limits[0].hard == -1);
    CU_ASSERT_STRING_EQUAL(l.limits[1].name, "Max nice priority");
    CU_ASSERT(l.limits[1].soft == 0 && l.limits[1].hard == INT64_MAX);
    CU_ASSERT(l.limits[2].soft == 1024 && l.limits[2].hard == -1);
}

static void test_look_limits__damaged(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        HEAD,
        "Max open files 1 2\n",
        HEAD "Max open files\n",
        HEAD "\n",
        HEAD "Max open files            x                    1\n",
        HEAD "Max open files            1\n",
        HEAD "Max open files            1                    99999999999999999999 files\n",
        HEAD "Max open files            unlimitedx           1                    files\n",
        HEAD "                          1                    1                    files\n",
        HEAD "A name that runs into the numbers 1            1                    files\n",
        HEAD "Max open files            1                    2                    files",
    };
    struct look_limits l = { .n = 4711 };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(try_limits(texts[i], &l), -EBADMSG);
    CU_ASSERT_EQUAL(l.n, 4711);
}

static void test_look_limits__too_many(void)
{
    static const char line[] = "Max open files            1                    2                    files\n";
    struct look_limits l;
    char text[sizeof HEAD + 33 * sizeof line];

    for (int n = 32; n <= 33; n++) {
        strcpy(text, HEAD);
        for (int i = 0; i < n; i++)
            strcat(text, line);
        CU_ASSERT_EQUAL(try_limits(text, &l), n == 32 ? 0 : -EBADMSG);
    }
}

static void test_look_limits__ourselves(void)
{
    static const struct {
        const char *name;
        int resource;
    } some[] = { { "Max open files", RLIMIT_NOFILE },
                 { "Max core file size", RLIMIT_CORE },
                 { "Max stack size", RLIMIT_STACK },
                 { "Max processes", RLIMIT_NPROC },
                 { "Max realtime priority", RLIMIT_RTPRIO } };
    struct look_limits l;
    int proc = real_proc();

    CU_ASSERT_EQUAL_FATAL(look_limits(proc, getpid(), getpid(), &l), 0);
    CU_ASSERT_TRUE(l.n >= 16);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct rlimit limit;
        int found = 0;

        CU_ASSERT_EQUAL(getrlimit((__rlimit_resource_t)some[i].resource, &limit), 0);
        for (size_t j = 0; j < l.n; j++) {
            if (strcmp(l.limits[j].name, some[i].name) != 0)
                continue;
            found = 1;
            /* valgrind answers for the limits that it has changed: the number of descriptors. */
            if (is_under_valgrind() && some[i].resource != RLIMIT_CORE)
                continue;
            CU_ASSERT_EQUAL(l.limits[j].soft, limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur);
            CU_ASSERT_EQUAL(l.limits[j].hard, limit.rlim_max == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_max);
        }
        CU_ASSERT_TRUE(found);
    }
    close(proc);
}

TEST_MAIN("test_look_memory", TEST(test_look_maps__forms), TEST(test_look_maps__none), TEST(test_look_maps__damaged),
          TEST(test_look_maps__ourselves), TEST(test_look_maps__newline_in_a_path), TEST(test_look_limits__forms),
          TEST(test_look_limits__damaged), TEST(test_look_limits__too_many), TEST(test_look_limits__ourselves))

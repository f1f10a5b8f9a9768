/* test_look_program.c - what the kernel tells of a task's program: auxv, links, namespaces, environ, cmdline. */
#include "harness/look/tests/tree.h"

#include <elf.h>
#include <limits.h>
#include <sys/auxv.h>

static void test_look_auxv__ourselves(void)
{
    struct look_auxv a;
    int proc = real_proc();

    CU_ASSERT_EQUAL_FATAL(look_auxv(proc, getpid(), getpid(), 1, &a), 0);
    CU_ASSERT_TRUE(a.has_secure);
    CU_ASSERT_EQUAL(a.secure, 0);
    /* Under valgrind getauxval() tells of the program, /proc of valgrind. */
    if (!is_under_valgrind()) {
        CU_ASSERT_EQUAL(a.entry, getauxval(AT_ENTRY));
        CU_ASSERT_EQUAL(a.base, getauxval(AT_BASE));
        CU_ASSERT_EQUAL(a.phdr, getauxval(AT_PHDR));
    }
    close(proc);
}

static void test_look_auxv__narrow_and_damaged(void)
{
    static const uint32_t narrow[] = { AT_ENTRY, 0xfffff000, AT_SECURE, 1, AT_NULL, 0 };
    static const uint64_t wide[] = { AT_ENTRY, 1, AT_BASE, 2, AT_PHDR, 3, 9999, 9, AT_NULL, 0, AT_ENTRY, 5 };
    struct look_auxv a = { .entry = 4711 };
    int tree = tree_open();

    tree_write(tree, "auxv", narrow, sizeof narrow);
    CU_ASSERT_EQUAL(look_auxv(tree, TREE, 0, &a), 0);
    CU_ASSERT(a.entry == 0xfffff000 && a.secure == 1 && a.has_secure && a.phdr == 0);
    tree_write(tree, "auxv", wide, sizeof wide);
    CU_ASSERT_EQUAL(look_auxv(tree, TREE, 1, &a), 0);
    CU_ASSERT(a.entry == 1 && a.base == 2 && a.phdr == 3 && !a.has_secure);
    tree_write(tree, "auxv", wide, 40); /* the end is missing */
    CU_ASSERT_EQUAL(look_auxv(tree, TREE, 1, &a), -EBADMSG);
    tree_write(tree, "auxv", "", 0);
    CU_ASSERT_EQUAL(look_auxv(tree, TREE, 1, &a), -EBADMSG);
    CU_ASSERT_EQUAL(a.entry, 1);
    close(tree);
}

static void test_look_link__ourselves(void)
{
    char name[PATH_MAX], expected[PATH_MAX], tiny[2] = "x";
    int proc = real_proc();

    CU_ASSERT_PTR_NOT_NULL(getcwd(expected, sizeof expected));
    CU_ASSERT_EQUAL(look_link(proc, getpid(), getpid(), "cwd", name, sizeof name), 0);
    CU_ASSERT_STRING_EQUAL(name, expected);
    CU_ASSERT_EQUAL(look_link(proc, getpid(), getpid(), "cwd", tiny, sizeof tiny), -ENAMETOOLONG);
    CU_ASSERT_STRING_EQUAL(tiny, "x");
    CU_ASSERT_EQUAL(look_link(proc, getpid(), getpid(), "nothing", name, sizeof name), -ENOENT);
    CU_ASSERT_EQUAL(look_link(proc, 0, 0, "cwd", name, sizeof name), -EINVAL);
    close(proc);
}

static void test_look_link__hostile_names(void)
{
    char name[PATH_MAX];
    int tree = tree_open();

    tree_link(tree, "exe", "/tmp/a\nb\x1b[31m (deleted)");
    CU_ASSERT_EQUAL(look_link(tree, TREE, "exe", name, sizeof name), 0);
    CU_ASSERT_STRING_EQUAL(name, "/tmp/a\nb\x1b[31m (deleted)");
    close(tree);
}

static void test_look_namespace__ourselves(void)
{
    struct stat st;
    uint64_t ino = 0;
    int proc = real_proc();

    CU_ASSERT_EQUAL_FATAL(stat("/proc/self/ns/user", &st), 0);
    CU_ASSERT_EQUAL(look_namespace(proc, getpid(), getpid(), "user", &ino), 0);
    CU_ASSERT_EQUAL(ino, st.st_ino);
    ino = 0;
    CU_ASSERT_EQUAL(look_namespace(proc, getpid(), getpid(), "ns/user", &ino), 0);
    CU_ASSERT_EQUAL(ino, st.st_ino);
    CU_ASSERT_EQUAL(look_namespace(proc, getpid(), getpid(), "nonsense", &ino), -ENOENT);
    close(proc);
}

static void test_look_namespace__damaged(void)
{
    static const char *const targets[] = { "user",     "user:",      "user:[",   "user:[]",
                                           "user:[12", "user:[12]x", "user:[x]", "user:[99999999999999999999]" };
    char long_target[200];
    uint64_t ino = 4711;
    int tree = tree_open();

    tree_folder(tree, "ns");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        tree_link(tree, "ns/user", targets[i]);
        CU_ASSERT_EQUAL(look_namespace(tree, TREE, "user", &ino), -EBADMSG);
        CU_ASSERT_EQUAL_FATAL(unlinkat(tree, "7/task/8/ns/user", 0), 0);
    }
    memset(long_target, 'x', sizeof long_target - 1);
    long_target[sizeof long_target - 1] = '\0';
    tree_link(tree, "ns/user", long_target);
    CU_ASSERT_EQUAL(look_namespace(tree, TREE, "user", &ino), -EBADMSG);
    CU_ASSERT_EQUAL(ino, 4711);
    close(tree);
}

static void test_look_block__cut_and_ended(void)
{
    struct look_block b;
    int tree = tree_open();

    tree_write(tree, "environ", "A=1\0B=2\0", 8);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 100, &b), 0);
    CU_ASSERT(b.size == 8 && !b.cut && memcmp(b.bytes, "A=1\0B=2\0", 8) == 0);
    look_block_release(&b);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 8, &b), 0);
    CU_ASSERT(b.size == 8 && !b.cut);
    look_block_release(&b);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 6, &b), 0);
    CU_ASSERT(b.size == 6 && b.cut && memcmp(b.bytes, "A=1\0B\0", 6) == 0);
    look_block_release(&b);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 1, &b), 0);
    CU_ASSERT(b.size == 1 && b.cut && b.bytes[0] == '\0');
    look_block_release(&b);
    CU_ASSERT_EQUAL(look_environ(tree, TREE, 0, &b), -EINVAL);
    /* A title that the process wrote over its arguments. */
    tree_write(tree, "cmdline", "nginx: worker", 13);
    CU_ASSERT_EQUAL_FATAL(look_cmdline(tree, TREE, 100, &b), 0);
    CU_ASSERT(b.size == 14 && !b.cut && strcmp(b.bytes, "nginx: worker") == 0);
    look_block_release(&b);
    tree_write(tree, "cmdline", "", 0);
    CU_ASSERT_EQUAL_FATAL(look_cmdline(tree, TREE, 100, &b), 0);
    CU_ASSERT(b.size == 0 && !b.cut && b.bytes != NULL);
    look_block_release(&b);
    look_block_release(&b);
    close(tree);
}

static void test_look_block__large(void)
{
    size_t size = 300001; /* its last byte is no NUL */
    char *bytes = malloc(size);
    struct look_block b;
    int tree = tree_open();

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = i % 7 ? 'a' : '\0';
    tree_write(tree, "environ", bytes, size);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 1 << 20, &b), 0);
    CU_ASSERT(b.size == size + 1 && memcmp(b.bytes, bytes, size) == 0 && b.bytes[size] == '\0');
    look_block_release(&b);
    CU_ASSERT_EQUAL_FATAL(look_environ(tree, TREE, 65536, &b), 0);
    CU_ASSERT(b.size == 65536 && b.cut && memcmp(b.bytes, bytes, 65535) == 0 && b.bytes[65535] == '\0');
    look_block_release(&b);
    free(bytes);
    close(tree);
}

static void test_look_block__a_child(void)
{
    static char *const args[] = { (char *)"cat", (char *)"-", NULL };
    static char *const names[] = { (char *)"LISTEN_FDS=1", (char *)"EMPTY=", NULL };
    int proc = real_proc(), in[2], out[2];
    struct look_block b;
    pid_t child;
    char byte;

    CU_ASSERT_EQUAL_FATAL(pipe2(in, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(out, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
            _exit(126);
        execve("/bin/cat", args, names);
        _exit(127);
    }
    CU_ASSERT_EQUAL(write(in[1], "x", 1), 1);
    CU_ASSERT_EQUAL(read(out[0], &byte, 1), 1); /* it is cat by now */
    CU_ASSERT_EQUAL_FATAL(look_environ(proc, child, child, 4096, &b), 0);
    CU_ASSERT(b.size == 20 && memcmp(b.bytes, "LISTEN_FDS=1\0EMPTY=\0", 20) == 0);
    look_block_release(&b);
    CU_ASSERT_EQUAL_FATAL(look_cmdline(proc, child, child, 4096, &b), 0);
    CU_ASSERT(b.size == 6 && memcmp(b.bytes, "cat\0-\0", 6) == 0);
    look_block_release(&b);
    close(in[1]);
    close(in[0]);
    close(out[0]);
    close(out[1]);
    wait_status(child);
    close(proc);
}

TEST_MAIN("test_look_program", TEST(test_look_auxv__ourselves), TEST(test_look_auxv__narrow_and_damaged),
          TEST(test_look_link__ourselves), TEST(test_look_link__hostile_names), TEST(test_look_namespace__ourselves),
          TEST(test_look_namespace__damaged), TEST(test_look_block__cut_and_ended), TEST(test_look_block__large),
          TEST(test_look_block__a_child))

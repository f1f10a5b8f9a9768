/* test_look_dumpable.c - dumpable or not, told from the owners of files: of real children in their namespaces, and made up. */
#include "harness/look/tests/tree.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#define HOST_NS "user:[4026531837]"

/* What a child does, and what must be told of it. */
struct act {
    uid_t uid;       /* it takes this for all its ids; (uid_t)-1: it stays who it is */
    int n_ns;        /* user namespaces, each in the one before */
    const char *map; /* of the first one, written by us; NULL: none */
    int executes;    /* it executes itself once it is in there */
    int dumpable;    /* it sets this */
    int told;        /* 1, 0, -1 */
};

/* The child's last steps: 'y' when all went well. It ends when its parent closes `go`. */
__attribute__((noreturn)) static void act_end(int more_ns, int dumpable, int ready, int go)
{
    int is_done = 1;
    char byte;

    for (; is_done && more_ns; more_ns--)
        is_done = !unshare(CLONE_NEWUSER);
    byte = is_done && !prctl(PR_SET_DUMPABLE, dumpable) && prctl(PR_GET_DUMPABLE) == dumpable ? 'y' : 'n';
    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

__attribute__((noreturn)) static void act_play(const struct act *act, int ready, int go)
{
    int more_ns = act->n_ns ? act->n_ns - 1 : 0;
    const int given[4] = { more_ns, act->dumpable, ready, go };
    char n[4][16], byte;
    char *argv[] = { "act", "--play", n[0], n[1], n[2], n[3], NULL };
    uid_t uid = act->uid;

    byte = act->n_ns && unshare(CLONE_NEWUSER) ? 'n' : 'y';
    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
        _exit(1);
    if (uid != (uid_t)-1 && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        _exit(1);
    if (!act->executes)
        act_end(more_ns, act->dumpable, ready, go);
    for (int i = 0; i < 4; i++)
        snprintf(n[i], sizeof n[i], "%d", given[i]);
    execv("/proc/self/exe", argv);
    _exit(1);
}

static int write_map(pid_t child, const char *kind, const char *text)
{
    char path[64];
    int fd, r;

    snprintf(path, sizeof path, "/proc/%d/%s_map", child, kind);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    r = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
    if (fd >= 0)
        close(fd);
    return r;
}

/* 1: the child did it all, and *ret is what look_dumpable() told; 0: this host does not let it. */
static int act_look(const struct act *act, int *ret)
{
    int ready[2], go[2], proc = real_proc(), is_done = 0;
    char byte = 'n';
    pid_t child;

    CU_ASSERT_FATAL(!pipe(ready) && !pipe(go));
    child = fork();
    if (child == 0) {
        close(go[1]);
        close(ready[0]);
        act_play(act, ready[1], go[0]);
    }
    close(ready[1]);
    close(go[0]);
    is_done = read(ready[0], &byte, 1) == 1 && byte == 'y';
    if (is_done && act->map)
        is_done = !write_map(child, "uid", act->map) && !write_map(child, "gid", act->map);
    is_done = is_done && write(go[1], &byte, 1) == 1 && read(ready[0], &byte, 1) == 1 && byte == 'y';
    if (is_done)
        CU_ASSERT_EQUAL(look_dumpable(proc, child, child, ret), 0);
    close(go[1]);
    wait_status(child);
    close(ready[0]);
    close(proc);
    return is_done;
}

static void expect_acts(const struct act *acts, size_t n, const char *skipped)
{
    for (size_t i = 0; i < n; i++) {
        int told = 4711;

        if (acts[i].executes && is_under_valgrind()) { /* /proc/self/exe is valgrind then */
            test_skip("valgrind cannot execute this program again");
            continue;
        }
        if (!act_look(&acts[i], &told)) {
            test_skip(skipped);
            continue;
        }
        if (told != acts[i].told)
            fprintf(stderr, "act %zu: told %d, expected %d\n", i, told, acts[i].told);
        CU_ASSERT_EQUAL(told, acts[i].told);
    }
}
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_look_dumpable__an_ordinary_child(void)
{
    int is_root = !geteuid() && !getegid();
    const struct act acts[] = {
        { (uid_t)-1, 0, NULL, 0, 1, is_root ? -1 : 1 },
        { (uid_t)-1, 0, NULL, 0, 0, is_root ? -1 : 0 },
    };

    expect_acts(acts, COUNT(acts), "no child could be made");
}

static void test_look_dumpable__a_child_that_dropped(void)
{
    static const struct act acts[] = {
        { 33, 0, NULL, 0, 1, 1 },
        { 33, 0, NULL, 0, 0, 0 },
        { 33, 0, NULL, 1, 1, 1 },
        { 33, 0, NULL, 1, 0, 0 },
    };

    expect_acts(acts, COUNT(acts), "only root can change its ids");
}

/* Undumpable, it belongs to the root of where it was executed: here, or with `executes`, in there. In a namespace within that,
 * another root could own it: its own ids tell nothing then. */
static void test_look_dumpable__a_child_in_its_own_namespace(void)
{
    static const char map[] = "0 100000 65536";
    static const struct act acts[] = {
        { 33, 1, map, 0, 1, 1 },
        { 33, 1, map, 0, 0, 0 },
        { 33, 1, map, 1, 1, 1 },
        { 33, 1, map, 1, 0, 0 },
        { 0, 1, map, 0, 0, 0 },
        { 0, 1, map, 0, 1, -1 },
        { 0, 1, map, 1, 0, -1 },
        { 0, 1, map, 1, 1, -1 },
        { 33, 1, "1 100000 65535", 1, 0, 0 },
        { 33, 1, "1 100000 65535", 1, 1, 1 },
        { 33, 2, map, 0, 0, 0 },
        { 33, 2, map, 0, 1, -1 },
    };

    if (geteuid()) {
        test_skip("only root can map the ids of others");
        return;
    }
    expect_acts(acts, COUNT(acts), "no user namespace can be made here, or its ids cannot be mapped");
}

static void test_look_dumpable__a_zombie(void)
{
    int proc = real_proc(), told = 4711;
    pid_t child = fork();

    if (child == 0)
        _exit((geteuid() ? 0 : setresgid(33, 33, 33) || setresuid(33, 33, 33)) ? 1 : 0);
    CU_ASSERT_EQUAL(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    CU_ASSERT_EQUAL(look_dumpable(proc, child, child, &told), 0);
    CU_ASSERT_EQUAL(told, -1);
    wait_status(child);
    told = 4711;
    CU_ASSERT_EQUAL(look_dumpable(proc, child, child, &told), -ENOENT);
    CU_ASSERT_EQUAL(look_dumpable(proc, 0, 1, &told), -EINVAL);
    CU_ASSERT_EQUAL(told, 4711);
    close(proc);
}

/* ---- made up ---- */

/* A tree whose reader is in namespace `ours` and whose task is in `theirs`, and owns its folder; `owner` owns its file. */
static int tree_owned(const char *ours, const char *theirs, uid_t task, uid_t owner)
{
    int tree = tree_open();

    tree_text(tree, "status", "x\n");
    tree_text(tree, "statm", "100 20 3 4 5 6 7\n");
    tree_folder(tree, "ns");
    tree_link(tree, "ns/user", theirs);
    CU_ASSERT_FATAL(!mkdirat(tree, "self", 0755) && !mkdirat(tree, "self/ns", 0755));
    CU_ASSERT_FATAL(!symlinkat(ours, tree, "self/ns/user"));
    if (fchownat(tree, "7/task/8", task, task, 0) || fchownat(tree, "7/task/8/status", owner, owner, 0)) {
        close(tree);
        return -1;
    }
    return tree;
}

static void write_at(int tree, const char *path, const char *text)
{
    int fd = openat(tree, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void expect_tree(int tree, int expected)
{
    int told = 4711;

    CU_ASSERT_EQUAL(look_dumpable(tree, TREE, &told), 0);
    CU_ASSERT_EQUAL(told, expected);
    close(tree);
}

static void test_look_dumpable__of_whom_no_namespace_is_told(void)
{
    int tree = tree_owned(HOST_NS, "user:[x]", geteuid(), geteuid());

    CU_ASSERT_FATAL(tree >= 0);
    expect_tree(tree, -1);
}

static void test_look_dumpable__without_memory(void)
{
    int tree = tree_owned(HOST_NS, HOST_NS, 33, 0);

    if (tree < 0) {
        test_skip("only root can give files away");
        return;
    }
    tree_text(tree, "statm", "0 0 0 0 0 0 0\n");
    expect_tree(dup(tree), -1);
    tree_text(tree, "statm", "damaged\n");
    expect_tree(dup(tree), -1);
    tree_text(tree, "statm", "9 1 1 1 0 1 0\n");
    expect_tree(tree, 0);
}

/* Seen from inside a user namespace: its stranger's id, and the id of its parent's root, may stand for a root outside. */
static void test_look_dumpable__a_reader_in_a_namespace(void)
{
    static const struct {
        uid_t task, owner;
        int told;
    } tries[] = {
        { 33, 33, 1 },    { 33, 0, 0 },   { 0, 0, -1 },  { 65534, 65534, -1 },
        { 33, 65534, 0 }, { 70, 70, -1 }, { 33, 70, 0 }, { 71, 71, 1 },
    };

    for (size_t i = 0; i < COUNT(tries); i++) {
        int tree = tree_owned("user:[4026532000]", "user:[4026532000]", tries[i].task, tries[i].owner);

        if (tree < 0) {
            test_skip("only root can give files away");
            return;
        }
        CU_ASSERT_FATAL(!mkdirat(tree, "sys", 0755) && !mkdirat(tree, "sys/kernel", 0755));
        write_at(tree, "sys/kernel/overflowuid", "65534\n");
        write_at(tree, "sys/kernel/overflowgid", "65534\n");
        write_at(tree, "self/uid_map", "0 100000 70\n70 0 1\n71 200000 70000\n");
        write_at(tree, "self/gid_map", "0 100000 70\n70 0 1\n71 200000 70000\n");
        expect_tree(dup(tree), tries[i].told);
        CU_ASSERT_FATAL(!unlinkat(tree, "self/uid_map", 0) && !unlinkat(tree, "self/gid_map", 0));
        expect_tree(dup(tree), tries[i].task == tries[i].owner ? -1 : 0);
        for (const char *const *p =
                 (const char *const[]){ "7/task/8/ns/user", "7/task/8/status", "7/task/8/statm", "self/ns/user",
                                        "sys/kernel/overflowuid", "sys/kernel/overflowgid", NULL };
             *p; p++)
            CU_ASSERT_EQUAL(unlinkat(tree, *p, 0), 0);
        for (const char *const *p = (const char *const[]){ "7/task/8/ns", "7/task/8", "7/task", "7", "self/ns", "self",
                                                           "sys/kernel", "sys", NULL };
             *p; p++)
            CU_ASSERT_EQUAL(unlinkat(tree, *p, AT_REMOVEDIR), 0);
        close(tree);
    }
}

static const struct test tests[] = {
    TEST(test_look_dumpable__an_ordinary_child),
    TEST(test_look_dumpable__a_child_that_dropped),
    TEST(test_look_dumpable__a_child_in_its_own_namespace),
    TEST(test_look_dumpable__a_zombie),
    TEST(test_look_dumpable__of_whom_no_namespace_is_told),
    TEST(test_look_dumpable__without_memory),
    TEST(test_look_dumpable__a_reader_in_a_namespace),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 6 && !strcmp(argv[1], "--play"))
        act_end(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
    return test_main("test_look_dumpable", tests, argc, argv);
}

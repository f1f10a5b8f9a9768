/* test_look_task.c - the small files of a task: stat, the task folder, syscall. */
#include "harness/look/tests/tree.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Fields 4 to 25 of stat: 22 is the start time. 25 is rsslim, which is wider than a signed number. */
#define FIELDS " 70 71 72 34816 73 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 200 18446744073709551615 1 1\n"

static int try_stat(const char *text, struct look_stat *ret)
{
    int tree = tree_open(), error;

    tree_text(tree, "stat", text);
    error = look_stat(tree, TREE, ret);
    close(tree);
    return error;
}

static void expect_fields(const struct look_stat *s)
{
    CU_ASSERT(s->ppid == 70 && s->process_group == 71 && s->session == 72 && s->tty == 34816 &&
              s->start_time == 123456);
}

static void test_look_stat__fields(void)
{
    struct look_stat s;

    CU_ASSERT_EQUAL_FATAL(try_stat("8 (prog) S" FIELDS, &s), 0);
    CU_ASSERT_STRING_EQUAL(s.comm, "prog");
    CU_ASSERT_EQUAL(s.state, 'S');
    expect_fields(&s);
}

/* 0x4 and 0x40 are nobody's concern here, 0x10 and 0x4000 are. */
static void test_look_stat__threads_of_the_kernel(void)
{
    static const struct {
        const char *flags;
        int is_worker;
    } tries[] = { { "4194304", 0 }, { "68", 0 }, { "16", 1 }, { "16384", 1 }, { "4210768", 1 }, { "4294967295", 1 } };
    char text[512];

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct look_stat s;

        snprintf(text, sizeof text, "8 (p) S 70 71 72 34816 73 %s 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000\n",
                 tries[i].flags);
        CU_ASSERT_EQUAL_FATAL(try_stat(text, &s), 0);
        CU_ASSERT_EQUAL(s.is_worker, tries[i].is_worker);
        expect_fields(&s);
    }
}

/* A command may hold all that would end it. */
static void test_look_stat__hostile_commands(void)
{
    static const char *const names[] = { ") R 1", ") R 1 1 1 0 0", "a) S (b", "((((", "))))", "\n8 (x) Z 1", "", " " };
    char text[512];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct look_stat s;

        snprintf(text, sizeof text, "8 (%s) S" FIELDS, names[i]);
        CU_ASSERT_EQUAL_FATAL(try_stat(text, &s), 0);
        CU_ASSERT_STRING_EQUAL(s.comm, names[i]);
        CU_ASSERT_EQUAL(s.state, 'S');
        expect_fields(&s);
    }
}

static void test_look_stat__long_command_is_cut(void)
{
    char text[512];
    struct look_stat s;

    snprintf(text, sizeof text, "8 (%0200d) S" FIELDS, 0);
    CU_ASSERT_EQUAL_FATAL(try_stat(text, &s), 0);
    CU_ASSERT_EQUAL(strlen(s.comm), sizeof s.comm - 1);
    expect_fields(&s);
}

static void test_look_stat__damaged(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        "8\n",
        "8 (prog\n",
        "8 prog) S 1 2 3\n",
        "8 )prog( S 1 2 3 4\n",
        "8 (prog)\n",
        "8 (prog) \n",
        "8 (prog) S\n",
        "8 (prog) S 1 2 3 4\n",
        "8 (prog) S 1 2 x 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22\n",
        "8 (prog) S 99999999999 71 72 34816 73 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1\n",
        "8 (prog) S 70 71 72 34816 73 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99999999999999999999 1\n",
        "8 (prog) S 70 71 72 34816 73 4194304 1 2 3 4 5 6 7 8 20 0 1 0 -5 1\n",
        "8 (prog) S 70 71 72 34816 73 -1 1 2 3 4 5 6 7 8 20 0 1 0 123456 1\n",
        "8 (prog) S 70 71 72 34816 73 4294967296 1 2 3 4 5 6 7 8 20 0 1 0 123456 1\n",
        "8 (prog) S 70 71 72 34816 73 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12x 1\n",
    };
    struct look_stat s = { .tty = 4711 };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(try_stat(texts[i], &s), -EBADMSG);
    CU_ASSERT_EQUAL(s.tty, 4711);
}

static void test_look_stat__ourselves(void)
{
    char old[16] = "";
    struct look_stat s;
    int proc = real_proc();

    CU_ASSERT_EQUAL(prctl(PR_GET_NAME, old), 0);
    CU_ASSERT_EQUAL(prctl(PR_SET_NAME, ") Z 1 1\n("), 0);
    CU_ASSERT_EQUAL_FATAL(look_stat(proc, getpid(), getpid(), &s), 0);
    CU_ASSERT_EQUAL(prctl(PR_SET_NAME, old), 0);
    CU_ASSERT_STRING_EQUAL(s.comm, ") Z 1 1\n(");
    CU_ASSERT_EQUAL(s.ppid, getppid());
    CU_ASSERT_EQUAL(s.process_group, getpgrp());
    CU_ASSERT_EQUAL(s.session, getsid(0));
    CU_ASSERT_EQUAL(s.is_worker, 0);
    CU_ASSERT_TRUE(s.start_time > 0);
    close(proc);
}

static void *wait_for_end(void *fd)
{
    char byte;

    return read(*(int *)fd, &byte, 1) < 0 ? fd : NULL;
}

static void test_look_tasks__threads(void)
{
    struct look_tasks t;
    int end[2], proc = real_proc();
    pthread_t threads[2];

    CU_ASSERT_EQUAL_FATAL(pipe2(end, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, wait_for_end, &end[0]), 0);
    CU_ASSERT_EQUAL_FATAL(look_tasks(proc, getpid(), &t), 0);
    CU_ASSERT_EQUAL(t.n, 3);
    CU_ASSERT(t.tids[0] == getpid() && t.tids[0] < t.tids[1] && t.tids[1] < t.tids[2]);
    look_tasks_release(&t);
    look_tasks_release(&t);
    close(end[1]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    close(end[0]);
    close(proc);
}

static void test_look_tasks__hostile_folder(void)
{
    struct look_tasks t;
    int tree = tree_open();

    CU_ASSERT_EQUAL_FATAL(look_tasks(tree, TREE_PID, &t), 0);
    CU_ASSERT(t.n == 1 && t.tids[0] == TREE_TID);
    look_tasks_release(&t);
    CU_ASSERT_EQUAL_FATAL(mkdirat(tree, "7/task/99999999999999", 0755), 0);
    CU_ASSERT_EQUAL(look_tasks(tree, TREE_PID, &t), -EBADMSG);
    CU_ASSERT_EQUAL(look_tasks(tree, 6, &t), -ENOENT);
    CU_ASSERT_EQUAL(look_tasks(tree, 0, &t), -EINVAL);
    close(tree);
}

static int try_syscall(const char *text, struct look_syscall *ret)
{
    int tree = tree_open(), error;

    tree_text(tree, "syscall", text);
    error = look_syscall(tree, TREE, ret);
    close(tree);
    return error;
}

static void test_look_syscall__forms(void)
{
    struct look_syscall s;

    CU_ASSERT_EQUAL_FATAL(try_syscall("running\n", &s), 0);
    CU_ASSERT_EQUAL(s.running, 1);
    CU_ASSERT_EQUAL_FATAL(try_syscall("-1 0x7ffc 0x7fff\n", &s), 0);
    CU_ASSERT(!s.running && s.nr == -1 && s.sp == 0x7ffc && s.pc == 0x7fff);
    CU_ASSERT_EQUAL_FATAL(try_syscall("232 0x1 0x2 0x3 0x4 0x5 0xffffffffffffffff 0x7ffc 0x7fff\n", &s), 0);
    CU_ASSERT(!s.running && s.nr == 232 && s.args[0] == 1 && s.args[4] == 5 && s.args[5] == UINT64_MAX &&
              s.pc == 0x7fff);
}

static void test_look_syscall__damaged(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        "run\n",
        "running",
        "-2 0x1 0x2\n",
        "1\n",
        "1 0x1\n",
        "-1 0x1\n",
        "-1 0x1 0x2 0x3\n",
        "-1 1 2\n",
        "-1 0x 0x1\n",
        "0 0x1 0x2 0x3 0x4 0x5 0x10000000000000000 0x7 0x8\n",
        "99999999999999999999 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n",
    };
    struct look_syscall s = { .nr = 4711 };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(try_syscall(texts[i], &s), -EBADMSG);
    CU_ASSERT_EQUAL(s.nr, 4711);
}

static void test_look_syscall__a_waiting_child(void)
{
    int proc = real_proc(), never[2];
    struct look_syscall s;
    struct look_stat stat;
    pid_t child;

    CU_ASSERT_EQUAL_FATAL(pipe2(never, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        char byte;

        _exit((int)syscall(SYS_read, never[0], &byte, 1));
    }
    do {
        CU_ASSERT_EQUAL_FATAL(look_stat(proc, child, child, &stat), 0);
    } while (stat.state != 'S' && stat.state != 'Z');
    CU_ASSERT_EQUAL_FATAL(look_syscall(proc, child, child, &s), 0);
    CU_ASSERT(s.nr == SYS_read && s.args[0] == (uint64_t)never[0] && s.args[2] == 1);
    kill(child, SIGKILL);
    wait_status(child);
    close(never[0]);
    close(never[1]);
    close(proc);
}

TEST_MAIN("test_look_task", TEST(test_look_stat__fields), TEST(test_look_stat__threads_of_the_kernel),
          TEST(test_look_stat__hostile_commands), TEST(test_look_stat__long_command_is_cut),
          TEST(test_look_stat__damaged), TEST(test_look_stat__ourselves), TEST(test_look_tasks__threads),
          TEST(test_look_tasks__hostile_folder), TEST(test_look_syscall__forms), TEST(test_look_syscall__damaged),
          TEST(test_look_syscall__a_waiting_child))

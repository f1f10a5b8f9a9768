/* test_look_fd.c - descriptors of this process and of made-up ones. */
#include "harness/look/tests/tree.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

static void test_look_fd__every_descriptor_of_ours(void)
{
    struct look_fds l = look_our_fds();
    struct rlimit limit;
    size_t open_now = 0;

    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int fd = 0; fd < (int)limit.rlim_cur && fd < 4096; fd++) {
        const struct look_fd *seen = find_fd(&l, fd);
        int flags = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);

        if (flags < 0)
            continue; /* look_fds' own, of which some are gone again */
        open_now++;
        CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
        CU_ASSERT_EQUAL(seen->flags & (O_ACCMODE | O_APPEND | O_NONBLOCK),
                        (uint32_t)flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
        CU_ASSERT_EQUAL(seen->flags & O_CLOEXEC, 0);
        CU_ASSERT_EQUAL(seen->cloexec, (own & FD_CLOEXEC) != 0);
    }
    CU_ASSERT_TRUE(open_now >= 3);
    for (size_t i = 1; i < l.n; i++)
        CU_ASSERT_TRUE(l.fds[i - 1].fd < l.fds[i].fd);
    look_fds_release(&l);
    look_fds_release(&l);
}

static void test_look_fd__object_and_position(void)
{
    const char *path = file_path("file");
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640), other = dup(fd);
    struct look_fds l;
    const struct look_fd *seen;
    struct stat st;

    CU_ASSERT_FATAL(fd >= 0 && other >= 0);
    CU_ASSERT_EQUAL(write(fd, "12345", 5), 5);
    CU_ASSERT_EQUAL(fstat(fd, &st), 0);
    l = look_our_fds();
    seen = find_fd(&l, fd);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT(seen->dev == st.st_dev && seen->ino == st.st_ino && seen->mode == st.st_mode);
    CU_ASSERT(seen->owner_uid == st.st_uid && seen->owner_gid == st.st_gid);
    CU_ASSERT(seen->position == 5 && seen->cloexec == 1 && seen->mount_id > 0);
    CU_ASSERT_EQUAL(find_fd(&l, other)->cloexec, 0);
    CU_ASSERT_EQUAL(find_fd(&l, other)->position, 5);
    look_fds_release(&l);
    close(fd);
    close(other);
}

static void test_look_fd__a_deleted_file(void)
{
    const char *path = file_path("gone");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct look_fds l;
    const struct look_fd *seen;

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(unlink(path), 0);
    l = look_our_fds();
    seen = find_fd(&l, fd);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen->name, "gone (deleted)"));
    CU_ASSERT_STRING_EQUAL(look_fd_kind(seen, NULL, 0), "file");
    look_fds_release(&l);
    close(fd);
}

/* A path of more than a page is not told; the descriptor is seen all the same. */
static void test_look_fd__path_longer_than_a_page(void)
{
    char part[201];
    int dir = open(test_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), start = dup(dir), fd, depth = 0;
    struct look_fds l;
    const struct look_fd *seen;

    memset(part, 'd', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    for (; depth < 25; depth++) {
        int next;

        CU_ASSERT_EQUAL_FATAL(mkdirat(dir, part, 0755), 0);
        next = openat(dir, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CU_ASSERT_FATAL(next >= 0);
        close(dir);
        dir = next;
    }
    fd = openat(dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    l = look_our_fds();
    seen = find_fd(&l, fd);
    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT(seen->error == 0 && seen->name == NULL && seen->ino != 0);
    CU_ASSERT_STRING_EQUAL(look_fd_kind(seen, NULL, 0), "file");
    look_fds_release(&l);
    close(fd);
    /* The frame's clean-up works by path, and could not name this depth. */
    CU_ASSERT_EQUAL(unlinkat(dir, "file", 0), 0);
    for (; depth > 0; depth--) {
        int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        CU_ASSERT_FATAL(up >= 0);
        close(dir);
        dir = up;
        CU_ASSERT_EQUAL(unlinkat(dir, part, AT_REMOVEDIR), 0);
    }
    close(dir);
    close(start);
}

static void test_look_fd__newline_in_a_path(void)
{
    int fd = open(file_path("a\nflags:\t0"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct look_fds l = look_our_fds();
    const struct look_fd *seen = find_fd(&l, fd);

    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen->name, "/a\nflags:\t0"));
    CU_ASSERT_EQUAL(seen->cloexec, 1);
    look_fds_release(&l);
    close(fd);
}

/* fdinfo of an epoll instance has a line for each descriptor; only its head matters. */
static void test_look_fd__long_fdinfo(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), events[100];
    struct look_fds l;

    CU_ASSERT_FATAL(epoll >= 0);
    for (int i = 0; i < 100; i++) {
        events[i] = eventfd(0, EFD_CLOEXEC);
        CU_ASSERT_EQUAL(epoll_ctl(epoll, EPOLL_CTL_ADD, events[i], &(struct epoll_event){ .events = EPOLLIN }), 0);
    }
    l = look_our_fds();
    CU_ASSERT_PTR_NOT_NULL_FATAL(find_fd(&l, epoll));
    CU_ASSERT(find_fd(&l, epoll)->error == 0 && find_fd(&l, epoll)->cloexec == 1);
    look_fds_release(&l);
    for (int i = 0; i < 100; i++)
        close(events[i]);
    close(epoll);
}

static int try_fdinfo(const char *text, struct look_fd *ret)
{
    int tree = tree_open();
    struct look_fds l;

    if (mkdirat(tree, "7/task/8/fd", 0755) == 0) {
        tree_folder(tree, "fdinfo");
        tree_link(tree, "fd/3", "/dev/null");
    }
    tree_text(tree, "fdinfo/3", text);
    CU_ASSERT_EQUAL_FATAL(look_fds(tree, TREE, &l), 0);
    CU_ASSERT_EQUAL_FATAL(l.n, 1);
    *ret = l.fds[0];
    ret->name = NULL;
    look_fds_release(&l);
    close(tree);
    return ret->error;
}

static void test_look_fd__made_up_fdinfo(void)
{
    struct look_fd fd;

    CU_ASSERT_EQUAL(try_fdinfo("pos:\t7\nflags:\t02100002\nmnt_id:\t24\nino:\t3\n", &fd), 0);
    CU_ASSERT(fd.fd == 3 && fd.position == 7 && fd.flags == 0100002 && fd.cloexec == 1 && fd.mount_id == 24);
    CU_ASSERT_EQUAL(fd.mode & S_IFMT, S_IFCHR); /* of the object, not of the link */
    /* What a driver adds comes later and does not count. */
    CU_ASSERT_EQUAL(try_fdinfo("pos:\t7\nflags:\t0100000\nmnt_id:\t24\nflags:\t02000000\n", &fd), 0);
    CU_ASSERT_EQUAL(fd.cloexec, 0);
}

static void test_look_fd__damaged_fdinfo(void)
{
    static const char *const texts[] = {
        "",
        "pos:\t0\n",
        "pos:\t0\nflags:\t0100000\n",
        "pos:\t0\nflags:\t09\nmnt_id:\t1\n",
        "pos:\t0\nflags:\t\nmnt_id:\t1\n",
        "pos:\t0\nflags:\t07777777777777777777777777\nmnt_id:\t1\n",
        "pos:\t0\nflags:\t0\nmnt_id:\t99999999999\n",
        "pos:\t-1\nflags:\t0\nmnt_id:\t1\n",
        "pos:\t0\nflags:\t077777777777\nmnt_id:\t1\n",
    };
    struct look_fd fd;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_EQUAL(try_fdinfo(texts[i], &fd), EBADMSG);
    CU_ASSERT_EQUAL(fd.fd, 3);
}

static void test_look_fd__descriptor_that_cannot_be_read(void)
{
    int tree = tree_open();
    struct look_fds l;

    tree_folder(tree, "fd");
    tree_folder(tree, "fdinfo");
    tree_link(tree, "fd/10", "/dev/null");
    tree_link(tree, "fd/9", "/dev/null");
    tree_text(tree, "fdinfo/10", "pos:\t0\nflags:\t0\nmnt_id:\t1\n");
    CU_ASSERT_EQUAL_FATAL(look_fds(tree, TREE, &l), 0);
    CU_ASSERT_EQUAL_FATAL(l.n, 2);
    CU_ASSERT(l.fds[0].fd == 9 && l.fds[0].error == ENOENT && l.fds[0].name == NULL);
    CU_ASSERT(l.fds[1].fd == 10 && l.fds[1].error == 0);
    CU_ASSERT_STRING_EQUAL(l.fds[1].name, "/dev/null");
    look_fds_release(&l);
    tree_link(tree, "fd/11x", "/dev/null");
    CU_ASSERT_EQUAL(look_fds(tree, TREE, &l), -EBADMSG);
    close(tree);
}

static void test_look_fd__no_folder(void)
{
    struct look_fds l;
    int tree = tree_open();

    CU_ASSERT_EQUAL(look_fds(tree, TREE, &l), -ENOENT);
    tree_folder(tree, "fd");
    CU_ASSERT_EQUAL(look_fds(tree, TREE, &l), -ENOENT);
    tree_link(tree, "fdinfo", "fd");
    CU_ASSERT_EQUAL(look_fds(tree, TREE, &l), -ENOTDIR);
    CU_ASSERT_EQUAL_FATAL(unlinkat(tree, "7/task/8/fdinfo", 0), 0);
    tree_folder(tree, "fdinfo");
    CU_ASSERT_EQUAL_FATAL(look_fds(tree, TREE, &l), 0);
    CU_ASSERT_EQUAL(l.n, 0);
    look_fds_release(&l);
    close(tree);
}

/* Looking leaves nothing behind. */
static void test_look_fd__no_descriptor_is_left(void)
{
    struct look_fds before = look_our_fds(), after = look_our_fds();

    CU_ASSERT_EQUAL(before.n, after.n);
    look_fds_release(&before);
    look_fds_release(&after);
}

static void test_look_fd__may_not_be_read(void)
{
    pid_t child = fork();
    int status;

    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        struct look_fds l;
        int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (geteuid() != 0 || setgid(65534) || setuid(65534))
            _exit(90);
        _exit(look_fds(proc, getppid(), getppid(), &l) == -EACCES ? 0 : 1);
    }
    status = wait_status(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 90)
        test_skip("only root can become somebody who may not look");
    else {
        CU_ASSERT_EQUAL(status, 0);
    }
}

TEST_MAIN("test_look_fd", TEST(test_look_fd__every_descriptor_of_ours), TEST(test_look_fd__object_and_position),
          TEST(test_look_fd__a_deleted_file), TEST(test_look_fd__path_longer_than_a_page),
          TEST(test_look_fd__newline_in_a_path), TEST(test_look_fd__long_fdinfo), TEST(test_look_fd__made_up_fdinfo),
          TEST(test_look_fd__damaged_fdinfo), TEST(test_look_fd__descriptor_that_cannot_be_read),
          TEST(test_look_fd__no_folder), TEST(test_look_fd__no_descriptor_is_left), TEST(test_look_fd__may_not_be_read))

/* test_look_kind.c - what kind of object a descriptor names, real and made-up. */
#include "harness/look/tests/tree.h"

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

/* Closes `fd` after having looked at it. */
static void expect_kind(int fd, const char *kind)
{
    struct look_fds l = look_our_fds();
    const struct look_fd *seen = find_fd(&l, fd);
    char buffer[80];

    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT_EQUAL(seen->error, 0);
    if (strcmp(look_fd_kind(seen, buffer, sizeof buffer), kind) != 0)
        fprintf(stderr, "%s: %s\n", kind, look_fd_kind(seen, buffer, sizeof buffer));
    CU_ASSERT_STRING_EQUAL(look_fd_kind(seen, buffer, sizeof buffer), kind);
    look_fds_release(&l);
    close(fd);
}

static void test_look_kind__files(void)
{
    int fd;

    expect_kind(open(file_path("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "file");
    expect_kind(open(test_directory(), O_RDONLY | O_CLOEXEC), "directory");
    expect_kind(open("/dev/null", O_RDONLY | O_CLOEXEC), "char");
    CU_ASSERT_EQUAL_FATAL(mkfifo(file_path("fifo"), 0600), 0);
    expect_kind(open(file_path("fifo"), O_RDWR | O_CLOEXEC), "fifo");
    CU_ASSERT_EQUAL_FATAL(symlink("nowhere", file_path("link")), 0);
    expect_kind(open(file_path("link"), O_PATH | O_NOFOLLOW | O_CLOEXEC), "symlink");
    fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    expect_kind(fd, "namespace");
}

static void test_look_kind__pipes_and_sockets(void)
{
    int pipes[2], sockets[2];

    CU_ASSERT_EQUAL_FATAL(pipe2(pipes, O_CLOEXEC), 0);
    expect_kind(pipes[0], "pipe");
    expect_kind(pipes[1], "pipe");
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    expect_kind(sockets[0], "socket");
    expect_kind(sockets[1], "socket");
}

static void test_look_kind__anonymous_inodes(void)
{
    sigset_t none;

    sigemptyset(&none);
    expect_kind(eventfd(0, EFD_CLOEXEC), "eventfd");
    expect_kind(epoll_create1(EPOLL_CLOEXEC), "eventpoll");
    expect_kind(signalfd(-1, &none, SFD_CLOEXEC), "signalfd");
    expect_kind(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd");
    expect_kind(inotify_init1(IN_CLOEXEC), "inotify");
    expect_kind(memfd_create("x", MFD_CLOEXEC), "memfd");
}

static void test_look_kind__pidfd(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (fd < 0) {
        test_skip("pidfd_open(2) is not known here (kernel before 5.3, or valgrind)");
        return;
    }
    expect_kind(fd, "pidfd");
}

/* Kinds that not every kernel, user or container gives away. */
static void test_look_kind__privileged_anonymous_inodes(void)
{
    struct io_uring_params ring = { 0 };
    struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
                                     .size = sizeof event,
                                     .config = PERF_COUNT_SW_CPU_CLOCK };
    union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
    const struct {
        int fd;
        const char *kind;
    } tries[] = {
        { (int)syscall(SYS_io_uring_setup, 1, &ring), "io_uring" },
        { (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), "perf_event" },
        { (int)syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map), "bpf-map" },
        { (int)syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd" },
        { fanotify_init(FAN_CLOEXEC, O_RDONLY), "fanotify" },
    };
    int seen = 0;

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        if (tries[i].fd < 0)
            continue;
        expect_kind(tries[i].fd, tries[i].kind);
        seen++;
    }
    if (!seen)
        test_skip("this kernel gives us none of io_uring, perf_event, bpf-map, userfaultfd, fanotify");
}

static void expect_made_up(uint32_t mode, const char *name, const char *kind)
{
    char given[128], buffer[80];
    struct look_fd fd = { .mode = mode, .name = NULL };

    if (name) {
        snprintf(given, sizeof given, "%s", name);
        fd.name = given;
    }
    CU_ASSERT_STRING_EQUAL(look_fd_kind(&fd, buffer, sizeof buffer), kind);
}

static void test_look_kind__kinds_by_name(void)
{
    expect_made_up(0600, "anon_inode:[io_uring]", "io_uring");
    expect_made_up(0600, "anon_inode:[userfaultfd]", "userfaultfd");
    expect_made_up(0600, "anon_inode:bpf-map", "bpf-map");
    expect_made_up(0600, "anon_inode:bpf-prog", "bpf-prog");
    expect_made_up(0600, "anon_inode:[perf_event]", "perf_event");
    expect_made_up(0600, "anon_inode:[fanotify]", "fanotify");
    expect_made_up(0600, "anon_inode:inotify", "inotify");
    expect_made_up(S_IFREG | 0600, "anon_inode:[pidfd]", "pidfd");
    expect_made_up(0600, "anon_inode:kvm-vm", "kvm-vm");
    expect_made_up(0600, "anon_inode:[", "[");
    expect_made_up(0600, "anon_inode:[]", "anonymous");
    expect_made_up(0600, "anon_inode:", "anonymous");
    expect_made_up(0600, "something", "anonymous");
    expect_made_up(0600, NULL, "anonymous");
    expect_made_up(S_IFREG, NULL, "file");
    expect_made_up(S_IFREG, "", "file");
    expect_made_up(S_IFREG, "pid_for_children:[4026531836]", "namespace");
    expect_made_up(S_IFREG, "mnt:[x]", "file");
    expect_made_up(S_IFREG, "mnt:[1]x", "file");
    expect_made_up(S_IFREG, "/memfd:x (deleted)", "memfd");
    expect_made_up(S_IFBLK, "/dev/vda", "block");
}

/* A name chooses no kind that the type of the object does not allow. */
static void test_look_kind__names_do_not_deceive(void)
{
    expect_made_up(S_IFDIR, "anon_inode:[eventfd]", "directory");
    expect_made_up(S_IFSOCK, "pipe:[1]", "socket");
    expect_made_up(S_IFREG, "/tmp/anon_inode:[eventfd]", "file");
    expect_made_up(S_IFREG, "/tmp/mnt:[1]", "file");
    expect_made_up(S_IFIFO, "/tmp/pipe:[1]", "fifo");
    expect_made_up(S_IFREG, "/tmp/memfd:x (deleted)", "file");
}

static void test_look_kind__long_anonymous_name_is_cut(void)
{
    char name[128] = "anon_inode:", buffer[8];
    struct look_fd fd = { .mode = 0600, .name = name };

    memset(name + strlen(name), 'x', 100);
    CU_ASSERT_STRING_EQUAL(look_fd_kind(&fd, buffer, sizeof buffer), "xxxxxxx");
    CU_ASSERT_STRING_EQUAL(look_fd_kind(&fd, NULL, 0), "anonymous");
}

TEST_MAIN("test_look_kind", TEST(test_look_kind__files), TEST(test_look_kind__pipes_and_sockets),
          TEST(test_look_kind__anonymous_inodes), TEST(test_look_kind__pidfd),
          TEST(test_look_kind__privileged_anonymous_inodes), TEST(test_look_kind__kinds_by_name),
          TEST(test_look_kind__names_do_not_deceive), TEST(test_look_kind__long_anonymous_name_is_cut))

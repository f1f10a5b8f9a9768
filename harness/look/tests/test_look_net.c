/* test_look_net.c - sockets by inode: of this network namespace, and of tables that somebody tries to forge. */
#include "harness/look/tests/tree.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TCP_HEAD  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define UNIX_HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"

static uint64_t inode(int fd)
{
    struct stat st;

    CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
    return st.st_ino;
}

static struct look_sockets look_ourselves(void)
{
    struct look_sockets s = { 0 };
    int proc = real_proc();

    CU_ASSERT_EQUAL_FATAL(look_sockets(proc, getpid(), getpid(), &s), 0);
    close(proc);
    return s;
}

/* Looks for `fd`'s socket, and closes it. */
static void expect_socket(int fd, const char *family, int listening, const char *name)
{
    struct look_sockets s = look_ourselves();
    const struct look_socket *seen = look_sockets_find(&s, inode(fd));

    CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
    CU_ASSERT_STRING_EQUAL(seen->family, family);
    CU_ASSERT_EQUAL(seen->listening, listening);
    if (name)
        CU_ASSERT_STRING_EQUAL(seen->local_name, name);
    look_sockets_release(&s);
    look_sockets_release(&s);
    close(fd);
}

/* A socket bound to the loopback address and a free port. */
static int bound_inet(int family, int type, char *ret_name, size_t size)
{
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t length = family == AF_INET ? sizeof four : sizeof six;
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, address, length) || getsockname(fd, address, &length)) {
        close(fd);
        return -1;
    }
    if (family == AF_INET)
        snprintf(ret_name, size, "127.0.0.1:%u", ntohs(four.sin_port));
    else
        snprintf(ret_name, size, "[::1]:%u", ntohs(six.sin6_port));
    return fd;
}

static void test_look_net__tcp(void)
{
    char name[64];
    int fd = bound_inet(AF_INET, SOCK_STREAM, name, sizeof name);

    CU_ASSERT_EQUAL(listen(fd, 1), 0);
    expect_socket(fd, "tcp", 1, name);
}

static void test_look_net__tcp6(void)
{
    char name[64];
    int fd = bound_inet(AF_INET6, SOCK_STREAM, name, sizeof name);

    if (fd < 0) {
        test_skip("this host has no IPv6 loopback address");
        return;
    }
    CU_ASSERT_EQUAL(listen(fd, 1), 0);
    expect_socket(fd, "tcp6", 1, name);
}

static void test_look_net__connected_is_not_listening(void)
{
    char name[64], other[64];
    int server = bound_inet(AF_INET, SOCK_STREAM, name, sizeof name);
    int client = bound_inet(AF_INET, SOCK_STREAM, other, sizeof other), accepted;
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    CU_ASSERT_EQUAL(listen(server, 1), 0);
    CU_ASSERT_EQUAL(getsockname(server, (struct sockaddr *)&address, &length), 0);
    CU_ASSERT_EQUAL(connect(client, (struct sockaddr *)&address, length), 0);
    accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    expect_socket(client, "tcp", 0, other);
    expect_socket(accepted, "tcp", 0, name);
    expect_socket(server, "tcp", 1, name);
}

static void test_look_net__udp(void)
{
    char name[64];

    expect_socket(bound_inet(AF_INET, SOCK_DGRAM, name, sizeof name), "udp", 0, name);
}

static void test_look_net__unix(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pair[2];
    char name[128];

    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/ a b", test_directory());
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL(listen(fd, 1), 0);
    expect_socket(fd, "unix", 1, address.sun_path);
    /* An abstract name (unix(7)): its first NUL byte is shown as '@'. */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(address.sun_path, 0, sizeof address.sun_path);
    snprintf(address.sun_path + 1, 40, "forkaudit-test-%d", (int)getpid());
    snprintf(name, sizeof name, "@forkaudit-test-%d", (int)getpid());
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, (socklen_t)(sizeof(sa_family_t) + strlen(name))), 0);
    expect_socket(fd, "unix", 0, name);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    expect_socket(pair[0], "unix", 0, "");
    close(pair[1]);
}

static void test_look_net__netlink(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl address = { .nl_family = AF_NETLINK };
    socklen_t length = sizeof address;
    char name[32];

    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(name, sizeof name, "0:%u", address.nl_pid);
    expect_socket(fd, "netlink", 0, name);
}

static void test_look_net__raw_and_packet(void)
{
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    int packet = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));

    if (raw < 0 || packet < 0) {
        test_skip("raw and packet sockets need CAP_NET_RAW");
        close(raw);
        close(packet);
        return;
    }
    expect_socket(raw, "raw", 0, "0.0.0.0:1");
    expect_socket(packet, "packet", 0, "0806:0");
}

/* A path that prints a whole line of another socket: the kernel does not escape it, and neither is believed. */
static void test_look_net__forged_by_a_real_path(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), victim[2];
    struct look_sockets s;
    const struct look_socket *seen;

    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, victim), 0);
    address.sun_path[0] = '\0';
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "x\n0: 2 0 00010000 0001 01 %llu /evil",
             (unsigned long long)inode(victim[0]));
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address,
                               (socklen_t)(sizeof(sa_family_t) + 1 + strlen(address.sun_path + 1))),
                          0);
    s = look_ourselves();
    seen = look_sockets_find(&s, inode(victim[0]));
    CU_ASSERT_PTR_NULL(seen);
    CU_ASSERT_EQUAL(s.error, EBADMSG);
    CU_ASSERT_PTR_NOT_NULL(look_sockets_find(&s, inode(victim[1])));
    look_sockets_release(&s);
    close(fd);
    close(victim[0]);
    close(victim[1]);
}

/* A made-up net folder of one family. */
static int try_table(const char *family, const char *text, struct look_sockets *ret)
{
    int tree = tree_open(), error;
    char name[32];

    if (mkdirat(tree, "7/task/8/net", 0755))
        CU_ASSERT_EQUAL(errno, EEXIST);
    snprintf(name, sizeof name, "net/%s", family);
    tree_text(tree, name, text);
    error = look_sockets(tree, TREE, ret);
    close(tree);
    return error;
}

static void test_look_net__made_up_tables(void)
{
    struct look_sockets s;

    CU_ASSERT_EQUAL_FATAL(try_table("tcp",
                                    TCP_HEAD "   0: 0100007F:0050 00000000:0000 0A 0:0 00:0 0     0        0 77 1 x\n"
                                             "   1: 0100007F:1F90 00000000:0000 06 0:0 00:0 0     0        0 0 1 x\n",
                                    &s),
                          0);
    CU_ASSERT(s.n == 1 && s.error == 0 && s.sockets[0].ino == 77 && s.sockets[0].listening);
    CU_ASSERT_STRING_EQUAL(s.sockets[0].local_name, "127.0.0.1:80");
    look_sockets_release(&s);
    CU_ASSERT_EQUAL_FATAL(try_table("tcp", TCP_HEAD, &s), 0);
    CU_ASSERT(s.n == 0 && s.error == 0);
    CU_ASSERT_PTR_NULL(look_sockets_find(&s, 77));
    look_sockets_release(&s);
    CU_ASSERT_EQUAL_FATAL(
        try_table("tcp6", "head\n 0: B80D01200000000000000000010000FF:01BB 0:0 01 0:0 00:0 0 0 0 5 1 x\n", &s), 0);
    CU_ASSERT_STRING_EQUAL(s.sockets[0].local_name, "[2001:db8::ff00:1]:443");
    CU_ASSERT_EQUAL(s.sockets[0].listening, 0);
    look_sockets_release(&s);
}

static void test_look_net__damaged_lines(void)
{
    static const char *const tables[][2] = {
        { "tcp", TCP_HEAD "junk\n" },
        { "tcp", TCP_HEAD "0: 0100007F 0:0 0A 0:0 0:0 0 0 0 5\n" },
        { "tcp", TCP_HEAD "0: 0100007:0050 0:0 0A 0:0 0:0 0 0 0 5\n" },
        { "tcp", TCP_HEAD "0: 0100007F:10050 0:0 0A 0:0 0:0 0 0 0 5\n" },
        { "tcp", TCP_HEAD "0: 0100007F:0050 0:0 0A 0:0 0:0 0 0 0\n" },
        { "tcp", TCP_HEAD "0: 0100007F:0050 0:0 0A 0:0 0:0 0 0 0 99999999999999999999\n" },
        { "tcp", TCP_HEAD "0: 0100007F:0050 0:0 0A 0:0 0:0 0 0 0 5x\n" },
        { "tcp6", "head\n0: 0100007F:0050 0:0 0A 0:0 0:0 0 0 0 5\n" },
        { "unix", UNIX_HEAD "0: 2 0 xyz 1 1 5\n" },
        { "unix", UNIX_HEAD "0: 2 0 00010000 1 1\n" },
        { "unix", UNIX_HEAD "\n" },
        { "netlink", "head\n0 0\n" },
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct look_sockets s;

        CU_ASSERT_EQUAL_FATAL(try_table(tables[i][0], tables[i][1], &s), 0);
        CU_ASSERT(s.n == 0 && s.error == EBADMSG);
        look_sockets_release(&s);
        CU_ASSERT_EQUAL_FATAL(try_table(tables[i][0], "head\n", &s), 0); /* well again, for the next */
        CU_ASSERT_EQUAL(s.error, 0);
        look_sockets_release(&s);
    }
}

static void test_look_net__truncated_table(void)
{
    struct look_sockets s;

    CU_ASSERT_EQUAL_FATAL(try_table("tcp", TCP_HEAD "   0: 0100007F:0050 00000000:0000 0A 0:0 00:0 0     0        0 77",
                                    &s),
                          0);
    CU_ASSERT(s.n == 0 && s.error == EBADMSG);
    look_sockets_release(&s);
}

/* A row that a changing table shows twice is no forgery. */
static void test_look_net__same_row_twice(void)
{
    struct look_sockets s;

    CU_ASSERT_EQUAL_FATAL(try_table("unix", UNIX_HEAD "0: 2 0 00010000 0001 01 5 /a\n0: 2 0 00010000 0001 01 5 /a\n",
                                    &s),
                          0);
    CU_ASSERT(s.n == 1 && s.error == 0 && s.sockets[0].listening);
    look_sockets_release(&s);
}

/* A unix path that claims the inode of a TCP socket. */
static void test_look_net__forged_across_families(void)
{
    struct look_sockets s;

    CU_ASSERT_EQUAL_FATAL(try_table("tcp", TCP_HEAD "0: 0100007F:0050 0:0 01 0:0 00:0 0 0 0 77\n", &s), 0);
    look_sockets_release(&s);
    CU_ASSERT_EQUAL_FATAL(try_table("unix", UNIX_HEAD "0: 2 0 0 0001 01 5 @x\n0: 2 0 00010000 0001 01 77 /y\n", &s), 0);
    CU_ASSERT_EQUAL(s.error, EBADMSG);
    CU_ASSERT_PTR_NULL(look_sockets_find(&s, 77));
    CU_ASSERT_PTR_NOT_NULL(look_sockets_find(&s, 5));
    look_sockets_release(&s);
}

static void test_look_net__one_family_unreadable(void)
{
    struct look_sockets s;
    int tree = tree_open();

    tree_folder(tree, "net");
    tree_folder(tree, "net/tcp");
    tree_text(tree, "net/udp", TCP_HEAD "0: 0100007F:0050 0:0 07 0:0 00:0 0 0 0 77\n");
    CU_ASSERT_EQUAL_FATAL(look_sockets(tree, TREE, &s), 0);
    CU_ASSERT(s.n == 1 && s.error == EISDIR);
    CU_ASSERT_STRING_EQUAL(s.sockets[0].family, "udp");
    look_sockets_release(&s);
    close(tree);
}

static void test_look_net__no_such_task(void)
{
    struct look_sockets s = { .n = 4711 };
    int tree = tree_open();

    CU_ASSERT_EQUAL(look_sockets(tree, TREE, &s), -ENOENT);
    tree_folder(tree, "net"); /* as of a task that ends between the two steps */
    CU_ASSERT_EQUAL(look_sockets(tree, TREE, &s), -ENOENT);
    CU_ASSERT_EQUAL(s.n, 4711);
    close(tree);
}

TEST_MAIN("test_look_net", TEST(test_look_net__tcp), TEST(test_look_net__tcp6),
          TEST(test_look_net__connected_is_not_listening), TEST(test_look_net__udp), TEST(test_look_net__unix),
          TEST(test_look_net__netlink), TEST(test_look_net__raw_and_packet), TEST(test_look_net__forged_by_a_real_path),
          TEST(test_look_net__made_up_tables), TEST(test_look_net__damaged_lines), TEST(test_look_net__truncated_table),
          TEST(test_look_net__same_row_twice), TEST(test_look_net__forged_across_families),
          TEST(test_look_net__one_family_unreadable), TEST(test_look_net__no_such_task))

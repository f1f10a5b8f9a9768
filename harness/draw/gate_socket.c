/* gate_socket.c - sockets as a worker sees them: no daemon answers, and there is one network interface. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __x86_64__

#define TYPE_MASK 0xf /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

enum gate_act gate_socket(struct gate_call *c)
{
    if (c->stop->args[0] == AF_UNIX)
        return gate_fd_new(c, FD_SOCKET);
    if (c->stop->args[0] == AF_INET && (c->stop->args[1] & TYPE_MASK) == SOCK_DGRAM)
        return gate_fd_new(c, FD_INTERFACES);
    return gate_refuse(c, "it wants a socket, which a copy may not");
}

/* To a daemon that is not there: libuuid asks for one before each time-based UUID. */
enum gate_act gate_connect(struct gate_call *c)
{
    char name[110] = "";
    size_t n = c->stop->args[2] < sizeof name ? (size_t)c->stop->args[2] : sizeof name - 1;

    if (gate_fd_kind(c, c->stop->args[0]) != FD_SOCKET)
        return gate_fd_refuse(c, "connect");
    if (n < 3 || worker_read(c->run->w, c->stop->args[1], name, n))
        return gate_answer(c, n < 3 ? -EINVAL : -EFAULT);
    name[n] = '\0';
    if (name[2] && !access(name + 2, F_OK))
        return gate_refuse(c, "it asks the daemon at %s", gate_path_shown(name + 2));
    return gate_answer(c, name[2] ? -ENOENT : -ECONNREFUSED);
}

/* Processes of one host have the same addresses, whatever they are. */
static enum gate_act give_interfaces(struct gate_call *c, uint64_t at)
{
    struct ifreq one;
    struct ifconf all;

    if (worker_read(c->run->w, at, &all, sizeof all))
        return gate_answer(c, -EFAULT);
    memset(&one, 0, sizeof one);
    strcpy(one.ifr_name, "eth0");
    one.ifr_addr.sa_family = AF_INET;
    if (all.ifc_buf && all.ifc_len >= (int)sizeof one &&
        worker_write(c->run->w, (uint64_t)(uintptr_t)all.ifc_buf, &one, sizeof one))
        return gate_answer(c, -EFAULT);
    all.ifc_len = all.ifc_buf && all.ifc_len < (int)sizeof one ? 0 : (int)sizeof one;
    return gate_give(c, at, &all, sizeof all, 0);
}

static enum gate_act give_address(struct gate_call *c, uint64_t at)
{
    static const uint8_t address[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    struct ifreq one;

    if (worker_read(c->run->w, at, &one, sizeof one))
        return gate_answer(c, -EFAULT);
    if (strncmp(one.ifr_name, "eth0", sizeof one.ifr_name) != 0)
        return gate_answer(c, -ENODEV);
    memset(&one.ifr_hwaddr, 0, sizeof one.ifr_hwaddr);
    one.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(one.ifr_hwaddr.sa_data, address, sizeof address);
    return gate_give(c, at, &one, sizeof one, 0);
}

enum gate_act gate_ioctl(struct gate_call *c)
{
    enum { ENTROPY_COUNT = 0x80045200 }; /* RNDGETENTCNT */
    const int32_t bits = 256;
    enum draw_fd kind = gate_fd_kind(c, c->stop->args[0]);
    uint32_t request = (uint32_t)c->stop->args[1];

    if (kind == FD_CLOSED && (uint32_t)c->stop->args[0] > 2)
        return gate_fd_refuse(c, "make ioctl(2) on");
    if ((kind == FD_RANDOM || kind == FD_URANDOM) && request == (uint32_t)ENTROPY_COUNT)
        return gate_give(c, c->stop->args[2], &bits, sizeof bits, 0);
    if (kind == FD_INTERFACES && request == SIOCGIFCONF)
        return give_interfaces(c, c->stop->args[2]);
    if (kind == FD_INTERFACES && request == SIOCGIFHWADDR)
        return give_address(c, c->stop->args[2]);
    return gate_answer(c, -ENOTTY);
}

#endif

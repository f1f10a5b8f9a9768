/* free_port.c - prints a TCP port of the loopback address that was free a moment ago.
 *
 * The kernel chooses it (bind to port 0). Another program may take it before the caller does: the caller tries again then.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || getsockname(fd, (struct sockaddr *)&address, &size)) {
        perror("free_port: no port of the loopback address");
        return 1;
    }
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    return fflush(stdout) ? 1 : 0;
}

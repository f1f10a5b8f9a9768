/* clean_worker_listener.c - a server forks a worker that keeps the listening socket and accepts a connection on it.
 *
 * No defect: the worker inherits the socket because it shall serve it; no other program is executed.
 * Expect: none
 */
#include "forkaudit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(int listener)
{
    int fd;

    FORKAUDIT_SELF("worker");
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return fd < 0 || write(fd, "x", 1) != 1;
}

static int visit(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte;

    return fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) || read(fd, &byte, 1) != 1;
}

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int status, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work(fd));
    if (visit(&address))
        return 1;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

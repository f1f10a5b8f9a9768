/* clean_exec_cloexec.c - a program with many open descriptors forks a child that executes; all of them are
 * close-on-exec.
 *
 * No defect: a file, a pipe, a listening socket, an epoll instance and a duplicate, each born close-on-exec.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int ends[2], status, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        return 1;
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 || pipe2(ends, O_CLOEXEC) || epoll_create1(EPOLL_CLOEXEC) < 0 ||
        fcntl(ends[0], F_DUPFD_CLOEXEC, 100) < 0)
        return 1;
    FORKAUDIT_SELF("all-open");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

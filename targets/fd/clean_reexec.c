/* clean_reexec.c - a server re-executes itself in a child, and its listening socket goes with it.
 *
 * No defect: the same program takes its own socket over, as in an upgrade without a lost connection.
 * Expect: none
 */
#include "forkaudit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int take_over(const char *number)
{
    int listening = 0;
    socklen_t size = sizeof listening;

    FORKAUDIT_SELF("taken-over");
    return getsockopt(atoi(number), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) || !listening;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char number[16];
    int status, fd;
    pid_t pid;

    if (argc > 1)
        return take_over(argv[1]);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        return 1;
    snprintf(number, sizeof number, "%d", fd);
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/proc/self/exe", argv[0], number, (char *)NULL);
        _exit(127);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

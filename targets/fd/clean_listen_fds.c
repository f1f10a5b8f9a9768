/* clean_listen_fds.c - a child hands a listening socket to the program it executes and announces it by LISTEN_FDS.
 *
 * No defect: descriptor 3, LISTEN_FDS and LISTEN_PID are the protocol of sd_listen_fds(3), so the socket is meant.
 * Expect: none
 */
#include "forkaudit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int execute(int fd)
{
    static char pid[32], *environment[] = { "LISTEN_FDS=1", pid, NULL }, *arguments[] = { "true", NULL };

    snprintf(pid, sizeof pid, "LISTEN_PID=%d", (int)getpid());
    if (fd == 3 ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, 3) < 0)
        return 1;
    execve("/bin/true", arguments, environment);
    return 127;
}

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int status, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        return 1;
    FORKAUDIT_MOMENT("listening");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(execute(fd));

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

/* fd_listener_exec.c - a listening socket of the parent reaches the program that its child executes.
 *
 * Defect: the socket was born without close-on-exec. The executed program could accept the server's connections,
 * and the port stays taken while it lives.
 * Expect: fd-listener-across-exec 1
 * Re-enacts: CVE-2003-0740 php-src#11708
 */
#include "forkaudit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int status, fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t pid;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        return 1;
    FORKAUDIT_MOMENT("listening");
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

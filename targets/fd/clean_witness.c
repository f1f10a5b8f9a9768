/* clean_witness.c - parent and child report their own descriptors, of several kinds, close-on-exec and not.
 *
 * No defect: the two witnesses agree, also about a descriptor that only the child has.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2], pair[2], status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || eventfd(0, 0) < 0 ||
        epoll_create1(EPOLL_CLOEXEC) < 0 || fcntl(ends[0], F_DUPFD, 300) < 0)
        return 1;
    FORKAUDIT_SELF("parent");
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        close(ends[1]);
        if (open("/dev/null", O_RDWR) < 0)
            _exit(1);
        FORKAUDIT_SELF("child");
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

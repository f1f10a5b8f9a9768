/* fd_shared_offset.c - a child moves the position of a file that it shares with its parent.
 *
 * Shows that the recipe's claim about file positions is wrong: it says that a child that seeks leaves the parent's
 * position as it was. Parent and child hold one open file description (fork(2)), so the position moves for both.
 * The program ends with 0 only if it did. To share a description is no defect in itself: nothing crosses a
 * boundary here.
 * Expect: none
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status, fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    pid_t pid;

    if (fd < 0)
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        FORKAUDIT_SELF("before-seek");
        _exit(lseek(fd, 7, SEEK_SET) != 7);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        return 1;
    printf("the parent's position is %ld\n", (long)lseek(fd, 0, SEEK_CUR));
    return lseek(fd, 0, SEEK_CUR) == 7 ? 0 : 1;
}

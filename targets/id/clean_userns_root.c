/* clean_userns_root.c - a root daemon forks a worker that drops to www-data for good and makes a user namespace of
 * its own; there it is root, becomes another user, and could take that root back.
 *
 * No defect: what is called 0 within is www-data without, and all its capabilities count only within.
 * Expect: none
 * Needs: root
 * Needs: userns
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data, 0 within */

static int work(int made, int mapped)
{
    gid_t group = WWW;
    char byte;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW) || unshare(CLONE_NEWUSER))
        return 1;
    if (write(made, "", 1) != 1 || read(mapped, &byte, 1) != 1)
        return 2;
    if (getuid() != 0 || seteuid(1))
        return 3;
    FORKAUDIT_SELF("worker");
    return seteuid(0) || seteuid(1);
}

/* Writes the map of ids 0 and 1 of the worker's namespace. */
static int map(pid_t pid, const char *file)
{
    static const char text[] = "0 33 1\n1 34 1\n";
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) ? -1 : 0;
}

int main(void)
{
    int made[2], mapped[2], status;
    char byte;
    pid_t pid;

    if (pipe2(made, O_CLOEXEC) || pipe2(mapped, O_CLOEXEC))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work(made[1], mapped[0]));

    if (read(made[0], &byte, 1) != 1 || map(pid, "uid_map") || map(pid, "gid_map") || write(mapped[1], "", 1) != 1)
        return 4;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 5;
    return WEXITSTATUS(status);
}

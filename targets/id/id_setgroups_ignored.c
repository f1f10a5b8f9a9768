/* id_setgroups_ignored.c - a root daemon without CAP_SETGID forks a worker that ignores that setgroups(2) fails.
 *
 * Defect: groups 0, 4 and 27 stay. The gid is changed before the capability is lost, and the uid afterwards, so
 * both look well.
 * Expect: id-drop-unchecked 1
 * Expect: id-groups-kept 1
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Takes one capability out of the effective and permitted sets. */
static int remove_capability(int capability)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data))
        return -1;
    data[capability / 32].effective &= ~(1U << capability % 32);
    data[capability / 32].permitted &= ~(1U << capability % 32);
    return (int)syscall(SYS_capset, &header, data);
}

static int work(void)
{
    gid_t group = WWW;

    if (setresgid(WWW, WWW, WWW) || remove_capability(CAP_SETGID))
        return 1;
    if (setgroups(1, &group))
        errno = 0; /* never looked at */
    if (setresuid(WWW, WWW, WWW))
        return 1;
    FORKAUDIT_SELF("worker");
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work());

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

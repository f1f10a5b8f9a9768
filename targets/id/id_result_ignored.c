/* id_result_ignored.c - a root daemon without CAP_SETUID forks a worker that ignores that setuid(2) fails, and
 * executes a program.
 *
 * Defect: the program runs as root. So do daemons in containers that were given too few capabilities, and, before
 * Linux 3.1, every one that met the process limit of the new user (EAGAIN).
 * Expect: id-drop-unchecked 1
 * Re-enacts: CVE-2000-0506
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
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

    if (remove_capability(CAP_SETUID) || setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    if (setuid(WWW))
        errno = 0; /* never looked at */
    FORKAUDIT_SELF("worker");
    execl("/bin/true", "true", (char *)NULL);
    return 127;
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

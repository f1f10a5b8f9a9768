/* id_cap_inheritable.c - a root daemon with a filled inheritable set, as container managers used to give it, forks
 * a worker that changes all its ids and executes a program.
 *
 * Defect: the change of uid empties the permitted set, not the inheritable one. Any program file with such a file
 * capability in its inheritable set gives it to the worker. Moby, Podman, crun, Buildah and runc started all their
 * containers so.
 * Expect: cap-inheritable 1
 * Re-enacts: CVE-2022-24769
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Makes the inheritable set equal to `low`, and leaves the others. */
static int set_inheritable(unsigned low)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data))
        return -1;
    data[0].inheritable = low;
    data[1].inheritable = 0;
    return (int)syscall(SYS_capset, &header, data);
}

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 126;
    FORKAUDIT_SELF("worker");
    execl("/bin/true", "true", (char *)NULL);
    return 127;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups) || set_inheritable(1U << CAP_CHOWN | 1U << CAP_NET_RAW))
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

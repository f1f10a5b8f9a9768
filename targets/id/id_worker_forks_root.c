/* id_worker_forks_root.c - a root daemon without CAP_SETUID forks a worker that ignores that setuid(2) fails, and
 * starts CGI programs in children of its own.
 *
 * Defect: what failed in the worker goes on in all that it starts: the CGI programs are root's.
 * Expect: id-drop-unchecked 1
 * Expect: id-privileged-exec 1
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

/* Runs a CGI program and waits for it. */
static int serve(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0) {
        execl("/bin/true", "cgi", (char *)NULL);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static int work(void)
{
    gid_t group = WWW;

    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    if (setuid(WWW))
        errno = 0; /* never looked at */
    FORKAUDIT_SELF("worker");
    return serve();
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups) || remove_capability(CAP_SETUID))
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

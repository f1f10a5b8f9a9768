/* id_fsuid_kept.c - a root daemon forks a worker whose real, effective and saved uid are changed, and whose file
 * system uid is 0.
 *
 * Defect: files are opened with the rights of root's uid (setfsuid(2)), and the fourth id is the one that nobody
 * prints. The worker keeps its capabilities across the change only to set this id; none is left afterwards.
 * Expect: id-recoverable 1
 * Strength: id-recoverable proven
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* Effective and permitted capabilities, the same set. */
static int set_capabilities(unsigned low, unsigned high)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { low, low, 0 }, { high, high, 0 } };

    return (int)syscall(SYS_capset, &header, data);
}

static int work(void)
{
    gid_t group = WWW;

    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW) ||
        setresuid(WWW, WWW, WWW) || set_capabilities(1U << CAP_SETUID, 0))
        return 1;
    setfsuid(0);
    if (set_capabilities(0, 0) || setfsuid((uid_t)-1) != 0)
        return 1;
    FORKAUDIT_SELF("worker");
    return 0;
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

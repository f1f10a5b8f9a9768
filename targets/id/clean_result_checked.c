/* clean_result_checked.c - a root daemon without CAP_SETUID forks a worker that sees setuid(2) fail and ends at once.
 *
 * No defect: the counterpart of id_result_ignored.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

#define REFUSED 3 /* exit status of a worker that saw the failure */

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
    FORKAUDIT_MOMENT("before-drop");
    return setuid(WWW) ? REFUSED : 1;
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
    return WEXITSTATUS(status) == REFUSED ? 0 : 1;
}

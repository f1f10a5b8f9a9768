/* id_cron_job.c - a cron-like root daemon in a container without CAP_SETUID runs two jobs, each as its user: gid,
 * groups, uid, and then the job itself.
 *
 * Defect: nobody looks whether setuid(2) worked, and every job is executed as root. Vixie cron did so when the user
 * was at the process limit (EAGAIN, before Linux 3.1); every other reason to refuse does the same.
 * Expect: id-drop-unchecked 2
 * Re-enacts: CVE-2006-2607
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct job {
    uid_t uid;
    gid_t gid;
} jobs[] = { { 33, 33 }, { 4, 4 } };

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

static int run(const struct job *job)
{
    if (setgid(job->gid) || setgroups(1, &job->gid))
        return 1;
    if (setuid(job->uid))
        errno = 0; /* never looked at */
    FORKAUDIT_SELF("job");
    execl("/bin/true", "job", (char *)NULL);
    return 127;
}

int main(void)
{
    int status;
    size_t i;

    if (remove_capability(CAP_SETUID))
        return 1;
    for (i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        pid_t pid = fork();

        if (pid < 0)
            return 1;
        if (pid == 0)
            _exit(run(&jobs[i]));
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
            return 1;
    }
    return 0;
}

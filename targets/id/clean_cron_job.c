/* clean_cron_job.c - a cron-like root daemon in a container without CAP_SETUID runs two jobs, each as its user: gid,
 * groups, uid, and then the job itself.
 *
 * No defect: the counterpart of id_cron_job. The job is not run when setuid(2) fails.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED 3 /* exit status of a job that was not run */

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
        return REFUSED;
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
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != REFUSED)
            return 1;
    }
    return 0;
}

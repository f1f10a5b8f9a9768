/* id_extra_groups_skipped.c - a root program runs a command as another user, in a vfork child, and is told to give it
 * no supplementary group.
 *
 * Defect: an empty list is taken for "nothing to do", setgroups(2) is skipped, and the command has the groups 0, 4
 * and 27 of its starter. This was subprocess with extra_groups=[] in CPython 3.12.0.
 * Expect: id-groups-kept 1
 * Re-enacts: CVE-2023-6507
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

/* What the command is to be. */
struct user {
    uid_t uid;
    gid_t gid;
    size_t n_groups;
    const gid_t *groups;
};

static pid_t start(const struct user *user)
{
    static char *const argv[] = { "true", NULL }, *const envp[] = { NULL };
    pid_t pid = vfork();

    if (pid)
        return pid;
    /* The calls themselves: libc's would tell the threads of the parent, whose memory this is. */
    if ((user->n_groups > 0 && syscall(SYS_setgroups, user->n_groups, user->groups)) ||
        syscall(SYS_setregid, user->gid, user->gid) || syscall(SYS_setreuid, user->uid, user->uid))
        _exit(126);
    execve("/bin/true", argv, envp);
    _exit(127);
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    static const struct user www = { .uid = WWW, .gid = WWW, .n_groups = 0 };
    int status;
    pid_t pid;

    if (setgroups(3, groups))
        return 1;
    FORKAUDIT_MOMENT("before-command");
    pid = start(&www);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

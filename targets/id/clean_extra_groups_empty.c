/* clean_extra_groups_empty.c - a root program runs a command as another user, in a vfork child, and is told to give it
 * no supplementary group.
 *
 * No defect: the counterpart of id_extra_groups_skipped. An empty list is set like any other.
 * Expect: none
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
    if (syscall(SYS_setgroups, user->n_groups, user->groups) || syscall(SYS_setregid, user->gid, user->gid) ||
        syscall(SYS_setreuid, user->uid, user->uid))
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

/* evidence_own_filter.c - a root daemon's worker installs a seccomp filter of its own that answers setuid(2) with
 * EAGAIN, and ignores that answer.
 *
 * Defect: the worker stays root. Of several filters the strongest answer wins (seccomp(2)), so the call never
 * reaches an auditor that waits for it in a weaker one. The audit must say that calls of this process may be
 * missing, and every check that judges calls must say unknown of it.
 * Expect: none
 * Unknown: cap-kept 1
 * Unknown: evidence-gap 1
 * Unknown: fd-closeall-gap 1
 * Unknown: id-drop-noop 1
 * Unknown: id-drop-order 1
 * Unknown: id-drop-unchecked 1
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int work(void)
{
    gid_t group = WWW;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setuid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) || setgroups(1, &group) || setresgid(WWW, WWW, WWW))
        return 1;
    if (setuid(WWW) == 0 || errno != EAGAIN)
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

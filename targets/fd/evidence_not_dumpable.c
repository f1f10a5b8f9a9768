/* evidence_not_dumpable.c - an ordinary user's process makes itself not dumpable.
 *
 * No defect, but evidence that is missing: /proc/PID/fd of such a process belongs to root (PR_SET_DUMPABLE in
 * prctl(2)), so an auditor without privilege cannot read it. The audit must say so, at each of the child's three
 * looks and for every check that judges descriptors, and must not say that all is well.
 * Expect: none
 * Unknown: evidence-gap 3
 * Unknown: fd-across-exec 1
 * Unknown: fd-closeall-gap 1
 * Unknown: fd-listener-across-exec 1
 * Unknown: fd-std-missing 1
 * Unknown: fd-witness-differs 1
 * Needs: user-auditor
 */
#include "forkaudit.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t pid;
    int status;

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        FORKAUDIT_MOMENT("hidden");
        _exit(0);
    }

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

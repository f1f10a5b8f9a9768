/* evidence_traces_itself.c - a child asks to be traced by its parent, which then lets it go on, as a program does
 * that does not want to be watched.
 *
 * No defect in what it hands on, but a process has one tracer (ptrace(2)): under audit the request fails, and from
 * there on the program may do other things than it does alone. The audit must say so.
 * Expect: none
 * Unknown: evidence-gap 1
 */
#include "forkaudit.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
            raise(SIGSTOP);
        FORKAUDIT_MOMENT("asked");
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid)
        return 1;
    if (WIFSTOPPED(status) && (ptrace(PTRACE_CONT, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid))
        return 1;
    return !WIFEXITED(status) || WEXITSTATUS(status);
}
